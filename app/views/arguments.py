"""Arguments: argue on an idea, reply to an argument, change or withdraw one's own, mark one as a good point, ask for
kinder words.
"""

from collections.abc import Callable

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs import arguments as inputs
from app.inputs.arguments import ArgumentDraft
from app.pages.arguments import ArgumentWriting, change_of, reply_to
from app.pages.rooms import require_owner, room_of
from app.platform import limits
from app.platform.answers import done
from app.platform.errors import Refused, TooFast, shown_again
from app.viewers.permissions import For, permitted
from app.views import ideas
from ideas.database import db, require
from ideas.errors import Busy, ChallengeFull, Conflict, EditTimeOver, Invalid, PhaseForbids, RoundIsClosed
from ideas.models import Argument, Idea
from ideas.services import arguments
from ideas.services.arguments import argue, edit_argument, reply, toggle_good_point, withdraw_argument

blueprint = Blueprint("arguments", __name__)

Answer = str | Response | Refused


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
    url = ideas.address_of_argument(db.session.get_one(Argument, argument_id))
    return done(url, _("Your argument is saved."))


@blueprint.route("/arguments/<int:argument_id>/reply", methods=["GET", "POST"])
@permitted(For.PARTICIPANT)
def answer(argument_id: int) -> Answer:
    """The form for a reply, or the act."""
    return _written(
        lambda: reply_to(current_user.actor, argument_id),
        lambda: reply(current_user.actor, argument_id, inputs.typed_text(), inputs.op(), inputs.typed_name()),
        _("Your reply is saved."),
    )


@blueprint.route("/arguments/<int:argument_id>/edit", methods=["GET", "POST"])
@permitted(For.AUTHOR)
def edit(argument_id: int) -> Answer:
    """The form for other words of one's own argument, or the act."""
    return _written(
        lambda: change_of(current_user.actor, argument_id),
        lambda: edit_argument(current_user.actor, argument_id, inputs.typed_text()),
        _("Your changes are saved."),
    )


def _written(load: Callable[[], ArgumentWriting], act: Callable[[], object], words: str) -> Answer:
    """The form, or the act; after an error the form again as it was typed."""
    writing = load()
    if request.method == "GET":
        return _form(writing, _empty(writing))
    require_owner(writing.challenge.id, request.form.get("owner", ""))
    try:
        limits.spend_on_writing()
        act()
    except (Invalid, EditTimeOver, PhaseForbids, RoundIsClosed, ChallengeFull, Conflict, Busy, TooFast) as error:
        return shown_again(_form(writing, inputs.draft_after(error)), error)
    return done(writing.back_url, words)


def _empty(writing: ArgumentWriting) -> ArgumentDraft:
    account = current_user.account
    name = account.name or "" if writing.asks_name and account else ""
    return ArgumentDraft(text=writing.argument.text if writing.is_change else "", name=name)


def _form(writing: ArgumentWriting, draft: ArgumentDraft) -> str:
    return render_template("arguments/write.html", writing=writing, draft=draft)


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
    is_marked = toggle_good_point(current_user.actor, argument_id, inputs.was_marked())
    argument = db.session.get_one(Argument, argument_id)
    words = _("Marked as a good point.") if is_marked else _("Your mark is taken back.")
    return done(ideas.address_of_argument(argument), words)


@blueprint.post("/arguments/<int:argument_id>/kinder-words")
@permitted(For.PARTICIPANT)
def ask_for_kinder_words(argument_id: int) -> Response:
    """The author of the idea asks for kinder words."""
    limits.spend_on_writing()
    arguments.ask_for_kinder_words(current_user.actor, argument_id)
    argument = db.session.get_one(Argument, argument_id)
    return done(ideas.address_of_argument(argument), _("The person who wrote it is asked for kinder words."))


@blueprint.post("/arguments/<int:argument_id>/kinder-words/refusal")
@permitted(For.AUTHOR)
def decline_kinder_words(argument_id: int) -> Response:
    """The author of the argument leaves it as it is."""
    arguments.decline_kinder_words(current_user.actor, argument_id)
    return done(ideas.address_of_argument(db.session.get_one(Argument, argument_id)), _("Your words stay as they are."))
