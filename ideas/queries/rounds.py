"""The rounds of a challenge: the current one, the closed ones, and links to all."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from ideas.database import alias_of
from ideas.errors import NotClosed, NotFound
from ideas.models import Entry, EntryStatus, Round


def current_round(session: Session, challenge_id: int) -> Round:
    """The latest round of a challenge, with its phases and questions in one statement.

    :raise NotFound: if there is none.
    """
    found = session.scalars(_current_query(), {"challenge": challenge_id}).unique().first()
    if found is None:
        raise NotFound
    return found


def first_round(session: Session, challenge_id: int) -> Round:
    """The round with which a challenge began. :raise NotFound: if there is none."""
    found = session.scalar(select(Round).filter_by(challenge_id=challenge_id, n=1))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class RoundLink:
    """A round of a challenge, for a link to its result or to its room."""

    n: int
    closed_at: datetime | None

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


def rounds_of(session: Session, challenge_id: int) -> list[RoundLink]:
    """The rounds of a challenge, the first one first."""
    query = select(Round.n, Round.closed_at).where(Round.challenge_id == challenge_id).order_by(Round.n)
    return [RoundLink(*row) for row in session.execute(query)]


def previous_round(session: Session, round: Round) -> int | None:
    """The id of the round from which a round took its ideas; None for the first one."""
    return session.scalar(select(Round.id).filter_by(challenge_id=round.challenge_id, n=round.n - 1))


def taken_on(session: Session, round: Round) -> list[int]:
    """The ideas of a round that the next round took along; those that were merged into another one are left out."""
    begun, before = alias_of(Entry, "begun"), alias_of(Entry, "before")
    query = (
        select(begun.idea_id)
        .join(Round, Round.id == begun.round_id)
        .join(before, before.idea_id == begun.idea_id)
        .where(Round.challenge_id == round.challenge_id, Round.n == round.n + 1, before.round_id == round.id)
        .where(before.status != EntryStatus.MERGED)
        .order_by(begun.idea_id)
    )
    return list(session.scalars(query))


def closed_round(session: Session, challenge_id: int, n: int | None = None) -> Round:
    """The closed round number `n` of a challenge, the latest one by default.

    :raise NotClosed: if none is closed yet, or this one is not; also for a number that no round has.
    """
    query = select(Round).where(Round.challenge_id == challenge_id, Round.closed_at.is_not(None))
    if n is not None:
        query = query.where(Round.n == n)
    query = query.options(joinedload(Round.phases), joinedload(Round.asked)).order_by(Round.n.desc())
    found = session.scalars(query).unique().first()
    if found is None:
        raise NotClosed
    return found


def latest_close(session: Session, challenge_id: int) -> datetime | None:
    """The instant at which the latest closed round of a challenge was closed; None before any close."""
    return session.scalar(select(func.max(Round.closed_at)).where(Round.challenge_id == challenge_id))


@cache
def _current_query() -> Select[tuple[Round]]:
    """It is built once, since every page of a room and nearly every act asks it."""
    return (
        select(Round)
        .where(Round.challenge_id == bindparam("challenge", type_=Integer))
        .order_by(Round.n.desc())
        .limit(1)
        # Callers nearly always need the phases and questions; both are few.
        .options(joinedload(Round.phases), joinedload(Round.asked))
    )
