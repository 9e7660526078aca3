"""The moderation queue: approve, reject and correct what waits, one text after the other or many at once, and undo it.

A script gets the page with the next text as the answer to its post; without one, a redirect leads there.
"""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import labels
from app.inputs.console import ReasonForm
from app.inputs.ideas import idea_form
from app.inputs.queue import QueueDraft, QueueQuery, chosen_of
from app.pages.queue import QueuePage
from app.platform.addresses import next_or
from app.platform.answers import done, from_script
from app.platform.errors import Refused, explanation_of, messages_of, shown_again
from app.platform.parts import are_wanted, with_parts
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.errors import Changed, Conflict, Invalid, NameTaken, PhaseForbids, Refusal
from ideas.models import STEERING, Idea
from ideas.queries.rounds import current_round
from ideas.services import outcomes, queue

blueprint = Blueprint("queue", __name__)

Answer = str | Response | Refused

# The refusals after which a form is shown again.
ASKS_AGAIN = (Invalid, Changed, Conflict, PhaseForbids)


@with_parts(blueprint, "/challenges/<int:challenge_id>/queue")
@blueprint.get("/challenges/<challenge:challenge_id>/queue")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> Answer:
    """The text `item`, or the first one that nobody else looks at; a draft has its form instead."""
    return _page(challenge_id, QueueQuery.read(request.args), QueueDraft(), looks_at_it=not are_wanted())


def _page(challenge_id: int, asked: QueueQuery, draft: QueueDraft, *, looks_at_it: bool = True) -> str | Response:
    session = db.session()
    access = policy.facilitator_access(session, actor(), challenge_id)
    if access.challenge.published_at is None:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    page = QueuePage(session, access, current_round(session, challenge_id), asked, draft, actor().person_id or 0)
    page.read(looks_at_it=looks_at_it and request.method != "HEAD")
    return render_template("queue/show.html", page=page)


@blueprint.post("/challenges/<int:challenge_id>/queue/approvals")
@permitted(For.FACILITATOR)
def approve(challenge_id: int) -> Answer:
    """Approve the texts `item`."""
    return _decided(challenge_id, lambda: queue.approve_texts(actor(), challenge_id, chosen_of(request.form)))


@blueprint.post("/challenges/<int:challenge_id>/queue/rejections")
@permitted(For.FACILITATOR)
def reject(challenge_id: int) -> Answer:
    """Reject the texts `item` for one reason."""
    return _decided(
        challenge_id,
        lambda: queue.reject_texts(
            actor(), challenge_id, chosen_of(request.form), ReasonForm.read(request.form).reason()
        ),
        opens="reject",
    )


@blueprint.post("/ideas/<int:idea_id>/correction")
@permitted(For.FACILITATOR)
def correct(idea_id: int) -> Answer:
    """Correct the words of an idea. It stays open."""
    challenge_id = require(db.session(), Idea, idea_id).challenge_id

    def act() -> int:
        form = idea_form()
        if form.seen is None:
            raise Changed
        return queue.correct_idea(actor(), idea_id, replace(form, image=None, drop_image=False)) or 0

    return _decided(challenge_id, act, opens="correct", stays=f"idea-{idea_id}")


@blueprint.post("/challenges/<int:challenge_id>/acts/<int:seq>/undo")
@permitted(For.FACILITATOR)
def undo(challenge_id: int, seq: int) -> Answer:
    """Undo an act. The first text that it concerned is open then."""
    elsewhere = _undone_from(challenge_id)
    try:
        handles = queue.undo_act(actor(), challenge_id, seq)
    except (Changed, PhaseForbids, NameTaken) as error:
        db.session.rollback()
        problem = _("This can’t be undone any more: it was changed since.")
        if elsewhere and from_script():
            raise
        if elsewhere:
            flash(problem if isinstance(error, Changed) else explanation_of(error), "error")
            return redirect(elsewhere, 303)
        here = QueueQuery(item=request.form.get("item", ""), place=request.form.get("place", ""))
        page = _page(challenge_id, here, QueueDraft(problem=problem))
        return page if isinstance(page, Response) else shown_again(page, error)
    if elsewhere:
        return done(elsewhere, _("Undone."))
    return _goes_on(challenge_id, QueueQuery(item=handles[0]), said=_("Undone."))


def _undone_from(challenge_id: int) -> str:
    """The page on which the act is undone, "" for the queue: the log, or any page that says what was just done."""
    match request.form.get("back"):
        case "acts":
            return url_for("acts.index", challenge_id=challenge_id)
        case "page":
            return next_or(url_for("console.show", challenge_id=challenge_id))
    return ""


def _decided(challenge_id: int, act: Callable[[], int], *, opens: str = "", stays: str = "") -> Answer:
    """The next text after an act, or the same page with the form as it was sent. `stays`: the text stays open."""
    chosen, lists = chosen_of(request.form), "list" in request.form
    here = stays or (chosen[0].handle if len(chosen) == 1 else request.form.get("open", ""))
    try:
        number = act()
    except ASKS_AGAIN as error:
        db.session.rollback()
        errors, problem = _problems_of(error)
        draft = QueueDraft(request.form, errors, problem, tuple(chosen), opens)
        page = _page(challenge_id, QueueQuery(item=here, place=request.form.get("place", ""), lists=lists), draft)
        return page if isinstance(page, Response) else shown_again(page, error)
    place = request.form.get("place", "")
    asked = (
        QueueQuery(item=here, done=number) if stays else QueueQuery(after=here, place=place, done=number, lists=lists)
    )
    return _goes_on(challenge_id, asked)


def _problems_of(error: Refusal) -> tuple[dict[str, str], str]:
    """The messages by field, and that of the whole form."""
    if not isinstance(error, Invalid):
        return {}, explanation_of(error)
    # An invalid reason of the service belongs to the field for own words.
    named = {"words" if field == "reason" else field: key for field, key in error.problems.items()}
    messages = labels.messages(named)
    return messages, messages.pop("items", "")


def _goes_on(challenge_id: int, asked: QueueQuery, said: str = "") -> Answer:
    if from_script():
        return _page(challenge_id, asked, QueueDraft())
    if said:
        flash(said, "success")
    query = {name: value for name in ("item", "after", "place", "done") if (value := getattr(asked, name))}
    return redirect(url_for("queue.show", challenge_id=challenge_id, **query, list=1 if asked.lists else None), 303)


@blueprint.post("/challenges/<int:challenge_id>/queue/reasons")
@permitted(For.MODERATOR)
def reasons(challenge_id: int) -> Answer:
    """Keep the organisation's reasons to reject; then back to the queue."""
    challenge = policy.role_access(db.session(), actor(), challenge_id, STEERING).challenge
    typed, was = request.form.get("reasons", ""), request.form.get("was", "")
    here = QueueQuery(item=request.form.get("open", ""))
    try:
        outcomes.keep_reasons(actor(), challenge.organisation_id, typed, was=was, of=outcomes.ReasonList.REFUSALS)
    except (Invalid, Changed) as error:
        db.session.rollback()
        draft = QueueDraft(request.form, {"reasons": messages_of(error).get("reasons", explanation_of(error))})
        page = _page(challenge_id, here, draft)
        return page if isinstance(page, Response) else shown_again(page, error)
    return _goes_on(challenge_id, here, said=_("Saved."))
