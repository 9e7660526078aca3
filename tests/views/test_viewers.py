"""A viewer: reads the dashboard, acts and results of a company, steers nothing, and sees nothing sealed or hidden.

`tests/house/test_routes.py` tries every address as a viewer, `tests/ideas/test_permissions.py` every service.
"""

import pytest

from ideas import policy
from ideas.database import db
from ideas.devices import device_by_token
from ideas.errors import Forbidden
from ideas.models import STEERING, Member, Role
from ideas.services import accounts, facilitations, moderation, organisations
from realtime.connections import Connection
from realtime.handlers import HANDLERS, handle
from realtime.rights import lanes_of
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(title="A name for our bread")


@pytest.fixture
def viewer(room):
    return factories.member(room.organisation_id, room.owner, Role.VIEWER)


def text(response, status=200):
    assert response.status_code == status
    return response.get_data(as_text=True)


def dashboard(room, browser):
    return text(browser.get(f"/organisations/{room.organisation_id}"))


def change_role(room, actor, role):
    member = db.session.scalars(db.select(Member.id).filter_by(account_id=actor.account_id)).one()
    organisations.change_role(room.owner, room.organisation_id, member, role)


def test_the_dashboard_of_a_viewer_offers_nothing_that_steers(room, viewer, browser_of):
    draft = factories.draft(factories.Company(room.organisation_id, room.owner), title="A draft of ours")
    idea = factories.idea(room, factories.participant(room))
    moderator, own = browser_of(room.owner), browser_of(viewer)

    pages = dashboard(room, moderator), dashboard(room, own)

    steering = (
        f"{room.path}/console",
        f"{draft.path}/preview",
        f"{room.path}/share",
        "/challenges/begin",
        "/copies",
        "/invitations",
    )
    assert [word for word in steering if word not in pages[0]] == []
    assert [word for word in steering if word in pages[1]] == []
    assert all("A name for our bread" in page and "A draft of ours" in page for page in pages)
    assert f"{room.path}/acts" in pages[1]
    assert factories.shown(idea)


def test_a_viewer_gets_from_the_title_of_an_open_challenge_to_its_statistics(room, viewer, browser_of):
    factories.draft(factories.Company(room.organisation_id, room.owner), title="A draft of ours")
    browser = browser_of(viewer)

    page = text(browser.get(f"/organisations/{room.organisation_id}"))

    assert f'<a href="{room.path}/statistics">A name for our bread</a>' in page
    assert browser.get(f"{room.path}/statistics").status_code == 200
    assert ">A draft of ours</h3>" in page, "a viewer opens no draft"


def test_a_viewer_sees_the_result_of_a_room_by_link_without_buttons(room, viewer, browser_of):
    author = factories.participant(room)
    good, bad = factories.idea(room, author, "Sunflower"), factories.idea(room, author, "Buy my watches")
    moderation.hide_idea(room.owner, bad, "Advertising")
    own = browser_of(viewer)
    assert own.get(f"{room.path}/result").status_code == 409

    factories.close(room)

    result, owners = text(own.get(f"{room.path}/result")), text(browser_of(room.owner).get(f"{room.path}/result"))
    assert "Sunflower" in result
    assert "Buy my watches" not in result
    assert "Buy my watches" in owners
    assert "<form" in owners
    assert "/copies" not in result
    assert "/console" not in result
    assert own.get(f"/images/{good}").status_code == 404


def test_the_acts_tell_a_viewer_neither_hidden_words_nor_people(room, viewer, browser_of):
    author = factories.participant(room, "Biene Maja")
    hidden, shown = factories.idea(room, author, "Buy my watches"), factories.idea(room, author, "Sunflower")
    remark = factories.argument(shown, author)
    moderation.hide_idea(room.owner, hidden, "Advertising")
    moderation.hide_idea(room.owner, shown, "By mistake")
    moderation.restore_idea(room.owner, shown)
    moderation.hide_argument(room.owner, remark, "Off topic")
    facilitations.share_facilitation(room.owner, room.id, author.id)
    words = ("Buy my watches", "Biene Maja", "/undo", "/console")

    for place in ("acts", "acts/table"):
        mine = text(browser_of(viewer).get(f"{room.path}/{place}"))
        owners = text(browser_of(room.owner).get(f"{room.path}/{place}"))

        assert "Sunflower" in mine
        assert "Advertising" in mine
        assert [word for word in words if word in mine] == []
        assert {"Buy my watches", "Biene Maja"} <= {word for word in words if word in owners}


def test_no_socket_event_lets_a_viewer_in(app, room, viewer):
    server, name = app.extensions["schwarm-realtime"], f"challenge-{room.id}"
    sent = {
        "join": [{"room": name}, {"room": name, "screen": True}],
        "ready": [{"room": name, "ready": True}],
        "watch": [{"job": "job-1"}],
    }
    device = device_by_token(accounts.new_device(viewer.person_id))
    server.connections.add(Connection("viewer", "", viewer, device.id, "en"))

    tries = [(event, data) for event in HANDLERS for data in sent.get(event, [{"room": name}])]
    answers = [handle(server, event, "viewer", data) for event, data in tries]

    assert server.connections.pop("viewer").lanes == {}
    assert [answer.get("error") for answer in answers] == ["not_found"] * len(tries)
    assert server.presence.counts(room.id)["here"] == 0


def test_a_viewer_is_outside_the_room_and_on_no_lane(room, viewer):
    moderator = factories.member(room.organisation_id, room.owner)

    inside = policy.inside_all(db.session(), {viewer, moderator}, room.id)

    assert set(inside) == {moderator}
    assert lanes_of(inside[moderator]) == ["room", "facilitators"]
    assert policy.facilitators_of(db.session(), {room.id}) == {
        (room.id, room.owner.person_id),
        (room.id, moderator.person_id),
    }


def test_a_moderator_who_becomes_a_viewer_loses_the_lanes_at_once(room):
    moderator = factories.member(room.organisation_id, room.owner)
    assert (room.id, moderator.person_id) in policy.facilitators_of(db.session(), {room.id})

    change_role(room, moderator, Role.VIEWER)

    assert (room.id, moderator.person_id) not in policy.facilitators_of(db.session(), {room.id})


def test_a_viewer_who_takes_part_is_a_participant_and_no_facilitator(room, viewer, browser_of):
    somebody = factories.participant(room, actor=viewer)

    access = policy.require_inside(db.session(), viewer, room.id)

    assert access.participates
    assert not access.facilitates
    assert lanes_of(access) == ["room", f"participant-{somebody.id}"]
    assert text(browser_of(viewer).get(f"{room.path}/console"), 403)


def test_a_viewer_may_get_the_moderation_of_one_challenge(room, viewer, browser_of):
    somebody = factories.participant(room, actor=viewer)

    facilitations.share_facilitation(room.owner, room.id, somebody.id)

    assert "/copies" not in text(browser_of(viewer).get(f"{room.path}/console"))
    with pytest.raises(Forbidden):
        policy.require_role(db.session(), viewer, room.organisation_id, STEERING)


def test_a_viewer_leaves_and_removes_nobody(room, viewer, browser_of):
    ids = {row.account_id: row.id for row in db.session.scalars(db.select(Member))}
    own, members = browser_of(viewer), f"/organisations/{room.organisation_id}/members"

    assert own.post(f"{members}/{ids[room.owner.account_id]}/removal").status_code == 403
    assert own.post(f"{members}/{ids[viewer.account_id]}/removal").location == "/organisations"
    assert own.get(f"/organisations/{room.organisation_id}").status_code == 404


def test_a_person_who_only_views_is_asked_for_a_company_to_post_a_challenge(viewer, browser_of):
    assert browser_of(viewer).get("/challenges/new").location == "/organisations/new?then=ask"
