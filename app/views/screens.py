"""The big screen: the room for a projector, without controls, and the places of its result one by one."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.inputs.screens import places_of
from app.pages.rooms import room_of
from app.pages.screens import screen_of
from app.platform.addresses import absolute
from app.platform.parts import with_parts
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.models import Origin, Round
from ideas.services import steering

blueprint = Blueprint("screens", __name__)

Answer = str | Response | tuple[str, int]


@with_parts(blueprint, "/challenges/<int:challenge_id>/screen")
@blueprint.get("/challenges/<challenge:challenge_id>/screen")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> Answer:
    """The page for everybody in the hall. It shows nothing secret, so it may stay open unattended."""
    challenge = policy.require_facilitator(db.session(), actor(), challenge_id)
    if challenge.published_at is None:
        return redirect(url_for("sharing.show", challenge_id=challenge_id))
    room = room_of(challenge_id)
    return render_template(
        "screens/show.html",
        room=room,
        screen=screen_of(db.session(), room),
        address=absolute("home.index").split("://")[1].rstrip("/"),
        is_rehearsal=room.round.origin == Origin.REHEARSAL,
    )


@blueprint.post("/rounds/<int:round_id>/places")
@permitted(For.FACILITATOR)
def places(round_id: int) -> Answer:
    """Show this number of places of the result, from the last one up."""
    steering.show_places(actor(), round_id, places_of(request.form))
    if "X-CSRFToken" in request.headers:
        return "", 204  # a script stays where it is and gets the changes over its socket
    return redirect(url_for("console.show", challenge_id=db.session.get_one(Round, round_id).challenge_id))
