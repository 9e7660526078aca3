"""The ballot: one idea at a time, each in an order of one's own, every mark to be changed until the close."""

import uuid
from dataclasses import dataclass, replace

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.errors import explanation_of
from app.inputs.ballots import cast_form, is_whole
from app.rooms import Room, room_of
from ideas.database import db
from ideas.errors import Forbidden, Invalid
from ideas.models import EntryStatus
from ideas.queries.ballots import own_ballot
from ideas.queries.ideas import ArgumentRow, IdeaRow, excerpts_of, idea_rows
from ideas.queries.rooms import ballot_of
from ideas.services.ballots import BARRED, BUDGET, CLOSED, DONE, INVALID, Answer, Cast, CastRefused, cast_ballot

blueprint = Blueprint("ballots", __name__)

# A page brings so many ideas along; whoever judged them fetches the next.
DECK_MAX = 25

STATUS = {CLOSED: 409, BARRED: 403, INVALID: 400, BUDGET: 409, DONE: 409}


@dataclass(frozen=True)
class Card:
    """An idea on the pile, `n` counted from 1, with the viewer's mark."""

    n: int
    idea: IdeaRow
    mark: int | None
    excerpts: list[ArgumentRow]

    @property
    def more(self) -> int:
        """How many arguments it has besides those shown here."""
        return sum(self.idea.arguments.values()) - len(self.excerpts)


@dataclass(frozen=True)
class Ballot:
    """The pile from where the viewer is. `before` is the idea to go back to; `done` how many are judged."""

    cards: list[Card]
    total: int
    done: int
    before: int | None


@blueprint.get("/challenges/<int:challenge_id>/ballot")
def show(challenge_id: int) -> str | Response:
    room = room_of(challenge_id)
    if room.is_closed and room.participant:
        return redirect(url_for("results.show", challenge_id=challenge_id))
    if not room.may_vote:
        return redirect(url_for("rooms.show", challenge_id=challenge_id))
    return _page(room, request.args.get("idea", type=int))


def _page(room: Room, idea_id: int | None, refusal: str = "") -> str:
    ballot, judged = _ballot(room, idea_id)
    return render_template(
        "ballots/show.html",
        room=room,
        ballot=ballot,
        judged=judged,
        refusal=refusal,
        op=str(uuid.uuid4()),
        client=str(uuid.uuid4()),
    )


def _ballot(room: Room, idea_id: int | None) -> tuple[Ballot, list[Card]]:
    """The pile, and once all are judged those that were: judged ideas lie before the others."""
    assert room.participant is not None
    session = db.session()
    marks = ballot_of(session, room.round, room.participant)
    stack = sorted(marks, key=lambda idea: marks[idea] is None)
    done = sum(mark is not None for mark in marks.values())
    at = stack.index(idea_id) if idea_id in marks else done
    wanted = stack[at : at + DECK_MAX] if at < len(stack) else stack
    rows = {row.id: row for row in idea_rows(session, room.round, ids=wanted, statuses=(EntryStatus.VISIBLE,))}
    excerpts = excerpts_of(session, room.round, wanted) if at < len(stack) else {}
    cards = [
        Card(stack.index(idea) + 1, rows[idea], marks[idea], excerpts.get(idea, [])) for idea in wanted if idea in rows
    ]
    is_over = at >= len(stack)
    ballot = Ballot([] if is_over else cards, len(stack), done, stack[at - 1] if at else None)
    return ballot, cards if is_over else []


@blueprint.post("/challenges/<int:challenge_id>/ballot")
def cast(challenge_id: int) -> Response | tuple[Response | str, int]:
    """Take one mark. A script gets JSON as over the socket; a form goes on to the next idea."""
    room = room_of(challenge_id)
    if room.participant is None:
        raise Forbidden
    try:
        answer = cast_ballot(_changes(room, cast_form(room.participant.id, room.round.id)))
    except (CastRefused, Invalid) as error:
        return _refused(challenge_id, error)
    if _wants_json():
        return jsonify(ok=True, seq=answer.seq, receipt=answer.receipt, **({"dup": True} if answer.dup else {}))
    flash(_said(answer), "success")
    if request.form.get("next") == "idea":
        return redirect(url_for("ideas.show", idea_id=request.form.get("idea", 0, int)), 303)
    return redirect(url_for("ballots.show", challenge_id=challenge_id), 303)


def _changes(room: Room, cast: Cast) -> Cast:
    """Of a form with the whole ballot, what says something: a 0 where nothing stood is no mark."""
    if not is_whole() or room.participant is None:
        return cast
    question = cast.question_id or room.round.questions[0].id
    own = own_ballot(db.session(), question, room.participant.id)
    return replace(cast, marks={subject: value for subject, value in cast.marks.items() if value or subject in own})


def _said(answer: Answer) -> str:
    return _("Your vote is stored. Receipt %(receipt)s", receipt=answer.receipt)


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _refused(challenge_id: int, error: CastRefused | Invalid) -> tuple[Response | str, int]:
    word = error.error if isinstance(error, CastRefused) else INVALID
    status = STATUS.get(word, 404)
    if _wants_json():
        return jsonify(ok=False, error=word), status
    room = room_of(challenge_id)
    if not room.may_vote:
        raise error
    return _page(room, request.form.get("idea", type=int), explanation_of(error)), status
