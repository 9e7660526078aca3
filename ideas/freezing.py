"""Freezing the counts of a round at its close, in a worker: a large vote must not stop the sockets.

The close holds the lock of the challenge, so nobody changes what is counted. The worker reads the state that was last
committed, and applies to the rows in its memory what the close does to the round (`end`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.models import Round
from ideas.offload import DATABASE, InPlace, Reserved, reserved, task
from ideas.queries.counts import counted, published
from ideas.queries.hands import counted_hands
from ideas.snapshot import Source, snapshot, source_of


def end(round: Round, at: datetime) -> None:
    """End a round at an instant. The close stores this; the worker does it in its memory."""
    round.phase.paused_at = None
    round.position = len(round.phases) - 1
    round.closed_at = round.phase.started_at = at
    round.end_signals()  # nobody could remove them after the close


def counts_of(session: Session, round: Round) -> tuple[bytes, bytes]:
    """The counts of a closed round as they are stored, and the part of them that anybody may hold."""
    body = journal.canonical(counted(session, round) | counted_hands(session, round))
    return body, journal.canonical(published(json.loads(body), round))


@task(seconds=60, megabytes=2000, worker=DATABASE)
def counts_at_close(source: Source, round_id: int, at_ms: int) -> tuple[bytes, bytes]:
    """`counts_of` a round that is closed at this instant, before that is stored."""
    with snapshot(source) as session:
        round = session.get_one(Round, round_id)
        end(round, clock.from_ms(at_ms))
        return counts_of(session, round)


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

    A first count, whose result is dropped, compiles the statements and brings the pages of the database into memory:
    under the lock the second one then takes a quarter of the time.
    """
    source = source_of(session)
    session.rollback()  # hold no read transaction while others work
    with reserved(DATABASE) as worker:
        if not isinstance(worker, InPlace):
            worker.run(counts_at_close, source, round_id, clock.to_ms(clock.now()))
        yield Freezer(worker, source)
