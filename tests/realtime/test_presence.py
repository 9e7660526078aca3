"""Presence over real sockets: which people are counted, who hears the counts, and when a person counts as gone."""

import asyncio
import json
import random

import pytest

from ideas import clock, policy
from ideas.database import db
from ideas.models import Anonymity
from ideas.queries.rounds import current_round
from ideas.services import facilitations, participants, rounds, steering
from realtime import presence
from realtime import server as wiring
from realtime.presence import Presence
from tests import factories
from tests.proxies import Cable
from tests.realtime.conftest import make_room
from tests.servers import Server
from tests.sockets import run

NEVER_SECONDS = 1.3  # longer than the second between two reports of presence


def handle(room, actor):
    return policy.participation(db.session(), actor, room.challenge_id).handle


async def aside(room, act):
    """Act in the domain from another process, as the command line does."""

    def in_app():
        with room.server.app.app_context():
            return act()

    return await asyncio.to_thread(in_app)


def test_presence_counts_people_and_not_tabs(room):
    async def story():
        async with room.caller(room.people[0]), room.caller(room.people[0]), room.caller(room.people[1]) as tab:
            await tab.hear_of("presence", here=2, writing=0, ready=0)

            await tab.call("typing", {"room": room.name})
            await tab.hear_of("presence", here=2, writing=1)

    run(story())


def test_a_joining_socket_hears_presence_at_once(room):
    async def story():
        async with room.caller(room.people[0]) as early, room.caller(room.facilitator) as late:
            await early.call("ready", {"room": room.name, "ready": True})
            late.heard.clear()
            await late.call("join", {"room": room.name})

            assert late.frames("presence")[0] == {"here": 1, "writing": 0, "ready": 1}
            assert late.frames("facilitation")[0]["facilitators"] == 1

    run(story())


def test_facilitators_and_screens_do_not_count_as_participants(room):
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

            # Without `screen` the same socket counts.
            screen.as_what = {}
            await screen.call("join", {"room": room.name})
            await tab.hear_of("presence", here=2)

    run(story())


def test_a_participant_who_facilitates_counts_as_both(room):
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


def test_ready_survives_a_change_of_page_and_can_be_taken_back(room):
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


def test_a_new_phase_begins_with_nobody_ready(server, domain):
    room = make_room(server, phases=factories.STEPS)

    async def story():
        async with room.caller(room.people[0]) as tab:
            await tab.call("ready", {"room": room.name, "ready": True})
            await tab.hear_of("presence", ready=1)
            await aside(room, lambda: steering.shift_end(room.facilitator, room.round_id, 60))
            await tab.hear("phase")
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1]["ready"] == 1  # more time does not begin a new phase

            await aside(room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))
            await tab.hear_of("presence", ready=0)
            assert (await tab.call("join", {"room": room.name}))["ready"] is False

            await aside(room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 0))
            await tab.hear("phase", count=3)
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1]["ready"] == 0  # nor does ready survive a step back

    run(story())


def test_ready_with_a_phase_that_is_over_does_not_count_in_the_next(server, domain):
    """A page that joins while the phase changes still shows the old one, and tells again what it knows."""
    room = make_room(server, phases=factories.STEPS)

    async def story():
        async with room.caller(room.people[0]) as tab:
            old, said = phase_name(room), {"room": room.name, "ready": True}
            assert await tab.call("ready", said | {"phase": old}) == {"ok": True}
            await tab.hear_of("presence", ready=1)
            await aside(room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))
            await tab.hear_of("presence", ready=0)

            assert await tab.call("ready", said | {"phase": old}) == {"ok": False, "error": "phase_over"}
            await asyncio.sleep(NEVER_SECONDS)
            assert tab.frames("presence")[-1]["ready"] == 0
            assert await tab.call("ready", said | {"phase": phase_name(room)}) == {"ok": True}
            await tab.hear_of("presence", ready=1)

    run(story())


def phase_name(room):
    """The present phase, as a page names it."""
    db.session.rollback()
    return "-".join(map(str, current_round(db.session(), room.challenge_id).phase_key))


@pytest.mark.parametrize(
    "data", [None, {}, {"room": "challenge-1"}, {"ready": True}, {"ready": 1}, {"ready": "true"}, {"ready": None}]
)
def test_a_malformed_ready_is_refused(room, data):
    async def story():
        async with room.caller(room.people[0]) as tab:
            good = {"room": room.name, "ready": True}
            assert (await tab.call("ready", good))["ok"]
            bad = good | data if data and "ready" in data and data["ready"] is not True else data

            assert await tab.call("ready", bad) == {"ok": False, "error": "invalid"}

    run(story())


def test_only_participants_can_be_ready(room, server):
    other = make_room(server)

    async def story():
        async with room.caller(room.facilitator) as console, other.caller(other.people[0]) as outsider:
            for tab in (console, outsider):
                answer = await tab.call("ready", {"room": room.name, "ready": True})
                assert answer == {"ok": False, "error": "not_found"}

    run(story())


@pytest.mark.parametrize("anonymity", list(Anonymity))
def test_facilitators_hear_the_state_of_each_person_only_in_named_challenges(server, domain, anonymity):
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


def test_a_removed_participant_no_longer_counts(room):
    async def story():
        victim = room.people[0]
        participant = policy.participation(db.session(), victim, room.challenge_id)
        async with room.caller(victim), room.caller(room.people[1]) as tab:
            await tab.hear_of("presence", here=2)
            act = participants.bar_participant
            await aside(room, lambda: act(room.facilitator, room.challenge_id, participant.id, "spam"))
            await tab.hear_of("presence", seconds=wiring.BEAT_SECONDS + presence.LINGER_SECONDS + 2, here=1)

    run(story())


def test_a_polling_page_counts_its_person_once(room):
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
            before = clock.to_ms(clock.now())
            status, answer = await room.caller(room.people[2]).get(address)

            assert status == 200
            assert answer["presence"] == {"here": 3, "writing": 0, "ready": 0}
            assert "facilitation" not in answer
            assert before <= answer["now"] <= clock.to_ms(clock.now())
            await tab.hear_of("presence", here=3)
            _, caught_up = await room.caller(room.facilitator).get(address)
            assert caught_up["facilitation"]["facilitators"] == 1

    run(story())


def test_a_person_who_stops_polling_is_gone(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
    people = Presence()
    people.seen(1, 7, "participant-7", facilitates=False)
    people.enter(1, 8, "participant-8", facilitates=False)
    assert people.of(1).counts["here"] == 2

    now[0] += presence.SEEN_SECONDS + 0.1
    assert people.of(1).people == {"participant-8": "here"}

    people.leave(1, 8)
    assert people.of(1).counts["here"] == 1
    now[0] += presence.LINGER_SECONDS + 0.1
    assert people.of(1).counts["here"] == 0
    assert people.changed() == []
    assert (dict(people._rooms), people._ends) == ({}, []), "an empty room leaves nothing behind"


def test_the_report_of_another_process_expires_when_the_process_is_silent(monkeypatch):
    now, phase = [1000.0], (3, 1, 1790000000000)
    monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
    here, elsewhere = Presence(), Presence()
    elsewhere.begin(1, phase)
    elsewhere.enter(1, 7, "participant-7", facilitates=False)
    elsewhere.enter(1, 8, None, facilitates=True)
    elsewhere.enter(1, 9, "participant-9", facilitates=True)  # facilitates too: nobody waits for the ready
    elsewhere.be_ready(1, 7, phase, ready=True)

    here.hear("elsewhere", json.loads(json.dumps(elsewhere.own())))
    states = {"participant-7": "ready", "participant-9": "here"}
    reported = presence.Present(states, writing=0, ready=1, asked=1, facilitators=2)
    assert here.of(1) == elsewhere.of(1) == reported
    assert here.is_ready(1, 7, phase)
    assert not here.is_ready(1, 7, (3, 1, 1790000000001)), "the same phase, entered again"

    now[0] += presence.LOST_SECONDS + 0.1
    assert here.of(1) == presence.Present({}, writing=0, ready=0, asked=0, facilitators=0)
    assert elsewhere.of(1).counts["here"] == 2
    assert here.changed() == []
    assert (dict(here._rooms), here._elsewhere) == ({}, {}), "an expired report leaves nothing behind"


def test_a_large_room_hears_its_counts_less_often(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
    hall = Presence()
    for n in range(1000):
        hall.enter(1, n, f"participant-{n}", facilitates=False)
    assert hall.due() == {1: {"here": 1000, "writing": 0, "ready": 0}}
    assert hall.changed() == [1]

    hall.write(1, 7)
    now[0] += 3.9
    assert hall.due() == {}
    assert hall.changed() == [1], "facilitators hear it at once"
    now[0] += 0.2
    assert hall.due() == {1: {"here": 1000, "writing": 1, "ready": 0}}
    assert hall.due() == {}


def test_the_kept_counts_are_those_of_a_count_anew(monkeypatch):
    """Random comings, goings and acts in two processes that report to each other."""
    now, dice = [1000.0], random.Random(11)
    monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
    pair, phases = (Presence(), Presence()), [(3, 0, 1), (3, 1, 2)]
    tabs = [set(), set()]
    for step in range(1500):
        of, person = dice.randrange(2), dice.randrange(8)
        here, who = pair[of], (f"participant-{person}" if person else None)
        act = dice.choice(["enter", "leave", "write", "ready", "seen", "report", "wait", "remove"])
        if act == "enter" and (1, person) not in tabs[of]:
            tabs[of].add((1, person))
            here.enter(1, person, who, facilitates=person < 2)
        elif act == "leave" and (1, person) in tabs[of]:
            tabs[of].discard((1, person))
            here.leave(1, person)
        elif act == "write":
            here.write(1, person)
        elif act == "ready":
            here.be_ready(1, person, phases[step > 700], ready=dice.random() < 0.6)
        elif act == "seen":
            here.seen(1, person, who, facilitates=person < 2)
        elif act == "report":
            pair[1 - of].hear(f"process {of}", json.loads(json.dumps(here.own())))
        elif act == "wait":
            now[0] += dice.choice([0.5, 2.0, 4.0])
        elif act == "remove" and step % 10 == 0:
            here.remove(1, who or "participant-7")
        present, seats = here.of(1), here._rooms[1].seats if 1 in here._rooms else {}
        assert here.counts(1) == present.counts
        assert present.writing == sum(seat.writes for seat in seats.values() if seat.participant)
        assert present.ready == sum(state == presence.READY for state in present.people.values())
        assert present.facilitators == sum(seat.facilitates for seat in seats.values())
        assert {p for _, p in tabs[of]} <= seats.keys(), "nobody with an open tab is missing"


def test_presence_is_not_stored(room):
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


def test_a_person_with_a_dead_connection_is_gone_within_a_minute(empty_database, tmp_path, monkeypatch):
    """Cut the cable without a close or a reset. The test pings more often; the sum checks the default times."""
    default = Server(tmp_path).app
    worst = 2 * default.config["PING_SECONDS"] + wiring.BEAT_SECONDS + presence.LINGER_SECONDS + wiring.PRESENCE_SECONDS
    assert worst < 60
    assert (default.extensions["socketio"].server.eio.ping_interval) == default.config["PING_SECONDS"]
    default.extensions["schwarm-realtime"].detach()

    server = Server(tmp_path, PING_SECONDS="1").lay(empty_database)
    with server.app.app_context():
        room = make_room(server)
        server.start()
        try:
            run(cut_the_cable(room))
        finally:
            server.stop()
            server.detach()


async def cut_the_cable(room):
    async with Cable(room.server.port) as cable, room.caller(room.people[1]) as tab:
        far = room.caller(room.people[0], url=cable.url)
        async with far:
            await tab.hear_of("presence", here=2)
            await asyncio.sleep(3)
            assert tab.frames("presence")[-1]["here"] == 2, "pings through the cable keep it here"

            cable.cut()
            await tab.hear_of("presence", seconds=60, here=1)


def test_a_page_that_was_told_counts_before_the_room_hears_that_they_ended(monkeypatch):
    hall = Presence()
    hall.enter(1, 1, "participant-1", facilitates=False)
    assert hall.due() == {1: {"here": 1, "writing": 0, "ready": 0}}
    monkeypatch.setattr(presence, "PEOPLE_PER_SECOND", 1e9)
    hall._rooms[1].tell_at = 0.0
    hall.enter(1, 2, "participant-2", facilitates=False)
    assert hall.counts(1) == {"here": 2, "writing": 0, "ready": 0}, "the second page was told"

    hall.remove(1, "participant-2")

    assert hall.due() == {1: {"here": 1, "writing": 0, "ready": 0}}
    assert hall.counts(1) == {"here": 1, "writing": 0, "ready": 0}
    assert hall.due() == {}, "everybody heard it"


class TestLooks:
    """Who looks at which text of the moderation queue."""

    def test_a_look_counts_until_the_person_opens_another_text(self):
        present = Presence()

        present.look(1, 10, "idea-3")
        present.look(1, 11, "idea-3")
        assert present.looks(1) == {"idea-3": [10, 11]}
        present.look(1, 11, "idea-4")

        assert present.looks(1) == {"idea-3": [10], "idea-4": [11]}
        assert present.of(1).looking == {"idea-3": 1, "idea-4": 1}
        present.look(1, 10, "")
        assert present.looks(1) == {"idea-4": [11]}
        assert present.looks(2) == {}

    def test_a_look_ends_after_a_minute_and_leaves_nothing(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
        present = Presence()
        present.look(1, 10, "idea-3")
        assert present.changed() == [1]
        assert present.changed() == []

        now[0] += presence.LOOK_SECONDS + 1

        assert present.looks(1) == {}
        assert present.changed() == []  # nobody is there who could hear of it
        assert present.own() == {}

    def test_a_look_of_another_process_counts_and_goes_with_it(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
        here, there = Presence(), Presence()
        here.enter(1, 20, None, facilitates=True)
        here.changed()
        there.look(1, 10, "idea-3")

        here.hear("there", json.loads(json.dumps(there.own())))

        assert here.looks(1) == {"idea-3": [10]}
        assert here.changed() == [1]
        there.look(1, 10, "idea-4")
        here.hear("there", json.loads(json.dumps(there.own())))
        assert here.looks(1) == {"idea-4": [10]}
        now[0] += presence.LOST_SECONDS + 1
        assert here.looks(1) == {}

    def test_of_two_processes_the_latest_look_of_a_person_counts(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
        here, there = Presence(), Presence()
        here.look(1, 10, "idea-3")
        now[0] += 2
        there.look(1, 10, "idea-4")

        here.hear("there", json.loads(json.dumps(there.own())))

        assert here.looks(1) == {"idea-4": [10]}
