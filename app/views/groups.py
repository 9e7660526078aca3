"""Groups of similar ideas: the page on which facilitators make them."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.inputs.lists import asked_of
from app.pages.rooms import room_of
from app.platform.answers import done
from app.platform.parts import with_parts
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.models import Round
from ideas.queries.group_board import group_board
from ideas.services import grouping

blueprint = Blueprint("groups", __name__)

# A page of the ideas that stand alone.
ALONE_SHOWN = 60


@with_parts(blueprint, "/challenges/<int:challenge_id>/groups")
@blueprint.get("/challenges/<challenge:challenge_id>/groups")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> str:
    """The groups, the ideas that stand alone, and proposals."""
    session = db.session()
    policy.require_facilitator(session, actor(), challenge_id)
    room = room_of(challenge_id)
    board = group_board(session, room.round, asked_of(request.args, "alone", ALONE_SHOWN))
    return render_template("groups/show.html", room=room, board=board)


@blueprint.post("/rounds/<int:round_id>/groups")
@permitted(For.FACILITATOR)
def create(round_id: int) -> Response:
    """Make a group of the ideas `idea`."""
    grouping.group_ideas(actor(), round_id, _ideas(), request.form.get("name", ""))
    return _back(round_id)


@blueprint.post("/rounds/<int:round_id>/groups/ideas")
@permitted(For.FACILITATOR)
def add(round_id: int) -> Response:
    """Put the ideas `idea` into the group `group`, a number and the change that was seen: "3-120"."""
    group_id, _, seen = request.form.get("group", "").partition("-")
    grouping.add_to_group(actor(), _number(group_id), _ideas(), seen=_number(seen))
    return _back(round_id)


@blueprint.post("/rounds/<int:round_id>/groups/name")
@permitted(For.FACILITATOR)
def name(round_id: int) -> Response:
    grouping.name_group(actor(), _number(request.form.get("group", "")), request.form.get("name", ""), seen=_seen())
    return _back(round_id)


@blueprint.post("/rounds/<int:round_id>/groups/parting")
@permitted(For.FACILITATOR)
def take_out(round_id: int) -> Response:
    """Take the idea `idea` out of its group."""
    group_id = _number(request.form.get("group", ""))
    grouping.take_from_group(actor(), _number(request.form.get("idea", "")), group_id, seen=_seen())
    return _back(round_id)


@blueprint.post("/rounds/<int:round_id>/groups/end")
@permitted(For.FACILITATOR)
def dissolve(round_id: int) -> Response:
    grouping.dissolve_group(actor(), _number(request.form.get("group", "")), seen=_seen())
    return _back(round_id)


def _ideas() -> list[int]:
    return [_number(text) for text in request.form.getlist("idea")[: grouping.MEMBERS_MAX + 1]]


def _seen() -> int:
    return _number(request.form.get("seen", ""))


def _number(text: str) -> int:
    """The number of a record; 0, which none has, for anything else."""
    return int(text) if text.isdecimal() and len(text) <= 18 else 0


def _back(round_id: int) -> Response:
    challenge_id = require(db.session(), Round, round_id).challenge_id
    return done(url_for("groups.show", challenge_id=challenge_id), "")
