"""Bells: the pages of a person who was told something show the new number, and nobody else's hear anything."""

import asyncio
import uuid

import pytest

from ideas.devices import device_by_token
from ideas.services import accounts, devices, moderation, notifications
from realtime.bells import Bells
from realtime.connections import Connection, Connections
from tests import factories
from tests.realtime.conftest import make_room
from tests.realtime.test_rooms import in_app
from tests.sockets import run


class Wire:
    """A transport that keeps what is sent: `(event, html, sids)`."""

    def __init__(self):
        self.sent = []

    def emit_to_all(self, event, payload, sids):
        self.sent.append((event, payload["html"], sids))


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def bells(app):
    made = Bells(Connections(), Wire(), app.extensions["schwarm-realtime"].context)
    made.look()
    return made


def page_of(bells, somebody, language="en"):
    """A page of this person with an open socket."""
    actor = getattr(somebody, "actor", somebody)
    token = devices.become(actor.person_id, None, set())
    connection = Connection(uuid.uuid4().hex, token, actor, device_by_token(token).id, language)
    bells._connections.add(connection)
    bells.greet(connection)
    return connection


def heard(bells):
    sent, bells._transport.sent = bells._transport.sent, []
    return sent


def hide_idea_of(room, author, title="Rubber crates"):
    moderation.hide_idea(room.owner, factories.idea(room, author, title), "Off topic")


def test_each_page_of_a_person_hears_the_number_once_in_its_language_and_no_words(room, bells):
    author = factories.participant(room)
    german, english = page_of(bells, author, "de"), page_of(bells, author)
    page_of(bells, factories.participant(room))

    hide_idea_of(room, author)
    bells.look()
    bells.look()

    sent = heard(bells)
    assert {event for event, _, _ in sent} == {"bell"}
    assert [(sids, ">Neues<" in html, '<span class="badge bell__number">1' in html) for _, html, sids in sent] == [
        ([german.sid], True, True),
        ([english.sid], False, True),
    ]
    assert not any("Rubber" in html or "Off topic" in html for _, html, _ in sent)


def test_a_browser_that_was_signed_out_hears_nothing(room, bells):
    author = factories.participant(room)
    gone, here = page_of(bells, author), page_of(bells, author)
    accounts.sign_out_device(gone.token)

    hide_idea_of(room, author)
    bells.look()

    assert [sids for _, _, sids in heard(bells)] == [[here.sid]]


def test_a_big_screen_hears_nothing_of_its_person(bells):
    room = factories.room(approval=True)
    screen, page = page_of(bells, room.owner), page_of(bells, room.owner)
    screen.watching.add(room.id)

    factories.idea(room, factories.participant(room))
    bells.look()

    assert [sids for _, _, sids in heard(bells)] == [[page.sid]]


def test_a_page_that_connects_after_the_act_hears_of_it(room, bells):
    author = factories.participant(room)
    hide_idea_of(room, author)
    bells.look()
    assert heard(bells) == []

    page = page_of(bells, author)
    bells.look()
    bells.look()

    assert [sids for _, _, sids in heard(bells)] == [[page.sid]]


def test_what_was_read_on_one_page_is_read_on_the_others(room, bells):
    author = factories.participant(room)
    hide_idea_of(room, author)
    page = page_of(bells, author)
    notifications.mark_read(author.actor, 10**9)

    bells.ring_again(author.actor.person_id)
    bells.look()

    [(_, html, sids)] = heard(bells)
    assert (sids, "bell__number" in html) == ([page.sid], False)


def test_a_database_that_fails_makes_the_next_look_begin_where_this_one_did(room, bells, monkeypatch):
    author = factories.participant(room)
    page = page_of(bells, author)
    hide_idea_of(room, author)
    with monkeypatch.context() as patched:
        patched.setattr("realtime.bells.unread_numbers", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            bells.look()

    bells.look()

    assert [sids for _, _, sids in heard(bells)] == [[page.sid]]


def test_a_socket_in_no_room_hears_what_another_process_wrote(served, domain):
    room = make_room(served)
    author, other, _ = room.people

    async def story():
        mine, theirs = room.caller(author), room.caller(other)
        await mine.connect()
        await theirs.connect()
        idea = await asyncio.to_thread(in_app, room, lambda: room.submit(author, "Rubber crates"))
        await asyncio.to_thread(in_app, room, lambda: moderation.hide_idea(room.facilitator, idea, "Off topic"))

        [frame] = await mine.hear("bell")
        assert "bell__number" in frame["html"]
        assert theirs.heard == []
        await mine.socket.disconnect()
        await theirs.socket.disconnect()

    run(story())
