"""The room: its ideas, and the viewer's own part of it."""

import gzip
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs import ideas as inputs
from app.inputs.ideas import IdeaDraft
from app.inputs.lists import IDEAS_SHOWN
from app.pages.composing import parents_named_in
from app.pages.conditions import conditions_in
from app.pages.ideas import idea_page_of
from app.pages.kept_rooms import kept_room
from app.pages.rooms import Room, inside, mine_of, room_in, room_of, shown_groups_of, shown_ideas_of
from app.platform import parts
from app.platform.compression import send_packed, takes
from app.platform.parts import with_parts
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Forbidden, NotFound
from ideas.journal import ROOM, lane_numbers
from ideas.models import Idea, Participant, Round
from ideas.queries.ballots import receipt_of
from ideas.queries.groups import group_rows
from ideas.queries.ideas import handles_of, own_points_in
from ideas.queries.pages import IdeaQuery, room_page
from ideas.queries.rights import rights_asked
from ideas.queries.rounds import current_round
from ideas.voting.rules import written

blueprint = Blueprint("rooms", __name__)


@with_parts(blueprint, "/challenges/<int:challenge_id>")
@blueprint.get("/challenges/<challenge:challenge_id>")
@permitted(For.INSIDE)
def show(challenge_id: int) -> str | Response:
    access = inside(challenge_id)
    if access.challenge.published_at is None:
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    if request.args or parts.are_wanted():
        return page(room_in(access), IdeaDraft(parents=inputs.numbers_in(request.args.get("build", ""))))
    return kept_room(access)


def page(room: Room, draft: IdeaDraft) -> str:
    """The room with the composer as `draft` says."""
    shown = shown_ideas_of(room)
    return render_template(
        "rooms/show.html",
        room=room,
        shown=shown,
        groups=shown_groups_of(room, shown),
        mine=mine_of(room, room.participant) if room.participant else None,
        draft=draft,
        parents=parents_named_in(room, draft.parents),
        conditions=conditions_in(room),
        rights_asked=rights_asked(db.session(), room.challenge, room.participant),
    )


@blueprint.get("/challenges/<int:challenge_id>/idea-list")
@permitted(For.INSIDE)
def idea_list(challenge_id: int) -> Response:
    """The cards of the list, for pages whose changes exceed one frame (docs/protocol.md, `lists`)."""
    session = db.session()
    challenge = policy.require_inside(session, current_user.actor, challenge_id).challenge
    round = current_round(session, challenge_id)
    # The number before the rows: what is drawn may be newer than it, never older.
    seq = lane_numbers(session, challenge.chain_id, [ROOM])[ROOM]
    drawn = _drawn(challenge.epoch, round.id, seq, str(get_locale()), request.script_root)
    response = Response(drawn.plain, mimetype="text/html")
    response.vary.add("Accept-Encoding")
    if takes():
        send_packed(response, drawn.compressed)
    return response


@dataclass(frozen=True)
class _IdeaList:
    plain: bytes
    compressed: bytes


@lru_cache(maxsize=20)
def _drawn(_epoch: str, round_id: int, _seq: int, _language: str, _root: str) -> _IdeaList:
    """The cards after a number of the room's lane. They know no viewer: at a reveal all ask for the same ones."""
    session, round = db.session(), db.session.get_one(Round, round_id)
    shown = room_page(session, round, IdeaQuery(IDEAS_SHOWN, without_grouped=True))
    html = render_template("rooms/cards.html", shown=shown, groups=group_rows(session, round)).encode()
    return _IdeaList(html, gzip.compress(html, 6, mtime=0))


@blueprint.get("/challenges/<int:challenge_id>/mine")
@permitted(For.PARTICIPANT)
def mine(challenge_id: int) -> Response:
    """The viewer's own records for the page: handles, marks by entry, and the part that shows them.

    With `?idea=` that part belongs to the page of one idea.
    """
    room = room_of(challenge_id)
    participant = room.participant
    if participant is None:
        raise Forbidden
    session = db.session()
    return jsonify(
        handles=handles_of(session, participant),
        marks=_marks_on_entries(room),
        points=own_points_in(session, room.round, participant),
        ballots=_ballots(room, participant),
        html=_own_part(room, request.args.get("idea", type=_number)),
    )


def _marks_on_entries(room: Room) -> dict[str, int]:
    """`{entry: value}`: the viewer's marks on the first question of the phase, without those on pairs."""
    rows = room.marks.marks[room.round.at_hand[0].id]
    return {str(entry): row.value for row in rows for entry, versus in [row.key] if not versus}


def _ballots(room: Room, participant: Participant) -> dict[str, dict[str, object]]:
    """`{question: {"marks": {subject: value}, "done": yes or no, "receipt": …}}`: what counts of the viewer's own."""
    receipts = [receipt_of(db.session(), question, participant, room.marks) for question in room.round.at_hand]
    return {
        str(r.question_id): {
            "marks": {written(subject): value for subject, value in r.marks.items()},
            "done": r.done_at is not None,
            "receipt": r.receipt,
        }
        for r in receipts
    }


def _number(text: str) -> int:
    """:raise ValueError: for what can be no record's number."""
    if len(text) > 18:
        raise ValueError(text)
    return int(text)


def _own_part(room: Room, idea_id: int | None) -> str:
    if idea_id is None:
        assert room.participant is not None
        return render_template("rooms/_mine.html", mine=mine_of(room, room.participant))
    idea = db.session.get(Idea, idea_id)
    if idea is None or idea.challenge_id != room.challenge.id:
        raise NotFound
    return idea_page_of(room, idea).mine
