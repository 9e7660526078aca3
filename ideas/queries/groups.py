"""Groups of ideas as one card each. A group shows if the room sees two of its ideas or more, and never in a silence."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, or_, select
from sqlalchemy.orm import Session, aliased

from ideas import policy
from ideas.models import Entry, IdeaGroup, IdeaVersion, Round
from ideas.queries.likeness import index_of
from ideas.similarity import groups_among, shared_words


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
    member = aliased(Entry)
    others = select(func.count(member.id)).where(member.group_id == Entry.group_id, member.shown)
    return case((others.correlate(Entry).scalar_subquery() > 1, Entry.group_id), else_=null())


def stands_alone(round: Round) -> ColumnElement[bool]:
    """The SQL of whether the room sees an `Entry` on no group's card."""
    return or_(Entry.group_id.is_(None), group_shown(round).is_(None))


# Among more ideas than this, only the latest ones are looked through.
LOOKED_THROUGH = 200

PROPOSED = 12


@dataclass(frozen=True)
class Proposal:
    """Ideas that might be a group, and the words that they share."""

    ideas: tuple[GroupedIdea, ...]
    words: tuple[str, ...]

    @property
    def ids(self) -> list[int]:
        return [idea.id for idea in self.ideas]


@dataclass(frozen=True)
class GroupBoard:
    """What a facilitator needs to group the ideas of a round: the groups, the rest, and proposals among the rest."""

    groups: list[GroupRow]
    alone: list[GroupedIdea]
    proposals: list[Proposal]


def group_board(session: Session, round: Round) -> GroupBoard:
    """Everything is empty while groups are hidden."""
    if policy.hides_groups(round):
        return GroupBoard([], [], [])
    query = (
        select(Entry.idea_id, IdeaVersion.title, IdeaVersion.text)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Entry.shown, stands_alone(round), IdeaVersion.redacted_at.is_(None))
        .order_by(Entry.idea_id.desc())
    )
    texts = {idea_id: (title, text) for idea_id, title, text in session.execute(query)}
    language = round.challenge.language
    alone = {idea_id: GroupedIdea(idea_id, title, language) for idea_id, (title, _) in texts.items()}
    latest = dict(list(texts.items())[:LOOKED_THROUGH])
    found = [
        Proposal(tuple(alone[i] for i in group), _shared_by([" ".join(texts[i]) for i in group]))
        for group in groups_among(index_of(session, round), latest)[:PROPOSED]
    ]
    return GroupBoard(group_rows(session, round), list(alone.values()), found)


def _shared_by(texts: list[str]) -> tuple[str, ...]:
    """The words of the first text that most of the others have, too."""
    first, *others = texts
    counts = Counter(word for other in others for word in shared_words(first, other))
    return tuple(word for word, n in counts.most_common(4) if 2 * n >= len(others))
