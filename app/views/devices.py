"""The shared phone: hand it over to the next person, or back to a previous one."""

from flask import Blueprint, jsonify, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs import participants as inputs
from app.inputs.participants import NameDraft
from app.pages.rooms import Room, owner_key, room_of
from app.platform.answers import done
from app.platform.errors import WorkWanted, status_of
from app.viewers import identity, join_codes, names
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.devices import device_by_token
from ideas.errors import ChallengeFull, Forbidden, Invalid, NameTaken
from ideas.models import Device, Participant
from ideas.queries.devices import companions_of
from ideas.services import devices

blueprint = Blueprint("devices", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/challenges/<challenge:challenge_id>/handover")
@permitted(For.PARTICIPANT)
def show(challenge_id: int) -> Page:
    return _page(challenge_id, NameDraft(_suggestion(challenge_id)))


@blueprint.post("/challenges/<int:challenge_id>/handover")
@permitted(For.PARTICIPANT)
def hand_over(challenge_id: int) -> Page:
    room_of(challenge_id)  # strangers learn no more here than on other pages
    if not current_user.is_authenticated:
        raise Forbidden
    try:
        join_codes.count_join()
        network = join_codes.network_digest(challenge_id)
        token = devices.hand_over(current_user.token, challenge_id, inputs.typed_name(), network)
    except WorkWanted as error:
        return _page(challenge_id, inputs.draft_as_typed(), sends=True), status_of(error)
    except Invalid as error:
        return _page(challenge_id, inputs.draft_after(error)), status_of(error)
    except NameTaken as error:
        return _page(challenge_id, inputs.draft_taken(error, _suggestion(challenge_id))), status_of(error)
    except ChallengeFull:
        return _page(challenge_id, NameDraft(inputs.typed_name(), {"": _("The room is full.")})), 409
    return _handed(challenge_id, token)


@blueprint.post("/challenges/<int:challenge_id>/handover/<int:participant_id>")
@permitted(For.PARTICIPANT)
def switch(challenge_id: int, participant_id: int) -> Page:
    room_of(challenge_id)
    if not current_user.is_authenticated:
        raise Forbidden
    return _handed(challenge_id, devices.switch_person(current_user.token, challenge_id, participant_id))


@blueprint.get("/challenges/<int:challenge_id>/owners")
@permitted(For.PARTICIPANT)
def owners(challenge_id: int) -> Response:
    """The people of this challenge whom this browser can become, by their owner keys: the others have lost it."""
    room, device = _device_in(challenge_id)
    companions = companions_of(db.session(), device, challenge_id)
    return jsonify(owners=[room.owner_key, *(owner_key(challenge_id, row.participant_id) for row in companions)])


def _handed(challenge_id: int, token: str) -> Response:
    identity.go_on_as(token)
    name = db.session.query(Participant.name).filter_by(challenge_id=challenge_id, person_id=current_user.person_id)
    words = _("This device now belongs to %(name)s.", name=name.scalar())
    return done(url_for("rooms.show", challenge_id=challenge_id), words)


def _suggestion(challenge_id: int) -> str:
    return names.suggest(db.session(), challenge_id, str(get_locale()))


def _page(challenge_id: int, draft: NameDraft, *, sends: bool = False) -> str:
    room, device = _device_in(challenge_id)
    companions = companions_of(db.session(), device, challenge_id)
    return render_template(
        "participants/hand_over.html",
        room=room,
        draft=draft,
        companions=companions,
        puzzle=join_codes.join_puzzle(),
        sends=sends,
    )


def _device_in(challenge_id: int) -> tuple[Room, Device]:
    """The room and this browser. :raise Forbidden: for viewers who do not take part."""
    room = room_of(challenge_id)
    device = device_by_token(current_user.token) if room.participant else None
    if device is None:
        raise Forbidden
    return room, device
