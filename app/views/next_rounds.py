"""The next round of a challenge: its form, and its beginning."""

from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.next_rounds import NextRoundDraft, acted_on, draft_in, first_draft, next_round_of
from app.inputs.phases import ACT, UNITS, draft_of
from app.pages.vote_forms import VoteForm
from app.platform.errors import messages_of, status_of
from app.rules.grades import scales
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Changed, Invalid, NotClosed
from ideas.models import SHORTLIST, Activity, Challenge, Round
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.queries.rounds import current_round
from ideas.services.next_rounds import Candidate, Cut, How, begin_next_round, candidates_of, cut_at
from ideas.services.phases import PHASES_MAX

blueprint = Blueprint("next_rounds", __name__)

Answer = str | Response | tuple[str, int]

# What the form proposes: everybody reads what went on, then votes.
PLANS = (PhasePlan("debate", (Activity.DEBATE,)), PhasePlan("vote", (Activity.VOTE,)))


@dataclass(frozen=True)
class RankedCandidate:
    """An idea that can go on, with its place in the order that decides; None if that leaves it out."""

    idea: IdeaRow
    place: int | None

    @property
    def is_listed(self) -> bool:
        return self.idea.outcome in SHORTLIST


@blueprint.route("/challenges/<challenge:challenge_id>/next-round", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def new(challenge_id: int) -> Answer:
    """Choose the ideas and plan the round. Where a tie crosses the cut, the form asks about it before it begins."""
    challenge = policy.require_facilitator(db.session(), current_user.actor, challenge_id)
    before = current_round(db.session(), challenge_id)
    if not before.is_closed:
        if before.n > 1 and before.is_in_lobby:  # somebody else began it meanwhile
            flash(_("The next round has begun already."), "info")
            return redirect(url_for("console.show", challenge_id=challenge_id), 303)
        raise NotClosed
    candidates = candidates_of(db.session(), before)
    if request.method == "GET":
        return _page(
            challenge, before, candidates, first_draft(before, tuple(map(draft_of, PLANS)), _placed(candidates))
        )
    if ACT in request.form:
        draft, focus = acted_on(request.form)
        return _page(challenge, before, candidates, draft, focus=focus)
    draft = draft_in(request.form)
    cut = _cut(candidates, draft)
    if cut.tied and not draft.has_answered_tie:
        return _page(challenge, before, candidates, replace(draft, tie_way="all"), cut=cut)
    try:
        begin_next_round(current_user.actor, before.id, next_round_of(draft))
    except (Invalid, Changed) as error:
        db.session.rollback()
        again = replace(draft, errors=messages_of(error))
        return _page(challenge, before, candidates_of(db.session(), before), again, cut=cut), status_of(error)
    flash(
        _("The next round is in its lobby. Everybody who joined is still inside; start it when you are ready."),
        "success",
    )
    return redirect(url_for("console.show", challenge_id=challenge_id), 303)


def _cut(candidates: list[Candidate], draft: NextRoundDraft) -> Cut:
    if draft.how != How.TOP or not 1 <= draft.number <= _placed(candidates):
        return Cut([], [], 0)
    return cut_at(candidates, draft.number)


def _placed(candidates: list[Candidate]) -> int:
    """How many of them have a place, which are the first ones."""
    return sum(each.place is not None for each in candidates)


def _page(
    challenge: Challenge,
    before: Round,
    candidates: list[Candidate],
    draft: NextRoundDraft,
    *,
    cut: Cut | None = None,
    focus: str = "",
) -> str:
    rows = {row.entry_id: row for row in idea_rows(db.session(), before)}
    ranked = [RankedCandidate(rows[each.entry_id], each.place) for each in candidates]
    return render_template(
        "next_rounds/new.html",
        challenge=challenge,
        before=before,
        ranked=ranked,
        placed=_placed(candidates),
        listed=sum(row.is_listed for row in ranked),
        tied=[row for row in ranked if cut and row.idea.entry_id in cut.tied],
        cut=cut,
        draft=draft,
        errors=draft.errors,
        focus=focus,
        units=list(UNITS),
        phases_max=PHASES_MAX,
        scales=scales(),
        vote_form=VoteForm(
            draft.questions, draft.live_ranking, draft.auto_close, False, (), False, draft.errors, has_blueprint=False
        ),
    )
