"""A silent phase on the wire: the raw bytes that each socket receives."""

import asyncio
import time

import pytest

from ideas.services import facilitations, moderation, rounds, steering
from tests import factories
from tests.realtime.conftest import make_room
from tests.realtime.test_rooms import NEVER_SECONDS, in_app
from tests.servers import cookie_of
from tests.sockets import HEAR_SECONDS, Caller, run
from tests.wire import Wire

MINE, YOURS = "Xylophonbrot", "Quarkzwetschge"


@pytest.fixture
def room(server, domain):
    return make_room(server, phases=factories.ALONE_FIRST)


@pytest.fixture
def wired(server):
    """Open a tab of a person over a wire of its own: `(tab, wire)`."""
    wires = []

    def open_tab(room, actor):
        wires.append(Wire(server.port))
        return Caller(wires[-1].url, cookie_of(server.app, actor.person_id), room.challenge_id), wires[-1]

    yield open_tab
    for wire in wires:
        wire.close()


def everything(room) -> str:
    """The catch-up address from number 0."""
    return f"/challenges/{room.challenge_id}/live?since=0&epoch="


def test_ideas_of_a_silent_phase_reach_everybody_at_the_reveal_and_nobody_before(room, wired):
    author, reader, guide = room.people
    facilitations.share_facilitation(room.facilitator, room.challenge_id, room_id(room, guide))
    people = {"author": author, "reader": reader, "guide": guide, "owner": room.facilitator}
    tabs = {name: wired(room, actor) for name, actor in people.items()}

    async def story():
        async with tabs["author"][0] as a, tabs["reader"][0] as b, tabs["guide"][0] as g, tabs["owner"][0] as o:
            first = await asyncio.to_thread(in_app, room, lambda: room.submit(author, MINE))
            await asyncio.to_thread(in_app, room, lambda: room.submit(reader, YOURS))
            for tab in (a, b, g, o):
                await until(lambda tab=tab: any(f["figures"]["sealed"] == 2 for f in tab.frames("figures")))
                status, answer = await tab.get(everything(room) + tab.joined["epoch"])
                assert (status, "frames" in answer) == (200, True)
            await asyncio.sleep(NEVER_SECONDS)
            for name, (tab, wire) in tabs.items():
                assert wire.size > 0
                assert not wire.brought(MINE), name
                assert not wire.brought(YOURS), name
                assert not wire.brought(f"idea-{first}"), name
                assert tab.frames("fragments") == []

            await asyncio.to_thread(in_app, room, lambda: steering.shift_end(room.facilitator, room.round_id, 60))
            await asyncio.to_thread(in_app, room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))

            for tab in (a, b, g, o):
                frames = await frames_with_cards(tab)
                cards = [f["handle"] for frame in frames for f in frame["fragments"] if f["into"] == "ideas"]
                assert len(frames) == 1, [(f["after"], f["seq"], [g["handle"] for g in f["fragments"]]) for f in frames]
                assert len(cards) == 2
            assert all(wire.brought(MINE) and wire.brought(YOURS) for _, wire in tabs.values())

    run(story())


def test_a_pending_idea_reaches_facilitators_at_the_reveal_and_the_room_after_approval(server, domain, wired):
    room = make_room(server, phases=factories.ALONE_FIRST, approval=True)
    author, reader, _ = room.people
    (b, reader_wire), (o, owner_wire) = wired(room, reader), wired(room, room.facilitator)

    async def story():
        async with b, o:
            idea = await asyncio.to_thread(in_app, room, lambda: room.submit(author, MINE))
            await b.hear("figures")
            await asyncio.to_thread(in_app, room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))
            await b.hear("phase")
            await until(lambda: owner_wire.brought(MINE))
            assert not reader_wire.brought(MINE)

            await asyncio.to_thread(in_app, room, lambda: moderation.approve_idea(room.facilitator, idea))
            await until(lambda: reader_wire.brought(MINE))

    run(story())


def test_a_cut_wire_ends_the_socket_and_refuses_new_ones(room, wired):
    tab, wire = wired(room, room.people[0])

    async def story():
        async with tab:
            wire.cut()
            async with asyncio.timeout(HEAR_SECONDS):
                await tab.is_gone.wait()
            # The client tells of the end before it lets go of the old connection; until then each new one is refused by
            # itself, with the wire cut or mended.
            await until(lambda: not tab.socket.connected and tab.socket.eio.state == "disconnected")
            with pytest.raises(Exception, match="onnect"):
                await tab.connect()
            wire.mend()
            await tab.connect()

    run(story())


def room_id(room, actor) -> int:
    """The participant id of a person in a room."""
    from ideas import policy
    from ideas.database import db

    return policy.participation(db.session(), actor, room.challenge_id).id


async def until(holds, seconds: float = HEAR_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.02)


async def frames_with_cards(tab):
    """The frames of the room's lane with cards; waits for the first."""

    def found():
        return [f for f in tab.frames("fragments", "phase") if f["lane"] == "room" and f.get("fragments")]

    await until(found)
    await asyncio.sleep(NEVER_SECONDS)
    return found()
