"""The moderation queue: what waits for a facilitator in the current round, the oldest first.

A source says for one reason which ideas and arguments wait; `SOURCES` lists all of them. A text that waits for several
reasons stands in the queue once.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, false, func, literal, select, union_all
from sqlalchemy.orm import Session

from ideas import policy
from ideas.models import (
    PROXIES,
    Account,
    Act,
    Argument,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    Participant,
    Person,
    Round,
)
from ideas.queries.floods import OtherText, flood_around

IDEA, ARGUMENT = "idea", "argument"


class Why(StrEnum):
    """Why something stands in the queue."""

    PENDING = "pending"  # nobody has approved it yet


# The columns of a source: noun, id of the record, id of its author, since when it waits, and why.
Waits = Select[tuple[str, int, int, datetime, str]]


@dataclass(frozen=True)
class QueuedText:
    """One text in the queue, `since` the earliest of its reasons."""

    noun: str
    id: int
    author_id: int
    since: datetime
    why: tuple[Why, ...]

    @property
    def handle(self) -> str:
        return f"{self.noun}-{self.id}"

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.since, self.noun, self.id


def _pending(round: Round) -> Waits:
    """The ideas that wait for approval, since their present words were written."""
    return (
        select(
            literal(IDEA).label("noun"),
            Entry.idea_id.label("id"),
            Idea.author_id.label("author_id"),
            IdeaVersion.written_at.label("since"),
            literal(str(Why.PENDING)).label("why"),
        )
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .where(Entry.round_id == round.id, Entry.status == EntryStatus.PENDING, Entry.sealed == false())
    )


SOURCES: tuple[Callable[[Round], Waits], ...] = (_pending,)


def queue_of(session: Session, round: Round) -> list[QueuedText]:
    """Everything that waits in a round, the oldest first; nothing in a closed round. One statement."""
    if round.is_closed:
        return []
    found: dict[tuple[str, int], QueuedText] = {}
    for noun, number, author_id, since, why in session.execute(_all(round)):
        before = found.get((noun, number))
        whys = (*before.why, Why(why)) if before else (Why(why),)
        earliest = min(since, before.since) if before else since
        found[noun, number] = QueuedText(noun, number, author_id, earliest, tuple(sorted(whys)))
    return sorted(found.values(), key=lambda one: one.order)


def waiting_count(session: Session, round: Round) -> int:
    """How many texts wait."""
    if round.is_closed:
        return 0
    texts = select(_all(round).subquery().c["noun", "id"]).distinct().subquery()
    return session.scalar(select(func.count()).select_from(texts)) or 0


def _all(round: Round) -> Any:
    return union_all(*(source(round) for source in SOURCES)) if len(SOURCES) > 1 else SOURCES[0](round)


def waiting_since(session: Session, round: Round, handle: str) -> tuple[datetime, str, int] | None:
    """The place in the queue of a text that has left it; None if there is no such text."""
    noun, _, number = handle.partition("-")
    if noun not in (IDEA, ARGUMENT) or not (number.isdecimal() and len(number) <= 18):
        return None
    if noun == ARGUMENT:
        at = session.scalar(select(Argument.written_at).where(Argument.id == int(number)))
    else:
        query = select(IdeaVersion.written_at).join(Entry, Entry.version_id == IdeaVersion.id)
        at = session.scalar(query.where(Entry.round_id == round.id, Entry.idea_id == int(number)))
    return (at, noun, int(number)) if at else None


def of_same_author(session: Session, round: Round, one: QueuedText, queue: Iterable[QueuedText]) -> list[QueuedText]:
    """The texts in the queue that one act may concern because one author wrote them, `one` included.

    Where names are shown these are all; where they are hidden, only those of a flood around it. Proxies write for many
    people.
    """
    mine = [each for each in queue if each.author_id == one.author_id]
    if len(mine) == 1 or session.get_one(Participant, one.author_id).tier in PROXIES:
        return [one]
    if policy.sees_authors(round.challenge.anonymity, round.is_closed):
        return mine
    texts = [OtherText(each.handle, "", each.since, None) for each in mine]  # type: ignore[arg-type]
    handles = {text.handle for text in flood_around(one.handle, texts)}
    return [each for each in mine if each.handle in handles] or [one]


@dataclass(frozen=True)
class ActRow:
    """An act in the log: what was done to which record, by whom and when. `by` is "" for somebody who is gone.

    `is_undone`: another act undid it. `texts` is the number of texts that it concerns.
    """

    seq: int
    kind: str
    handle: str
    by: str
    reason: str
    at: datetime
    batch: int | None
    undoes: int | None
    is_undone: bool
    is_undoable: bool
    texts: int = 1


def latest_act_on(session: Session, challenge_id: int, handle: str) -> ActRow | None:
    """The latest act on a record."""
    rows = _acts(session, challenge_id, Act.handle == handle)
    return rows[0] if rows else None


def act_of(session: Session, challenge_id: int, seq: int) -> ActRow | None:
    """An act, with the number of texts that were decided with it."""
    rows = _acts(session, challenge_id, Act.seq == seq)
    if not rows or rows[0].batch is None:
        return rows[0] if rows else None
    query = select(func.count()).where(Act.challenge_id == challenge_id, Act.batch == rows[0].batch)
    return ActRow(**{**vars(rows[0]), "texts": session.scalar(query) or 1})


def _acts(session: Session, challenge_id: int, *conditions: Any) -> list[ActRow]:
    """Acts, the latest first. Participants have a name in the room; the address names other members."""
    undone = select(Act.undoes).where(Act.challenge_id == challenge_id, Act.undoes.is_not(None))
    query = (
        select(Act, Participant.name, Account.email, Act.seq.in_(undone))
        .outerjoin(Participant, _is_actor(challenge_id))
        .outerjoin(Account, Account.id == Act.account_id)
        .where(Act.challenge_id == challenge_id, *conditions)
        .order_by(Act.seq.desc())
    )
    return [
        ActRow(
            seq=act.seq,
            kind=act.kind,
            handle=act.handle,
            by=name or email or "",
            reason=act.reason,
            at=act.at,
            batch=act.batch,
            undoes=act.undoes,
            is_undone=is_undone,
            is_undoable=bool(act.before) and not is_undone,
        )
        for act, name, email, is_undone in session.execute(query)
    ]


def facilitator_names(session: Session, challenge_id: int, people: Collection[int]) -> dict[int, str]:
    """`{person: name}`: their name in the room, or the address of a member who does not take part."""
    query = (
        select(Person.id, Participant.name, Account.email)
        .outerjoin(Participant, (Participant.person_id == Person.id) & (Participant.challenge_id == challenge_id))
        .outerjoin(Account, Account.id == Person.account_id)
        .where(Person.id.in_(people), Participant.merged_into.is_(None))
    )
    return {person: name or email or "" for person, name, email in session.execute(query)}


def _is_actor(challenge_id: int) -> Any:
    same = (Participant.person_id == Act.person_id) & Participant.merged_into.is_(None)
    return same & (Participant.challenge_id == challenge_id)
