"""Steering for everybody at once: the clock, a message, a lock of writing, the spotlight, ideas and hands of the hall.

These views have no page of their own: a script stays on the console and gets the changes over its socket.
"""

from collections.abc import Callable

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs import ideas as inputs
from app.inputs.console import Drafts, number_of, since_of
from app.platform.answers import done, from_script
from app.platform.errors import Refused, explanation_of, messages_of, shown_again
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from app.views import console
from ideas import policy
from ideas.database import db
from ideas.errors import Busy, Conflict, ImageRefused, Invalid, NotFound, PhaseForbids, Refusal, RoundIsClosed
from ideas.models import Challenge, Question, Round
from ideas.services import hands, steering
from ideas.services.proxies import submit_for_hall

blueprint = Blueprint("steering", __name__)

Answer = str | Response | tuple[str, int] | Refused

# The errors after which a form is shown again as typed, with the reason.
KEEPS_TEXT = (Invalid, ImageRefused, PhaseForbids, RoundIsClosed, Conflict, Busy)


# The clock


@blueprint.post("/rounds/<int:round_id>/time")
@permitted(For.FACILITATOR)
def shift(round_id: int) -> Answer:
    """Add or remove seconds; if no clock runs, adding seconds starts one."""
    seconds, since = number_of(request.form, "seconds"), since_of(request.form)
    return _done(round_id, lambda: steering.shift_end(actor(), round_id, seconds, since=since))


@blueprint.post("/rounds/<int:round_id>/pause")
@permitted(For.FACILITATOR)
def pause(round_id: int) -> Answer:
    return _done(round_id, lambda: steering.pause_phase(actor(), round_id, since=since_of(request.form)))


@blueprint.post("/rounds/<int:round_id>/resumption")
@permitted(For.FACILITATOR)
def resume(round_id: int) -> Answer:
    return _done(round_id, lambda: steering.resume_phase(actor(), round_id, since=since_of(request.form)))


# All screens


@blueprint.post("/rounds/<int:round_id>/notice")
@permitted(For.FACILITATOR)
def say(round_id: int) -> Answer:
    """Show a message to all; an empty text removes it."""
    text = request.form.get("text", "")
    try:
        steering.announce(actor(), round_id, text, since=since_of(request.form))
    except (Invalid, Conflict) as error:
        drafts = Drafts(notice=text, notice_error=_why_not_said(error))
        return shown_again(console.page(_access_to(round_id), drafts), error)
    return console.back_to_console(round_id)


def _why_not_said(error: Invalid | Conflict) -> str:
    if isinstance(error, Invalid):
        return messages_of(error)["text"]
    return _("A new phase began meanwhile. Everyone sees the message only if you press the button again.")


@blueprint.post("/rounds/<int:round_id>/lock")
@permitted(For.FACILITATOR)
def lock(round_id: int) -> Answer:
    return _done(round_id, lambda: steering.lock_writing(actor(), round_id))


@blueprint.post("/rounds/<int:round_id>/unlocking")
@permitted(For.FACILITATOR)
def unlock(round_id: int) -> Answer:
    return _done(round_id, lambda: steering.unlock_writing(actor(), round_id))


@blueprint.route("/ideas/<int:idea_id>/spotlight", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def spotlight(idea_id: int) -> Answer:
    """Put an idea in the spotlight: every screen scrolls to it."""
    subject = console.idea_subject(idea_id)
    if request.method == "GET":
        return render_template("console/spotlight.html", subject=subject, typed=request.args, errors={})
    since = since_of(request.form)
    return _done(subject.round.id, lambda: steering.spotlight_idea(actor(), subject.round.id, idea_id, since=since))


@blueprint.route("/rounds/<int:round_id>/spotlight-end", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def end_spotlight(round_id: int) -> Answer:
    """End the spotlight."""
    if request.method == "GET":
        subject = console.subject_of(_challenge_of(round_id).id, "idea", "", "ideas-panel")
        return render_template("console/end_spotlight.html", subject=subject, typed=request.args, errors={})
    return _done(round_id, lambda: steering.end_spotlight(actor(), round_id))


# The hall


@blueprint.post("/challenges/<int:challenge_id>/hall")
@permitted(For.FACILITATOR)
def enter(challenge_id: int) -> Answer:
    """Submit an idea that a person without a device called out."""
    try:
        submit_for_hall(actor(), challenge_id, inputs.idea_form(), inputs.op())
    except KEEPS_TEXT as error:
        access = policy.facilitator_access(db.session(), actor(), challenge_id)
        return shown_again(console.page(access, Drafts(hall=inputs.draft_after(error))), error)
    return done(url_for("console.show", challenge_id=challenge_id), _("The idea is saved."))


@blueprint.post("/rounds/<int:round_id>/hands")
@permitted(For.FACILITATOR)
def count(round_id: int) -> Answer:
    """Store a show of hands on one entry: `n<value>` is the number, `was<value>` the number that the page showed
    before.

    `question` defaults to the first one. Only changed numbers are stored, so that two facilitators who count at the
    same time do not undo each other's counts.
    """
    challenge = _challenge_of(round_id)
    entry, question = number_of(request.form, "entry"), _asked_of(round_id)
    for value in question.ballot_rule.hand_values:
        typed = request.form.get(f"n{value}", "").strip() or "0"
        if typed != request.form.get(f"was{value}", ""):
            n = number_of(request.form, f"n{value}") if typed != "0" else 0
            hands.count_hands(actor(), question.id, entry, value, n)
    return console.on_to(url_for("console.show", challenge_id=challenge.id, _anchor="hands-panel"))


def _asked_of(round_id: int) -> Question:
    """The question of a form. :raise NotFound: for another round's."""
    questions = db.session.get_one(Round, round_id).questions
    number = number_of(request.form, "question") if "question" in request.form else questions[0].id
    found = next((question for question in questions if question.id == number), None)
    if found is None:
        raise NotFound
    return found


def _done(round_id: int, act: Callable[[], None]) -> Answer:
    """Do the act. If it comes too late, a message says so and the page shows the present state."""
    try:
        act()
    except Conflict as error:
        _say_unless_script(error)
    return console.back_to_console(round_id)


def _say_unless_script(error: Refusal) -> None:
    if from_script():
        raise error
    flash(explanation_of(error), "info")


def _challenge_of(round_id: int) -> Challenge:
    """:raise NotFound: :raise Forbidden: if the actor does not facilitate it."""
    return _access_to(round_id).challenge


def _access_to(round_id: int) -> policy.Access:
    round = db.session.get(Round, round_id)
    if round is None:
        raise NotFound
    return policy.facilitator_access(db.session(), actor(), round.challenge_id)
