"""Inspire me: questions that help to think on, and ideas far from one's own."""

from flask import Blueprint, render_template

from app.pages.inspiration import inspiration_for
from app.pages.rooms import room_of
from app.platform import limits
from app.viewers.permissions import For, permitted

blueprint = Blueprint("inspiration", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/inspiration")
@permitted(For.PARTICIPANT)
def show(challenge_id: int) -> str:
    """Every visit draws anew."""
    room = room_of(challenge_id)
    limits.spend_on_looking()
    return render_template("inspiration/show.html", room=room, found=inspiration_for(room))
