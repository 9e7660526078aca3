"""The catch-up address: what a client missed, rendered anew under its present rights.

A page that has no socket polls it instead, and posts *ready* beside it.
"""

from flask import Blueprint, abort, current_app, jsonify, request
from flask_babel import get_locale
from flask_login import current_user
from werkzeug.wrappers import Response

from ideas import clock, policy
from ideas.database import db
from ideas.models import Round
from ideas.permissions import For, declared
from ideas.queries.rooms import missed_since
from ideas.queries.rounds import current_round
from realtime import commands, fragments
from realtime.lanes import present_as
from realtime.presence import Presence
from realtime.rights import lanes_of

blueprint = Blueprint("live", __name__)

# For a client that missed more than this a fresh page is quicker.
HANDLES_MAX = 300


@blueprint.get("/challenges/<int:challenge_id>/live")
@declared(For.INSIDE)
def catch_up(challenge_id: int) -> Response:
    """Frames for every lane that the viewer may listen to, from `since` to the present number.

    `{"ok", "epoch", "seq", "now", "participant", "presence", "frames": [{"event", "lane", "after", "seq", …}]}`, or
    `"reload": true` instead of frames when the epoch differs or the gap is too large. `lanes` narrows the lanes
    (comma-separated). Presence counts whoever asks; `ready` says whether a participant is done with this phase.
    """
    session = db.session()
    access = policy.require_inside(session, current_user.actor, challenge_id)
    challenge, round = access.challenge, current_round(session, challenge_id)
    since = request.args.get("since", 0, int)
    answer = {"ok": True, "epoch": challenge.epoch, "seq": challenge.seq, "now": clock.to_ms(clock.now())}
    answer |= _presence(access, round)
    if request.args.get("epoch") != challenge.epoch or not 0 <= since <= challenge.seq:
        return jsonify(answer | {"reload": True})
    missed = missed_since(session, round, _wanted(lanes_of(access)), since)
    if sum(map(len, missed.handles.values())) > HANDLES_MAX:
        return jsonify(answer | {"reload": True})
    return jsonify(answer | {"frames": _frames(round, missed.handles, since)})


@blueprint.post("/challenges/<int:challenge_id>/ready")
@declared(For.PARTICIPANT)
def ready(challenge_id: int) -> tuple[str, int]:
    """Note that a participant is done with the current phase (`ready=1`), or is not after all (`ready=0`).

    409 if the phase that the page means (`phase`) is over.
    """
    session = db.session()
    policy.require_participant(session, current_user.actor, challenge_id)
    said = {"1": True, "0": False}.get(request.form.get("ready", ""))
    if said is None:
        abort(400)
    round = current_round(session, challenge_id)
    try:
        phase = commands.phase_of(request.form["phase"]) if "phase" in request.form else round.phase_key
    except commands.Malformed:
        abort(400)
    if phase != round.phase_key:
        abort(409)
    access = policy.access_of(session, current_user.actor, challenge_id)
    _presence(access, round)
    presence: Presence = current_app.extensions["schwarm-realtime"].presence
    presence.be_ready(challenge_id, current_user.person_id or 0, round.phase_key, ready=said)
    return "", 204


def _presence(access: policy.Access, round: Round) -> dict[str, object]:
    """Count the viewer as present, and answer what a socket would hear of presence."""
    presence: Presence = current_app.extensions["schwarm-realtime"].presence
    challenge_id = access.challenge.id
    presence.begin(challenge_id, round.phase_key)
    watches = "screen" in request.args
    if not watches:
        who = current_user.person_id or 0
        presence.seen(challenge_id, who, present_as(access), facilitates=access.facilitates)
    answer: dict[str, object] = {"presence": presence.counts(challenge_id)}
    if present_as(access):
        answer["participant"] = present_as(access)
        answer["ready"] = presence.is_ready(challenge_id, current_user.person_id or 0, round.phase_key)
    if access.facilitates and not watches:
        answer["facilitation"] = fragments.facilitation_of(access.challenge, presence.of(challenge_id))
    return answer


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
