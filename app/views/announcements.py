"""Announcements: the operators' page, and the button with which a reader puts one away."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.operator import announcement_form
from app.platform.addresses import next_or
from app.platform.announcements import DISMISSED, DISMISSED_MAX
from app.platform.answers import done
from app.platform.errors import Refused, messages_of, shown_again
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Invalid
from ideas.installation import stored
from ideas.services import installation

blueprint = Blueprint("announcements", __name__)

Answer = str | Response | Refused


@blueprint.get("/operator/announcements")
@permitted(For.OPERATOR)
def index() -> str:
    policy.require_operator(db.session(), actor())
    return _page({})


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "operator/announcements.html",
        rows=stored().announcements,
        typed=request.form,
        text_max=installation.TEXT_MAX,
        errors=errors,
    )


@blueprint.post("/operator/announcements")
@permitted(For.OPERATOR)
def announce() -> Answer:
    policy.require_operator(db.session(), actor())
    try:
        installation.announce(actor(), announcement_form(request.form))
    except Invalid as error:
        db.session.rollback()
        return shown_again(_page(messages_of(error)), error)
    return done(url_for("announcements.index"), _("The announcement is saved."))


@blueprint.post("/operator/announcements/<int:announcement_id>/removal")
@permitted(For.OPERATOR)
def end(announcement_id: int) -> Response:
    installation.end_announcement(actor(), announcement_id)
    return done(url_for("announcements.index"), _("The announcement is taken down."))


@blueprint.post("/announcements/<int:announcement_id>/dismissal")
@permitted(For.ANYONE)
def dismiss(announcement_id: int) -> Response:
    """Put an announcement away in this browser."""
    kept = [one for one in session.get(DISMISSED, ()) if one != announcement_id]
    session[DISMISSED] = [*kept, announcement_id][-DISMISSED_MAX:]
    session.permanent = True
    return redirect(next_or(url_for("home.index")), 303)
