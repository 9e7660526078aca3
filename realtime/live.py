"""The catch-up address: what a client missed, rendered anew under its present rights.

Polled, it replaces the socket.
"""

from flask import Blueprint, jsonify, request
from flask_babel import get_locale
from flask_login import current_user
from werkzeug.wrappers import Response

from ideas import policy
from ideas.database import db
from ideas.models import Round
from ideas.queries.rooms import missed_since
from ideas.services.challenges import current_round
from realtime import fragments
from realtime.lanes import lanes_of

blueprint = Blueprint("live", __name__)

# A client that missed more than this is quicker with a fresh page.
HANDLES_MAX = 300


@blueprint.get("/challenges/<int:challenge_id>/live")
def catch_up(challenge_id: int) -> Response:
    """Frames for every lane that the viewer may listen to, from `since` to the present number.

    `{"ok", "epoch", "seq", "frames": [{"event", "lane", "after", "seq", …}]}`, or `"reload": true` instead of
    frames when the epoch differs or the gap is too large. `lanes` narrows the lanes (comma-separated).
    """
    session = db.session()
    standing = policy.require_inside(session, current_user.actor, challenge_id)
    challenge, round = standing.challenge, current_round(session, challenge_id)
    since = request.args.get("since", 0, int)
    answer = {"ok": True, "epoch": challenge.epoch, "seq": challenge.seq}
    if request.args.get("epoch") != challenge.epoch or not 0 <= since <= challenge.seq:
        return jsonify(answer | {"reload": True})
    missed = missed_since(session, round, _wanted(lanes_of(standing)), since)
    if sum(map(len, missed.handles.values())) > HANDLES_MAX:
        return jsonify(answer | {"reload": True})
    return jsonify(answer | {"frames": _frames(round, missed.handles, since)})


def _wanted(lanes: list[str]) -> list[str]:
    asked = request.args.get("lanes")
    return lanes if asked is None else [lane for lane in lanes if lane in asked.split(",")]


def _frames(round: Round, handles: dict[str, list[str]], since: int) -> list[dict[str, object]]:
    language = str(get_locale())
    frames = []
    for lane, touched in handles.items():
        event, payload = fragments.frame(round, lane, touched, language, after=since, seq=round.challenge.seq)
        frames.append({"event": event, **payload})
    return frames
