"""The company's page: its challenges, its members, its results."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.dashboard import filter_of
from app.inputs.organisations import role_of
from app.pages.dashboard import dashboard_of
from app.platform import slugs
from app.platform.addresses import absolute
from app.platform.commands import secret_of_command
from app.platform.errors import messages_of
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.database import db
from ideas.errors import Changed, Conflict, Invalid
from ideas.models import READING, STEERING, Organisation
from ideas.queries.jobs import jobs_of
from ideas.queries.organisations import members_of, organisations_of
from ideas.services import organisations

# The session key of a new invitation's secret: the next page shows it once, and only its digest is stored.
FRESH = "fresh_invitation"

blueprint = Blueprint("organisations", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/organisations")
@permitted(For.ACCOUNT)
def index() -> Answer:
    mine = organisations_of(db.session(), current_user.account.id)
    if len(mine) == 1:
        return redirect(url_for("organisations.show", organisation_id=mine[0].id))
    return render_template("organisations/index.html", organisations=mine)


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@permitted(For.ACCOUNT)
def new() -> Answer:
    if request.method == "GET":
        return _founding_form({})
    try:
        organisation_id = organisations.create_organisation(current_user.actor, request.form.get("name", ""))
    except Invalid as error:
        return _founding_form(messages_of(error)), 400
    if request.form.get("then") == "ask":
        return redirect(url_for("posting.begin", organisation_id=organisation_id))
    return redirect(url_for("organisations.show", organisation_id=organisation_id))


def _founding_form(errors: dict[str, str]) -> str:
    return render_template(
        "organisations/new.html",
        name=request.form.get("name", ""),
        then=request.values.get("then", ""),
        errors=errors,
        name_max=organisations.NAME_MAX,
    )


@blueprint.get("/organisations/<int:organisation_id>")
@permitted(For.READER)
def show(organisation_id: int) -> Answer:
    return _page(organisation_id)


def _page(organisation_id: int, errors: dict[str, str] | None = None) -> str:
    role = policy.require_role(db.session(), current_user.actor, organisation_id, READING)
    chosen = filter_of(request.args)
    dashboard = dashboard_of(db.session(), organisation_id, current_user.account.id, chosen)
    if role not in STEERING:
        dashboard = replace(dashboard, needs=[])  # what waits is done in the console
    slugs.know({row.id: row.slug for row in dashboard.rows})
    fresh = session.pop(FRESH, None)
    return render_template(
        "organisations/show.html",
        organisation=db.session.get_one(Organisation, organisation_id),
        role=role,
        dashboard=dashboard,
        chosen=chosen,
        members=members_of(db.session(), organisation_id),
        jobs=jobs_of(db.session(), organisation_id),
        year=clock.now().year,
        me=current_user.account.id,
        invitation=absolute("organisations.accept", token=fresh) if fresh else None,
        name=request.form.get("name"),
        errors=errors or {},
        name_max=organisations.NAME_MAX,
    )


@blueprint.post("/organisations/<int:organisation_id>")
@permitted(For.OWNER)
def rename(organisation_id: int) -> Answer:
    name, was = request.form.get("name", ""), request.form.get("was")
    try:
        organisations.rename_organisation(current_user.actor, organisation_id, name, seen=was)
    except Invalid as error:
        return _page(organisation_id, messages_of(error)), 400
    except Changed:
        db.session.rollback()
        present = db.session.get_one(Organisation, organisation_id).name
        words = _("A colleague changed the name to “%(name)s” meanwhile. Save again to replace it.", name=present)
        return _page(organisation_id, {"name": words}), 409
    flash(_("The new name is saved."), "success")
    return _back_to(organisation_id)


@blueprint.post("/organisations/<int:organisation_id>/invitations")
@permitted(For.OWNER)
def invite(organisation_id: int) -> Response:
    organisations.invite(current_user.actor, organisation_id, role_of(request.form), secret_of_command(FRESH))
    return _back_to(organisation_id, "invitation")


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def accept(token: str) -> Answer:
    if request.method == "POST" and current_user.account:
        return _accepted(token)
    invitation = organisations.invitation_of(db.session(), token)
    return render_template(
        "organisations/accept.html",
        token=token,
        invitation=invitation,
        is_member=_belongs_to(invitation.organisation_id),
    )


def _accepted(token: str) -> Response:
    try:
        organisation_id = organisations.accept_invitation(current_user.actor, token)
    except Conflict:
        flash(_("You are already a member of this organisation. The link still works for someone else."))
        return redirect(url_for("organisations.index"))
    if organisation_id is None:
        return redirect(url_for("organisations.index"))
    flash(_("Welcome! You are now a member."), "success")
    return _back_to(organisation_id)


def _belongs_to(organisation_id: int | None) -> bool:
    return organisation_id is not None and policy.has_role(db.session(), current_user.actor, organisation_id, READING)


@blueprint.post("/organisations/<int:organisation_id>/members/<int:member_id>")
@permitted(For.OWNER)
def change_role(organisation_id: int, member_id: int) -> Response:
    role = role_of(request.form)
    try:
        organisations.change_role(current_user.actor, organisation_id, member_id, role)
    except Conflict:
        return _without_owner(organisation_id)
    flash(_("The role is changed."), "success")
    return _back_to(organisation_id, "members")


@blueprint.post("/organisations/<int:organisation_id>/members/<int:member_id>/removal")
@permitted(For.OWNER)
def remove_member(organisation_id: int, member_id: int) -> Response:
    try:
        organisations.remove_member(current_user.actor, organisation_id, member_id)
    except Conflict:
        return _without_owner(organisation_id)
    if not policy.has_role(db.session(), current_user.actor, organisation_id, READING):
        flash(_("You have left the organisation."))
        return redirect(url_for("organisations.index"))
    flash(_("The person is no longer a member."), "success")
    return _back_to(organisation_id, "members")


def _without_owner(organisation_id: int) -> Response:
    flash(_("An organisation needs an owner. Make someone else an owner first."), "error")
    return _back_to(organisation_id, "members")


def _back_to(organisation_id: int, part: str | None = None) -> Response:
    return redirect(url_for("organisations.show", organisation_id=organisation_id, _anchor=part))
