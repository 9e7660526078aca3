"""Arguments: argue on an idea, take an argument back."""

from flask import Blueprint, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.answers import done
from app.errors import status_of
from app.inputs import arguments as inputs
from app.rooms import room_of
from app.views import ideas
from ideas.database import db
from ideas.errors import Busy, Conflict, Invalid, NotFound, PhaseForbids, RoundClosed
from ideas.models import Argument, Idea
from ideas.services.arguments import argue, withdraw_argument

blueprint = Blueprint("arguments", __name__)


@blueprint.post("/ideas/<int:idea_id>/arguments")
def create(idea_id: int) -> Response | tuple[str, int]:
    try:
        argument_id = argue(current_user.actor, idea_id, inputs.argument_form(), inputs.op())
    except (Invalid, PhaseForbids, RoundClosed, Conflict, Busy) as error:
        idea = db.session.get(Idea, idea_id)
        if idea is None:
            raise NotFound from error
        room = room_of(idea.challenge_id)
        return ideas.page(room, idea, inputs.draft_after(error)), status_of(error)
    url = url_for("ideas.show", idea_id=idea_id, _anchor=f"argument-{argument_id}")
    return done(url, _("Your argument is saved."))


@blueprint.post("/arguments/<int:argument_id>/withdrawal")
def withdraw(argument_id: int) -> Response:
    withdraw_argument(current_user.actor, argument_id)
    argument = db.session.get_one(Argument, argument_id)
    return done(url_for("ideas.show", idea_id=argument.idea_id), _("You took your argument back."))
