"""Outcomes: members tell every author of a closed round what became of their idea."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app import labels
from app.inputs.outcomes import (
    OutcomeDraft,
    decision_and_reason_of,
    draft_of,
    reasons_of,
    seen_of,
    ticked,
)
from app.pages.outcomes import answers_of
from app.platform.errors import explanation_of, status_of
from app.viewers import result_links
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.errors import Changed, Invalid
from ideas.models import STEERING, Challenge, Round
from ideas.queries.jobs import jobs_from
from ideas.queries.rounds import closed_round
from ideas.services.outcomes import keep_reasons, set_outcomes

blueprint = Blueprint("outcomes", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/challenges/<challenge:challenge_id>/outcomes")
@permitted(For.MODERATOR)
def show(challenge_id: int) -> Answer:
    """The ideas of a closed round that still wait for an answer, or all with `?all=1`; `?round=` for an earlier one."""
    access = policy.role_access(db.session(), current_user.actor, challenge_id, STEERING)
    round = closed_round(db.session(), challenge_id, result_links.shown_round())
    return _page(access.challenge, round, OutcomeDraft())


@blueprint.post("/rounds/<int:round_id>/outcomes")
@permitted(For.MODERATOR)
def save(round_id: int) -> Answer:
    """Answer the ticked ideas, or all that wait. After an error the page again, with everything that was typed."""
    round = require(db.session(), Round, round_id)
    challenge = policy.role_access(db.session(), current_user.actor, round.challenge_id, STEERING).challenge
    try:
        decision, reason = decision_and_reason_of(request.form)
        ideas = None if "waiting" in request.form else ticked(request.form, "entry")
        answered = set_outcomes(
            current_user.actor,
            round_id,
            ideas,
            decision,
            reason,
            seen=seen_of(request.form),
            groups=ticked(request.form, "group"),
        )
    except Invalid as error:
        problems = {"words" if name == "reason" else name: key for name, key in error.problems.items()}
        return _page(challenge, round, replace(draft_of(request.form), errors=labels.messages(problems))), 400
    except Changed as error:
        db.session.rollback()
        draft = replace(draft_of(request.form), errors={"": explanation_of(error)})
        return _page(challenge, round, draft), status_of(error)
    flash(_said(answered), "success")
    return redirect(_address(challenge.id, round), 303)


def _said(answered: int) -> str:
    if not answered:
        return _("Nothing was changed: these ideas have this answer already.")
    return ngettext(
        "Saved. The author of %(num)s idea can read the answer now.",
        "Saved. The authors of %(num)s ideas can read the answer now.",
        answered,
    )


def _address(challenge_id: int, round: Round) -> str:
    """The page from which a form of it was posted. `answers_of` brings a page that became empty to the last one."""
    shown = {"all": 1} if "all" in request.form else {}
    number = request.form.get("page", 1, type=int)
    return url_for(
        "outcomes.show", challenge_id=challenge_id, round=round.n, page=number if number > 1 else None, **shown
    )


def _page(challenge: Challenge, round: Round, draft: OutcomeDraft, *, typed_reasons: str | None = None) -> str:
    page = answers_of(
        db.session(),
        challenge,
        round,
        draft,
        shows_all="all" in request.values,
        number=request.values.get("page", 1, type=int),
    )
    return render_template(
        "outcomes/show.html",
        challenge=challenge,
        organisation=challenge.organisation,
        round=round,
        page=page,
        jobs=jobs_from(db.session(), round.id),
        draft=draft,
        typed_reasons=challenge.organisation.reasons if typed_reasons is None else typed_reasons,
    )


@blueprint.post("/rounds/<int:round_id>/outcomes/reasons")
@permitted(For.MODERATOR)
def reasons(round_id: int) -> Answer:
    """Keep the organisation's reasons; then back to the page of the round."""
    round = require(db.session(), Round, round_id)
    challenge = policy.role_access(db.session(), current_user.actor, round.challenge_id, STEERING).challenge
    typed, was = reasons_of(request.form)
    try:
        keep_reasons(current_user.actor, challenge.organisation_id, typed, was=was)
    except (Invalid, Changed) as error:
        db.session.rollback()
        problems = labels.messages(error.problems) if isinstance(error, Invalid) else {}
        errors = problems or {"reasons": explanation_of(error)}
        return _page(challenge, round, OutcomeDraft(errors=errors), typed_reasons=typed), status_of(error)
    flash(_("Saved."), "success")
    return redirect(_address(challenge.id, round), 303)
