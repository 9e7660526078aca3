"""Groups of ideas as one card each. A group shows if the room sees two of its ideas or more, and never in a silence."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, or_, select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.database import alias_of
from ideas.models import Entry, IdeaGroup, IdeaVersion, Round


@dataclass(frozen=True)
class GroupedIdea:
    """An idea in a group, with its title; "" if its words were erased."""

    id: int
    title: str
    language: str


@dataclass(frozen=True)
class GroupRow:
    """A group with the ideas that the room sees, the oldest first. `seq` is the number of its latest change."""

    id: int
    handle: str
    name: str
    seq: int
    ideas: tuple[GroupedIdea, ...]
    language: str
    challenge_id: int

    @property
    def order(self) -> int:
        return max(idea.id for idea in self.ideas)


def group_rows(session: Session, round: Round, *, ids: Sequence[int] | None = None) -> list[GroupRow]:
    """The groups of a round that show now, those with the latest ideas first; optionally limited to `ids`."""
    if policy.hides_groups(round):
        return []
    query = (
        select(IdeaGroup, Entry.idea_id, IdeaVersion.title)
        .join(Entry, Entry.group_id == IdeaGroup.id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(IdeaGroup.round_id == round.id, Entry.shown)
        .order_by(Entry.idea_id)
    )
    if ids is not None:
        query = query.where(IdeaGroup.id.in_(ids))
    language = round.challenge.language
    members: dict[IdeaGroup, list[GroupedIdea]] = defaultdict(list)
    for group, idea_id, title in session.execute(query):
        members[group].append(GroupedIdea(idea_id, title, language))
    rows = [
        GroupRow(group.id, group.handle, group.name, group.seq, tuple(ideas), language, round.challenge_id)
        for group, ideas in members.items()
        if len(ideas) > 1
    ]
    return sorted(rows, key=lambda row: -row.order)


def group_shown(round: Round) -> ColumnElement[Any]:
    """The SQL of the group in which the room sees an `Entry`; NULL for one that stands alone."""
    if policy.hides_groups(round):
        return null()
    member = alias_of(Entry, "member")
    others = select(func.count(member.id)).where(member.group_id == Entry.group_id, member.shown)
    return case((others.correlate(Entry).scalar_subquery() > 1, Entry.group_id), else_=null())


def stands_alone(round: Round) -> ColumnElement[bool]:
    """The SQL of whether the room sees an `Entry` on no group's card."""
    return or_(Entry.group_id.is_(None), group_shown(round).is_(None))
