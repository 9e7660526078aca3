"""Waves at the console: they show, are left out and taken in again, and the result says so."""

import re

import pytest

from ideas.database import db
from ideas.models import Anonymity, Arrival
from ideas.waves import WAVE_PEOPLE
from tests import factories


@pytest.fixture
def room(app):
    return factories.room(anonymity=Anonymity.FOR_GOOD)


def join(app, room, people, address="198.51.100.1"):
    for n in range(people):
        where = {"REMOTE_ADDR": address}
        answer = app.test_client().post(f"/join/{room.code}", data={"name": f"Bot {address} {n}"}, environ_base=where)
        assert answer.status_code == 303


def text(response):
    return response.get_data(as_text=True)


def test_a_moderator_sees_a_wave_undoes_it_and_takes_it_back(app, room, browser_of):
    owner = browser_of(room.owner)
    join(app, room, WAVE_PEOPLE - 1)
    join(app, room, 3, "203.0.113.5")
    assert "from one network" not in text(owner.get(f"{room.path}/console"))
    app.test_client().post(f"/join/{room.code}", data={"name": "Bot 99"}, environ_base={"REMOTE_ADDR": "198.51.100.1"})

    console = text(owner.get(f"/challenges/{room.id}/console/parts?only=waves"))
    ask = re.search(r"/waves/\d+/exclusion", console)[0]
    page = text(owner.get(ask))
    done = owner.post(ask)

    assert "10 people joined from one network" in console
    assert "<bdi>Bot 99</bdi>" in page
    assert "203.0.113.5" not in page
    assert done.location.endswith("/console#waves")
    left_out = text(owner.get(f"{room.path}/console"))
    assert "They are left out, with their votes." in left_out
    assert owner.post(ask).status_code == 409
    assert owner.post(ask.replace("exclusion", "restoration")).status_code == 302
    assert "In a hall this is normal." in text(owner.get(f"{room.path}/console"))


def test_the_result_and_the_exports_name_people_who_were_left_out(app, room, browser_of):
    owner = browser_of(room.owner)
    voter = factories.participant(room)
    idea = factories.idea(room, factories.participant(room))
    factories.mark(room, voter, {idea: 1})
    join(app, room, WAVE_PEOPLE)
    owner.post(re.search(r"/waves/\d+/exclusion", text(owner.get(f"{room.path}/console")))[0])
    factories.close(room)

    assert "10 people who joined in a wave from one network were left out" in text(owner.get(f"{room.path}/result"))
    assert owner.get(f"{room.path}/result.json").json["result"]["excluded"] == {"wave": 10}


def test_a_shared_device_that_makes_people_is_a_wave_too(app, room, browser_of):
    browser = browser_of(factories.participant(room))
    for n in range(WAVE_PEOPLE):
        assert browser.post(f"/challenges/{room.id}/handover", data={"name": f"Bot {n}"}).status_code == 303

    assert "10 people joined from one network" in text(browser_of(room.owner).get(f"{room.path}/console"))


def test_no_address_is_stored(app, room):
    join(app, room, 1)

    [arrival] = db.session.query(Arrival)
    assert re.fullmatch("[0-9a-f]{32}", arrival.network)
