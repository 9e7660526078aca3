"""The other texts of an author, which a facilitator may hide, or show again, together with one of them.

In a round that hides authors, such an act tells that the texts are one person's. There it is offered only for a flood:
many texts within minutes. That they come from one person is then all that a facilitator learns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, joinedload

from ideas import policy
from ideas.journal import chain_of
from ideas.models import PROXIES, Act, Argument, Entry, EntryStatus, Idea, Round

FLOOD_TEXTS = 5  # texts of one author …
FLOOD_TIME = timedelta(minutes=10)  # … within this time

# The kind of a facilitator's act that hid several texts at once.
HIDE_FLOOD = "hide_flood"


@dataclass(frozen=True)
class OtherText:
    """A text as the facilitators see it; `record` is the idea's entry, or the argument."""

    handle: str
    words: str
    written_at: datetime
    record: Entry | Argument


def others_to_hide(session: Session, round: Round, of: Idea | Argument) -> list[OtherText]:
    """The other texts of its author that one act may hide: all where names are shown, else those of a flood."""
    if of.author.tier in PROXIES:
        return []
    texts = _texts_of(session, round, of.author_id, policy.EDITABLE)
    if policy.sees_authors(round.challenge.anonymity, round.is_closed):
        return _without(of, texts)
    return _without(of, flood_around(of.handle, texts))


def others_to_show(session: Session, round: Round, of: Idea | Argument) -> list[OtherText]:
    """The other hidden texts of its author that were hidden together; none where authors are hidden: there each text is
    shown again by itself.
    """
    if not policy.sees_authors(round.challenge.anonymity, round.is_closed):
        return []
    texts = {text.handle: text for text in _texts_of(session, round, of.author_id, {EntryStatus.HIDDEN})}
    flooded = _hidden_in_a_flood(session, round, [*texts])
    return _without(of, [texts[handle] for handle in flooded]) if of.handle in flooded else []


class DatedText(Protocol):
    @property
    def handle(self) -> str: ...
    @property
    def written_at(self) -> datetime: ...


T = TypeVar("T", bound=DatedText)


def flood_around(handle: str, texts: Sequence[T]) -> list[T]:
    """The texts that lie in a window of `FLOOD_TIME` with the text `handle` and at least `FLOOD_TEXTS` in all."""
    ordered = sorted(texts, key=lambda text: text.written_at)
    found: dict[str, T] = {}
    for first, text in enumerate(ordered):
        window = [one for one in ordered[first:] if one.written_at - text.written_at <= FLOOD_TIME]
        if len(window) >= FLOOD_TEXTS and any(one.handle == handle for one in window):
            found |= {one.handle: one for one in window}
    return [*found.values()]


def _texts_of(session: Session, round: Round, author_id: int, statuses: set[EntryStatus]) -> list[OtherText]:
    entries = session.scalars(
        select(Entry)
        .join(Idea, Idea.id == Entry.idea_id)
        .options(joinedload(Entry.idea).selectinload(Idea.versions))
        .where(Entry.round_id == round.id, Idea.author_id == author_id)
        .where(Entry.status.in_(statuses), Entry.sealed != true())
        .order_by(Entry.id)
    ).all()
    arguments = session.scalars(
        select(Argument)
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(Entry.round_id == round.id, Argument.author_id == author_id, Argument.status.in_(statuses))
        .order_by(Argument.id)
    ).all()
    ideas = [OtherText(e.idea.handle, e.idea.versions[-1].title, e.idea.created_at, e) for e in entries]
    return ideas + [OtherText(a.handle, a.text, a.written_at, a) for a in arguments]


def _hidden_in_a_flood(session: Session, round: Round, handles: list[str]) -> list[str]:
    """Those whose latest act is `HIDE_FLOOD`."""
    latest = (
        select(func.max(Act.seq).label("seq"))
        .where(Act.chain_id == chain_of(round.challenge_id), Act.handle.in_(handles))
        .group_by(Act.handle)
        .subquery()
    )
    found = select(Act.handle).where(Act.chain_id == chain_of(round.challenge_id), Act.kind == HIDE_FLOOD)
    return list(session.scalars(found.join(latest, latest.c.seq == Act.seq).order_by(Act.seq)))


def _without(of: Idea | Argument, texts: Sequence[OtherText]) -> list[OtherText]:
    return [text for text in texts if text.handle != of.handle]
