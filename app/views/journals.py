"""The seal of a challenge's journal: its head, and the link that an earlier number has now."""

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.models import JournalEntry

blueprint = Blueprint("journals", __name__)


@blueprint.get("/challenges/<int:challenge_id>/seal")
@permitted(For.INSIDE)
def seal(challenge_id: int) -> Response:
    """`{seq, h, then}`: the head, and the link of the entry `?since=`, null if there is none. A browser that kept that
    entry's link sees whether the history before it is still the same.
    """
    session = db.session()
    challenge = policy.require_inside(session, actor(), challenge_id).challenge
    since = request.args.get("since", 0, type=int)
    kept = session.get(JournalEntry, (challenge.chain_id, since)) if 0 < since <= challenge.seq else None
    answer = jsonify(seq=challenge.seq, h=challenge.head.hex(), then=kept.h.hex() if kept else None)
    answer.headers["Cache-Control"] = "no-store"
    return answer
