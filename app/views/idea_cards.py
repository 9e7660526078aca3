"""The ideas of a round as cards on paper, to cut out and to sort on a table or a wall."""

from flask import Blueprint, render_template

from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.models import EntryStatus
from ideas.queries.ideas import idea_rows
from ideas.queries.rounds import current_round

# Cards on a sheet of A4, in two columns.
ON_A_SHEET = 8

TEXT_SHOWN = 260  # characters

blueprint = Blueprint("idea_cards", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/idea-cards")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> str:
    """The ideas of the current round that the room sees, the first one first."""
    session = db.session()
    challenge = policy.require_facilitator(session, actor(), challenge_id)
    round = current_round(session, challenge_id)
    ideas = idea_rows(session, round, statuses=(EntryStatus.VISIBLE,))[::-1]
    return render_template(
        "idea_cards/show.html",
        challenge=challenge,
        round=round,
        sheets=[ideas[n : n + ON_A_SHEET] for n in range(0, len(ideas), ON_A_SHEET)],
        ideas=len(ideas),
        text_shown=TEXT_SHOWN,
    )
