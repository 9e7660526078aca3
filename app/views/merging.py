"""Merging two ideas, and separating them again, for moderators."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.pages.acts import done_act
from app.pages.merging import merged_idea_of, merged_pair_of, other_idea_for
from app.platform.answers import done, from_script, offer_undo, undo_toast
from app.platform.errors import Refused, messages_of, shown_again
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas.database import db, require
from ideas.errors import Changed, Conflict, Invalid, RoundIsClosed
from ideas.models import Challenge, Idea
from ideas.services.merging import Seen, merge_ideas, unmerge_idea

blueprint = Blueprint("merging", __name__)

# The errors after which the moderator sees both ideas again as they are now.
ASKS_AGAIN = (Invalid, Conflict, RoundIsClosed)


@blueprint.get("/ideas/<int:idea_id>/merge")
@permitted(For.FACILITATOR)
def choose(idea_id: int) -> str:
    """Choose the other idea; `?with=` names it, and the page shows both."""
    other_id = request.args.get("with", type=int)
    return _choice(idea_id) if other_id is None else _both(idea_id, other_id)


@blueprint.post("/ideas/<int:idea_id>/merge")
@permitted(For.FACILITATOR)
def merge(idea_id: int) -> str | Response | Refused:
    """Merge two ideas; `stays` names the one that stands for both."""
    other_id, stays_id = (request.form.get(name, 0, type=int) for name in ("with", "stays"))
    gone_id = other_id if stays_id == idea_id else idea_id
    challenge = db.session.get_one(Challenge, require(db.session(), Idea, idea_id).challenge_id)
    challenge_id, before = challenge.id, challenge.seq
    try:
        merge_ideas(actor(), gone_id, other_id if gone_id == idea_id else idea_id, seen=_seen(gone_id, idea_id))
    except ASKS_AGAIN as error:
        db.session.rollback()
        return shown_again(_both(idea_id, other_id, _words_of(error)), error)
    words = _("The two ideas are one now. You can separate them again until the round closes.")
    if act := done_act(challenge_id, before):
        if from_script():
            return undo_toast(words, act.undo)
        offer_undo(words, act.undo)
        return redirect(_page_of(stays_id), 303)
    return done(_page_of(stays_id), words)


def _seen(gone_id: int, idea_id: int) -> Seen:
    """The versions that the page showed. :raise Changed: if the post names none."""
    one, other = (request.form.get(name, type=int) for name in ("version", "other_version"))
    if one is None or other is None:
        raise Changed
    return Seen(one, other) if gone_id == idea_id else Seen(other, one)


def _words_of(error: Exception) -> str:
    return " ".join(messages_of(error).values())


def _choice(idea_id: int, problem: str = "") -> str:
    return render_template("merging/choose.html", choice=other_idea_for(actor(), idea_id), problem=problem)


def _both(idea_id: int, other_id: int, problem: str = "") -> str:
    if other_id == idea_id:
        return _choice(idea_id, problem)
    stays_id = request.values.get("stays", type=int)
    pair = merged_pair_of(actor(), idea_id, other_id, stays_id)
    return render_template("merging/merge.html", pair=pair, problem=problem)


@blueprint.route("/ideas/<int:idea_id>/separation", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def unmerge(idea_id: int) -> str | Response | Refused:
    """Ask, then separate an idea from the one into which it was merged."""
    if request.method == "GET":
        return _separating(idea_id)
    try:
        unmerge_idea(actor(), idea_id, into=request.form.get("into", type=int))
    except ASKS_AGAIN as error:
        db.session.rollback()
        return shown_again(_separating(idea_id, _words_of(error)), error)
    return done(_page_of(idea_id), _("The ideas stand alone again, each with the votes that it got."))


def _separating(idea_id: int, problem: str = "") -> str:
    challenge, idea = merged_idea_of(actor(), idea_id)
    return render_template("merging/unmerge.html", challenge=challenge, idea=idea, problem=problem)


def _page_of(idea_id: int) -> str:
    challenge_id = db.session.get_one(Idea, idea_id).challenge_id
    return url_for("ideas.show", challenge_id=challenge_id, idea_id=idea_id)
