"""Ideas: submit, show, edit, withdraw and reinstate; and their pictures."""

from dataclasses import replace

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from app.inputs import ideas as inputs
from app.inputs.arguments import ArgumentDraft, debate_query
from app.inputs.ideas import IdeaDraft
from app.pages.composing import second_idea_for
from app.pages.ideas import idea_page_of
from app.pages.kept_rooms import kept_idea
from app.pages.rooms import (
    Room,
    inside,
    require_owner,
    room_in,
    room_of,
    shown_groups_of,
    shown_ideas_of,
    without_figures,
)
from app.pages.versions import versions_page_of
from app.platform import limits, parts
from app.platform.answers import done
from app.platform.errors import Refused, TooFast, shown_again
from app.platform.parts import with_parts
from app.viewers import result_links
from app.viewers.permissions import For, permitted
from app.views import rooms
from ideas import policy
from ideas.database import db, require
from ideas.entries import entries_of, entry_of
from ideas.errors import (
    Busy,
    Changed,
    Conflict,
    Forbidden,
    ImageRefused,
    Invalid,
    NotFound,
    PhaseForbids,
    RoundIsClosed,
)
from ideas.family import PARENTS_MAX, nameable
from ideas.models import Activity, Argument, Entry, Idea, IdeaVersion, Image, Round
from ideas.queries.ideas import idea_rows, idea_that_stays
from ideas.queries.jurors import may_see_picture
from ideas.queries.likeness import similar_ideas
from ideas.queries.rounds import current_round
from ideas.services.ideas import edit_idea, reinstate_idea, submit_idea, withdraw_idea
from ideas.services.moderation import release_versions, withhold_versions
from ideas.texts import TEXT_MAX, TITLE_MAX

blueprint = Blueprint("ideas", __name__)

# The part of an address that is about the arguments; the rest is about the list of ideas beside them.
OF_DEBATE = {"arguments", "argument"}

# The errors after which the form is shown again as typed, with the reason.
KEEPS_TEXT = (Invalid, ImageRefused, PhaseForbids, RoundIsClosed, Conflict, Busy, TooFast)


@blueprint.post("/challenges/<int:challenge_id>/ideas")
@permitted(For.PARTICIPANT)
def create(challenge_id: int) -> Answer | Refused:
    require_owner(challenge_id, request.form.get("owner", ""))
    try:
        limits.spend_on_writing()
        idea_id = submit_idea(current_user.actor, challenge_id, inputs.idea_form(), inputs.op())
    except KEEPS_TEXT as error:
        return shown_again(rooms.page(room_of(challenge_id), inputs.draft_after(error)), error)
    url = url_for("rooms.show", challenge_id=challenge_id, _anchor=f"idea-{idea_id}")
    return done(url, _("Your idea is saved."))


@blueprint.post("/challenges/<int:challenge_id>/similar")
@permitted(For.PARTICIPANT)
def similar(challenge_id: int) -> str:
    """The ideas that are like what the viewer writes, as a part of the form. The words are stored nowhere."""
    limits.spend_on_looking()
    session = db.session()
    author = policy.require_participant(session, current_user.actor, challenge_id)
    typed = inputs.idea_form()
    round = current_round(session, challenge_id)
    policy.require_permits(round, Activity.WRITE)
    found = similar_ideas(session, round, author, (typed.title[:TITLE_MAX], typed.text[:TEXT_MAX]), but=typed.parents)
    buildable = nameable(session, round, author, [idea.id for idea in found])
    return render_template(
        "ideas/similar.html",
        challenge_id=challenge_id,
        language=round.challenge.language,
        found=found,
        named=list(typed.parents),
        buildable=buildable if len(typed.parents) < PARENTS_MAX else {},
    )


@with_parts(blueprint, "/ideas/<int:idea_id>")
@blueprint.get("/challenges/<challenge:challenge_id>/ideas/<int:idea_id>")
@permitted(For.INSIDE)
def show(idea_id: int, challenge_id: int | None = None) -> str | Answer:
    idea = _idea(idea_id, challenge_id)
    access, round = inside(idea.challenge_id), current_round(db.session(), idea.challenge_id)
    if (earlier := _earlier_result(idea, round)) is not None:
        return redirect(earlier)
    kept = None if request.args or parts.are_wanted() else kept_idea(access, idea)
    return kept or _page_or_that_of_both(room_in(access, round=round), idea)


def _page_or_that_of_both(room: Room, idea: Idea) -> str | Answer:
    """A merged idea leads those who do not see it any more to the idea that stands for it."""
    try:
        return page(room, idea, ArgumentDraft())
    except NotFound:
        stays = idea_that_stays(db.session(), room.round.id, idea.id)
        if stays is None:
            raise
        return redirect(address_of(stays))


def _earlier_result(idea: Idea, round: Round) -> str | None:
    """The place in an earlier result of an idea that did not go on; None for an idea of the present round."""
    entries = entries_of(db.session(), idea) if round.n > 1 else []
    if not entries or entries[-1].round_id == round.id:
        return None
    last = entries[-1].round.n
    return url_for("results.show", challenge_id=idea.challenge_id, round=last, all=1, _anchor=idea.handle)


def page(room: Room, idea: Idea, draft: ArgumentDraft) -> str:
    """An idea's page with the argument form in the state of `draft`."""
    shown = shown_ideas_of(room) if request.args.keys() - OF_DEBATE or parts.are_wanted() else None
    return render_template(
        "ideas/show.html",
        room=room,
        idea_page=idea_page_of(room, idea, debate_query(request.args)),
        shown=shown,
        groups=shown_groups_of(room, shown) if shown else [],
        draft=draft,
    )


@blueprint.get("/challenges/<challenge:challenge_id>/ideas/<int:idea_id>/combine")
@permitted(For.PARTICIPANT)
def combine(challenge_id: int, idea_id: int) -> str:
    """Choose a further idea for one that grows from several; `?build=` names those that are chosen."""
    idea = _idea(idea_id, challenge_id)
    ids = dict.fromkeys((idea.id, *inputs.numbers_in(request.args.get("build", ""))))
    room = room_of(challenge_id)
    return render_template("ideas/combine.html", room=room, choice=second_idea_for(room, list(ids)))


@blueprint.get("/challenges/<challenge:challenge_id>/ideas/<int:idea_id>/versions")
@permitted(For.INSIDE)
def versions(challenge_id: int, idea_id: int) -> str:
    """The changes since an earlier version: `?since=` is its number as readers count."""
    idea = _idea(idea_id, challenge_id)
    room = without_figures(inside(challenge_id))
    page = versions_page_of(room, idea, request.args.get("since", type=int))
    return render_template("ideas/versions.html", room=room, page=page)


@blueprint.post("/ideas/<int:idea_id>/versions/hiding")
@permitted(For.FACILITATOR)
def withhold(idea_id: int) -> Answer:
    """Take the earlier versions away from the room."""
    withhold_versions(current_user.actor, idea_id, seen=request.form.get("version", type=int))
    return done(_versions_address(idea_id), _("The room can’t read the earlier versions any more."))


@blueprint.post("/ideas/<int:idea_id>/versions/showing")
@permitted(For.FACILITATOR)
def unwithhold(idea_id: int) -> Answer:
    """Let the room read the earlier versions again."""
    release_versions(current_user.actor, idea_id, seen=request.form.get("version", type=int))
    return done(_versions_address(idea_id), _("The room can read the earlier versions again."))


def _versions_address(idea_id: int) -> str:
    return url_for("ideas.versions", challenge_id=_idea(idea_id).challenge_id, idea_id=idea_id)


@blueprint.get("/challenges/<challenge:challenge_id>/ideas/<int:idea_id>/edit")
@permitted(For.AUTHOR)
def edit(challenge_id: int, idea_id: int) -> str:
    room, idea = _own(idea_id, challenge_id)
    [row] = idea_rows(db.session(), room.round, ids=[idea.id], author_id=idea.author_id)
    return _form(room, idea, IdeaDraft(row.title, row.text, version=row.version))


@blueprint.post("/ideas/<int:idea_id>/edit")
@permitted(For.AUTHOR)
def save(idea_id: int) -> Answer | Refused:
    try:
        limits.spend_on_writing()
        edit_idea(current_user.actor, idea_id, inputs.idea_form())
    except KEEPS_TEXT as error:
        room, idea = _own(idea_id)
        page = _form(room, idea, inputs.draft_after(error), is_changed=isinstance(error, Changed))
        return shown_again(page, error)
    return done(address_of(idea_id), _("Your changes are saved."))


def _form(room: Room, idea: Idea, draft: IdeaDraft, *, is_changed: bool = False) -> str:
    """`is_changed`: the idea was edited elsewhere. The form shows both, and its next button saves what is typed."""
    [row] = idea_rows(db.session(), room.round, ids=[idea.id], author_id=idea.author_id)
    if is_changed:
        draft = replace(draft, version=row.version, errors={})
    return render_template("ideas/edit.html", room=room, idea=row, draft=draft, is_changed=is_changed)


@blueprint.post("/ideas/<int:idea_id>/withdrawal")
@permitted(For.AUTHOR)
def withdraw(idea_id: int) -> Answer:
    withdraw_idea(current_user.actor, idea_id)
    return done(address_of(idea_id), _("You withdrew your idea. Nobody else can see it any more."))


@blueprint.post("/ideas/<int:idea_id>/reinstatement")
@permitted(For.AUTHOR)
def reinstate(idea_id: int) -> Answer:
    reinstate_idea(current_user.actor, idea_id)
    return done(address_of(idea_id), _("Your idea is back."))


@blueprint.get("/images/<int:image_id>")
@permitted(For.INSIDE)
def image(image_id: int) -> Response:
    """A picture, for viewers of an idea that shows it now."""
    session = db.session()
    found = session.execute(
        select(Entry, Idea)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .where(IdeaVersion.image_id == image_id)
    )
    if not any(_shows(entry, idea) for entry, idea in found):
        raise NotFound
    tag = f"image-{image_id}"  # the bytes of a number never change
    if request.if_none_match.contains(tag):
        response = Response(status=304)
    else:
        picture = session.get_one(Image, image_id)
        response = Response(picture.data, mimetype=picture.media_type)
    response.set_etag(tag)
    # A browser asks each time: it may belong to somebody else now, or the idea may be hidden, erased or sealed.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _shows(entry: Entry, idea: Idea) -> bool:
    """Outside the room an idea is visible in the result only."""
    try:
        found = policy.result_access(db.session(), current_user.actor, idea.challenge_id, result_links.shown_token())
    except (Forbidden, NotFound):
        return may_see_picture(db.session(), current_user.actor, entry)
    is_inside = found.facilitates or found.participates
    if not is_inside and may_see_picture(db.session(), current_user.actor, entry):
        return True
    return (is_inside or entry.round.is_closed) and policy.sees_entry(found, entry, idea)


def _idea(idea_id: int, challenge_id: int | None = None) -> Idea:
    """:raise NotFound: if there is none, or it belongs to another challenge than the address says."""
    idea = require(db.session(), Idea, idea_id)
    if challenge_id is not None and idea.challenge_id != challenge_id:
        raise NotFound
    return idea


def address_of(idea_id: int, anchor: str | None = None) -> str:
    """The address of an idea's page."""
    return url_for("ideas.show", challenge_id=_idea(idea_id).challenge_id, idea_id=idea_id, _anchor=anchor)


def address_of_argument(argument: Argument) -> str:
    """The address at which an argument stands on the page of its idea, whichever page of the arguments that is."""
    found = _idea(argument.idea_id)
    of = {"challenge_id": found.challenge_id, "idea_id": found.id, "argument": argument.id}
    return url_for("ideas.show", **of, _anchor=argument.handle)


def _own(idea_id: int, challenge_id: int | None = None) -> tuple[Room, Idea]:
    """:raise NotFound: if it is not the viewer's own, or is not in the round."""
    idea = _idea(idea_id, challenge_id)
    room = room_of(idea.challenge_id)
    if room.participant is None or idea.author_id != room.participant.id:
        raise NotFound
    entry_of(db.session(), room.round, idea)
    return room, idea
