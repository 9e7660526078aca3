"""The pages that ask before a challenge or an organisation is deleted."""

import pytest

from ideas.database import db
from ideas.models import Challenge, Organisation
from tests import factories

TITLE = "A name for the new bread line"


@pytest.fixture
def room(app, noise):
    return factories.room()


def text(response):
    return response.get_data(as_text=True)


def test_the_page_offers_the_exports_of_a_closed_round_first(room, browser_of):
    owner = browser_of(room.owner)
    assert "Close it first" in text(owner.get(f"/challenges/{room.id}/removal"))

    factories.participant(room)
    factories.close(room)
    page = text(owner.get(f"/challenges/{room.id}/removal"))
    assert f"{room.path}/result.json" in page
    assert "It concerns 1 person who took part." in page


def test_a_wrong_title_deletes_nothing_and_is_kept(room, browser_of):
    response = browser_of(room.owner).post(f"/challenges/{room.id}/removal", data={"name": "Another"})

    assert response.status_code == 400
    assert 'value="Another"' in text(response)
    assert "This is not the name." in text(response)
    assert db.session.get(Challenge, room.id)


def test_a_deleted_room_is_nowhere_for_anybody_and_its_address_leads_to_no_other(room, browser_of):
    guest, owner = browser_of(factories.participant(room)), browser_of(room.owner)
    path = room.path
    assert guest.get(path).status_code == 200

    answer = owner.post(f"/challenges/{room.id}/removal", data={"name": TITLE})
    assert answer.location == f"/organisations/{room.organisation_id}"
    other = factories.room(title="Another question")

    assert other.id == room.id, "SQLite gives the number again"
    assert owner.get(path).status_code == 302
    assert browser_of(other.owner).get(path).location.startswith("/join?next=")
    assert guest.get(f"/join/{room.code}").status_code == 404


def test_an_organisation_is_deleted_by_its_name(app, browser_of):
    company = factories.company()
    room = factories.room(company)
    owner = browser_of(company.owner)
    page = text(owner.get(f"/organisations/{company.id}/removal"))
    assert "A name for the new bread line" in page
    assert f"{room.path}/console" in page

    assert owner.post(f"/organisations/{company.id}/removal", data={"name": "Mill"}).status_code == 400
    assert owner.post(f"/organisations/{company.id}/removal", data={"name": "mill & oven"}).status_code == 303
    assert db.session.get(Organisation, company.id) is None


def test_moderators_are_offered_no_deletion(room, browser_of):
    moderator = factories.member(room.organisation_id, room.owner)
    page = f"/organisations/{room.organisation_id}"

    assert "/removal" in text(browser_of(room.owner).get(page)).replace("members/", "")
    assert f"/challenges/{room.id}/removal" not in text(browser_of(moderator).get(page))


def test_a_repeated_deletion_is_answered_as_the_first(room, browser_of):
    factories.participant(room, actor=room.owner)
    owner, form = browser_of(room.owner), {"name": TITLE, "op": factories.op()}

    first, second = (owner.post(f"/challenges/{room.id}/removal", data=form) for _ in range(2))

    assert (first.status_code, first.location) == (second.status_code, second.location)
