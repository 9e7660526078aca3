"""Deleting a published challenge or an organisation: what goes, what to keep before, and the name to type."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform import slugs
from app.platform.errors import messages_of, status_of
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.errors import Invalid, WorkOpen
from ideas.exports import FORMATS
from ideas.models import OWNING, Challenge, Organisation
from ideas.queries.challenges import challenge_row, challenges_of
from ideas.queries.company_dues import years_of
from ideas.services import deleting

blueprint = Blueprint("deletions", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.route("/challenges/<int:challenge_id>/removal", methods=["GET", "POST"])
@permitted(For.OWNER)
def challenge(challenge_id: int) -> Answer:
    found = require(db.session(), Challenge, challenge_id)
    policy.require_role(db.session(), current_user.actor, found.organisation_id, OWNING)
    if request.method == "GET":
        return _challenge_page(found, {})
    organisation_id = found.organisation_id
    try:
        deleting.delete_challenge(current_user.actor, challenge_id, request.form.get("name", ""))
    except Invalid as error:
        return _challenge_page(require(db.session(), Challenge, challenge_id), messages_of(error)), 400
    flash(_("The challenge is deleted."), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id), 303)


def _challenge_page(found: Challenge, errors: dict[str, str]) -> str:
    return render_template(
        "deletions/challenge.html",
        challenge=found,
        row=challenge_row(db.session(), found.id),
        # The pack first: it alone still proves the result. The file of ballots has a page of its own.
        formats=sorted((f for f in FORMATS.values() if not f.shows_ballots), key=lambda f: f.name != "pack"),
        name=request.form.get("name", ""),
        errors=errors,
    )


@blueprint.route("/organisations/<int:organisation_id>/removal", methods=["GET", "POST"])
@permitted(For.OWNER)
def organisation(organisation_id: int) -> Answer:
    policy.require_role(db.session(), current_user.actor, organisation_id, OWNING)
    if request.method == "GET":
        return _organisation_page(organisation_id, {})
    try:
        deleting.delete_organisation(current_user.actor, organisation_id, request.form.get("name", ""))
    except (Invalid, WorkOpen) as error:
        db.session.rollback()
        return _organisation_page(organisation_id, messages_of(error)), status_of(error)
    flash(_("The organisation is deleted."), "success")
    return redirect(url_for("organisations.index"), 303)


def _organisation_page(organisation_id: int, errors: dict[str, str]) -> str:
    rows = challenges_of(db.session(), organisation_id)
    slugs.know({row.id: row.slug for row in rows})
    return render_template(
        "deletions/organisation.html",
        organisation=db.session.get_one(Organisation, organisation_id),
        rows=[row for row in rows if not row.is_draft],
        drafts=sum(row.is_draft for row in rows),
        years=years_of(db.session(), organisation_id),
        name=request.form.get("name", ""),
        errors=errors,
    )
