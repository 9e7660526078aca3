"""A running round: plan its future phases again, and add seed ideas."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.inputs.phases import (
    ACT,
    UNITS,
    PhaseDraft,
    RunningDraft,
    acted_on,
    draft_of,
    drafts_in,
    replanned,
    running_draft,
    running_typed,
)
from app.pages.console import current_phase_of, path_of
from app.pages.differences import phases_in_words
from app.platform.commands import new_number
from app.platform.errors import messages_of, status_of
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.activities import ACTIVITIES
from ideas.blueprints import plan_of
from ideas.database import db
from ideas.errors import Changed, Conflict, Invalid, NumberReused, RoundIsClosed, RulesStand
from ideas.models import Challenge, Round
from ideas.queries.rounds import current_round
from ideas.seed_lists import LIST_MAX
from ideas.services.phases import PHASES_MAX, begun_of, plan_phases, plan_version_of
from ideas.services.proxies import add_seed_ideas

blueprint = Blueprint("phases", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.route("/challenges/<challenge:challenge_id>/phases", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def edit(challenge_id: int) -> Answer:
    """Plan the future phases. A draft has its phases in its form."""
    challenge, round = _running(challenge_id)
    if challenge.published_at is None:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id, _anchor="plan"))
    if request.method == "GET":
        return _page(round, _stored(round), _running_draft(round), {})
    if ACT in request.form:
        phases, focus = acted_on(request.form, _typed(round))
        return _page(round, phases, running_typed(request.form), {}, focus)
    try:
        # Without the phases that began in the meantime: errors refer to the phases that the page shows again.
        wanted = replanned(_typed(round), running_typed(request.form), begun=begun_of(round))
        seen = request.form.get("version")
        plan_phases(actor(), round.id, wanted.plans, places=wanted.places, running=wanted.running, seen=seen)
    except Changed as error:
        return _again(challenge_id, {}, is_changed=True), status_of(error)
    except (Invalid, Conflict, RulesStand, RoundIsClosed) as error:
        return _again(challenge_id, messages_of(error)), status_of(error)
    flash(_("The phases are saved."), "success")
    return redirect(url_for("console.show", challenge_id=challenge_id))


def _running(challenge_id: int) -> tuple[Challenge, Round]:
    challenge = policy.require_facilitator(db.session(), actor(), challenge_id)
    round = current_round(db.session(), challenge_id)
    policy.require_open(round)
    return challenge, round


def _stored(round: Round) -> tuple[PhaseDraft, ...]:
    return tuple(draft_of(plan_of(phase), phase.position) for phase in round.phases[begun_of(round) : -1])


def _version(round: Round, *, is_known: bool) -> str:
    """The version that the form begins with; a form that is shown again keeps it until the person knows the new one."""
    sent = request.form.get("version")
    return sent if sent and not is_known else plan_version_of(round)


def _typed(round: Round) -> tuple[PhaseDraft, ...]:
    """The phases as sent, without those that began in the meantime."""
    begun = begun_of(round)
    return tuple(draft for draft in drafts_in(request.form) or () if not draft.has_begun(begun))


def _running_draft(round: Round) -> RunningDraft | None:
    """None in the lobby, and while the clock is paused: its end moves with every second."""
    if round.is_in_lobby or round.phase.paused_at:
        return None
    return running_draft(path_of(round)[round.position])


def _again(challenge_id: int, errors: dict[str, str], *, is_changed: bool = False) -> str:
    db.session.rollback()
    round = current_round(db.session(), challenge_id)
    return _page(round, _typed(round), running_typed(request.form), errors, is_changed=is_changed)


def _page(
    round: Round,
    phases: tuple[PhaseDraft, ...],
    running: RunningDraft | None,
    errors: dict[str, str],
    focus: str = "",
    *,
    is_changed: bool = False,
) -> str:
    """The form. `is_changed`: somebody else planned anew; the form shows that plan too, and its button replaces it."""
    begun = begun_of(round)
    path = path_of(round)
    return render_template(
        "challenges/phases.html",
        challenge=round.challenge,
        begun=path[:begun],
        now=current_phase_of(round, path),
        phases=phases,
        running=running if running and running.position == round.position else _running_draft(round),
        errors=errors,
        focus=focus,
        version=_version(round, is_known=is_changed),
        saved=phases_in_words(_stored(round), phases) if is_changed else None,
        units=list(UNITS),
        phases_max=PHASES_MAX,
        without=[one.name for one in ACTIVITIES.values() if one.looks_first and round.first_look is None],
    )


@blueprint.route("/challenges/<challenge:challenge_id>/seed-ideas", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def seed_ideas(challenge_id: int) -> Answer:
    """Add a list of ideas in the company's name while the round runs. A draft has its list in its form."""
    challenge, _round = _running(challenge_id)
    if challenge.published_at is None:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id, _anchor="what"))
    if request.method == "GET":
        return _list(challenge, {}, new_number())
    try:
        brought = add_seed_ideas(actor(), challenge_id, request.form.get("seed_ideas", ""), request.form.get("op", ""))
    except (Invalid, NumberReused, RoundIsClosed) as error:
        errors = messages_of(error)
        op = new_number() if "op" in errors or isinstance(error, NumberReused) else request.form["op"]
        return _list(challenge, errors, op), status_of(error)
    said = ngettext("%(num)s idea added.", "%(num)s ideas added.", brought)
    if current_round(db.session(), challenge_id).is_in_lobby:
        said += " " + _("They appear at the start.")
    flash(said, "success")
    return redirect(url_for("console.show", challenge_id=challenge_id))


def _list(challenge: Challenge, errors: dict[str, str], op: str) -> str:
    return render_template(
        "challenges/seed_ideas.html",
        challenge=challenge,
        seed_ideas=request.form.get("seed_ideas", ""),
        errors=errors,
        op=op,
        list_max=LIST_MAX,
        is_in_lobby=current_round(db.session(), challenge.id).is_in_lobby,
    )
