"""The result card of a participant: what became of their part in a closed round; and how long it took them."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import format_number
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import labels
from app.inputs.conditions import minutes_of, typed_number
from app.pages.result_cards import SHOWN, result_card_of
from app.platform.answers import done
from app.platform.errors import messages_of
from app.viewers import result_links
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Forbidden, Invalid, NotFound
from ideas.queries.pay import own_minutes
from ideas.queries.rounds import closed_round
from ideas.services.time_reports import report_minutes, withdraw_minutes

blueprint = Blueprint("result_cards", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/my-result")
@permitted(For.OWN)
def show(challenge_id: int) -> str:
    """The card for the viewer alone; `?round=` for an earlier round. A person who left still has it."""
    return _page(challenge_id)


@blueprint.post("/challenges/<int:challenge_id>/minutes")
@permitted(For.OWN)
def report(challenge_id: int) -> Response | tuple[str, int]:
    """Report one's own minutes, or change them; an empty field withdraws them."""
    typed = request.form.get("minutes", "")
    minutes = minutes_of(typed)
    back = url_for("result_cards.show", challenge_id=challenge_id, _anchor="minutes")
    if not typed.strip():
        withdraw_minutes(actor(), challenge_id)
        return done(back, _("Your minutes are withdrawn."))
    if minutes is None:
        return _page(challenge_id, typed, labels.problem("number")), 400
    try:
        kept = report_minutes(actor(), challenge_id, minutes)
    except Invalid as error:
        return _page(challenge_id, typed, messages_of(error)["minutes"]), 400
    if kept != minutes:
        return done(back, _("Saved as %(n)s: you can’t have needed more or fewer here.", n=format_number(kept)))
    return done(back, _("Thank you. Your minutes are saved, without your name."))


def _page(challenge_id: int, typed: str | None = None, error: str | None = None) -> str:
    session = db.session()
    participant = policy.require_past(session, actor(), challenge_id)
    round = closed_round(session, challenge_id, result_links.shown_round())
    try:
        access = policy.result_access(session, actor(), challenge_id)
        sees_result, is_inside = True, access.facilitates or access.participates
    except (Forbidden, NotFound):
        sees_result = is_inside = False
    card = result_card_of(session, round, participant, sees_result=sees_result)
    return render_template(
        "result_cards/show.html",
        challenge=round.challenge,
        round=round,
        card=card,
        sees_result=sees_result,
        is_inside=is_inside,
        shown=SHOWN,
        minutes=typed_number(own_minutes(session, participant)) if typed is None else typed,
        error=error,
    )
