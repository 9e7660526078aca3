"""Posting a challenge: draft, preview, publish."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import labels
from app.inputs.challenges import Typed, challenge_of, stored_in, typed_in
from app.inputs.participants import NameDraft
from app.inputs.phases import ACT
from app.inputs.pictures import had_picture, picture_change
from app.inputs.planning import is_planning, planned_in
from app.pages.challenge_fields import fields_of
from app.pages.conditions import box_of
from app.pages.differences import differences
from app.pages.link_cards import card_of_join
from app.pages.previews import preview_of
from app.platform.errors import messages_of, status_of
from app.platform.i18n import chosen_language, in_language
from app.viewers.names import suggest
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.blueprints import LIVE_BRAINSTORM
from ideas.brought import waiting_count
from ideas.database import db
from ideas.errors import (
    AnonymityPromised,
    Changed,
    Conflict,
    CountsSealed,
    ImageRefused,
    Invalid,
    RetentionPromised,
    RoundIsClosed,
    RulesStand,
)
from ideas.models import STEERING, Challenge, Organisation, PostingStep, Round
from ideas.queries.organisations import organisations_of
from ideas.queries.rooms import phase_path
from ideas.queries.rounds import current_round
from ideas.services import challenges
from ideas.services.duplicating import duplicate_challenge

blueprint = Blueprint("challenges", __name__)

Answer = str | Response | tuple[str, int]

# The refusals after which the form is shown again as it was sent.
KEEPS_FORM = (
    *(Invalid, ImageRefused, AnonymityPromised, Changed, CountsSealed, RetentionPromised),
    *(RulesStand, RoundIsClosed),
)


@blueprint.get("/challenges/new")
@permitted(For.ACCOUNT)
def start() -> Answer:
    """Choose the organisation: without one, create it first; with one, open the form; with several, choose."""
    mine = [found for found in organisations_of(db.session(), current_user.account.id) if found.role in STEERING]
    if not mine:
        return redirect(url_for("organisations.new", then="ask"))
    if len(mine) == 1:
        return redirect(url_for("posting.begin", organisation_id=mine[0].id))
    return render_template("challenges/start.html", organisations=mine)


@blueprint.route("/organisations/<int:organisation_id>/challenges/new", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def new(organisation_id: int) -> Answer:
    organisation = _organisation(organisation_id)
    if request.method == "GET":
        return _form(organisation, Typed(language=chosen_language()).after(LIVE_BRAINSTORM), {})
    if is_planning(request.form):
        return _planned(organisation, None)
    try:
        wanted = challenge_of(request.form)
        challenge_id = challenges.draft_challenge(current_user.actor, organisation_id, wanted, picture_change())
    except (Invalid, ImageRefused) as error:
        db.session.rollback()
        organisation = _organisation(organisation_id)
        return _form(organisation, typed_in(request.form), messages_of(error)), 400
    return _saved(challenge_id)


@blueprint.route("/challenges/<challenge:challenge_id>/edit", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def edit(challenge_id: int) -> Answer:
    challenge, found = _facilitated(challenge_id)
    policy.require_open(found)
    if request.method == "GET":
        return _form(challenge.organisation, stored_in(challenge, found), {}, challenge)
    is_published = challenge.published_at is not None
    if is_planning(request.form) and not is_published:
        return _planned(challenge.organisation, challenge)
    if ACT in request.form:  # what the browser kept of a form that was never sent
        return _form(challenge.organisation, _typed_again(challenge, found), {}, challenge)
    try:
        wanted = challenge_of(request.form, found if is_published else None)
        challenges.revise_challenge(
            current_user.actor, challenge_id, wanted, seen=request.form.get("version"), picture=picture_change()
        )
    except KEEPS_FORM as error:
        return _form_again(challenge_id, error)
    return _saved(challenge_id)


def _planned(organisation: Organisation, challenge: Challenge | None) -> str:
    """The form as sent, after a button of the editor. A new blueprint is shown before it is saved, so that nobody plans
    phases that they did not see.
    """
    typed, focus = planned_in(request.form)
    if ACT not in request.form:
        flash(
            _(
                "These are the phases of “%(blueprint)s”. Check them, then save.",
                blueprint=labels.BLUEPRINTS[typed.blueprint],
            )
        )
    return _form(organisation, typed, {}, challenge, focus)


def _version(challenge: Challenge | None, round: Round | None, *, is_known: bool) -> str:
    """The version that the form begins with; a form that is shown again keeps it until the person knows the new one."""
    sent = request.form.get("version")
    if challenge is None or round is None:
        return ""
    return sent if sent and not is_known else challenges.version_of(challenge, round)


def _form_again(challenge_id: int, error: Exception) -> tuple[str, int]:
    challenge, found = _facilitated(challenge_id)
    typed = _typed_again(challenge, found)
    if isinstance(error, Changed):
        theirs = differences(typed, stored_in(challenge, found), request.form.keys())
        return _form(challenge.organisation, typed, {}, challenge, saved=theirs), 409
    return _form(challenge.organisation, typed, messages_of(error), challenge), status_of(error)


def _typed_again(challenge: Challenge, found: Round) -> Typed:
    """The form as sent, with what stands once a challenge is published."""
    typed = typed_in(request.form)
    if challenge.published_at is None:
        return typed
    stored = stored_in(challenge, found)
    typed = typed.settled_as(stored)
    return typed.with_rules_of(stored) if found.is_in_lobby else typed


def _form(
    organisation: Organisation,
    typed: Typed,
    errors: dict[str, str],
    challenge: Challenge | None = None,
    focus: str = "",
    saved: list[tuple[str, str]] | None = None,
) -> str:
    """The form as typed. `saved`: what somebody else saved meanwhile, where it differs; the next button replaces it."""
    found = current_round(db.session(), challenge.id) if challenge else None
    return render_template(
        "challenges/form.html",
        **fields_of(organisation, challenge, found, typed, errors),
        saved=saved,
        had_picture=had_picture(),
        is_sent=request.method == "POST",
        version=_version(challenge, found, is_known=saved is not None),
        focus=focus,
    )


def _saved(challenge_id: int) -> Response:
    then = request.form.get("then")
    if then == "file":
        return redirect(url_for("bringing.new", challenge_id=challenge_id))
    if then == "preview":
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    flash(_("Saved."), "success")
    return redirect(url_for("challenges.edit", challenge_id=challenge_id))


@blueprint.post("/organisations/<int:organisation_id>/challenges/live-preview")
@permitted(For.MODERATOR)
def live_preview(organisation_id: int) -> str:
    """The preview of a form that is still being edited. It stores nothing. The address may name its challenge."""
    organisation = _organisation(organisation_id)
    known = select(Challenge).filter_by(organisation_id=organisation_id, id=request.args.get("challenge", type=int))
    challenge = db.session.scalars(known).one_or_none()
    picture = challenge.picture if challenge else None
    shown = preview_of(organisation, typed_in(request.form), None, picture)
    return render_template("challenges/_preview.html", preview=shown)


@blueprint.get("/challenges/<challenge:challenge_id>/preview")
@permitted(For.FACILITATOR)
def preview(challenge_id: int) -> Answer:
    challenge, found = _facilitated(challenge_id)
    if challenge.is_template:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    box = box_of(db.session(), challenge, found)
    draft = NameDraft(suggest(db.session(), challenge_id, challenge.language))
    return render_template(
        "challenges/preview.html",
        challenge=challenge,
        round=found,
        phases=phase_path(found),
        has_seed_ideas=bool(challenge.seed_ideas.strip() or waiting_count(db.session(), challenge_id)),
        draft=draft,
        key="",
        puzzle=None,
        sends=False,
        card=card_of_join(challenge, box.pay),
        conditions=box,
        next="",
        via="",
    )


@blueprint.post("/challenges/<int:challenge_id>/publication")
@permitted(For.FACILITATOR)
def publish(challenge_id: int) -> Response:
    _challenge, found = _facilitated(challenge_id)
    if any(phase.seconds is None and phase.is_over(clock.now()) for phase in found.phases):
        flash(_("The date of a phase has passed. Choose a later one, then publish."), "error")
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    try:
        challenges.publish_challenge(current_user.actor, challenge_id)
    except Conflict:
        flash(_("The challenge is already published."))
    except Invalid as error:
        [(field, problem)] = messages_of(error).items()
        starts, answers = _("Check the start time, then publish."), _("Check when you answer, then publish.")
        flash(f"{starts if field == 'starts_at' else answers} {problem}", "error")
        return redirect(url_for("challenges.edit", challenge_id=challenge_id, _anchor=f"field-{field}"))
    else:
        flash(_opened(current_round(db.session(), challenge_id)), "success")
    return redirect(url_for("sharing.show", challenge_id=challenge_id))


def _opened(round: Round) -> str:
    if not round.is_in_lobby:
        return _("The room is open. Share it now.")
    if round.starts_at:
        return _("The lobby is open. Share it now: people can join, and it starts at the time that you chose.")
    return _("The lobby is open. Share it now: people can join, and you start when you are ready.")


@blueprint.post("/challenges/<int:challenge_id>/copies")
@permitted(For.MODERATOR)
def duplicate(challenge_id: int) -> Response:
    """Make a draft with the same settings, and open its first step."""
    challenge = policy.role_access(db.session(), current_user.actor, challenge_id, STEERING).challenge
    with in_language(challenge.language):
        mark = _("(copy)")
    copy_id = duplicate_challenge(current_user.actor, challenge_id, mark)
    flash(_("This draft is a copy. Fixed dates, starting ideas and people were not copied."), "success")
    return redirect(url_for("posting.show", challenge_id=copy_id, step=PostingStep.CHALLENGE), 303)


@blueprint.post("/challenges/<int:challenge_id>/deletion")
@permitted(For.FACILITATOR)
def delete(challenge_id: int) -> Response:
    challenge, _found = _facilitated(challenge_id)
    organisation_id = challenge.organisation_id
    challenges.delete_draft(current_user.actor, challenge_id)
    flash(_("The draft is deleted."))
    return redirect(url_for("organisations.show", organisation_id=organisation_id))


def _organisation(organisation_id: int) -> Organisation:
    policy.require_role(db.session(), current_user.actor, organisation_id, STEERING)
    return db.session.get_one(Organisation, organisation_id)


def _facilitated(challenge_id: int) -> tuple[Challenge, Round]:
    challenge = policy.require_facilitator(db.session(), current_user.actor, challenge_id)
    return challenge, current_round(db.session(), challenge_id)
