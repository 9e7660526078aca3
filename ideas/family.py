"""Mechanics of the family tree: which ideas an idea names as those that it grew from.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from ideas import policy
from ideas.errors import Invalid
from ideas.models import EdgeKind, Entry, Idea, IdeaEdge, Participant, Round

# An idea names at most so many others.
PARENTS_MAX = 4


def parents_named(session: Session, round: Round, author: Participant, ids: Sequence[int]) -> list[Entry]:
    """The entries of these ideas in the round, in the order in which they were named, each once.

    An idea that this person may not name and one that does not exist are refused alike.

    :raise Invalid: `{"parents": "too_many_parents"}` or `{"parents": "parent_gone"}`.
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > PARENTS_MAX:
        raise Invalid(parents="too_many_parents")
    found = nameable(session, round, author, wanted)
    if len(found) < len(wanted):
        raise Invalid(parents="parent_gone")
    return [found[idea_id] for idea_id in wanted]


def nameable(session: Session, round: Round, author: Participant, ids: Sequence[int]) -> dict[int, Entry]:
    """`{idea: its entry}` of those among `ids` on which this person may build now."""
    if not ids:
        return {}
    query = select(Entry).join(Entry.idea).options(contains_eager(Entry.idea))
    entries = session.scalars(query.where(Entry.round_id == round.id, Entry.idea_id.in_(ids)))
    return {entry.idea_id: entry for entry in entries if policy.may_build_on(round.challenge, author, entry)}


def add_edges(session: Session, child: Idea, parents: Sequence[Entry]) -> None:
    """Store from which ideas an idea grew."""
    kind = EdgeKind.COMBINE if len(parents) > 1 else EdgeKind.BUILD_ON
    session.add_all(IdeaEdge(child_id=child.id, parent_id=parent.idea_id, kind=kind) for parent in parents)


def parentless(session: Session, idea_ids: Collection[int]) -> set[int]:
    """Those of these ideas that grew from no other one."""
    children = select(IdeaEdge.child_id).where(IdeaEdge.child_id.in_(idea_ids))
    return {*idea_ids} - {*session.scalars(children)}


def shown_parents(session: Session, entry: Entry) -> list[str]:
    """The handles of the ideas from which an entry's idea grew, as far as the room sees them."""
    query = select(IdeaEdge.parent_id).join(Entry, Entry.idea_id == IdeaEdge.parent_id)
    query = query.where(IdeaEdge.child_id == entry.idea_id, Entry.round_id == entry.round_id, Entry.shown)
    return [f"idea-{idea_id}" for idea_id in session.scalars(query.order_by(IdeaEdge.parent_id))]
