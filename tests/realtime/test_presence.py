"""Presence over real sockets: who is counted, as what, who is told, and how soon somebody is gone."""

import asyncio
import json
import time

import flask_migrate
import pytest

from ideas import policy
from ideas.database import db
from ideas.models import Anonymity
from ideas.services import facilitations, participants, rounds, steering
from realtime import hub, presence
from realtime.presence import Presence
from tests import factories
from tests.proxies import Cable
from tests.realtime.conftest import make_room
from tests.servers import Server
from tests.sockets import run

NEVER_SECONDS = 1.3  # more than the second within which presence is told


def handle(room, actor):
    return policy.participation(db.session(), actor, room.challenge_id).handle


async def aside(room, act):
    """Do something in the domain, as the command line would."""

    def in_app():
        with room.server.app.app_context():
            return act()

    return await asyncio.to_thread(in_app)


def test_people_are_counted_not_tabs(room):
    async def story():
        async with room.caller(room.people[0]), room.caller(room.people[0]), room.caller(room.people[1]) as tab:
            await tab.hear_of("presence", here=2, writing=0, ready=0)

            await tab.call("typing", {"room": room.name})
            await tab.hear_of("presence", here=2, writing=1)

    run(story())


def test_who_joins_is_told_at_once(room):
    async def story():
        async with room.caller(room.people[0]) as early, room.caller(room.facilitator) as late:
            await early.call("ready", {"room": room.name, "ready": True})
            late.heard.clear()
            await late.call("join", {"room": room.name})

            assert late.frames("presence")[0] == {"here": 1, "writing": 0, "ready": 1}
            assert late.frames("facilitation")[0]["facilitators"] == 1

    run(story())


def test_facilitators_and_screens_are_no_participants(room):
    async def story():
        screen = room.caller(room.people[1])
        screen.as_what = {"screen": True}
        async with room.caller(room.people[0]) as tab, room.caller(room.facilitator) as console, screen:
            assert screen.joined["ok"]
            heard = await console.hear_of("facilitation", here=1, facilitators=1)
            assert heard["people"] == {handle(room, room.people[0]): "here"}

            await console.call("typing", {"room": room.name})
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1] == {"here": 1, "writing": 0, "ready": 0}
            assert tab.frames("facilitation") == []

            # They would be counted without the word.
            screen.as_what = {}
            await screen.call("join", {"room": room.name})
            await tab.hear_of("presence", here=2)

    run(story())


def test_a_participant_who_facilitates_too_is_both(room):
    async def story():
        guide = room.people[0]
        participant = policy.participation(db.session(), guide, room.challenge_id)
        facilitations.share_facilitation(room.facilitator, room.challenge_id, participant.id)
        async with room.caller(guide) as console:
            await console.hear_of("facilitation", here=1, facilitators=1)
            async with room.caller(room.people[1]) as tab:
                await console.hear_of("facilitation", here=2, asked=1, ready=0)
                await tab.call("ready", {"room": room.name, "ready": True})
                await console.hear_of("facilitation", here=2, asked=1, ready=1)
                await console.call("ready", {"room": room.name, "ready": True})
                await console.hear_of("facilitation", here=2, asked=2, ready=2)

    run(story())


def test_ready_is_counted_taken_back_and_remembered_over_a_change_of_page(room):
    async def story():
        async with room.caller(room.people[1]) as other:
            async with room.caller(room.people[0]) as tab:
                assert tab.joined["ready"] is False
                assert await tab.call("ready", {"room": room.name, "ready": True}) == {"ok": True}
                await other.hear_of("presence", here=2, ready=1)
            async with room.caller(room.people[0]) as next_page:
                assert next_page.joined["ready"] is True
                await asyncio.sleep(NEVER_SECONDS)
                assert other.frames("presence")[-1] == {"here": 2, "writing": 0, "ready": 1}

                await next_page.call("ready", {"room": room.name, "ready": False})
                await other.hear_of("presence", here=2, ready=0)

    run(story())


def test_nobody_is_ready_in_a_phase_that_has_just_begun(server, domain):
    room = make_room(server, phases=factories.STEPS)

    async def story():
        async with room.caller(room.people[0]) as tab:
            await tab.call("ready", {"room": room.name, "ready": True})
            await tab.hear_of("presence", ready=1)
            await aside(room, lambda: steering.shift_end(room.facilitator, room.round_id, 60))
            await tab.hear("phase")
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1]["ready"] == 1  # more time is no new phase

            await aside(room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))
            await tab.hear_of("presence", ready=0)
            assert (await tab.call("join", {"room": room.name}))["ready"] is False

            await aside(room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 0))
            await tab.hear("phase", count=3)
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1]["ready"] == 0  # nor in the one that was gone back to

    run(story())


@pytest.mark.parametrize(
    "data", [None, {}, {"room": "challenge-1"}, {"ready": True}, {"ready": 1}, {"ready": "true"}, {"ready": None}]
)
def test_a_ready_that_is_not_of_its_form_is_refused(room, data):
    async def story():
        async with room.caller(room.people[0]) as tab:
            good = {"room": room.name, "ready": True}
            assert (await tab.call("ready", good))["ok"]
            bad = good | data if data and "ready" in data and data["ready"] is not True else data

            assert await tab.call("ready", bad) == {"ok": False, "error": "invalid"}

    run(story())


def test_only_participants_are_ready(room, server):
    neighbour = make_room(server)

    async def story():
        async with room.caller(room.facilitator) as console, neighbour.caller(neighbour.people[0]) as outsider:
            for tab in (console, outsider):
                answer = await tab.call("ready", {"room": room.name, "ready": True})
                assert answer == {"ok": False, "error": "not_found"}

    run(story())


@pytest.mark.parametrize("anonymity", list(Anonymity))
def test_who_does_what_is_told_by_name_in_named_challenges_alone(server, domain, anonymity):
    room = make_room(server, anonymity=anonymity)

    async def story():
        crowd = (room.caller(room.people[0]), room.caller(room.people[1]), room.caller(room.facilitator))
        async with crowd[0] as writer, crowd[1] as done, crowd[2] as console:
            await writer.call("typing", {"room": room.name})
            await done.call("ready", {"room": room.name, "ready": True})

            heard = await console.hear_of("facilitation", here=2, writing=1, ready=1)
            await asyncio.sleep(NEVER_SECONDS)
            names = {handle(room, room.people[0]): "writing", handle(room, room.people[1]): "ready"}
            if anonymity == Anonymity.NAMED:
                assert heard["people"] == names
            else:
                assert "people" not in heard
                assert not any(name in str(console.heard) for name in names)
            assert "participant-" not in str(writer.frames("presence") + writer.frames("facilitation"))

    run(story())


def test_who_was_removed_is_here_no_more(room):
    async def story():
        victim = room.people[0]
        participant = policy.participation(db.session(), victim, room.challenge_id)
        async with room.caller(victim), room.caller(room.people[1]) as tab:
            await tab.hear_of("presence", here=2)
            act = participants.bar_participant
            await aside(room, lambda: act(room.facilitator, room.challenge_id, participant.id, "spam"))
            await tab.hear_of("presence", seconds=hub.BEAT_SECONDS + presence.LINGER_SECONDS + 2, here=1)

    run(story())


def test_a_page_that_asks_without_a_socket_is_here_and_counted_once(room):
    async def story():
        async with room.caller(room.people[0]) as tab, room.caller(room.people[1]) as asking:
            address = f"/challenges/{room.challenge_id}/live?since=0&epoch={tab.joined['epoch']}"
            await tab.hear_of("presence", here=2)
            await asking.get(address)
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1]["here"] == 2

            await asking.socket.disconnect()
            await asking.get(address + "&screen=1")
            await tab.hear_of("presence", here=2)
            status, answer = await room.caller(room.people[2]).get(address)

            assert status == 200
            assert answer["presence"] == {"here": 3, "writing": 0, "ready": 0}
            assert "facilitation" not in answer
            assert abs(answer["now"] / 1000 - time.time()) < 5
            await tab.hear_of("presence", here=3)
            _, told = await room.caller(room.facilitator).get(address)
            assert told["facilitation"]["facilitators"] == 1

    run(story())


def test_who_asked_last_long_ago_is_gone(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(presence.time, "monotonic", lambda: clock[0])
    seats = Presence()
    seats.seen(1, 7, "participant-7", facilitates=False)
    seats.enter(1, 8, "participant-8", facilitates=False)
    assert seats.of(1).counts["here"] == 2

    clock[0] += presence.SEEN_SECONDS + 0.1
    assert seats.of(1).people == {"participant-8": "here"}

    seats.leave(1, 8)
    assert seats.of(1).counts["here"] == 1
    clock[0] += presence.LINGER_SECONDS + 0.1
    assert seats.of(1).counts["here"] == 0
    assert seats.changed() == {}
    assert (dict(seats._rooms), seats._told) == ({}, {}), "nothing of an empty room is kept"


def test_what_another_process_said_is_believed_until_it_has_been_silent_for_long(monkeypatch):
    clock, phase = [1000.0], (3, 1, 1790000000000)
    monkeypatch.setattr(presence.time, "monotonic", lambda: clock[0])
    here, elsewhere = Presence(), Presence()
    elsewhere.begin(1, phase)
    elsewhere.enter(1, 7, "participant-7", facilitates=False)
    elsewhere.enter(1, 8, None, facilitates=True)
    elsewhere.enter(1, 9, "participant-9", facilitates=True)  # takes part and steers: nobody waits for their ready
    elsewhere.be_ready(1, 7, phase, ready=True)

    here.hear("elsewhere", json.loads(json.dumps(elsewhere.own())))
    people = {"participant-7": "ready", "participant-9": "here"}
    told = presence.Present(people, writing=0, ready=1, asked=1, facilitators=2)
    assert here.of(1) == elsewhere.of(1) == told
    assert here.is_ready(1, 7, phase)
    assert not here.is_ready(1, 7, (3, 1, 1790000000001)), "the same one, entered again"

    clock[0] += presence.LOST_SECONDS + 0.1
    assert here.of(1) == presence.Present({}, writing=0, ready=0, asked=0, facilitators=0)
    assert elsewhere.of(1).counts["here"] == 2
    assert here.changed() == {}
    assert (dict(here._rooms), here._elsewhere, here._told) == ({}, {}, {}), "nothing of it is kept"


def test_nothing_of_presence_is_stored(room):
    async def story():
        async with room.caller(room.people[0]) as tab:
            before = room.server.app.app_context()
            with before:
                seq = lanes(room)
            await tab.call("typing", {"room": room.name})
            await tab.call("ready", {"room": room.name, "ready": True})
            await tab.hear_of("presence", writing=1, ready=1)
            with before:
                assert lanes(room) == seq

    def lanes(room):
        db.session.rollback()
        tables = ("journal", "stream", "operation", "act")
        return [db.session.execute(db.text(f"select count(*) from {t}")).scalar() for t in tables]

    run(story())


def test_gone_within_a_minute_of_a_dead_connection(tmp_path, monkeypatch):
    """The cable is cut: no farewell, no reset. Measured with a shorter ping; the default keeps the promise too."""
    default = Server(tmp_path).app
    worst = 2 * default.config["PING_SECONDS"] + hub.BEAT_SECONDS + presence.LINGER_SECONDS + hub.PRESENCE_SECONDS
    assert worst < 60
    assert (default.extensions["socketio"].server.eio.ping_interval) == default.config["PING_SECONDS"]
    default.extensions["schwarm-realtime"].detach()

    server = Server(tmp_path, PING_SECONDS="1")
    with server.app.app_context():
        flask_migrate.upgrade()
        room = make_room(server)
        server.start()
        try:
            run(story_of_the_cable(room))
        finally:
            server.stop()
            server.detach()


async def story_of_the_cable(room):
    async with Cable(room.server.port) as cable, room.caller(room.people[1]) as tab:
        far = room.caller(room.people[0], url=cable.url)
        async with far:
            await tab.hear_of("presence", here=2)
            await asyncio.sleep(3)
            assert tab.frames("presence")[-1]["here"] == 2, "pings through the cable keep it here"

            cable.cut()
            cut_at = time.monotonic()
            await tab.hear_of("presence", seconds=20, here=1)

            took = time.monotonic() - cut_at
            print(f"gone {took:.1f} s after the cut, with a ping every second")
            assert took < 2 * 1 + hub.BEAT_SECONDS + presence.LINGER_SECONDS + hub.PRESENCE_SECONDS + 1
