"""The jury: the invitation, the page on which a juror scores, and the list of jurors for moderators."""

import io
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, send_file, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import labels
from app.inputs.accounts import email_of
from app.inputs.jurors import SheetDraft, scores_of, sheet_in
from app.mails import are_sent
from app.pages.jury import JuryPage, criterion_lines
from app.platform import limits
from app.platform.addresses import absolute
from app.platform.commands import secret_of_command
from app.platform.errors import TooMany, explanation_of, messages_of, status_of
from app.platform.i18n import locale_of
from app.viewers import identity, return_links
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.errors import Conflict, Forbidden, Invalid, JuryFull, NotFound, PhaseForbids, RoundIsClosed
from ideas.exports.own_data import write_juror
from ideas.models import Person, Round
from ideas.queries.jurors import juror_of, jurors_in, jury_progress_of, jury_round_of, open_invitations
from ideas.queries.rounds import current_round
from ideas.services import jurors, scoring
from ideas.services.ballots import CastRefused
from ideas.services.jurors import JURORS_MAX
from ideas.services.scoring import NOTE_MAX
from ideas.texts import NAME_MAX

# The session key of a new link's secret: the next page shows it once, and only its digest is stored.
FRESH = "fresh_jury_link"

# A mail goes to an address that never asked for one, with the words of a challenge: whoever may invite must not be able
# to flood a stranger, nor to send to many.
ADDRESS_LIMIT = "3 per day"
MAIL_LIMIT = "60 per hour"

blueprint = Blueprint("jury", __name__)

Answer = str | Response | tuple[str, int]


# The invitation


@blueprint.route("/jury/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def accept(token: str) -> Answer:
    """An invitation. The juror whom it seated is led to their page, so that the link is also a way back."""
    seated = jurors.juror_by(db.session(), token, current_user.actor)
    if seated is not None:
        return redirect(url_for("jury.show", challenge_id=db.session.get_one(Round, seated.round_id).challenge_id), 303)
    if request.method == "GET":
        return _invitation(token)
    try:
        taken = jurors.accept_seat(current_user.actor, token, request.form.get("name", ""), locale_of(request.form))
    except Invalid as error:
        return _invitation(token, messages_of(error)), 400
    except Conflict:
        db.session.rollback()
        flash(_("You are on this jury already. The link still works for someone else."))
        round = require(db.session(), Round, jurors.invitation_of(db.session(), token).round_id)
        return redirect(url_for("jury.show", challenge_id=round.challenge_id), 303)
    if current_user.person_id != taken.person_id:
        identity.enter_as(taken.person_id)
    flash(_("Welcome to the jury."), "success")
    return redirect(url_for("jury.show", challenge_id=taken.challenge_id), 303)


def _invitation(token: str, errors: dict[str, str] | None = None) -> str:
    invitation = jurors.invitation_of(db.session(), token)
    round = db.session.get_one(Round, invitation.round_id)
    policy.require_open(round)
    own = policy.participation(db.session(), current_user.actor, round.challenge_id)
    return render_template(
        "jury/accept.html",
        challenge=round.challenge,
        organisation=round.challenge.organisation.name,
        lines=criterion_lines(round),
        name=request.form.get("name", own.name if own else ""),
        moderates=policy.facilitates(db.session(), current_user.actor, round.challenge),
        errors=errors or {},
        name_max=NAME_MAX,
    )


# The juror's page


@blueprint.get("/challenges/<challenge:challenge_id>/jury")
@permitted(For.JUROR)
def show(challenge_id: int) -> Answer:
    """The next idea to score, `?idea=` for one, `?all=1` for the list."""
    round = jury_round_of(db.session(), current_user.actor, challenge_id)
    if round is None:
        raise NotFound
    return _page(round, wanted=request.args.get("idea", type=int), is_list="all" in request.args)


def _page(round: Round, *, wanted: int | None = None, is_list: bool = False, draft: SheetDraft | None = None) -> str:
    juror = juror_of(db.session(), current_user.actor, round.id)
    if juror is None:
        raise NotFound
    page = JuryPage(db.session(), round.challenge, round, juror, wanted, is_list, draft).read()
    person = db.session.get_one(Person, juror.person_id)
    return render_template(
        "jury/show.html",
        page=page,
        challenge=round.challenge,
        errors=(draft or SheetDraft()).errors,
        return_link=None if page.current else return_links.link_of(person),
        note_max=NOTE_MAX,
    )


@blueprint.post("/rounds/<int:round_id>/jury/<int:entry_id>")
@permitted(For.JUROR)
def score(round_id: int, entry_id: int) -> Answer:
    """Store the sheet of one idea, and go on. After an error the sheet again, with everything that was typed."""
    round = require(db.session(), Round, round_id)
    if juror_of(db.session(), current_user.actor, round_id) is None:
        raise NotFound
    draft = sheet_in(request.form, round.criteria)
    try:
        is_scored = scoring.score_entry(current_user.actor, round_id, entry_id, scores_of(draft))
    except (Invalid, RoundIsClosed, PhaseForbids, CastRefused) as error:
        db.session.rollback()
        round = require(db.session(), Round, round_id)
        if isinstance(error, Invalid):
            problems = messages_of(error) | {
                name: _("Choose a grade, or “Can’t say”.") for name in error.problems if name.startswith("q")
            }
        else:
            problems = {"": explanation_of(error)}
        return _page(round, wanted=entry_id, draft=replace(draft, errors=problems)), status_of(error)
    if not is_scored:
        flash(_("Your note is saved. This idea has no grades yet."))
        return _to(round.challenge_id, idea=entry_id)
    return _to(round.challenge_id, all=1 if "all" in request.form else None)


@blueprint.post("/rounds/<int:round_id>/jury/<int:entry_id>/conflict")
@permitted(For.JUROR)
def declare(round_id: int, entry_id: int) -> Response:
    """Declare a conflict of interest. Repeated, it changes nothing."""
    round = require(db.session(), Round, round_id)
    scoring.declare_conflict(current_user.actor, round_id, entry_id)
    flash(_("You do not score this idea. You can take that back in the list of all ideas."), "success")
    return _to(round.challenge_id)


@blueprint.post("/rounds/<int:round_id>/jury/<int:entry_id>/conflict/end")
@permitted(For.JUROR)
def take_back(round_id: int, entry_id: int) -> Response:
    round = require(db.session(), Round, round_id)
    scoring.take_back_conflict(current_user.actor, round_id, entry_id)
    flash(_("You can score this idea now."), "success")
    return _to(round.challenge_id, idea=entry_id)


@blueprint.get("/rounds/<int:round_id>/jury/data.zip")
@permitted(For.JUROR)
def download(round_id: int) -> Response:
    """What the juror has here: scores, notes and conflicts."""
    juror = juror_of(db.session(), current_user.actor, round_id)
    if juror is None:
        raise NotFound
    out = io.BytesIO()
    write_juror(db.session(), juror, out)
    out.seek(0)
    name = f"schwarm-jury-{round_id}-my-data.zip"
    return send_file(out, mimetype="application/zip", as_attachment=True, download_name=name, max_age=0)


@blueprint.post("/rounds/<int:round_id>/jury/leaving")
@permitted(For.JUROR)
def leave(round_id: int) -> Response:
    jurors.leave_jury(current_user.actor, round_id)
    flash(_("You have left the jury."), "success")
    return redirect(url_for("home.index"), 303)


def _to(challenge_id: int, **args: int | None) -> Response:
    return redirect(url_for("jury.show", challenge_id=challenge_id, **args), 303)


# The list of jurors


@blueprint.get("/challenges/<challenge:challenge_id>/jurors")
@permitted(For.FACILITATOR)
def index(challenge_id: int) -> Answer:
    return _list(_facilitated(challenge_id))


def _facilitated(challenge_id: int) -> Round:
    """The current round of a published challenge, with a jury. :raise NotFound:"""
    challenge = policy.require_facilitator(db.session(), current_user.actor, challenge_id)
    round = current_round(db.session(), challenge_id)
    if challenge.published_at is None or not round.criteria:
        raise NotFound
    return round


def _list(round: Round, errors: dict[str, str] | None = None) -> str:
    fresh = session.pop(FRESH, None)
    return render_template(
        "jury/index.html",
        challenge=round.challenge,
        round=round,
        lines=criterion_lines(round),
        jurors=jurors_in(db.session(), round.id),
        progress=jury_progress_of(db.session(), round),
        invitations=open_invitations(db.session(), round.id),
        link=absolute("jury.accept", token=fresh) if fresh else None,
        sends_mail=are_sent(),
        most=JURORS_MAX,
        email=request.form.get("email", "") if errors else "",
        errors=errors or {},
    )


@blueprint.post("/rounds/<int:round_id>/jurors/link")
@permitted(For.FACILITATOR)
def invite(round_id: int) -> Answer:
    """Make a link, which the next page shows once."""
    round = require(db.session(), Round, round_id)
    try:
        jurors.invite_juror(current_user.actor, round_id, secret_of_command(FRESH))
    except JuryFull as error:
        session.pop(FRESH, None)
        return _refused(round_id, {"": explanation_of(error)}), status_of(error)
    return _back(round.challenge_id, "invite")


@blueprint.post("/rounds/<int:round_id>/jurors/mail")
@permitted(For.FACILITATOR)
def mail(round_id: int) -> Answer:
    """Send an invitation by mail."""
    round = require(db.session(), Round, round_id)
    policy.require_facilitator(db.session(), current_user.actor, round.challenge_id)
    try:
        address = email_of(request.form)
        limits.spend(MAIL_LIMIT, "jury-mail", str(current_user.person_id))
        limits.spend(ADDRESS_LIMIT, "jury-address", address)
        jurors.invite_juror_by_mail(current_user.actor, round_id, address, locale_of(request.form))
    except Invalid as error:
        return _refused(round_id, labels.messages(error.problems)), 400
    except (JuryFull, TooMany) as error:
        return _refused(round_id, {"": explanation_of(error)}), status_of(error)
    except Conflict as error:
        said = _("This address has an open invitation already. Withdraw it first to send another one.")
        return _refused(round_id, {"email": said}), status_of(error)
    flash(_("The invitation is on its way."), "success")
    return _back(round.challenge_id, "invite")


def _refused(round_id: int, errors: dict[str, str]) -> str:
    db.session.rollback()
    round = require(db.session(), Round, round_id)
    if not policy.facilitates(db.session(), current_user.actor, round.challenge):
        raise Forbidden
    return _list(round, errors)


@blueprint.post("/rounds/<int:round_id>/jurors/invitations/<int:invitation_id>/withdrawal")
@permitted(For.FACILITATOR)
def withdraw(round_id: int, invitation_id: int) -> Response:
    round = require(db.session(), Round, round_id)
    jurors.withdraw_invitation(current_user.actor, round_id, invitation_id)
    flash(_("The invitation is withdrawn. Its link opens nothing any more."), "success")
    return _back(round.challenge_id, "invitations")


@blueprint.post("/rounds/<int:round_id>/jurors/<int:juror_id>/removal")
@permitted(For.FACILITATOR)
def remove(round_id: int, juror_id: int) -> Response:
    round = require(db.session(), Round, round_id)
    jurors.remove_juror(current_user.actor, round_id, juror_id)
    flash(_("The person is no longer on the jury. Their scores do not count."), "success")
    return _back(round.challenge_id, "jurors")


def _back(challenge_id: int, part: str) -> Response:
    return redirect(url_for("jury.index", challenge_id=challenge_id, _anchor=part), 303)
