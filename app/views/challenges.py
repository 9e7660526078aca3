"""Posting a question: draft, preview, publish, share."""

import io
from dataclasses import dataclass, replace
from datetime import datetime

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import format_number
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import words
from app.addresses import absolute
from app.asking import Asking, asking_in, asking_of, option_messages
from app.consoles import path_of
from app.errors import explanation_of
from app.i18n import DEFAULT, LANGUAGES, chosen_language
from app.identity import account_required, person_required
from app.inputs.challenges import Typed, challenge_of, is_planning, planned_in, stored_in, typed_in
from app.inputs.participants import NameDraft
from app.inputs.phases import ACT, UNITS, last_end
from app.names import suggest
from ideas import clock, policy
from ideas.blueprints import CHOICES, CLOSED, LIVE_BRAINSTORM
from ideas.database import db
from ideas.errors import AnonymityPromised, Conflict, CountsSealed, Invalid, RoundClosed
from ideas.models import Anonymity, Challenge, Organisation, Origin, Round
from ideas.queries.challenges import has_ideas
from ideas.queries.organisations import organisations_of
from ideas.queries.rooms import phase_path
from ideas.services import challenges
from ideas.services.challenges import CAPACITY_MAX, current_round
from ideas.services.given import LIST_MAX
from ideas.services.phases import PHASE_NAME_MAX, PHASES_MAX
from ideas.texts import TEXT_MAX, TITLE_MAX

blueprint = Blueprint("challenges", __name__)

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Sketch:
    """A question as people see it before they join, from the rows or from a form that is still being written."""

    title: str
    organisation: str
    language: str
    brief: str
    prize: str
    phases: tuple[str, ...]
    closes_at: datetime | None
    anonymity: str
    approval: bool
    is_rehearsal: bool


@blueprint.get("/challenges/new")
@account_required
def start() -> Answer:
    """Who asks? Nobody yet: found an organisation first. One: straight to the form. Several: choose."""
    mine = organisations_of(db.session(), current_user.account.id)
    if not mine:
        return redirect(url_for("organisations.new", then="ask"))
    if len(mine) == 1:
        return redirect(url_for("challenges.new", organisation_id=mine[0].id))
    return render_template("challenges/start.html", organisations=mine)


@blueprint.route("/organisations/<int:organisation_id>/challenges/new", methods=["GET", "POST"])
@account_required
def new(organisation_id: int) -> Answer:
    organisation = _organisation(organisation_id)
    if request.method == "GET":
        return _form(organisation, Typed(language=chosen_language()).after(LIVE_BRAINSTORM), {})
    if is_planning(request.form):
        return _planned(organisation, None)
    try:
        challenge_id = challenges.draft_challenge(current_user.actor, organisation_id, challenge_of(request.form))
    except Invalid as error:
        return _form(organisation, typed_in(request.form), messages_of(error)), 400
    return _saved(challenge_id)


@blueprint.route("/challenges/<int:challenge_id>/edit", methods=["GET", "POST"])
@person_required
def edit(challenge_id: int) -> Answer:
    challenge, found = _facilitated(challenge_id)
    policy.require_open(found)
    if request.method == "GET":
        return _form(challenge.organisation, stored_in(challenge, found), {}, challenge)
    is_published = challenge.published_at is not None
    if is_planning(request.form) and not is_published:
        return _planned(challenge.organisation, challenge)
    try:
        wanted = challenge_of(request.form, is_published=is_published)
        challenges.revise_challenge(current_user.actor, challenge_id, wanted)
    except Invalid as error:
        return _form_again(challenge_id, messages_of(error)), 400
    except AnonymityPromised:
        return _form_again(challenge_id, {"anonymity": words.problem("anonymity_promised")}), 409
    except CountsSealed as error:
        return _form_again(challenge_id, {"live_ranking": explanation_of(error)}), 409
    except RoundClosed as error:
        return _form_again(challenge_id, {"": explanation_of(error)}), 409
    return _saved(challenge_id)


def _planned(organisation: Organisation, challenge: Challenge | None) -> str:
    """The form as it was sent, after a button of the editor. Whoever chose another blueprint and saved sees first what
    it brings: nothing is planned that nobody saw.
    """
    typed, focus = planned_in(request.form)
    if ACT not in request.form:
        flash(
            _(
                "These are the phases of “%(blueprint)s”. Look at them, then save.",
                blueprint=words.BLUEPRINTS[typed.blueprint],
            )
        )
    return _form(organisation, typed, {}, challenge, focus)


def _asking(challenge: Challenge | None) -> Asking:
    """What the vote asks: as it was sent, or as it is stored."""
    found = current_round(db.session(), challenge.id) if challenge else None
    return asking_in(request.form, found) if request.method == "POST" else asking_of(found)


def messages_of(error: Invalid) -> dict[str, str]:
    """What to tell about a form with phases: `{field: sentence}`."""
    messages = words.messages(error.problems) | option_messages(error.problems)
    for field, key in error.problems.items():
        if key != "out_of_range":
            continue
        if field == "capacity":
            messages[field] = _("From 2 to %(most)s people can take part.", most=format_number(CAPACITY_MAX))
        elif field == "idea_title_max":
            messages[field] = _("From 1 to %(most)s characters.", most=TITLE_MAX)
        elif field == "phases":
            messages[field] = _("A round has from 1 to %(most)s phases.", most=PHASES_MAX)
        elif field.endswith("-seconds"):
            messages[field] = _("From one second to a year.")
    return messages


def _form_again(challenge_id: int, errors: dict[str, str]) -> str:
    challenge, found = _facilitated(challenge_id)
    typed = typed_in(request.form)
    if challenge.published_at:
        # These fields are not sent: they no longer change.
        is_rehearsal = found.origin == Origin.REHEARSAL
        typed = replace(typed, language=challenge.language, blueprint=challenge.blueprint, is_rehearsal=is_rehearsal)
    return _form(challenge.organisation, typed, errors, challenge)


def _form(
    organisation: Organisation,
    typed: Typed,
    errors: dict[str, str],
    challenge: Challenge | None = None,
    focus: str = "",
) -> str:
    published = challenge if challenge is not None and challenge.published_at else None
    promised = challenge is not None and has_ideas(db.session(), challenge.id)
    return render_template(
        "challenges/form.html",
        organisation=organisation,
        challenge=challenge,
        typed=typed,
        errors=errors,
        is_published=published is not None,
        way=path_of(current_round(db.session(), published.id)) if published else [],
        ways=[] if published else list(CHOICES.values()),
        focus=focus,
        # The weakest level that may still be chosen
        strength=challenge.anonymity.strength if challenge and promised else 0,
        sketch=_sketch_of_form(organisation, typed, published),
        capacity_max=CAPACITY_MAX,
        title_max=TITLE_MAX,
        text_max=TEXT_MAX,
        list_max=LIST_MAX,
        phases_max=PHASES_MAX,
        units=list(UNITS),
        asking=replace(_asking(challenge), errors=errors),
    )


def _saved(challenge_id: int) -> Response:
    then = request.form.get("then")
    if then == "preview":
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    flash(_("Saved."), "success")
    return redirect(url_for("challenges.edit", challenge_id=challenge_id))


@blueprint.post("/organisations/<int:organisation_id>/challenges/sketch")
@account_required
def sketch(organisation_id: int) -> str:
    """What people would see, of a form that is still being written. Nothing is stored."""
    organisation = _organisation(organisation_id)
    return render_template(
        "challenges/_sketch.html", sketch=_sketch_of_form(organisation, typed_in(request.form), None)
    )


def _sketch_of_form(organisation: Organisation, typed: Typed, published: Challenge | None) -> Sketch:
    if published:
        found = current_round(db.session(), published.id).phases
        phases, closes_at = tuple(p.name for p in found), found[-2].ends_at
    else:
        phases = (*(phase.name[:PHASE_NAME_MAX] for phase in typed.phases), CLOSED)
        closes_at = last_end(request.form, typed.phases)
    return Sketch(
        title=typed.title[:TITLE_MAX],
        organisation=organisation.name,
        language=typed.language if typed.language in LANGUAGES else DEFAULT,
        brief=typed.brief[:TEXT_MAX],
        prize=typed.prize[:TEXT_MAX],
        phases=phases,
        closes_at=closes_at,
        anonymity=typed.anonymity if typed.anonymity in words.ANONYMITY else Anonymity.NAMED,
        approval=typed.approval,
        is_rehearsal=typed.is_rehearsal,
    )


@blueprint.get("/challenges/<int:challenge_id>/preview")
@person_required
def preview(challenge_id: int) -> Answer:
    challenge, found = _facilitated(challenge_id)
    draft = NameDraft(suggest(db.session(), challenge_id, challenge.language))
    return render_template(
        "challenges/preview.html",
        challenge=challenge,
        round=found,
        phases=phase_path(found),
        draft=draft,
        entry_pass="",
    )


@blueprint.post("/challenges/<int:challenge_id>/publication")
@person_required
def publish(challenge_id: int) -> Response:
    _challenge, found = _facilitated(challenge_id)
    if any(phase.seconds is None and phase.is_over(clock.now()) for phase in found.phases):
        flash(_("The date of a phase has passed. Choose a later one, then publish."), "error")
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    try:
        challenges.publish_challenge(current_user.actor, challenge_id)
    except Conflict:
        flash(_("The question was published already."))
    else:
        flash(_("The room is open. Now share it."), "success")
    return redirect(url_for("challenges.share", challenge_id=challenge_id))


@blueprint.post("/challenges/<int:challenge_id>/deletion")
@person_required
def delete(challenge_id: int) -> Response:
    challenge, _found = _facilitated(challenge_id)
    organisation_id = challenge.organisation_id
    challenges.delete_draft(current_user.actor, challenge_id)
    flash(_("The draft is deleted."))
    return redirect(url_for("organisations.show", organisation_id=organisation_id))


@blueprint.get("/challenges/<int:challenge_id>/share")
@person_required
def share(challenge_id: int) -> Answer:
    challenge, found = _facilitated(challenge_id)
    if challenge.published_at is None:
        flash(_("Nobody gets in before you publish. Then link and code stand here."))
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    return render_template(
        "challenges/share.html",
        challenge=challenge,
        is_closed=found.is_closed,
        link=_link_to(challenge),
        home=absolute("home.index"),
    )


@blueprint.get("/challenges/<int:challenge_id>/qr.svg")
@person_required
def qr(challenge_id: int) -> Response:
    """The link as a picture for cameras; it has no ground of its own and wants a white one."""
    challenge, _found = _facilitated(challenge_id)
    picture = io.BytesIO()
    segno.make(_link_to(challenge), error="m", micro=False).save(
        picture, kind="svg", border=2, xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return current_app.response_class(picture.getvalue(), mimetype="image/svg+xml")


def _link_to(challenge: Challenge) -> str:
    return absolute("participants.join", code=challenge.code)


def _organisation(organisation_id: int) -> Organisation:
    policy.require_member(db.session(), current_user.actor, organisation_id)
    return db.session.get_one(Organisation, organisation_id)


def _facilitated(challenge_id: int) -> tuple[Challenge, Round]:
    challenge = policy.require_facilitator(db.session(), current_user.actor, challenge_id)
    return challenge, current_round(db.session(), challenge_id)
