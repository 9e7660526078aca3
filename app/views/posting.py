"""Posting a challenge in steps, each with an address of its own."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.challenges import Typed, stored_in, typed_in
from app.inputs.phases import ACT
from app.inputs.pictures import had_picture, picture_change
from app.inputs.planning import planned_in
from app.inputs.posting import part_of, step_after, typed_in_step, with_step
from app.pages.challenge_fields import fields_of
from app.pages.differences import differences
from app.pages.posting import checked_lines
from app.pages.previews import preview_of
from app.pages.rehearsals import rehearsal_view
from app.platform.errors import messages_of
from app.platform.i18n import chosen_language
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.blueprints import LIVE_BRAINSTORM
from ideas.brought import waiting_count
from ideas.database import db
from ideas.errors import Busy, Changed, ImageRefused, Invalid
from ideas.models import STEERING, Challenge, Organisation, PostingStep, Round
from ideas.queries.posting import DraftFinding, findings_of, stops_publication
from ideas.queries.rounds import current_round
from ideas.queries.templates import templates_of
from ideas.services import posting
from ideas.services.challenges import settings_of

blueprint = Blueprint("posting", __name__)

Answer = str | Response | tuple[str, int]

FIRST = PostingStep.CHALLENGE
STEP = "<any(challenge, way, people, conditions, check):step>"
PHASE_FIELDS = ("phase", "idea_", "layout")
VOTE_FIELDS = ("q1_", "q2_", "questions", "live_ranking", "auto_close")
EDITED = "<any(challenge, way, people, conditions):step>"


@blueprint.route("/organisations/<int:organisation_id>/challenges/begin", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def begin(organisation_id: int) -> Answer:
    """The first step, before there is a draft."""
    organisation = _organisation(organisation_id)
    if request.method == "GET":
        return _page(organisation, FIRST, _unwritten(), {})
    try:
        part = part_of(FIRST, request.form)
        challenge_id = posting.begin_posting(current_user.actor, organisation_id, part, picture_change())
    except (Invalid, ImageRefused) as error:
        db.session.rollback()
        organisation = _organisation(organisation_id)
        return _page(organisation, FIRST, typed_in_step(_unwritten(), FIRST, request.form), messages_of(error)), 400
    return _saved(challenge_id, organisation_id, step_after(FIRST, request.form))


@blueprint.get(f"/challenges/<challenge:challenge_id>/steps/{STEP}")
@permitted(For.FACILITATOR)
def show(challenge_id: int, step: str) -> Answer:
    challenge, found = _facilitated(challenge_id)
    if challenge.published_at or challenge.is_template:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    if step == PostingStep.CHECK:
        return _check(challenge, found)
    return _page(challenge.organisation, PostingStep(step), stored_in(challenge, found), {}, challenge, found)


@blueprint.post(f"/challenges/<challenge:challenge_id>/steps/{EDITED}")
@permitted(For.FACILITATOR)
def save(challenge_id: int, step: str) -> Answer:
    challenge, found = _facilitated(challenge_id)
    if challenge.published_at or challenge.is_template:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    now, stored = PostingStep(step), stored_in(challenge, found)
    if ACT in request.form:
        typed, focus = planned_in(request.form)
        return _page(challenge.organisation, now, with_step(stored, now, typed), {}, challenge, found, focus=focus)
    then = step_after(now, request.form)
    try:
        part, seen = part_of(now, request.form), request.form.get("version")
        change = picture_change()
        posting.save_step(current_user.actor, challenge_id, now, part, then=then, seen=seen, picture=change)
    except (Invalid, ImageRefused, Changed) as error:
        return _again(challenge_id, now, error)
    return _saved(challenge_id, challenge.organisation_id, then)


def _again(challenge_id: int, step: PostingStep, error: Invalid | ImageRefused | Changed) -> tuple[str, int]:
    challenge, found = _facilitated(challenge_id)
    stored = stored_in(challenge, found)
    typed = typed_in_step(stored, step, request.form)
    if isinstance(error, Changed):
        theirs = differences(typed, stored, request.form.keys())
        return _page(challenge.organisation, step, typed, {}, challenge, found, saved=theirs), 409
    return _page(challenge.organisation, step, typed, messages_of(error), challenge, found), 400


def _saved(challenge_id: int, organisation_id: int, then: PostingStep) -> Response:
    pressed = request.form.get("then")
    if pressed == "leave":
        flash(_("The draft is saved. Continue whenever you like."), "success")
        return redirect(url_for("organisations.show", organisation_id=organisation_id))
    if pressed == "file":
        return redirect(url_for("bringing.new", challenge_id=challenge_id))
    return redirect(url_for("posting.show", challenge_id=challenge_id, step=then))


def _page(
    organisation: Organisation,
    step: PostingStep,
    typed: Typed,
    errors: dict[str, str],
    challenge: Challenge | None = None,
    found: Round | None = None,
    *,
    focus: str = "",
    saved: list[tuple[str, str]] | None = None,
) -> str:
    """A step as typed. `saved`: what somebody else saved meanwhile, where it differs; the next button replaces it."""
    return render_template(
        f"posting/{step}.html",
        **fields_of(organisation, challenge, found, typed, errors),
        step=step,
        steps=list(PostingStep),
        version=_version(challenge, found, step, is_known=saved is not None),
        focus=focus,
        is_adjusting=request.form.get(ACT, "use") not in ("use", "undo") or _are_in(errors, PHASE_FIELDS),
        is_asking=_are_in(errors, VOTE_FIELDS),
        saved=saved,
        had_picture=had_picture(),
        is_sent=request.method == "POST",
        templates=templates_of(db.session(), organisation.id) if step == PostingStep.WAY else [],
    )


def _are_in(errors: dict[str, str], fields: tuple[str, ...]) -> bool:
    return any(name.startswith(fields) for name in errors)


def _version(challenge: Challenge | None, found: Round | None, step: PostingStep, *, is_known: bool) -> str:
    """The version that the step begins with; a step that is shown again keeps it until the person knows the new one."""
    sent = request.form.get("version")
    if challenge is None or found is None:
        return ""
    return sent if sent and not is_known else posting.version_of(challenge, found, step)


def _findings(challenge: Challenge, found: Round) -> list[DraftFinding]:
    return findings_of(db.session(), challenge, found, waiting=waiting_count(db.session(), challenge.id))


def _check(challenge: Challenge, found: Round) -> str:
    return render_template(
        "posting/check.html",
        organisation=challenge.organisation,
        challenge=challenge,
        step=PostingStep.CHECK,
        steps=list(PostingStep),
        lines=checked_lines(_findings(challenge, found)),
        preview=preview_of(challenge.organisation, stored_in(challenge, found), None, challenge.picture),
        rehearsal=rehearsal_view(current_app.extensions["schwarm-rehearsals"].report_of(challenge.id)),
    )


@blueprint.post("/challenges/<challenge:challenge_id>/rehearsals")
@permitted(For.FACILITATOR)
def rehearse(challenge_id: int) -> Response:
    """Begin a rehearsal of a draft, unless one is running."""
    challenge, found = _facilitated(challenge_id)
    if challenge.published_at or challenge.is_template:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    if stops_publication(_findings(challenge, found)):
        flash(_("First change what is marked “Needed”."), "error")
        return redirect(url_for("posting.show", challenge_id=challenge_id, step=PostingStep.CHECK))
    settings = settings_of(challenge, found)
    db.session.rollback()  # the process starts without a transaction being open
    try:
        current_app.extensions["schwarm-rehearsals"].begin(challenge_id, settings)
    except Busy:
        flash(_("A rehearsal is running on this server. Try again when it has ended, in five minutes at the latest."))
    return redirect(url_for("posting.show", challenge_id=challenge_id, step=PostingStep.CHECK, _anchor="rehearsal"))


@blueprint.post("/organisations/<int:organisation_id>/challenges/begin/preview")
@permitted(For.MODERATOR)
def preview_first(organisation_id: int) -> str:
    """The preview of a first step that is still being edited. It stores nothing."""
    organisation = _organisation(organisation_id)
    typed = with_step(_unwritten(), FIRST, typed_in(request.form))
    return render_template("challenges/_preview.html", preview=preview_of(organisation, typed, None))


@blueprint.post(f"/challenges/<challenge:challenge_id>/steps/{EDITED}/preview")
@permitted(For.FACILITATOR)
def preview(challenge_id: int, step: str) -> str:
    """The preview of a step that is still being edited. It stores nothing."""
    challenge, found = _facilitated(challenge_id)
    typed = typed_in_step(stored_in(challenge, found), PostingStep(step), request.form)
    shown = preview_of(challenge.organisation, typed, None, challenge.picture)
    return render_template("challenges/_preview.html", preview=shown)


def _unwritten() -> Typed:
    return Typed(language=chosen_language()).after(LIVE_BRAINSTORM)


def _organisation(organisation_id: int) -> Organisation:
    policy.require_role(db.session(), current_user.actor, organisation_id, STEERING)
    return db.session.get_one(Organisation, organisation_id)


def _facilitated(challenge_id: int) -> tuple[Challenge, Round]:
    challenge = policy.require_facilitator(db.session(), current_user.actor, challenge_id)
    return challenge, current_round(db.session(), challenge_id)
