"""Taking part: the way in by code, the way back by link, and the page about oneself."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.inputs import participants as inputs
from app.inputs.participants import NameDraft
from app.pages.conditions import box_of
from app.pages.link_cards import card_of_join
from app.pages.rooms import room_of
from app.platform.addresses import own_path
from app.platform.answers import done
from app.platform.errors import WorkWanted, status_of
from app.platform.i18n import locale_of
from app.platform.qr_codes import qr_svg
from app.viewers import identity, join_codes, names, return_links
from app.viewers.doors import wanted_page
from app.viewers.permissions import For, permitted
from ideas import codes, policy
from ideas.addresses import challenge_at
from ideas.database import db, require
from ideas.errors import Barred, ChallengeFull, Forbidden, Invalid, NameTaken, NotFound, RoundIsClosed
from ideas.models import AddressKind, Challenge, Participant, Person
from ideas.queries.challenges import challenges_joined
from ideas.queries.jurors import seats_of
from ideas.queries.pay import visible_ideas_in
from ideas.queries.rooms import phase_path
from ideas.queries.rounds import current_round
from ideas.services.participants import join_challenge, may_join, rename_myself

blueprint = Blueprint("participants", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/join/<code>", strict_slashes=False)
@permitted(For.CODE)
def join(code: str) -> Page:
    """The join page of a room. A participant goes directly to the room."""
    known = _known(code)
    if known is not None:
        return _to_room(known)
    try:
        join_codes.guard(codes.normalised(code))
    except WorkWanted as error:
        return _work(code, error)
    challenge = _by_code(code)
    if challenge is None:
        return _nothing(code)
    return _shut(challenge) or _door(challenge, NameDraft(_suggestion(challenge)))


@blueprint.post("/join/<code>", strict_slashes=False)
@permitted(For.CODE)
def enter(code: str) -> Page:
    known = _known(code)
    if known is not None:
        return _to_room(known)
    normal = codes.normalised(code) or ""
    try:
        join_codes.guard(normal)
    except WorkWanted as error:
        return _work(code, error)
    challenge = _by_code(code)
    if challenge is None:
        return _nothing(code)
    if shut := _shut(challenge):
        return shut
    try:
        join_codes.count_join()
        network = join_codes.network_digest(challenge.id)
        locale, via = locale_of(request.form), inputs.followed_link()
        joined = join_challenge(current_user.actor, normal, inputs.typed_name(), locale, network, via)
    except WorkWanted as error:
        return _door(challenge, inputs.draft_as_typed(), sends=True), status_of(error)
    except NameTaken as error:
        return _door(challenge, inputs.draft_taken(error, _suggestion(challenge))), status_of(error)
    except Invalid as error:
        return _door(challenge, inputs.draft_after(error)), status_of(error)
    except NotFound:
        return _nothing(code)
    except (ChallengeFull, RoundIsClosed):
        return _shut(challenge) or _nothing(code)
    wanted = wanted_page(challenge) or url_for("rooms.show", challenge_id=challenge.id)
    if joined.person_id != current_user.person_id:
        identity.enter_as(joined.person_id)
    return redirect(wanted, 303)


def _known(code: str) -> Participant | None:
    """The viewer's participant in the challenge of a code, also of a former code: it is no secret for participants.

    :raise Barred: after a removal.
    """
    normal = codes.normalised(code)
    challenge = challenge_at(db.session(), AddressKind.CODE, normal) if normal else None
    participant = policy.participation(db.session(), current_user.actor, challenge.id) if challenge else None
    if participant and participant.barred_at:
        raise Barred
    return participant if participant and participant.is_here else None


def _by_code(code: str) -> Challenge | None:
    """The published challenge of a code; wrong codes and those of drafts look alike from outside."""
    normal = codes.normalised(code)
    found = db.session.scalar(select(Challenge).filter_by(code=normal)) if normal else None
    return found if found and found.published_at else None


def _shut(challenge: Challenge) -> tuple[str, int] | None:
    """The page that says why a room takes nobody now; None if it does."""
    if may_join(db.session(), challenge):
        return None
    round = current_round(db.session(), challenge.id)
    shows_result = round.is_closed and policy.shows_result(db.session(), challenge.id)
    page = render_template(
        "participants/shut.html", challenge=challenge, is_closed=round.is_closed, shows_result=shows_result
    )
    return page, 409


def _to_room(participant: Participant) -> Response:
    challenge_id = participant.challenge_id
    place = "results.show" if current_round(db.session(), challenge_id).is_closed else "rooms.show"
    wanted = wanted_page(require(db.session(), Challenge, challenge_id))
    return redirect(wanted or url_for(place, challenge_id=challenge_id), 303)


def _nothing(code: str) -> tuple[str, int]:
    if codes.normalised(code):
        join_codes.note_wrong()
    return render_template("participants/nothing.html", code=code[:16], next=_next()), 404


def _work(code: str, error: WorkWanted) -> tuple[str, int]:
    page = _work_page(code, error)
    return page, status_of(error)


def _work_page(code: str, error: WorkWanted) -> str:
    return render_template(
        "participants/work.html",
        code=code,
        next=_next(),
        via=inputs.followed_link(),
        puzzle=join_codes.code_puzzle(error.bits),
    )


def _door(challenge: Challenge, draft: NameDraft, *, sends: bool = False) -> str:
    """The join page. `sends`: the form is complete and waits for its puzzle only."""
    round = current_round(db.session(), challenge.id)
    box = box_of(db.session(), challenge, round, visible_ideas_in(db.session(), round))
    return render_template(
        "participants/join.html",
        challenge=challenge,
        round=round,
        phases=phase_path(round),
        draft=draft,
        key=join_codes.key_of(challenge.code),
        puzzle=join_codes.join_puzzle(),
        sends=sends,
        card=card_of_join(challenge, box.pay),
        conditions=box,
        next=wanted_page(challenge) or "",
        via=inputs.followed_link(),
    )


def _next() -> str:
    """The page that the visitor wanted, for the next try."""
    return own_path(request.values.get("next")) or ""


def _suggestion(challenge: Challenge) -> str:
    return names.suggest(db.session(), challenge.id, str(get_locale()))


@blueprint.get("/return/<token>")
@permitted(For.TOKEN)
def come_back(token: str) -> str:
    """Show one button: following a link must not change the identity of this browser."""
    person = return_links.person_by(token)
    return render_template(
        "participants/come_back.html",
        token=token,
        name=_latest_name(person),
        rooms=challenges_joined(db.session(), person.id),
        is_other=current_user.is_authenticated and current_user.person_id != person.id,
        next=_next(),
    )


@blueprint.post("/return/<token>")
@permitted(For.TOKEN)
def be_back(token: str) -> Response:
    person = return_links.person_by(token)
    joined = challenges_joined(db.session(), person.id)
    if current_user.person_id != person.id:
        identity.enter_as(person.id)
    if request.form.get("to") == "me":
        return redirect(url_for("my_page.show"), 303)
    if wanted := _next():
        return redirect(wanted, 303)
    if not joined:
        seats = seats_of(db.session(), person.id)
        if seats:
            return redirect(url_for("jury.show", challenge_id=seats[0].challenge_id), 303)
        return redirect(url_for("home.index"), 303)
    # After the close, what people come back for is what became of their part.
    place = "result_cards.show" if joined[0].is_closed else "rooms.show"
    return redirect(url_for(place, challenge_id=joined[0].id), 303)


def _latest_name(person: Person) -> str:
    query = select(Participant.name).filter_by(person_id=person.id, merged_into=None).order_by(Participant.id.desc())
    return db.session.scalar(query.limit(1)) or ""


@blueprint.get("/challenges/<challenge:challenge_id>/me")
@permitted(For.PARTICIPANT)
def show(challenge_id: int) -> str:
    return _about(challenge_id)


@blueprint.post("/challenges/<int:challenge_id>/me")
@permitted(For.PARTICIPANT)
def rename(challenge_id: int) -> Page:
    try:
        rename_myself(current_user.actor, challenge_id, inputs.typed_name())
    except Invalid as error:
        return _about(challenge_id, inputs.draft_after(error)), 400
    except NameTaken as error:
        free = names.suggest(db.session(), challenge_id, str(get_locale()))
        return _about(challenge_id, inputs.draft_taken(error, free)), status_of(error)
    return done(url_for("participants.show", challenge_id=challenge_id), _("Your name is changed."))


def _about(challenge_id: int, draft: NameDraft | None = None) -> str:
    room = room_of(challenge_id)
    if room.participant is None:
        raise Forbidden
    link = return_links.link_of(room.participant.person)
    return render_template(
        "participants/show.html",
        room=room,
        draft=draft or NameDraft(room.participant.name),
        link=link,
        qr=qr_svg(link) if link else None,
        has_result=room.is_closed or room.round.n > 1,
    )
