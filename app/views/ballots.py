"""The ballot: a page per rule, the own marks, and the end of the ballot. Marks can be changed until the close."""

import uuid
from dataclasses import replace

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.ballots import cast_form, kept_form, owner_named, subject_of
from app.pages.ballots import (
    BallotPage,
    ballot_page_of,
    deck_page_of,
    list_page_of,
    marked_card,
    marked_cards,
    question_of,
)
from app.pages.combined_marks import combined_said
from app.pages.rooms import Room, changed_votes_of, require_owner, room_of, room_of_round, room_to_act_in
from app.platform import parts, slugs
from app.platform.errors import explanation_of
from app.platform.parts import with_parts
from app.viewers.identity import actor, browser_token
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import Conflict, Forbidden, Invalid
from ideas.models import Question
from ideas.queries.combined_marks import combined_marks
from ideas.services import finishing
from ideas.services.ballots import BARRED, BUDGET, CLOSED, DONE, INVALID, CastRefused, cast_from_browser

blueprint = Blueprint("ballots", __name__)

STATUS = {CLOSED: 409, BARRED: 403, INVALID: 400, BUDGET: 409, DONE: 409}


@with_parts(blueprint, "/challenges/<int:challenge_id>/ballot")
@blueprint.get("/challenges/<challenge:challenge_id>/ballot")
@permitted(For.PARTICIPANT)
def show(challenge_id: int) -> str | Response:
    room = room_of(challenge_id)
    if room.is_closed and room.participant:
        return redirect(url_for("results.show", challenge_id=challenge_id))
    if not room.may_mark:
        return redirect(url_for("rooms.show", challenge_id=challenge_id))
    question = question_of(room, request.args.get("question", type=int))
    if not room.takes_marks_on(question) or ballot_page_of(room, question).is_done:
        return redirect(_marks_url(challenge_id, question))
    return _page(room, question)


def _page(room: Room, question: Question, refusal: str = "") -> str:
    ballot = ballot_page_of(room, question) if parts.are_wanted() else _with_cards(room, question)
    is_over = not ballot.cards and ballot.is_marked and not parts.are_wanted()
    return render_template(
        "ballots/marks.html" if is_over else "ballots/show.html",
        room=room,
        ballot=ballot,
        changed=changed_votes_of(room),
        marked=marked_cards(ballot) if is_over else [],
        combined=_combined(room, question) if is_over else [],
        next=_next(),
        refusal=refusal,
        op=str(uuid.uuid4()),
        client=str(uuid.uuid4()),
    )


def _with_cards(room: Room, question: Question) -> BallotPage:
    of = subject_of(request.values.get("of", ""))
    if question.ballot_rule.is_limited:
        return list_page_of(room, question, of, beyond="more" in request.values)
    ballot = deck_page_of(room, question, of)
    return replace(ballot, cards=ballot.cards[:1]) if of is not None and _next() == "marks" else ballot


def _next() -> str:
    """The page after a mark: the page that it came from, or the next card."""
    found = request.values.get("next", "")
    return found if found in ("marks", "idea") else ""


@blueprint.get("/challenges/<int:challenge_id>/ballot/cards")
@permitted(For.PARTICIPANT)
def cards(challenge_id: int) -> str:
    """The cards in the deck, filled up with new ones; the page's script adds them below its own."""
    room = room_of(challenge_id)
    if room.participant is None:
        raise Forbidden
    question = question_of(room, request.args.get("question", type=int))
    return render_template("ballots/cards.html", room=room, ballot=deck_page_of(room, question), has_top=False)


@blueprint.post("/challenges/<int:challenge_id>/ballot")
@permitted(For.PARTICIPANT)
def cast(challenge_id: int) -> Response | tuple[Response | str, int]:
    """Take one mark, or a whole ballot. A script gets the same JSON as over the socket; a form continues with the next
    idea.
    """
    try:
        answer, slug = cast_from_browser(browser_token(), challenge_id, cast_form(), owner_named(challenge_id))
        slugs.know({challenge_id: slug})
        if "done" in request.form:
            return _finished(challenge_id)
    except Forbidden:
        require_owner(challenge_id, request.form.get("owner", ""))
        room_to_act_in(challenge_id)  # says why, if the viewer is not inside at all
        raise
    except (CastRefused, Invalid, Conflict) as error:
        return _refused(challenge_id, error)
    if _wants_json():
        return jsonify(ok=True, seq=answer.seq, receipt=answer.receipt, **({"dup": True} if answer.dup else {}))
    if answer.receipt:
        flash(_("Your first look is saved.") if "first_look" in request.form else _("Your vote is saved."), "success")
    return redirect(_way_on(challenge_id), 303)


def _way_on(challenge_id: int) -> str:
    question = request.form.get("question", type=int)
    match _next():
        case "idea":
            return url_for("ideas.show", challenge_id=challenge_id, idea_id=request.form.get("idea", 0, int))
        case "marks":
            return url_for("ballots.marks", challenge_id=challenge_id, question=question)
    more = 1 if "more" in request.form else None
    return url_for("ballots.show", challenge_id=challenge_id, question=question, more=more)


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _refused(challenge_id: int, error: CastRefused | Invalid | Conflict) -> tuple[Response | str, int]:
    word = error.error if isinstance(error, CastRefused) else INVALID
    status = 409 if isinstance(error, Conflict) else STATUS.get(word, 404)
    if _wants_json():
        return jsonify(ok=False, error=word), status
    room = room_of(challenge_id)
    if not room.may_mark:
        raise error
    question = question_of(room, _question_typed(room))
    if word == DONE:
        return _marks_page(room, question, _explained(error)), status
    return _page(room, question, _explained(error)), status


def _question_typed(room: Room) -> int | None:
    typed = request.form.get("question", type=int)
    return typed if typed in [q.id for q in room.round.at_hand] else None


def _explained(error: Exception) -> str:
    if isinstance(error, CastRefused) and error.error == BUDGET:
        return _("You gave more than you have. Your last saved votes still count.")
    if isinstance(error, CastRefused) and error.error == DONE:
        return _("You have finished this vote. To change something, open “Your votes”.")
    if isinstance(error, Conflict):
        return _("You have not voted yet.")
    return explanation_of(error)


@with_parts(blueprint, "/challenges/<int:challenge_id>/ballot/marks")
@blueprint.get("/challenges/<challenge:challenge_id>/ballot/marks")
@permitted(For.PARTICIPANT)
def marks(challenge_id: int) -> str:
    """One's own marks, with the receipt; every mark can be changed while votes are taken."""
    room, question_id = room_of(challenge_id), request.args.get("question", type=int)
    if room.participant is None:
        raise Forbidden
    asked = db.session.get(Question, question_id) if question_id is not None else None
    if asked is not None and asked.round_id != room.round.id:
        room = room_of_round(room, asked.round_id)
    return _marks_page(room, question_of(room, question_id))


def _marks_page(room: Room, question: Question, refusal: str = "") -> str:
    ballot = ballot_page_of(room, question)
    return render_template(
        "ballots/marks.html",
        room=room,
        ballot=ballot,
        marked=marked_cards(ballot),
        combined=_combined(room, question),
        next="marks",
        refusal=refusal,
    )


def _combined(room: Room, question: Question) -> list[str]:
    voter = room.participant
    return combined_said(question, combined_marks(db.session(), room.round, voter)) if voter is not None else []


@blueprint.post("/challenges/<int:challenge_id>/ballot/keep")
@permitted(For.PARTICIPANT)
def keep(challenge_id: int) -> Response | tuple[Response | str, int]:
    """Give the same mark again to an idea that has a new version; `seen` are the versions that the voter read."""
    room, question = _asked(challenge_id)
    kept = kept_form()
    card = marked_card(ballot_page_of(room, question), subject_of(request.form.get("of", "")))
    if card is None or not card.ideas:
        return _refused(challenge_id, Conflict())
    if card.seen != request.form.get("seen"):
        flash(_("This idea has changed again. Read it once more."), "info")
        return redirect(_way_on(challenge_id), 303)
    try:
        cast_from_browser(browser_token(), challenge_id, replace(kept, marks={card.subject: card.mark or 0}))
    except (CastRefused, Invalid) as error:
        return _refused(challenge_id, error)
    flash(_("Your vote is kept."), "success")
    return redirect(_way_on(challenge_id), 303)


@blueprint.post("/challenges/<int:challenge_id>/ballot/done")
@permitted(For.PARTICIPANT)
def finish(challenge_id: int) -> Response | tuple[Response | str, int]:
    """End one's ballot on a question ("I am done")."""
    try:
        return _finished(challenge_id)
    except Conflict as error:
        return _refused(challenge_id, error)


def _finished(challenge_id: int) -> Response:
    room, question = _asked(challenge_id)
    if not ballot_page_of(room, question).is_done:
        finishing.finish_ballot(actor(), question.id)
    return redirect(_marks_url(challenge_id, question), 303)


@blueprint.post("/challenges/<int:challenge_id>/ballot/change")
@permitted(For.PARTICIPANT)
def reopen(challenge_id: int) -> Response:
    """Take marks on an ended ballot again."""
    room, question = _asked(challenge_id)
    if ballot_page_of(room, question).is_done:
        finishing.reopen_ballot(actor(), question.id)
    if question.ballot_rule.is_limited:
        return redirect(url_for("ballots.show", challenge_id=challenge_id, question=question.id), 303)
    return redirect(_marks_url(challenge_id, question), 303)


def _asked(challenge_id: int) -> tuple[Room, Question]:
    room = room_of(challenge_id)
    if room.participant is None:
        raise Forbidden
    return room, question_of(room, request.form.get("question", type=int))


def _marks_url(challenge_id: int, question: Question) -> str:
    return url_for("ballots.marks", challenge_id=challenge_id, question=question.id)
