"""Reports: a participant tells the moderators that an idea or an argument may break the rules, or takes that back."""

from collections.abc import Callable

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs import flags as inputs
from app.inputs.flags import FlagDraft
from app.pages.flags import ReportedText, reported_argument, reported_idea
from app.platform import limits
from app.platform.answers import done
from app.platform.errors import Refused, TooManyReports, shown_again
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import Busy, Conflict, Invalid
from ideas.services import flags

blueprint = Blueprint("flags", __name__)

Answer = str | Response | Refused


@blueprint.route("/ideas/<int:idea_id>/report", methods=["GET", "POST"])
@permitted(For.PARTICIPANT)
def idea(idea_id: int) -> Answer:
    return _asked(
        lambda: reported_idea(current_user.actor, idea_id),
        lambda: flags.flag_idea(current_user.actor, idea_id, inputs.flag_form()),
    )


@blueprint.post("/ideas/<int:idea_id>/report/withdrawal")
@permitted(For.PARTICIPANT)
def take_back_idea(idea_id: int) -> Response:
    flags.take_back_idea_flag(current_user.actor, idea_id)
    return _taken_back(reported_idea(current_user.actor, idea_id))


@blueprint.route("/arguments/<int:argument_id>/report", methods=["GET", "POST"])
@permitted(For.PARTICIPANT)
def argument(argument_id: int) -> Answer:
    return _asked(
        lambda: reported_argument(current_user.actor, argument_id),
        lambda: flags.flag_argument(current_user.actor, argument_id, inputs.flag_form()),
    )


@blueprint.post("/arguments/<int:argument_id>/report/withdrawal")
@permitted(For.PARTICIPANT)
def take_back_argument(argument_id: int) -> Response:
    flags.take_back_argument_flag(current_user.actor, argument_id)
    return _taken_back(reported_argument(current_user.actor, argument_id))


def _asked(load: Callable[[], ReportedText], act: Callable[[], None]) -> Answer:
    """The form, or the act; after an error the form again as it was typed."""
    text = load()
    if request.method == "GET":
        return _page(text, FlagDraft())
    back_url = text.back_url
    try:
        limits.spend_on_reporting()
        act()
    except (Invalid, Conflict, Busy, TooManyReports) as error:
        db.session.rollback()
        return shown_again(_page(load(), inputs.draft_after(error)), error)
    return done(back_url, _("Thank you. The moderators look at it. They do not see who reported it."))


def _page(text: ReportedText, draft: FlagDraft) -> str:
    return render_template("flags/show.html", text=text, draft=draft)


def _taken_back(text: ReportedText) -> Response:
    return done(text.back_url, _("You took your report back."))
