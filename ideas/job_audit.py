"""The audit of a job against its journal: terms, states, orders, what was delivered, and the ledger of dues.

The chain itself is `journal.verified`. What an entry does not state is not compared.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.dues import change_of
from ideas.job_terms import terms_digest
from ideas.models import Delivery, DueEntry, Job, JobState, JournalEntry, Terms, WorkOrder
from ideas.order_steps import digest_of_version

# The number of a journal entry, or that of the latest one, and the problem.
Differences = Iterator[tuple[int, str]]

# The state that an entry of this kind leads to.
STATES = {
    "job-pause": JobState.PAUSED,
    "job-floor": JobState.PAUSED,
    "job-resume": JobState.OPEN,
    "job-close": JobState.CLOSED,
    "job-cancel": JobState.CANCELLED,
}


@dataclass
class _JobStatements:
    """What the journal of a job states. Each value begins with the number of its entry."""

    state: JobState = JobState.DRAFT
    is_hidden: bool = False
    terms: dict[int, tuple[int, list[object]]] = field(default_factory=dict)  # by number
    orders: dict[int, tuple[int, str]] = field(default_factory=dict)  # `{order: (entry, state)}`
    bound: dict[int, tuple[int, int]] = field(default_factory=dict)  # `{order: (entry, number of its terms)}`
    versions: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)  # `{(order, n): (entry, digest)}`
    dues: dict[int, tuple[int, list[object]]] = field(default_factory=dict)  # by entry of the ledger
    _latest: str = ""  # the kind of the latest entry about the state

    def read(self, seq: int, body: dict[str, Any]) -> None:
        """Take one entry. An unknown kind states nothing."""
        kind = body["kind"]
        if kind == "terms":
            self.terms[body["terms"]] = seq, [body[key] for key in ("cents", "currency", "places", "work", "digest")]
            # Better pay opens a job again that was paused since its pay was too low.
            begins = self.state == JobState.DRAFT or self._latest == "job-floor"
            self.state, self._latest = JobState.OPEN if begins else self.state, kind
        elif kind in STATES:
            self.state, self._latest = STATES[kind], kind
        elif kind in ("job-hide", "job-restore"):
            self.is_hidden = kind == "job-hide"
        elif kind == "order":
            self.orders[body["order"]] = seq, body["to"]
            if "terms" in body:
                self.bound[body["order"]] = seq, body["terms"]
            if "digest" in body:
                self.versions[body["order"], body["version"]] = seq, body["digest"]
        elif kind == "due" and "due" in body:
            self.dues[body["due"]] = seq, [body.get(key) for key in ("order", "entry", "cents", "currency", "about")]
        elif kind == "dues-removed":
            self.dues = {due: told for due, told in self.dues.items() if told[1][0] != body["order"]}


def differences_of_job(session: Session, job: Job) -> Differences:
    """The numbers of entries, each with what the rows say otherwise."""
    stated = _JobStatements()
    query = select(JournalEntry.seq, JournalEntry.body).filter_by(chain_id=job.chain_id).order_by(JournalEntry.seq)
    for seq, body in session.execute(query):
        stated.read(seq, json.loads(body))
    yield from _terms(session, job, stated)
    if job.state != stated.state:
        yield job.seq, f"the job is {job.state}, and the journal says {stated.state}"
    if job.is_hidden != stated.is_hidden:
        yield job.seq, f"the job is {'hidden' if job.is_hidden else 'shown'}, and the journal says otherwise"
    yield from _orders(session, job, stated)
    yield from _versions(session, job, stated)
    yield from _dues(session, job, stated)


def _terms(session: Session, job: Job, stated: _JobStatements) -> Differences:
    frozen = select(Terms).where(Terms.job_id == job.id, Terms.frozen_at.is_not(None))
    stored = {t.n: [t.cents, t.currency, t.places, str(t.kind), terms_digest(t)] for t in session.scalars(frozen)}
    # With the organisation the words of its terms were deleted; the kind and the pay stay.
    parts = slice(None if job.organisation.name else -1)
    stored = {n: each[parts] for n, each in stored.items()}
    told = {n: (seq, each[parts]) for n, (seq, each) in stated.terms.items()}
    yield from _compared(job, "terms {}", stored, told)
    if job.terms_n != max(stated.terms, default=0):
        yield job.seq, "the terms of new orders are not the latest ones"


def _orders(session: Session, job: Job, stated: _JobStatements) -> Differences:
    rows = session.execute(select(WorkOrder.id, WorkOrder.state, Terms.n).join(WorkOrder.terms).filter(_of(job))).all()
    yield from _compared(job, "the state of order {}", {order: str(state) for order, state, _ in rows}, stated.orders)
    for order, _, n in rows:
        seq, bound = stated.bound.get(order, (job.seq, n))
        if n != bound:
            yield seq, f"order {order} is bound to other terms than those of the journal"


def _versions(session: Session, job: Job, stated: _JobStatements) -> Differences:
    rows = session.scalars(select(Delivery).join(Delivery.order).filter(_of(job)).order_by(Delivery.id)).all()
    stored = {(row.order_id, row.n): row.digest for row in rows}
    yield from _compared(job, "the delivery {0[1]} of order {0[0]}", stored, stated.versions)
    for row in rows:
        if row.emptied_at is None and digest_of_version(row) != row.digest:
            yield stated.versions[row.order_id, row.n][0], f"what order {row.order_id} delivered was changed"


def _dues(session: Session, job: Job, stated: _JobStatements) -> Differences:
    rows = session.scalars(select(DueEntry).join(DueEntry.order).filter(_of(job)).order_by(DueEntry.id)).all()
    stored: dict[int, object] = {r.id: [r.order_id, str(r.kind), r.cents, r.currency, r.about_id] for r in rows}
    yield from _compared(job, "entry {} of the ledger", stored, stated.dues)
    kinds = {row.id: row.kind for row in rows}
    for row in rows:
        if row.change != change_of(row.kind, row.cents, kinds.get(row.about_id or 0)):
            yield stated.dues[row.id][0], f"entry {row.id} of the ledger counts as other cents than it says"


def _of(job: Job) -> Any:
    return WorkOrder.job_id == job.id


def _compared(job: Job, name: str, stored: dict[Any, Any], stated: dict[Any, tuple[int, Any]]) -> Differences:
    """What is stored, stated, or both in different ways; `name` names a key."""
    for key in sorted(stored.keys() | stated.keys()):
        seq, told = stated.get(key, (job.seq, None))
        if key not in stored or key not in stated:
            yield seq, f"{name.format(key)}: {'not in the journal' if key in stored else 'gone'}"
        elif stored[key] != told:
            yield seq, f"{name.format(key)}: not as in the journal"
