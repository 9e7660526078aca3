"""The result card of a participant: what became of their part in a closed round."""

from flask import Blueprint, render_template

from app.pages.result_cards import SHOWN, result_card_of
from app.viewers import result_links
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Forbidden, NotFound
from ideas.queries.rounds import closed_round

blueprint = Blueprint("result_cards", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/my-result")
@permitted(For.OWN)
def show(challenge_id: int) -> str:
    """The card for the viewer alone; `?round=` for an earlier round. A person who left still has it."""
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
    )
