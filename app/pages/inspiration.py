"""The page "Inspire me": questions and ideas, drawn anew at every visit."""

import secrets
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.pages.rooms import Room
from ideas import policy
from ideas.database import db
from ideas.errors import Forbidden
from ideas.family import nameable
from ideas.models import Activity
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.queries.likeness import far_ideas

# Most are questions of Osborn's checklist (Applied Imagination, 1953), which SCAMPER orders anew.
PROMPTS = (
    _l("What would a child do?"),
    _l("What if it had to cost nothing?"),
    _l("What if money did not matter?"),
    _l("What could you leave out?"),
    _l("What could take its place?"),
    _l("What could you combine it with?"),
    _l("Who has solved something like this before?"),
    _l("What if it were ten times as big, or as small?"),
    _l("What else could it be good for?"),
    _l("What would make it worse? Turn that around."),
    _l("What annoys people most about it?"),
    _l("How will people do it in a hundred years?"),
    _l("What would somebody notice who sees it for the first time?"),
    _l("What could you begin with tomorrow?"),
)
PROMPTS_SHOWN = 2


@dataclass(frozen=True)
class Inspiration:
    """Questions and ideas for somebody who is stuck. `buildable` are the ids of those on which the viewer may build."""

    prompts: list[LazyString]
    ideas: list[IdeaRow]
    buildable: frozenset[int]


def inspiration_for(room: Room) -> Inspiration:
    """:raise Forbidden: if the viewer has not joined.

    :raise PhaseForbids: :raise RoundIsClosed: while nobody writes.
    """
    session, participant = db.session(), room.participant
    if participant is None:
        raise Forbidden
    policy.require_permits(room.round, Activity.WRITE)
    lot = secrets.SystemRandom()
    ids = far_ideas(session, room.round, participant, lot)
    rows = {row.id: row for row in idea_rows(session, room.round, ids=ids)} if ids else {}
    prompts = lot.sample(PROMPTS, PROMPTS_SHOWN) if room.challenge.idea_prompts else []
    buildable = nameable(session, room.round, participant, ids) if ids else {}
    return Inspiration(prompts, [rows[i] for i in ids if i in rows], frozenset(buildable))
