"""Rooms over real sockets: who hears what, who does not, and what a gap costs."""

import asyncio
import itertools

import pytest
import socketio

from ideas import events, policy
from ideas.actor import Actor
from ideas.database import db
from ideas.models import Stance
from ideas.services import accounts, arguments, facilitations, moderation, participants, rounds
from ideas.services.arguments import ArgumentForm
from realtime.connections import Connection
from realtime.rights import is_affected
from tests import factories
from tests.realtime.conftest import make_room
from tests.sockets import Caller, run

NEVER_SECONDS = 0.4


def test_an_idea_arrives_on_every_other_screen(room):
    author, reader, _ = room.people

    async def story():
        async with room.caller(author) as a, room.caller(reader) as b, room.caller(room.facilitator) as f:
            idea = await asyncio.to_thread(in_app, room, lambda: room.submit(author, "Crates <b>"))

            for tab in (a, b):
                [frame] = await tab.hear("fragments")
                card = next(x for x in frame["fragments"] if x["handle"] == f"idea-{idea}")
                assert (frame["lane"], card["into"]) == ("room", "ideas")
                assert "Crates &lt;b&gt;" in card["html"]
                assert frame["figures"]["ideas"] == 1
            frames = await f.hear("fragments", count=2)
            assert {frame["lane"] for frame in frames} == {"room", "facilitators"}

    run(story())


def test_the_neighbour_room_hears_nothing(room, server):
    neighbour = make_room(server)

    async def story():
        async with room.caller(room.people[0]) as here, neighbour.caller(neighbour.people[0]) as there:
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[0]))

            await here.hear("fragments")
            await asyncio.sleep(NEVER_SECONDS)
            assert there.frames("fragments", "refresh", "figures", "phase") == []

    run(story())


def test_a_pending_idea_is_sent_to_facilitators_and_its_author_alone(server, domain):
    room = make_room(server, approval=True)
    author, reader, _ = room.people

    async def story():
        async with room.caller(author) as a, room.caller(reader) as b, room.caller(room.facilitator) as f:
            idea = await asyncio.to_thread(in_app, room, lambda: room.submit(author, "Secret so far"))

            [frame] = await f.hear("fragments")
            assert frame["lane"] == "facilitators"
            assert (await a.hear("refresh"))[0]["refresh"] == ["mine"]
            await asyncio.sleep(NEVER_SECONDS)
            assert "Secret so far" not in str(b.heard)
            assert a.frames("fragments") == b.frames("fragments", "refresh") == []

            await asyncio.to_thread(in_app, room, lambda: moderation.approve_idea(room.facilitator, idea))
            [frame] = await b.hear("fragments")
            assert "Secret so far" in frame["fragments"][0]["html"]

    run(story())


def test_a_hidden_idea_is_taken_from_every_screen(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            await asyncio.to_thread(in_app, room, lambda: moderation.hide_idea(room.facilitator, idea, "advert"))

            [frame] = await tab.hear("fragments")
            assert f"idea-{idea}" in frame["removed"]
            assert frame["fragments"] == []
            assert "advert" not in str(tab.heard)

    run(story())


def test_each_hears_in_the_language_of_the_browser(room):
    async def story():
        async with room.caller(room.people[0], "de") as german, room.caller(room.people[1], "en") as english:
            idea = room.submit(room.people[2])
            form = ArgumentForm(Stance.AGAINST, "Who cleans them?")
            await asyncio.to_thread(in_app, room, lambda: arguments.argue(room.people[0], idea, form, NEW_OP))
            for tab in (german, english):
                frames = await tab.hear("fragments", count=1)
                assert all(frame["lane"] == "room" for frame in frames)
            assert german.joined["ok"]
            assert english.joined["ok"]

    run(story())


def test_a_phase_change_reaches_all_and_carries_no_page(server, domain):
    room = make_room(server, phases=factories.STEPS)

    async def story():
        async with room.caller(room.people[0]) as tab:
            await asyncio.to_thread(in_app, room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))

            [frame] = await tab.hear("phase")
            assert frame["phase"]["position"] == 1
            assert frame["phase"]["activities"] == ["debate"]
            assert not frame["phase"]["closed"]

    run(story())


def test_of_votes_the_room_hears_only_how_many_people_voted(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as voter, room.caller(room.people[2]) as other:
            answer = await voter.call("cast", room.cast(idea, -1))

            assert answer["ok"]
            assert answer["receipt"].startswith(f"{answer['seq']}-")
            [frame] = await other.hear("figures")
            assert frame["figures"]["voted"] == 1
            assert set(frame) == {"lane", "after", "seq", "figures"}

            await voter.call("cast", room.cast(idea, 1))
            await asyncio.sleep(NEVER_SECONDS)
            assert len(other.frames("figures")) == 1  # a change of mind changes no turnout

    run(story())


def test_a_repeated_cast_answers_alike_and_counts_once(room):
    async def story():
        idea = room.submit(room.people[0])
        command = room.cast(idea)
        async with room.caller(room.people[1]) as tab:
            first = await tab.call("cast", command)
            again = await tab.call("cast", command)

            assert again == first | {"dup": True}

    run(story())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"marks": {"999999": 1}}, "not_found"),
        ({"round": 999999}, "not_found"),
        ({"marks": {"1": True}}, "invalid"),
        ({"question": 999999}, "invalid"),
        ({"op": "x" * 17000}, "too_large"),
    ],
)
def test_a_bad_cast_is_refused_with_the_protocol_s_word(room, change, error):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            assert (await tab.call("cast", room.cast(idea)))["ok"]

            answer = await tab.call("cast", room.cast(idea, **change))

            assert (answer["ok"], answer["error"]) == (False, error)

    run(story())
    assert "Traceback" not in room.server.log()


def test_one_s_own_idea_cannot_be_marked(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[0]) as tab:
            assert (await tab.call("cast", room.cast(idea)))["error"] == "invalid"

    run(story())


def test_after_the_close_nothing_counts(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            await asyncio.to_thread(in_app, room, lambda: rounds.close_round(room.facilitator, room.round_id))
            assert (await tab.hear("phase"))[0]["phase"]["closed"]

            assert (await tab.call("cast", room.cast(idea)))["error"] == "closed"

    run(story())


def test_a_flood_is_told_to_wait_and_the_neighbour_notices_nothing(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as flooder, room.caller(room.people[2]) as calm:
            answers = await asyncio.gather(*(flooder.call("cast", room.cast(idea)) for _ in range(80)))

            refused = [a for a in answers if not a["ok"]]
            assert refused
            assert {a["error"] for a in refused} == {"busy"}
            assert all(a["retry_after"] for a in refused)
            assert (await calm.call("cast", room.cast(idea)))["ok"]

    run(story())


def test_a_stranger_gets_no_socket(room):
    async def story():
        stranger = Caller(room.server.url, "schwarm=nothing", room.challenge_id)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect()

    run(story())


def test_another_origin_gets_no_socket(room):
    async def story():
        foreign = room.caller(room.people[0])
        foreign.headers["Origin"] = "https://elsewhere.example"
        with pytest.raises(socketio.exceptions.ConnectionError):
            await foreign.connect()

    run(story())


def test_polling_is_no_way_in(room):
    async def story():
        tab = room.caller(room.people[0])
        with pytest.raises(socketio.exceptions.ConnectionError):
            await tab.socket.connect(tab.url, headers=tab.headers, transports=["polling"])

    run(story())


def test_who_has_not_joined_may_not_listen(room, server):
    outsider = make_room(server).people[0]

    async def story():
        async with room.caller(outsider) as tab:
            assert tab.joined == {"ok": False, "error": "not_found"}
            status, _ = await tab.get(f"/challenges/{room.challenge_id}/live?since=0&epoch=x")
            assert status in (403, 404)

    run(story())


def test_a_removed_participant_is_put_out_and_may_not_return(room):
    async def story():
        victim = room.people[1]
        async with room.caller(victim) as tab:
            await asyncio.to_thread(in_app, room, lambda: bar(room, victim))
            await asyncio.wait_for(tab.is_gone.wait(), 8)
        async with room.caller(victim) as tab:
            assert tab.joined == {"ok": False, "error": "barred"}

    run(story())


def bar(room, actor):
    participant = policy.participation(db.session(), actor, room.challenge_id)
    participants.bar_participant(room.facilitator, room.challenge_id, participant.id, "spam")


def test_a_beat_tells_where_the_lane_stands(room):
    async def story():
        room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            async with asyncio.timeout(8):
                while not tab.frames("beat"):
                    await asyncio.sleep(0.1)
            beat = next(b for b in tab.frames("beat") if b["lane"] == "room")
            assert beat["epoch"] == tab.joined["epoch"]
            assert beat["seq"] <= tab.joined["seq"]

    run(story())


def test_the_catch_up_tells_what_was_missed_under_present_rights(room):
    async def story():
        shown, hidden = room.submit(room.people[0], "Stays"), room.submit(room.people[0], "Goes")
        async with room.caller(room.people[1]) as tab:
            address = f"/challenges/{room.challenge_id}/live?since=0&epoch={tab.joined['epoch']}"
            moderation.hide_idea(room.facilitator, hidden, "")

            status, answer = await tab.get(address)

            assert status == 200, answer
            [frame] = [f for f in answer["frames"] if f["lane"] == "room"]
            assert status == 200
            assert [f["handle"] for f in frame["fragments"] if f["into"]] == [f"idea-{shown}"]
            assert f"idea-{hidden}" in frame["removed"]
            assert "Goes" not in str(answer)
            assert not any(f["lane"] == "facilitators" for f in answer["frames"])
            _, nothing = await tab.get(address.replace("since=0", f"since={answer['seq']}"))
            assert nothing["frames"] == []
            _, stale = await tab.get(f"/challenges/{room.challenge_id}/live?since=0&epoch=other")
            assert stale["reload"] is True

    run(story())


def test_frames_of_a_lane_follow_on_each_other_without_a_gap(room):
    async def story():
        async with room.caller(room.people[1]) as tab:
            for n in range(5):
                await asyncio.to_thread(in_app, room, lambda n=n: room.submit(room.people[0], f"Idea {n}"))
                await asyncio.sleep(0.12)
            await asyncio.sleep(0.5)
            frames = [f for f in tab.frames("fragments", "figures") if f["lane"] == "room"]

            assert frames[0]["after"] <= tab.joined["seq"]
            assert all(b["after"] == a["seq"] for a, b in itertools.pairwise(frames))

    run(story())


def test_signing_out_ends_open_sockets(server, domain):
    room = make_room(server)

    async def story():
        tab = room.caller(room.facilitator)
        async with tab:
            token = server.app.session_interface.get_signing_serializer(server.app).loads(
                tab.headers["Cookie"].split("=", 1)[1]
            )["_user_id"]
            await asyncio.to_thread(in_app, room, lambda: accounts.sign_out_device(token))
            # The other process told nobody: the next command notices within a second, the beat within five.
            await asyncio.wait_for(tab.is_gone.wait(), 8)

    run(story())


def test_facilitation_given_and_taken_changes_what_a_socket_hears(room):
    guide = room.people[0]
    participant = policy.participation(db.session(), guide, room.challenge_id)

    async def story():
        async with room.caller(guide) as tab:
            assert tab.joined["facilitates"] is False
            share = facilitations.share_facilitation
            await asyncio.to_thread(in_app, room, lambda: share(room.facilitator, room.challenge_id, participant.id))
            await asyncio.wait_for(tab.is_gone.wait(), 8)
        async with room.caller(guide) as tab, room.caller(room.people[1]) as other:
            assert tab.joined["facilitates"] is True
            assert tab.joined["participant"] == participant.handle
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[2]))
            frames = await tab.hear("fragments", count=2)
            assert {frame["lane"] for frame in frames} == {"room", "facilitators"}

            end = facilitations.end_facilitation
            await asyncio.to_thread(in_app, room, lambda: end(room.facilitator, room.challenge_id, participant.id))
            await asyncio.wait_for(tab.is_gone.wait(), 8)
            assert not other.is_gone.is_set()
        async with room.caller(guide) as tab:
            assert tab.joined["facilitates"] is False
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[2]))
            await tab.hear("fragments")
            await asyncio.sleep(NEVER_SECONDS)
            assert {frame["lane"] for frame in tab.frames("fragments")} == {"room"}

    run(story())


def test_facilitation_concerns_the_sockets_of_its_person_in_its_room():
    guide = Connection("a", "token", Actor(7), 1, "en", lanes={3: ["room"]})

    assert is_affected(guide, events.FacilitationChanged(3, 7))
    assert not is_affected(guide, events.FacilitationChanged(3, 8))
    assert not is_affected(guide, events.FacilitationChanged(4, 7))


def in_app(room, act):
    with room.server.app.app_context():
        return act()


NEW_OP = "00000000-0000-4000-8000-000000000001"
