"""Awards: the winners' page, giving and correcting prizes, decisive arguments, names and certificates."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.awards import CorrectionDraft, NameUnderAward, correction_in
from app.pages.awards import argued_ideas, candidates_for, certificate_of, giving_page, row_of
from app.platform.errors import explanation_of, messages_of, status_of
from app.viewers import result_links
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.errors import Changed, Conflict, Invalid, NotFound, OutcomesStand
from ideas.models import STEERING, Anonymity, Argument, Award, AwardClaim, Round
from ideas.queries.awards import last_award, name_under, version_of_name, why_name_removed
from ideas.queries.rounds import closed_round, current_round
from ideas.queries.winners import award_rows
from ideas.services import awards

blueprint = Blueprint("awards", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/challenges/<challenge:challenge_id>/awards")
@permitted(For.AUDIENCE)
def show(challenge_id: int) -> Answer:
    """The winners, for everybody who may see the result."""
    session = db.session()
    access = policy.result_access(session, actor(), challenge_id, result_links.shown_token())
    closed_round(session, challenge_id)
    rows = [row for row in award_rows(session, access.challenge, access.participant) if row.stands]
    if not access.challenge.prizes:
        return redirect(url_for("results.show", challenge_id=challenge_id))
    return render_template(
        "awards/show.html",
        challenge=access.challenge,
        awards=rows,
        steers=access.has_role(STEERING),
        is_inside=access.facilitates or access.participates,
        are_names_public=_names_are_public(access),
    )


def _names_are_public(access: policy.Access) -> bool:
    """Awards are those of a closed round, and name people as its result does."""
    return policy.sees_authors(access.challenge.anonymity, is_closed=True)


@blueprint.get("/challenges/<challenge:challenge_id>/awards/giving")
@permitted(For.MODERATOR)
def giving(challenge_id: int) -> Answer:
    """The proposed awards, or those that were given, with what a member can do about them."""
    access = policy.role_access(db.session(), current_user.actor, challenge_id, STEERING)
    return _giving(current_round(db.session(), access.challenge.id))


def _giving(round: Round, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "awards/giving.html",
        challenge=round.challenge,
        round=round,
        page=giving_page(db.session(), round),
        errors=errors or {},
    )


@blueprint.post("/rounds/<int:round_id>/awards")
@permitted(For.MODERATOR)
def give(round_id: int) -> Answer:
    try:
        given = awards.give_awards(current_user.actor, round_id, seen=request.form.get("seen", ""))
    except Conflict as error:
        db.session.rollback()
        round = require(db.session(), Round, round_id)
        return _giving(current_round(db.session(), round.challenge_id), {"": explanation_of(error)}), status_of(error)
    said = ngettext(
        "%(num)s award is given. Its people are told.", "%(num)s awards are given. Their people are told.", given
    )
    flash(said, "success")
    return redirect(_winners(require(db.session(), Round, round_id).challenge_id), 303)


def _winners(challenge_id: int) -> str:
    return url_for("awards.show", challenge_id=challenge_id)


@blueprint.route("/awards/<int:award_id>/withdrawal", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def withdraw(award_id: int) -> Answer:
    """Withdraw an award, with a reason."""
    return _corrected(
        award_id,
        "awards/withdraw.html",
        lambda draft: awards.withdraw_award(current_user.actor, award_id, draft.reason, seen=draft.seen),
        _("The award is withdrawn. You can give its prize to another idea."),
    )


@blueprint.route("/awards/<int:award_id>/replacement", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def replacement(award_id: int) -> Answer:
    """Give the prize of a withdrawn award to an idea, with a reason."""
    return _corrected(
        award_id,
        "awards/replacement.html",
        lambda draft: awards.give_anew(current_user.actor, award_id, draft.entry, draft.reason, seen=draft.seen),
        _("The prize is given anew."),
    )


@blueprint.route("/awards/<int:award_id>/names/<int:part_id>", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def unname(award_id: int, part_id: int) -> Answer:
    """Take away a name that an author typed under an award, with a reason."""

    def version(award: Award) -> int:
        claim = name_under(db.session(), part_id)
        if claim is None or claim.award_id != award.id:
            raise NotFound
        return version_of_name(claim)

    return _corrected(
        award_id,
        "awards/unname.html",
        lambda draft: awards.remove_name(current_user.actor, part_id, draft.reason, seen=draft.seen),
        _("The name is gone. Its author reads your reason."),
        version,
    )


def _latest(award: Award) -> int:
    return last_award(db.session(), _round(award))


def _corrected(
    award_id: int,
    template: str,
    act: Callable[[CorrectionDraft], object],
    said: str,
    version: Callable[[Award], int] = _latest,
) -> Answer:
    award = require(db.session(), Award, award_id)
    challenge_id = require(db.session(), Round, award.round_id).challenge_id
    policy.role_access(db.session(), current_user.actor, challenge_id, STEERING)
    if request.method == "GET":
        return _correction(award_id, template, CorrectionDraft(seen=version(award)))
    draft = correction_in(request.form)
    try:
        act(draft)
    except Invalid as error:
        return _correction(award_id, template, replace(draft, errors=messages_of(error))), 400
    except (Changed, Conflict, NotFound) as error:
        db.session.rollback()
        now = version(require(db.session(), Award, award_id))
        errors = {"entry" if isinstance(error, NotFound) else "": explanation_of(error)}
        return _correction(award_id, template, replace(draft, seen=now, errors=errors)), status_of(error)
    flash(said, "success")
    return redirect(url_for("awards.giving", challenge_id=challenge_id), 303)


def _round(award: Award) -> Round:
    return require(db.session(), Round, award.round_id)


def _correction(award_id: int, template: str, draft: CorrectionDraft) -> str:
    round = _round(require(db.session(), Award, award_id))
    return render_template(
        template,
        challenge=round.challenge,
        award=row_of(award_rows(db.session(), round.challenge), award_id),
        candidates=candidates_for(db.session(), round),
        draft=draft,
    )


# Decisive arguments


@blueprint.get("/challenges/<challenge:challenge_id>/awards/arguments")
@permitted(For.MODERATOR)
def arguments(challenge_id: int) -> Answer:
    """The arguments that a member can mark as decisive."""
    policy.role_access(db.session(), current_user.actor, challenge_id, STEERING)
    return _arguments(challenge_id)


def _arguments(challenge_id: int, failed: int = 0, reason: str = "", error: str = "") -> str:
    """`failed`: the argument whose form could not be taken, with what was typed there, and why."""
    round = current_round(db.session(), challenge_id)
    return render_template(
        "awards/arguments.html",
        challenge=round.challenge,
        round=round,
        ideas=argued_ideas(db.session(), round),
        may_mark=not awards.outcomes_stand(db.session(), round),
        failed=failed,
        reason=reason,
        error=error,
    )


@blueprint.post("/arguments/<int:argument_id>/decisive")
@permitted(For.MODERATOR)
def mark(argument_id: int) -> Answer:
    reason = request.form.get("reason", "")
    return _marked(argument_id, lambda: awards.mark_decisive(current_user.actor, argument_id, reason), reason)


@blueprint.post("/arguments/<int:argument_id>/decisive/end")
@permitted(For.MODERATOR)
def unmark(argument_id: int) -> Answer:
    return _marked(argument_id, lambda: awards.unmark_decisive(current_user.actor, argument_id))


def _marked(argument_id: int, act: Callable[[], None], reason: str = "") -> Answer:
    challenge_id = require(db.session(), Argument, argument_id).idea.challenge_id
    policy.role_access(db.session(), current_user.actor, challenge_id, STEERING)
    try:
        act()
    except Invalid as error:
        return _arguments(challenge_id, argument_id, reason, messages_of(error)["reason"]), 400
    except (OutcomesStand, Conflict) as error:
        db.session.rollback()
        return _arguments(challenge_id, argument_id, reason, explanation_of(error)), status_of(error)
    address = url_for("awards.arguments", challenge_id=challenge_id, _anchor=f"argument-{argument_id}")
    return redirect(address, 303)


# Names and certificates


@blueprint.route("/awards/<int:award_id>/claim", methods=["GET", "POST"])
@permitted(For.OWN)
def claim(award_id: int) -> Answer:
    """Put a name under an award of one's own, where authors are hidden for good."""
    _require_own(award_id)
    if request.method == "GET":
        return _claim(award_id, NameUnderAward(_name_under(award_id)))
    name = request.form.get("name", "")
    try:
        awards.claim_award(actor(), award_id, name)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _claim(award_id, NameUnderAward(name, messages_of(error))), status_of(error)
    flash(_("Your name stands under the award now."), "success")
    return redirect(_winners(_round(require(db.session(), Award, award_id)).challenge_id), 303)


@blueprint.post("/awards/<int:award_id>/claim/end")
@permitted(For.OWN)
def end_claim(award_id: int) -> Answer:
    awards.withdraw_claim(actor(), award_id)
    flash(_("Your name is gone from the award."), "success")
    return redirect(url_for("awards.claim", award_id=award_id), 303)


def _require_own(award_id: int) -> Award:
    award = require(db.session(), Award, award_id)
    participant = policy.require_past(db.session(), actor(), _round(award).challenge_id)
    if participant.id not in {part.participant_id for part in award.parts}:
        raise NotFound
    return award


def _name_under(award_id: int) -> str:
    award = _require_own(award_id)
    participant = policy.require_past(db.session(), actor(), _round(award).challenge_id)
    found = db.session.get(AwardClaim, (award_id, participant.id))
    return found.name if found else ""


def _claim(award_id: int, draft: NameUnderAward) -> str:
    challenge = _round(_require_own(award_id)).challenge
    participant = policy.require_past(db.session(), actor(), challenge.id)
    return render_template(
        "awards/claim.html",
        challenge=challenge,
        award=row_of(award_rows(db.session(), challenge, participant), award_id),
        present=_name_under(award_id),
        removed=why_name_removed(db.session(), require(db.session(), Award, award_id)),
        may_claim=challenge.anonymity == Anonymity.FOR_GOOD,
        draft=draft,
    )


@blueprint.get("/awards/<int:award_id>/certificate/<int:part_id>")
@permitted(For.AUDIENCE)
def certificate(award_id: int, part_id: int) -> Answer:
    """A certificate to print: for its person and for members, and for everybody where names are public."""
    session = db.session()
    award = require(session, Award, award_id)
    challenge = _round(award).challenge
    access = policy.result_access(session, actor(), challenge.id, result_links.shown_token())
    found = certificate_of(session, challenge, award, part_id, access.participant)
    if not (access.has_role(STEERING) or found.part.is_mine or _names_are_public(access)):
        raise NotFound
    return render_template("awards/certificate.html", challenge=challenge, found=found)
