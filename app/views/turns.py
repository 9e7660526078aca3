"""Discussion in turns: the page of the viewer's duty, their acts on it, and the start by a facilitator."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs import turns as inputs
from app.inputs.arguments import op, typed_text
from app.inputs.console import since_of
from app.inputs.turns import TurnDraft
from app.pages.kept_rooms import kept_turns
from app.pages.rooms import require_owner, room_of, room_to_act_in
from app.pages.turns import duty_of, sit_down
from app.platform import limits, parts
from app.platform.answers import done, from_script
from app.platform.errors import Refused, TooFast, messages_of, shown_again
from app.platform.parts import with_parts
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from app.views.console import Answer, back_to_console
from ideas import policy
from ideas.database import db, require
from ideas.errors import Busy, Conflict, Forbidden, Invalid, NotFound, PhaseForbids, RoundIsClosed, TurnOver
from ideas.models import Exchange, Round, Turn
from ideas.services import turns

blueprint = Blueprint("turns", __name__)

REFUSALS = (Invalid, TurnOver, PhaseForbids, RoundIsClosed, Conflict, Busy, TooFast)


@with_parts(blueprint, "/challenges/<int:challenge_id>/turns")
@blueprint.get("/challenges/<challenge:challenge_id>/turns")
@permitted(For.PARTICIPANT)
def show(challenge_id: int) -> str | Response:
    """What the viewer has to do now. Whoever opens the page sits at the table from then on."""
    room = room_to_act_in(challenge_id)
    participant = room.participant
    if participant is None:
        if not room.facilitates:
            raise Forbidden
        return redirect(url_for("rooms.show", challenge_id=challenge_id))
    if not room.has_turns:
        return redirect(url_for("rooms.show", challenge_id=challenge_id))
    if sit_down(room, participant, actor()):
        room = room_to_act_in(challenge_id)  # the act moved the journal on

    if parts.are_only("turn"):
        return render_template("turns/part.html", duty=duty_of(room, participant, TurnDraft()))
    return kept_turns(room.access, lambda ideas: duty_of(room, participant, TurnDraft(), ideas))


def _page(challenge_id: int, draft: TurnDraft) -> str:
    """The page after a refused act, with what was typed."""
    room = room_of(challenge_id)
    if room.participant is None:
        raise Forbidden
    return render_template("turns/show.html", room=room, duty=duty_of(room, room.participant, draft))


@blueprint.post("/challenges/<int:challenge_id>/turns/seat")
@permitted(For.PARTICIPANT)
def sit(challenge_id: int) -> Response:
    """The viewer is there again after their time ran out."""
    turns.take_seat(actor(), challenge_id, again=True)
    return redirect(url_for("turns.show", challenge_id=challenge_id), 303)


@blueprint.post("/turns/<int:turn_id>")
@permitted(For.AUTHOR)
def write(turn_id: int) -> Response | Refused:
    challenge_id = _challenge_of(turn_id)
    require_owner(challenge_id, request.form.get("owner", ""))
    try:
        limits.spend_on_writing()
        turns.write_turn(actor(), turn_id, typed_text(), op())
    except REFUSALS as error:
        return shown_again(_page(challenge_id, inputs.draft_after(turn_id, error)), error)
    return done(url_for("turns.show", challenge_id=challenge_id), _("Your words are saved."))


@blueprint.post("/turns/<int:turn_id>/pass")
@permitted(For.AUTHOR)
def give_up(turn_id: int) -> Response:
    challenge_id = _challenge_of(turn_id)
    turns.pass_turn(actor(), turn_id)
    return done(url_for("turns.show", challenge_id=challenge_id), _("Someone else is asked instead."))


def _challenge_of(turn_id: int) -> int:
    return require(db.session(), Turn, turn_id).exchange.entry.idea.challenge_id


@blueprint.post("/exchanges/<int:exchange_id>/answer")
@permitted(For.PARTICIPANT)
def defend(exchange_id: int) -> Response | Refused:
    """Offer to answer for an idea."""
    challenge_id = require(db.session(), Exchange, exchange_id).entry.idea.challenge_id
    try:
        turns.defend(actor(), exchange_id)
    except (Conflict, NotFound) as error:
        return shown_again(_page(challenge_id, inputs.draft_after(0, error)), error)
    return redirect(url_for("turns.show", challenge_id=challenge_id), 303)


@blueprint.post("/rounds/<int:round_id>/turns")
@permitted(For.FACILITATOR)
def start(round_id: int) -> Answer:
    policy.require_facilitator(db.session(), actor(), require(db.session(), Round, round_id).challenge_id)
    try:
        turns.start_turns(actor(), round_id, inputs.turns_form(request.form), since=since_of(request.form))
    except (Invalid, Conflict, PhaseForbids) as error:
        if from_script():
            raise
        flash(" ".join(messages_of(error).values()), "error")
        return back_to_console(round_id)
    return back_to_console(round_id)
