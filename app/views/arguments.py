"""Arguments: argue on an idea, withdraw an argument, mark one as a good point."""

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs import arguments as inputs
from app.pages.rooms import require_owner, room_of
from app.platform import limits
from app.platform.answers import done
from app.platform.errors import Refused, TooFast, shown_again
from app.viewers.permissions import For, permitted
from app.views import ideas
from ideas.database import db, require
from ideas.errors import Busy, Conflict, Invalid, PhaseForbids, RoundIsClosed
from ideas.models import Argument, Idea
from ideas.services.arguments import argue, toggle_good_point, withdraw_argument

blueprint = Blueprint("arguments", __name__)


@blueprint.post("/ideas/<int:idea_id>/arguments")
@permitted(For.PARTICIPANT)
def create(idea_id: int) -> Response | Refused:
    require_owner(_challenge_of(idea_id), request.form.get("owner", ""))
    try:
        limits.spend_on_writing()
        argument_id = argue(current_user.actor, idea_id, inputs.argument_form(), inputs.op())
    except (Invalid, PhaseForbids, RoundIsClosed, Conflict, Busy, TooFast) as error:
        room = room_of(_challenge_of(idea_id))
        page = ideas.page(room, db.session.get_one(Idea, idea_id), inputs.draft_after(error))
        return shown_again(page, error)
    url = ideas.address_of(idea_id, f"argument-{argument_id}")
    return done(url, _("Your argument is saved."))


def _challenge_of(idea_id: int) -> int:
    idea = require(db.session(), Idea, idea_id)
    return idea.challenge_id


@blueprint.post("/arguments/<int:argument_id>/withdrawal")
@permitted(For.AUTHOR)
def withdraw(argument_id: int) -> Response:
    withdraw_argument(current_user.actor, argument_id)
    argument = db.session.get_one(Argument, argument_id)
    return done(ideas.address_of(argument.idea_id), _("You withdrew your argument."))


@blueprint.post("/arguments/<int:argument_id>/good-point")
@permitted(For.PARTICIPANT)
def good_point(argument_id: int) -> Response:
    """Mark an argument as a good point; a second press takes it back."""
    limits.spend_on_writing()
    is_marked = toggle_good_point(current_user.actor, argument_id)
    argument = db.session.get_one(Argument, argument_id)
    words = _("Marked as a good point.") if is_marked else _("Your mark is taken back.")
    return done(ideas.address_of(argument.idea_id, argument.handle), words)
