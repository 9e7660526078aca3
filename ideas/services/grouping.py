"""Groups: ideas that say something similar are shown as one card. Each keeps its own marks, reads and place.

`seen` is the number of the group's latest change that the facilitator saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from ideas import journal
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.errors import Changed, Conflict, Invalid, NotFound
from ideas.events import GroupChanged
from ideas.models import Entry, IdeaGroup, Round
from ideas.round_lock import SHARED_LANES, facilitated_round
from ideas.texts import one_line

NAME_MAX = 80  # characters
MEMBERS_MAX = 40


def group_ideas(actor: Actor, round_id: int, idea_ids: Sequence[int], name: str = "") -> int:
    """Make a group of at least two ideas that the room sees and that are on no group's card.

    :return: the group's id.
    :raise Invalid: `{"ideas": "too_few_ideas"}` or `{"ideas": "too_many_ideas"}`. :raise NotFound: for an idea that is
        not in the round, or still sealed. :raise Conflict: if one is hidden, merged or in a group by now.
        :raise RoundIsClosed: :raise Forbidden:
    """
    name = one_line("name", name, NAME_MAX)
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_round(transaction, actor, round_id)
        entries = _ungrouped(transaction, round, idea_ids)
        if len(entries) < 2:
            raise Invalid(ideas="too_few_ideas")
        group = IdeaGroup(round_id=round.id, name=name, seq=0)
        session.add(group)
        session.flush()
        act = _GroupAct(chain, round, actor, group)
        act.end_unseen(entries)
        act.join(entries)
        act.tell("group", entries)
        return group.id


def add_to_group(actor: Actor, group_id: int, idea_ids: Sequence[int], *, seen: int | None = None) -> None:
    """Put further ideas into a group.

    :raise Changed: :raise Invalid: `{"ideas": "no_idea"}` or `{"ideas": "too_many_ideas"}`. :raise Conflict:
        :raise NotFound: as `group_ideas`.
    """
    with write() as transaction:
        act = _GroupAct.on(transaction, actor, group_id, seen)
        entries = _ungrouped(transaction, act.round, idea_ids)
        if not entries:
            raise Invalid(ideas="no_idea")
        act.end_unseen(entries)
        act.join(entries)
        act.tell("group", entries)


def take_from_group(actor: Actor, idea_id: int, group_id: int, *, seen: int | None = None) -> None:
    """Take an idea out of a group; a group of one dissolves.

    :raise Changed: :raise Conflict: if it is not in the group (any more).
    """
    with write() as transaction:
        act = _GroupAct.on(transaction, actor, group_id, seen)
        members = act.members()
        gone = [entry for entry in members if entry.idea_id == idea_id]
        if not gone:
            raise Conflict
        act.part(gone if len(members) > 2 else members)
        act.tell("ungroup", gone if len(members) > 2 else members)


def dissolve_group(actor: Actor, group_id: int, *, seen: int | None = None) -> None:
    """End a group; its ideas stand alone again. :raise Changed: :raise Conflict: if it is dissolved already."""
    with write() as transaction:
        act = _GroupAct.on(transaction, actor, group_id, seen)
        members = act.members()
        if not members:
            raise Conflict
        act.part(members)
        act.tell("ungroup", members)


def name_group(actor: Actor, group_id: int, name: str, *, seen: int | None = None) -> None:
    """Name a group, or take its name away with an empty one. :raise Changed: :raise Invalid: `{"name": …}`"""
    name = one_line("name", name, NAME_MAX)
    with write() as transaction:
        act = _GroupAct.on(transaction, actor, group_id, seen)
        if act.group.name != name:
            act.group.name = name
            act.tell("group", act.members())


def _ungrouped(transaction: Transaction, round: Round, idea_ids: Sequence[int]) -> list[Entry]:
    wanted = set(idea_ids)
    if len(wanted) > MEMBERS_MAX:
        raise Invalid(ideas="too_many_ideas")
    query = select(Entry).filter_by(round_id=round.id).where(Entry.idea_id.in_(wanted)).order_by(Entry.id)
    entries = list(transaction.session.scalars(query))
    if len(entries) < len(wanted) or any(entry.sealed for entry in entries):
        raise NotFound
    if not all(entry.shown for entry in entries) or _stand_on_cards(transaction, entries):
        raise Conflict
    return entries


def _stand_on_cards(transaction: Transaction, entries: Sequence[Entry]) -> bool:
    """Whether one of these entries is in a group of which the room sees two ideas."""
    groups = {entry.group_id for entry in entries} - {None}
    query = select(Entry.group_id).where(Entry.group_id.in_(groups), Entry.shown)
    query = query.group_by(Entry.group_id).having(func.count() > 1)
    return transaction.session.scalar(query.limit(1)) is not None


@dataclass(frozen=True)
class _GroupAct:
    """An act of a facilitator on a group, under the lock of its challenge."""

    chain: journal.Chain
    round: Round
    actor: Actor
    group: IdeaGroup

    @classmethod
    def on(cls, transaction: Transaction, actor: Actor, group_id: int, seen: int | None) -> "_GroupAct":
        group = require(transaction.session, IdeaGroup, group_id)
        chain, round = facilitated_round(transaction, actor, group.round_id)
        transaction.session.refresh(group)
        if seen is not None and seen != group.seq:
            raise Changed
        return cls(chain, round, actor, group)

    def members(self) -> list[Entry]:
        query = select(Entry).filter_by(group_id=self.group.id).order_by(Entry.id)
        return list(self.chain.transaction.session.scalars(query))

    def end_unseen(self, entries: Sequence[Entry]) -> None:
        """End the other groups of these entries, of which the room sees no second idea any more."""
        others = {entry.group_id for entry in entries} - {None, self.group.id}
        for group in self.chain.transaction.session.scalars(select(IdeaGroup).where(IdeaGroup.id.in_(others))):
            other = replace(self, group=group)
            members = other.members()
            other.part(members)
            other.tell("ungroup", members)

    def join(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.group_id = self.group.id
        self.chain.transaction.session.flush()
        if len(self.members()) > MEMBERS_MAX:
            raise Invalid(ideas="too_many_ideas")

    def part(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.group_id = None
        self.chain.transaction.session.flush()

    def tell(self, kind: str, changed: Sequence[Entry]) -> None:
        """Write who is in the group now, and touch everything that looks different."""
        members = self.members()
        body = {"group": self.group.id, "entries": [entry.id for entry in members], "named": int(bool(self.group.name))}
        self.group.seq = self.chain.append("group", body, self.round)
        self.chain.act(kind, self.group.handle, self.actor, "", self.group.seq)
        shown = [f"idea-{entry.idea_id}" for entry in {*members, *changed} if entry.shown]
        self.chain.touch(self.group.seq, [self.group.handle, *sorted(shown)], SHARED_LANES)
        self.chain.transaction.record(GroupChanged(self.round.challenge_id, self.round.id, self.group.id, self.actor))
