"""The writing form of a room: the ideas from which a new one grows, and the choice of a further one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from app.inputs.lists import idea_query
from app.pages.alike import Alike, alike
from app.pages.rooms import Room, own_ideas_of
from ideas import policy
from ideas.database import db
from ideas.errors import Forbidden, NotFound
from ideas.family import nameable
from ideas.models import Activity
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.queries.likeness import ALIKE, ALIKE_SCORE, similar_ideas
from ideas.queries.pages import ListPage, room_page


@dataclass(frozen=True)
class SecondIdea:
    """The choice of a further idea for one that grows from several.

    `named` were chosen before, the first one is that of the page; `own` are the viewer's ideas that `shown` lacks.
    """

    named: list[IdeaRow]
    alike: list[Alike]  # on top of the whole list, nothing on its other pages
    shown: ListPage[IdeaRow]
    own: list[IdeaRow]

    @property
    def ids(self) -> list[int]:
        return [idea.id for idea in self.named]

    @property
    def others(self) -> list[IdeaRow]:
        """The ideas that can be chosen."""
        above = {*self.ids, *(each.idea.id for each in self.alike)}
        return [idea for idea in (*self.own, *self.shown.rows) if idea.id not in above]


def parents_named_in(room: Room, ids: Sequence[int]) -> list[IdeaRow]:
    """The ideas among `ids` on which the viewer may build now, in this order."""
    session, participant = db.session(), room.participant
    if not ids or participant is None:
        return []
    entries = nameable(session, room.round, participant, ids)
    own = [i for i, entry in entries.items() if not entry.shown]
    rows = idea_rows(session, room.round, ids=[i for i in entries if i not in own])
    rows += idea_rows(session, room.round, ids=own, author_id=participant.id) if own else []
    by_id = {row.id: row for row in rows}
    return [by_id[i] for i in ids if i in by_id]


def second_idea_for(room: Room, ids: Sequence[int]) -> SecondIdea:
    """The ideas with which those of `ids` can be combined, as the viewer's address looks for them.

    :raise Forbidden: if the viewer has not joined. :raise PhaseForbids: :raise RoundIsClosed:
    :raise NotFound: if the first one can't be named.
    """
    session, participant = db.session(), room.participant
    if participant is None:
        raise Forbidden
    policy.require_permits(room.round, Activity.WRITE)
    named = parents_named_in(room, ids)
    if not named or named[0].id != ids[0]:
        raise NotFound
    shown = room_page(session, room.round, idea_query(request.args, participant.id))
    _, apart = own_ideas_of(room.round, participant)
    permitted = nameable(session, room.round, participant, [idea.id for idea in apart])
    likely = _alike_to(room, named) if shown.begins else []
    return SecondIdea(named, likely, shown, [idea for idea in apart if idea.id in permitted])


def _alike_to(room: Room, named: Sequence[IdeaRow]) -> list[Alike]:
    """The ideas on which the viewer may build that are most like the first one."""
    first, viewer = named[0], room.participant
    assert viewer is not None
    words, but = (first.title, first.text), [idea.id for idea in named]
    found = similar_ideas(db.session(), room.round, viewer, words, but, most=ALIKE, at_least=ALIKE_SCORE)
    return alike(first, parents_named_in(room, [idea.id for idea in found]))
