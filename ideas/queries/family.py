"""The family tree: ideas that grew from one another, as one viewer sees them.

Ideas that the viewer may not see are absent. One from which a visible idea grew keeps its place between visible ideas
without a number and without words, so that its children stay together. The idea that stands for a merged one takes its
place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, false, or_, select
from sqlalchemy.orm import Session

from ideas.database import alias_of
from ideas.models import Entry, EntryStatus, Idea, IdeaEdge, IdeaVersion, Round

# A family shows at most so many ideas: those that are nearest to the one from which it is looked at.
MEMBERS_MAX = 50

# Of a huge family no more is read.
_READ_MAX = 500

Edges = Iterable[tuple[int, int]]  # `(child, parent)`

Parents = Mapping[int, Sequence[int]]  # `{idea: the ideas from which it grew}`


@dataclass(frozen=True)
class Relative:
    """An idea in a family. `title` is None if the viewer may not see the idea, "" if its words were erased.

    `parents` are ids of members, in the order of their age.
    """

    id: int
    title: str | None
    parents: tuple[int, ...]

    @property
    def is_seen(self) -> bool:
        return self.title is not None


@dataclass(frozen=True)
class Family:
    """Ideas that are connected by edges, each after all its parents. `left_out` is the number of those not shown."""

    members: list[Relative]
    left_out: int = 0

    @property
    def ids(self) -> list[int]:
        """The ideas that the viewer sees."""
        return [member.id for member in self.members if member.is_seen]


def family_of(session: Session, round: Round, idea_id: int, viewer_id: int | None = None) -> Family | None:
    """The family of an idea; None for an idea that has none. `viewer_id` is a participant who sees their own ideas."""
    edges = _edges_around(session, round, idea_id)
    if not edges:
        return None
    families = _families(session, round, edges, viewer_id, around=idea_id)
    return next((family for family in families if idea_id in family.ids), None)


def families_of(session: Session, round: Round) -> list[Family]:
    """All families of a round as the room sees them, those with the oldest ideas first."""
    query = select(IdeaEdge.child_id, IdeaEdge.parent_id).join(Entry, Entry.idea_id == IdeaEdge.child_id)
    edges = session.execute(query.where(Entry.round_id == round.id)).tuples().all()
    return _families(session, round, edges, None) if edges else []


def parents_of(session: Session, round: Round) -> Parents:
    """The edges of all ideas of a round that name others, in the order of their age."""
    query = select(IdeaEdge.child_id, IdeaEdge.parent_id).join(Entry, Entry.idea_id == IdeaEdge.child_id)
    query = query.where(Entry.round_id == round.id, Entry.sealed == false())
    found: dict[int, list[int]] = defaultdict(list)
    for child, parent in session.execute(query.order_by(IdeaEdge.child_id, IdeaEdge.parent_id)):
        found[child].append(parent)
    return dict(found)


def _edges_around(session: Session, round: Round, idea_id: int) -> list[tuple[int, int]]:
    """The edges of all ideas that are connected with one, or with those that are merged into it, the nearest first."""
    own = alias_of(Entry, "own")
    stands = select(own.id).where(own.round_id == round.id, own.idea_id == idea_id).scalar_subquery()
    merged = and_(Entry.counted_as == stands, Entry.status == EntryStatus.MERGED)
    these = select(Entry.idea_id.label("id")).where(Entry.round_id == round.id, or_(Entry.id == stands, merged))
    family = these.cte("family", recursive=True)
    other: ColumnElement[int] = case((IdeaEdge.child_id == family.c.id, IdeaEdge.parent_id), else_=IdeaEdge.child_id)
    touches = or_(IdeaEdge.child_id == family.c.id, IdeaEdge.parent_id == family.c.id)
    family = family.union(select(other).join(family, touches))
    members = select(family.c.id).limit(_READ_MAX).subquery()
    query = select(IdeaEdge.child_id, IdeaEdge.parent_id).where(IdeaEdge.child_id.in_(select(members.c.id)))
    return list(session.execute(query).tuples())


def _families(
    session: Session, round: Round, edges: Edges, viewer_id: int | None, around: int | None = None
) -> list[Family]:
    edges = list(edges)
    stands, titles = _standing(session, round, {i for edge in edges for i in edge}, viewer_id)
    parents: dict[int, set[int]] = defaultdict(set)
    for child, parent in ((stands.get(child, child), stands.get(parent, parent)) for child, parent in edges):
        # An idea that was merged into an older one does not make that one a child of a younger one.
        parents[child] |= {parent} if parent < child else set()
        parents[parent] |= set()
    _prune(parents, titles)
    found = []
    for ids in _connected(parents):
        if len(ids) > 1 and any(i in titles for i in ids):
            kept = _nearest(ids, parents, around if around in ids else min(ids))
            members = [Relative(i, titles.get(i), tuple(sorted(parents[i] & kept))) for i in _in_order(kept, parents)]
            found.append(Family(members, len(ids) - len(kept)))
    return found


def _standing(
    session: Session, round: Round, ids: Iterable[int], viewer_id: int | None
) -> tuple[dict[int, int], dict[int, str]]:
    """`{idea: the one that stands for it, mostly itself}` and `{that one: its title}`, if the viewer sees that one."""
    root = alias_of(Entry, "root")
    stands = case((Entry.status == EntryStatus.MERGED, Entry.counted_as), else_=Entry.id)
    query = (
        select(Entry.idea_id, root.idea_id, IdeaVersion.title)
        .join(root, root.id == stands)
        .join(IdeaVersion, IdeaVersion.id == root.version_id)
        .join(Idea, Idea.id == root.idea_id)
        .where(Entry.round_id == round.id, Entry.idea_id.in_(list(ids)))
    )
    own = and_(Idea.author_id == (viewer_id or 0), root.status.in_((EntryStatus.VISIBLE, EntryStatus.PENDING)))
    rows = session.execute(query.where(or_(root.shown, own))).tuples().all()
    return {idea: standing for idea, standing, _ in rows}, {standing: title for _, standing, title in rows}


def _prune(parents: dict[int, set[int]], seen: Mapping[int, str]) -> None:
    """Drop unseen ideas from which no seen one grew, and those that stand between no two seen ones."""
    while True:
        links: dict[int, set[int]] = defaultdict(set)
        for child, named in parents.items():
            for parent in named:
                links[child].add(parent)
                links[parent].add(child)
        with_children = {parent for named in parents.values() for parent in named}
        loose = [i for i in parents if i not in seen and (i not in with_children or len(links[i]) < 2)]
        if not loose:
            return
        for i in loose:
            del parents[i]
        for named in parents.values():
            named.difference_update(loose)


def _connected(parents: Mapping[int, set[int]]) -> list[set[int]]:
    """The ideas in groups of those that are connected, the group with the oldest idea first."""
    group_of: dict[int, set[int]] = {}
    for child in sorted(parents):
        group = {child}
        for parent in parents[child]:
            group |= group_of[parent]
        group_of |= dict.fromkeys(group, group)
    return sorted({id(group): group for group in group_of.values()}.values(), key=min)


def _nearest(ids: set[int], parents: Mapping[int, set[int]], around: int) -> set[int]:
    """At most `MEMBERS_MAX` of these ideas, in the order of their distance from one."""
    links: dict[int, set[int]] = defaultdict(set)
    for child in ids:
        for parent in parents[child]:
            links[child].add(parent)
            links[parent].add(child)
    kept, front = {around}, [around]
    while front and len(kept) < MEMBERS_MAX:
        front = [i for one in front for i in sorted(links[one]) if i not in kept]
        for i in front:
            if len(kept) < MEMBERS_MAX:
                kept.add(i)
    return kept


def _in_order(ids: set[int], parents: Mapping[int, set[int]]) -> list[int]:
    """Each idea after all its parents, and as soon as possible after the last one of them."""
    children: dict[int, list[int]] = defaultdict(list)
    for child in sorted(ids):
        for parent in parents[child] & ids:
            children[parent].append(child)
    done: dict[int, None] = {}

    waiting = sorted((i for i in ids if not parents[i] & ids), reverse=True)
    while waiting:
        one = waiting.pop()
        if one in done or not (parents[one] & ids) <= done.keys():
            continue
        done[one] = None
        waiting += reversed(children[one])
    return list(done)
