"""Announcements: the operators' page, and the button with which a reader puts one away."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.operator import announcement_fields, announcement_form
from app.platform.addresses import next_or
from app.platform.announcements import DISMISSED, DISMISSED_MAX
from app.platform.answers import done
from app.platform.errors import Refused, messages_of, shown_again
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Changed, Invalid, NotFound
from ideas.installation import AnnouncementRow, stored
from ideas.services import installation

blueprint = Blueprint("announcements", __name__)

Answer = str | Response | Refused | tuple[str, int]


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


@blueprint.get("/operator/announcements/<int:announcement_id>")
@permitted(For.OPERATOR)
def edit(announcement_id: int) -> str:
    policy.require_operator(db.session(), actor())
    row = _row(announcement_id)
    return _form(row, announcement_fields(row), {})


@blueprint.post("/operator/announcements/<int:announcement_id>")
@permitted(For.OPERATOR)
def revise(announcement_id: int) -> Answer:
    policy.require_operator(db.session(), actor())
    row = _row(announcement_id)
    try:
        form = announcement_form(request.form)
        installation.revise_announcement(actor(), announcement_id, form, seen=request.form.get("seen", ""))
    except Invalid as error:
        db.session.rollback()
        return shown_again(_form(row, request.form, messages_of(error)), error)
    except Changed:
        db.session.rollback()
        words = _("Another operator changed this announcement meanwhile. Save again to replace their version.")
        return _form(_row(announcement_id), request.form, {"": words}), 409
    return done(url_for("announcements.index"), _("The announcement is saved."))


def _row(announcement_id: int) -> AnnouncementRow:
    """:raise NotFound: if it is over or gone."""
    found = next((row for row in stored().announcements if row.id == announcement_id), None)
    if found is None:
        raise NotFound
    return found


def _form(row: AnnouncementRow, typed: Mapping[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "operator/announcement.html", row=row, typed=typed, text_max=installation.TEXT_MAX, errors=errors
    )


@blueprint.post("/operator/announcements/<int:announcement_id>/removal")
@permitted(For.OPERATOR)
def end(announcement_id: int) -> Response:
    installation.end_announcement(actor(), announcement_id)
    return done(url_for("announcements.index"), _("The announcement is taken down."))


@blueprint.post("/announcements/<int:announcement_id>/dismissal")
@permitted(For.ANYONE)
def dismiss(announcement_id: int) -> Response:
    """Put an announcement away in this browser."""
    for row in stored().announcements:
        if row.id == announcement_id:
            kept = [one for one in session.get(DISMISSED, ()) if one != row.text_version]
            session[DISMISSED] = [*kept, row.text_version][-DISMISSED_MAX:]
            session.permanent = True
    return redirect(next_or(url_for("home.index")), 303)
