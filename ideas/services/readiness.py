"""Readiness of an open vote: compute whether it has enough votes, and close the round once that is confirmed.

A loop calls `update_readiness`. The bootstrap takes longer than a page may take, so pages read the last computed values
(`ideas.queries.readiness`).
"""

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, leases, policy
from ideas.actor import OPERATOR
from ideas.database import db, require, write
from ideas.errors import Refusal
from ideas.models import Activity, ChainEnd, Challenge, Question, Readiness, Round
from ideas.offload import DATABASE, run_task, task
from ideas.queries.ballots import reads_of
from ideas.queries.crowds import crowd_of, marks_on_each
from ideas.queries.electorate import electorate_of
from ideas.queries.readiness import PPM, state_of
from ideas.services.assessing import assess_missing, rounds_to_assess
from ideas.services.rounds import SETTLED, close_round
from ideas.snapshot import Source, snapshot, source_of
from ideas.voting.arrays import Ints, np
from ideas.voting.assessing import ORDERED_MAX
from ideas.voting.closing import Look
from ideas.voting.electorate import Electorate, Floors, floors_of
from ideas.voting.profiles import OrderProfile
from ideas.voting.readiness import Crowd, ReadinessEstimate, estimate_readiness
from ideas.voting.rules import BallotRule
from ideas.voting.uncertainty import FEW_PEOPLE, marks_of

# A measurement that takes longer is followed by a pause, so that it takes at most this share of a core.
LONG_SECONDS, SHARE = 1.0, 0.1

# The number of the latest act has fewer bits. Together with that of the round it is the seed of a measurement.
SEED_BITS = 32

# Longer than a run takes; it is also the delay after which another process takes over from one that died.
LEASE_SECONDS = 120


def update_readiness(round_id: int) -> bool:
    """Update the readiness of a round, and close the round if it closes by itself and every question is confirmed.

    :return: whether it was closed now.
    :raise NotFound: if there is no such round.
    """
    session = db.session()
    round = require(session, Round, round_id)
    if not policy.permits(round, Activity.VOTE):
        return False
    measure_readiness(round_id)
    session = db.session()
    round = session.get_one(Round, round_id)
    # A few people who agree are no reason to close a round that others may still join: a close is final.
    if not (round.auto_close and round.turnout >= FEW_PEOPLE and _is_confirmed(session, round)):
        return False
    try:
        close_round(OPERATOR, round_id, why=SETTLED)
    except Refusal:  # a facilitator was faster
        return False
    return True


def update_all_readiness() -> list[int]:
    """Update every open vote in which something happened, and compute missing assessments.

    Nothing is done if another process is doing so.

    :return: the rounds closed now.
    """
    session = db.session()
    for rested in [round for round, until in _rests.items() if until < time.monotonic()]:
        del _rests[rested]
    now = _journal_numbers(session)
    changed = {round: seq for round, seq in now.items() if _seen.get(round) != seq and round not in _rests}
    is_due = bool(changed or rounds_to_assess(session))
    session.rollback()
    if not is_due:
        return []
    with leases.held("readiness", LEASE_SECONDS) as lease:
        if not lease:
            return []
        assess_missing()
        closed = []
        for (round_id, epoch), seq in changed.items():
            began = time.monotonic()
            if update_readiness(round_id):
                closed.append(round_id)
            _seen[round_id, epoch] = seq
            if (took := time.monotonic() - began) > LONG_SECONDS:
                _rests[round_id, epoch] = time.monotonic() + took / SHARE
    for gone in _seen.keys() - now.keys():
        del _seen[gone]
        _rests.pop(gone, None)
    return closed


def is_put_off() -> bool:
    """Whether a vote waits to be measured again though nothing happens any more."""
    return bool(_rests)


# What this process has looked at: `{(round, epoch of its challenge): number of the journal}`. All that changes the
# readiness of a vote writes to the journal (except a new member of the organisation, who leaves the electorate; that is
# seen at the next entry), so an open round costs nothing while its journal stands still.
_seen: dict[tuple[int, str], int] = {}

# When a vote is measured again whose measurement took long: `{(round, epoch of its challenge): monotonic seconds}`.
_rests: dict[tuple[int, str], float] = {}


def _journal_numbers(session: Session) -> dict[tuple[int, str], int]:
    """`{(round, epoch of its challenge): number of the journal}` of the open rounds."""
    query = select(Round.id, ChainEnd.epoch, ChainEnd.seq).join_from(Round, Round.challenge).join(Challenge.chain)
    rows = session.execute(query.where(Round.closed_at.is_(None), Challenge.published_at.is_not(None)))
    return {(round_id, epoch): seq for round_id, epoch, seq in rows}


def measure_readiness(round_id: int) -> None:
    """Compute the readiness of a round's questions again, in a worker, where anything changed since the last time."""
    session = db.session()
    source = source_of(session)
    session.rollback()  # hold no read transaction while the crowd is drawn
    found = run_task(measured, source, round_id)
    if not found:
        return
    with write() as transaction:
        for what in found:
            known = transaction.session.get(Readiness, what.question_id)
            transaction.session.merge(_row(what, _look_of(known)))


@dataclass(frozen=True)
class _ReadinessTask:
    """One question with all input of the computation."""

    question_id: int
    rule: BallotRule
    state: tuple[int, int]
    seed: int
    entries: list[int]
    crowd: Crowd
    reads: Ints  # by entry, as the marks
    marks: Ints
    floors: Floors
    all_voted: bool


@dataclass(frozen=True)
class MeasuredReadiness:
    """The readiness of a question in a state of its vote (`state_of`)."""

    question_id: int
    state: tuple[int, int]
    all_voted: bool
    estimate: ReadinessEstimate
    look: Look


@task(seconds=LEASE_SECONDS, megabytes=2000, worker=DATABASE)
def measured(source: Source, round_id: int) -> list[MeasuredReadiness]:
    """The readiness of a round's questions that changed since the last time."""
    with snapshot(source) as session:
        round = session.get_one(Round, round_id)
        electorate = electorate_of(session, round)
        state = state_of(session, round.challenge_id, electorate)
        found = [_task(session, question, electorate, state) for question in round.questions]
    return [_measured(changed) for changed in found if changed]


def _task(
    session: Session, question: Question, electorate: Electorate | None, state: tuple[int, int]
) -> _ReadinessTask | None:
    known = session.get(Readiness, question.id)
    if known and (known.changed_at, known.people_at) == state:
        return None
    rule, reads = question.ballot_rule, reads_of(session, question)
    seed = question.round_id << SEED_BITS | state[0]
    floors = floors_of(electorate, rule, len(reads))
    return _ReadinessTask(
        question_id=question.id,
        rule=rule,
        state=state,
        seed=seed,
        entries=list(reads),
        crowd=crowd_of(session, question, list(reads), seed),
        reads=np.array(list(reads.values()), dtype=np.int64),
        marks=marks_on_each(session, question, list(reads)),
        floors=floors,
        all_voted=electorate is not None and electorate.all_voted,
    )


def _measured(task: _ReadinessTask) -> MeasuredReadiness:
    estimate, look = _estimate(task)
    return MeasuredReadiness(task.question_id, task.state, task.all_voted, estimate, look)


def _estimate(task: _ReadinessTask) -> tuple[ReadinessEstimate, Look]:
    crowd = task.crowd
    if isinstance(crowd.sample, OrderProfile) and np.count_nonzero(marks_of(crowd.sample)) > ORDERED_MAX:
        return ReadinessEstimate(0, 0, 0.0, None), Look(crowd.people, ())
    # A mark from the ballot list without a deal is a read, too, and so is "can't say".
    reads = np.maximum(task.reads, task.marks)
    if not task.rule.is_one_by_one:
        reads = np.full_like(reads, task.floors.marks)  # a voter says something about every entry
    least = (task.floors.people, task.floors.marks)
    estimate, found = estimate_readiness(crowd, task.rule.counting, reads, task.seed, task.rule.top, least)
    return estimate, Look(found.people, tuple(task.entries[n] for n in found.winners))


def _look_of(row: Readiness | None) -> Look | None:
    """The settled look that a later one has to confirm."""
    if row is None or row.settled_people is None or row.settled_winners is None:
        return None
    return Look(row.settled_people, tuple(row.settled_winners))


def _row(of: MeasuredReadiness, first: Look | None) -> Readiness:
    found = of.estimate
    kept = of.look.kept(first) if found.is_settled else first
    return Readiness(
        question_id=of.question_id,
        changed_at=of.state[0],
        people_at=of.state[1],
        people_missing=found.people_missing,
        reads_missing=found.reads_missing,
        stability=round(found.stability * PPM),
        marks_missing=found.marks_missing,
        sampled=found.sampled,
        settled=found.is_settled,
        settled_people=kept.people if kept else None,
        settled_winners=list(kept.winners) if kept else None,
        confirmed=found.is_settled and (of.look.confirms(first) or of.all_voted),
        at=clock.now(),
    )


def _is_confirmed(session: Session, round: Round) -> bool:
    known = [session.get(Readiness, question.id) for question in round.questions]
    return all(row is not None and row.confirmed for row in known)
