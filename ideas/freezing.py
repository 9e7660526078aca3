"""Freezing the counts of a round at its close, in a worker: a large vote must not stop the sockets.

The close holds the lock of the challenge, so nobody changes what is counted. The worker reads the state that was last
committed, and applies to the rows in its memory what the close does to the round (`end`).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.models import Question, Reads, Round
from ideas.offload import DATABASE, InPlace, Reserved, reserved, task
from ideas.queries.counts import counted, published
from ideas.queries.discussion import measured_discussion
from ideas.queries.electorate import electorate_of
from ideas.queries.hands import counted_hands
from ideas.queries.minds import counted_minds
from ideas.queries.verdicts import counted_verdict
from ideas.snapshot import Source, snapshot, source_of


def end(round: Round, at: datetime) -> None:
    """End a round at an instant. The close stores this; the worker does it in its memory."""
    round.phase.paused_at = None
    round.position = len(round.phases) - 1
    round.closed_at = round.phase.started_at = at
    round.end_signals()  # nobody could remove them after the close


def counts_of(session: Session, round: Round) -> tuple[bytes, bytes]:
    """The counts of a closed round as they are stored, and the part of them that anybody may hold."""
    body = counted(session, round) | counted_hands(session, round)
    body |= counted_verdict(body, round) | counted_minds(session, round) | measured_discussion(session, round)
    return journal.canonical(body), journal.canonical(published(body, round))


@task(seconds=60, megabytes=2000, worker=DATABASE, is_urgent=True)
def counts_at_close(source: Source, round_id: int, at_ms: int) -> tuple[bytes, bytes]:
    """`counts_of` a round that is closed at this instant, before that is stored.

    What is asked for again is not counted again if nothing happened in between.
    """
    with _no_collection(), snapshot(source) as session:
        round = session.get_one(Round, round_id)
        end(round, clock.from_ms(at_ms))
        state = source, _state_of(session, round)
        known, _counted[:] = [counts for before, counts in _counted if before == state], []
        found = known[0] if known else counts_of(session, round)
        _counted.append((state, found))
        return found


# The last count of this process, with the state that it is of.
_counted: list[tuple[object, tuple[bytes, bytes]]] = []


def _state_of(session: Session, round: Round) -> tuple[object, ...]:
    """A value that changes with everything that is counted. The journal tells of all but deals, and of who could vote:
    somebody may become a member of the organisation.
    """
    deals = select(Reads.question_id, func.sum(Reads.n)).join(Question, Question.id == Reads.question_id)
    deals = deals.where(Question.round_id == round.id).group_by(Reads.question_id).order_by(Reads.question_id)
    challenge = round.challenge
    dealt = tuple(map(tuple, session.execute(deals)))
    return challenge.epoch, challenge.seq, round.id, electorate_of(session, round), dealt


@contextmanager
def _no_collection() -> Iterator[None]:
    """Collect no garbage inside: with hundreds of thousands of lists that would take as long as the rest."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class Freezer:
    """Freezes counts in a worker that is reserved for it."""

    _worker: Reserved
    _source: Source

    def freeze(self, round: Round, at: datetime) -> tuple[bytes, bytes]:
        """`counts_of` a round that the caller is about to close and has not changed yet, under the challenge's lock.

        :raise TaskFailed: if the worker died.
        """
        return self._worker.run(counts_at_close, self._source, round.id, clock.to_ms(at))


@contextmanager
def freezer(session: Session, round_id: int) -> Iterator[Freezer]:
    """Reserve a worker. Call this before the writer's lock is taken, so that nobody waits under it for other work.

    A first count is taken before. If nothing happens until the lock is taken, it is the result; else it has compiled
    the statements and brought the pages of the database into memory.
    """
    source = source_of(session)
    session.rollback()  # hold no read transaction while others work
    with reserved(DATABASE) as worker:
        if not isinstance(worker, InPlace):
            worker.run(counts_at_close, source, round_id, clock.to_ms(clock.now()))
        yield Freezer(worker, source)
