"""The moderation queue: what waits for a facilitator in the current round.

A source says for one reason which ideas and arguments wait; `SOURCES` lists all of them, the most urgent first: a
reported text is read in the room, and a pending one is not.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import false, func, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.journal import chain_of
from ideas.models import (
    PROXIES,
    Account,
    Act,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    Participant,
    Person,
    Round,
)
from ideas.queries.flags import FlaggedText, flagged_texts
from ideas.queries.floods import flood_around

IDEA, ARGUMENT = "idea", "argument"


class Why(StrEnum):
    """Why something stands in the queue."""

    FLAGGED = "flagged"  # participants reported it
    PENDING = "pending"  # nobody has approved it yet


LONG_AGO = clock.from_ms(0)

# The place of a text in the queue: its source, the rank in it, its noun and its id.
Order = tuple[int, int, str, int]


@dataclass(frozen=True)
class QueuedText:
    """One text in the queue. `author_id` and `written_at`, of its present words, are not read for a flagged text."""

    noun: str
    id: int
    order: Order
    why: Why
    author_id: int | None = None
    written_at: datetime = LONG_AGO
    flagged: FlaggedText | None = None

    @property
    def handle(self) -> str:
        return f"{self.noun}-{self.id}"

    @property
    def place(self) -> str:
        """Its order as a word, for an address."""
        return ".".join(map(str, self.order))


def order_of(place: str) -> Order | None:
    """The order that a word names; None if it names none."""
    source, rank, noun, key = (*place.split("."), "", "", "", "")[:4]
    if noun not in (IDEA, ARGUMENT) or not all(
        part.lstrip("-").isdecimal() and len(part) <= 18 for part in (source, rank, key)
    ):
        return None
    return int(source), int(rank), noun, int(key)


def _flagged(session: Session, round: Round) -> list[QueuedText]:
    """The texts that participants reported, the heaviest first."""
    found = []
    for text in flagged_texts(session, round):
        noun, key = (ARGUMENT, text.argument_id) if text.argument_id is not None else (IDEA, text.idea_id)
        order = (0, -round_half(text.weight), noun, key)
        found.append(QueuedText(noun, key, order, Why.FLAGGED, flagged=text))
    return found


def round_half(weight: float) -> int:
    """A weight, which is a multiple of a half, as a whole number."""
    return round(2 * weight)


def _pending(session: Session, round: Round) -> list[QueuedText]:
    """The ideas that wait for approval, the oldest first, since their present words were written."""
    query = (
        select(Entry.idea_id, Idea.author_id, IdeaVersion.written_at)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .where(Entry.round_id == round.id, Entry.status == EntryStatus.PENDING, Entry.sealed == false())
    )
    return [
        QueuedText(IDEA, key, (1, clock.to_ms(written_at), IDEA, key), Why.PENDING, author_id, written_at)
        for key, author_id, written_at in session.execute(query)
    ]


SOURCES: tuple[Callable[[Session, Round], list[QueuedText]], ...] = (_flagged, _pending)


def queue_of(session: Session, round: Round) -> list[QueuedText]:
    """Everything that waits in a round; nothing in a closed round. At most three statements, however much waits."""
    if round.is_closed:
        return []
    return sorted((text for source in SOURCES for text in source(session, round)), key=lambda text: text.order)


def of_same_author(session: Session, round: Round, one: QueuedText, queue: Iterable[QueuedText]) -> list[QueuedText]:
    """The texts in the queue that one act may concern because one author wrote them, `one` included.

    Where names are shown these are all; where they are hidden, only those of a flood around it. Proxies write for many
    people.
    """
    mine = [each for each in queue if each.author_id == one.author_id and one.author_id is not None]
    if len(mine) < 2 or session.get_one(Participant, one.author_id).tier in PROXIES:
        return [one]
    if policy.sees_authors(round.challenge.anonymity, round.is_closed):
        return mine
    handles = {text.handle for text in flood_around(one.handle, mine)}
    return [each for each in mine if each.handle in handles] or [one]


@dataclass(frozen=True)
class QueueAct:
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


def latest_act_on(session: Session, challenge_id: int, handle: str) -> QueueAct | None:
    """The latest act on a record."""
    rows = _acts(session, challenge_id, Act.handle == handle, limit=1)
    return rows[0] if rows else None


def act_of(session: Session, challenge_id: int, seq: int) -> QueueAct | None:
    """An act, with the number of texts that were decided with it."""
    rows = _acts(session, challenge_id, Act.seq == seq)
    if not rows or rows[0].batch is None:
        return rows[0] if rows else None
    query = select(func.count()).where(Act.chain_id == chain_of(challenge_id), Act.batch == rows[0].batch)
    return replace(rows[0], texts=session.scalar(query) or 1)


def _acts(session: Session, challenge_id: int, *conditions: Any, limit: int | None = None) -> list[QueueAct]:
    """Acts, the latest first. Participants have a name in the room; the address names other members."""
    undone = select(Act.undoes).where(Act.chain_id == chain_of(challenge_id), Act.undoes.is_not(None))
    query = (
        select(Act, Participant.name, Account.shown_name, Act.seq.in_(undone))
        .outerjoin(Participant, _is_actor(challenge_id))
        .outerjoin(Account, Account.id == Act.account_id)
        .where(Act.chain_id == chain_of(challenge_id), *conditions)
        .order_by(Act.seq.desc())
        .limit(limit)
    )
    return [
        QueueAct(
            seq=act.seq,
            kind=act.kind,
            handle=act.handle,
            by=name or account or "",
            reason=act.reason,
            at=act.at,
            batch=act.batch,
            undoes=act.undoes,
            is_undone=is_undone,
            is_undoable=bool(act.before) and not is_undone,
        )
        for act, name, account, is_undone in session.execute(query)
    ]


def facilitator_names(session: Session, challenge_id: int, people: Collection[int]) -> dict[int, str]:
    """`{person: name}`: their name in the room, or the address of a member who does not take part."""
    query = (
        select(Person.id, Participant.name, Account.shown_name)
        .outerjoin(Participant, (Participant.person_id == Person.id) & (Participant.challenge_id == challenge_id))
        .outerjoin(Account, Account.id == Person.account_id)
        .where(Person.id.in_(people), Participant.merged_into.is_(None))
    )
    return {person: name or account or "" for person, name, account in session.execute(query)}


def _is_actor(challenge_id: int) -> Any:
    same = (Participant.person_id == Act.person_id) & Participant.merged_into.is_(None)
    return same & (Participant.challenge_id == challenge_id)
