"""Templates of an organisation: save the settings of a challenge, start a draft from them, rename, delete."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform import slugs
from app.platform.errors import messages_of
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Conflict, Invalid
from ideas.models import STEERING, Challenge, Organisation, PostingStep
from ideas.queries.templates import templates_of
from ideas.services import templates
from ideas.texts import shortened

blueprint = Blueprint("templates", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/organisations/<int:organisation_id>/templates")
@permitted(For.MODERATOR)
def index(organisation_id: int) -> Answer:
    return _list(organisation_id, {})


def _list(organisation_id: int, errors: dict[str, str], of: int = 0) -> str:
    policy.require_role(db.session(), current_user.actor, organisation_id, STEERING)
    rows = templates_of(db.session(), organisation_id)
    slugs.know({row.id: row.slug for row in rows})
    return render_template(
        "templates/index.html",
        organisation=db.session.get_one(Organisation, organisation_id),
        templates=rows,
        name_max=templates.NAME_MAX,
        errors=errors,
        refused=of,
        typed=request.form.get("name", ""),
    )


@blueprint.route("/challenges/<challenge:challenge_id>/template", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def new(challenge_id: int) -> Answer:
    challenge = _challenge(challenge_id)
    if request.method == "GET":
        return _form(challenge, shortened(challenge.title, templates.NAME_MAX), {})
    try:
        templates.save_template(current_user.actor, challenge_id, request.form.get("name", ""))
    except Invalid as error:
        return _form(_challenge(challenge_id), request.form.get("name", ""), messages_of(error)), 400
    flash(_("The template is saved. Choose it in the second step of your next challenge."), "success")
    return redirect(url_for("templates.index", organisation_id=_challenge(challenge_id).organisation_id))


def _form(challenge: Challenge, name: str, errors: dict[str, str]) -> str:
    return render_template(
        "templates/new.html", challenge=challenge, name=name, errors=errors, name_max=templates.NAME_MAX
    )


@blueprint.post("/challenges/<int:challenge_id>/template/use/<int:template_id>")
@permitted(For.MODERATOR)
def use(challenge_id: int, template_id: int) -> Response:
    name = _challenge(template_id).title
    try:
        templates.apply_template(current_user.actor, challenge_id, template_id)
    except Conflict:
        flash(_("The challenge is already published."))
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    flash(_("The settings of “%(name)s” are in. You can still change all of them.", name=name), "success")
    return redirect(url_for("posting.show", challenge_id=challenge_id, step=PostingStep.WAY))


@blueprint.post("/templates/<int:challenge_id>")
@permitted(For.MODERATOR)
def rename(challenge_id: int) -> Answer:
    organisation_id = _challenge(challenge_id).organisation_id
    try:
        templates.rename_template(current_user.actor, challenge_id, request.form.get("name", ""))
    except Invalid as error:
        return _list(organisation_id, messages_of(error), challenge_id), 400
    flash(_("The new name is saved."), "success")
    return redirect(url_for("templates.index", organisation_id=organisation_id))


@blueprint.post("/templates/<int:challenge_id>/deletion")
@permitted(For.MODERATOR)
def delete(challenge_id: int) -> Response:
    organisation_id = _challenge(challenge_id).organisation_id
    templates.delete_template(current_user.actor, challenge_id)
    flash(_("The template is deleted. Challenges that started from it stay as they are."))
    return redirect(url_for("templates.index", organisation_id=organisation_id))


def _challenge(challenge_id: int) -> Challenge:
    return policy.role_access(db.session(), current_user.actor, challenge_id, STEERING).challenge
