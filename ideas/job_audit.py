"""The audit of a job: its frozen terms and its state against its journal. The chain itself is `journal.verified`."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Job, JobState, JournalEntry, Terms

# The state that an entry of this kind leads to.
STATES = {
    "job-pause": JobState.PAUSED,
    "job-floor": JobState.PAUSED,
    "job-resume": JobState.OPEN,
    "job-close": JobState.CLOSED,
    "job-cancel": JobState.CANCELLED,
}


def differences_of_job(session: Session, job: Job) -> Iterator[tuple[int, str]]:
    """The numbers of entries, each with what the rows say otherwise."""
    state, hidden, last, terms = JobState.DRAFT, False, "", dict[int, tuple[int, dict[str, Any]]]()
    query = select(JournalEntry.seq, JournalEntry.body).filter_by(chain_id=job.chain_id).order_by(JournalEntry.seq)
    for seq, data in session.execute(query):
        body = json.loads(data)
        kind = body["kind"]
        if kind == "terms":
            terms[body["terms"]] = seq, body
            # Better pay opens a job again that was paused since its pay was too low.
            state = JobState.OPEN if state == JobState.DRAFT or last == "job-floor" else state
        if kind in ("job-hide", "job-restore"):
            hidden = kind == "job-hide"
        state = STATES.get(kind, state)
        last = kind if kind in STATES or kind == "terms" else last
    yield from _terms(session, job, terms)
    if job.state != state:
        yield job.seq, f"the job is {job.state}, and the journal says {state}"
    if job.is_hidden != hidden:
        yield job.seq, f"the job is {'hidden' if job.is_hidden else 'shown'}, and the journal says otherwise"


def _terms(session: Session, job: Job, stated: dict[int, tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, str]]:
    frozen = select(Terms).where(Terms.job_id == job.id, Terms.frozen_at.is_not(None))
    stored = {terms.n: terms for terms in session.scalars(frozen)}
    for n in sorted(stored.keys() | stated.keys()):
        seq, body = stated.get(n, (job.seq, {}))
        if n not in stored or n not in stated:
            yield seq, f"terms {n} are {'not in the journal' if n in stored else 'gone'}"
        elif [body[key] for key in ("cents", "currency", "places", "work")] != _told(stored[n]):
            yield seq, f"terms {n} were changed"
    if job.terms_n != max(stated, default=0):
        yield job.seq, "the terms of new orders are not the latest ones"


def _told(terms: Terms) -> list[object]:
    return [terms.cents, terms.currency, terms.places, str(terms.kind)]
