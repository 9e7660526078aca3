"""Rooms over real sockets: each socket hears what its rights permit and catches up after a gap."""

import asyncio
import itertools
from datetime import timedelta

import pytest
import socketio

from ideas import clock, events, policy
from ideas.actor import Actor
from ideas.database import db
from ideas.models import Anonymity, Stance
from ideas.services import accounts, arguments, facilitations, leaving, moderation, participants, rounds
from ideas.services.arguments import ArgumentForm
from realtime.connections import Connection
from realtime.rights import is_affected
from tests import factories
from tests.realtime.conftest import make_room
from tests.sockets import HEAR_SECONDS, Caller, run

NEVER_SECONDS = 0.4


def test_a_new_idea_reaches_every_socket_in_the_room(room):
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
            await f.hear_lanes("fragments", "room", "facilitators")

    run(story())


def test_another_room_hears_nothing(room, server):
    other = make_room(server)

    async def story():
        async with room.caller(room.people[0]) as here, other.caller(other.people[0]) as there:
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[0]))

            await here.hear("fragments")
            await asyncio.sleep(NEVER_SECONDS)
            assert there.frames("fragments", "refresh", "figures", "phase") == []

    run(story())


def test_only_facilitators_and_the_author_hear_of_a_pending_idea(server, domain):
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


def test_a_hidden_idea_is_removed_from_every_screen(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            await asyncio.to_thread(in_app, room, lambda: moderation.hide_idea(room.facilitator, idea, "advert"))

            [frame] = await tab.hear("fragments")
            assert f"idea-{idea}" in frame["removed"]
            assert frame["fragments"] == []
            assert "advert" not in str(tab.heard)

    run(story())


def test_frames_are_in_the_language_of_the_browser(room):
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


def test_a_phase_change_reaches_everybody_without_a_page(server, domain):
    room = make_room(server, phases=factories.STEPS)

    async def story():
        async with room.caller(room.people[0]) as tab:
            await asyncio.to_thread(in_app, room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))

            [frame] = await tab.hear("phase")
            assert frame["phase"]["position"] == 1
            assert frame["phase"]["activities"] == ["debate"]
            assert not frame["phase"]["closed"]

    run(story())


def test_the_room_hears_only_how_many_people_voted(room):
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
            assert len(other.frames("figures")) == 1  # a changed mark does not change the turnout

    run(story())


def test_a_repeated_cast_gets_the_same_answer_and_counts_once(room):
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
def test_a_bad_cast_is_refused_with_the_error_of_the_protocol(room, change, error):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            assert (await tab.call("cast", room.cast(idea)))["ok"]

            answer = await tab.call("cast", room.cast(idea, **change))

            assert (answer["ok"], answer["error"]) == (False, error)

    run(story())
    assert "Traceback" not in room.server.log()


def test_authors_cannot_mark_their_own_idea(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[0]) as tab:
            assert (await tab.call("cast", room.cast(idea)))["error"] == "invalid"

    run(story())


def test_a_cast_after_the_close_does_not_count(room):
    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            await asyncio.to_thread(in_app, room, lambda: rounds.close_round(room.facilitator, room.round_id))
            assert (await tab.hear("phase"))[0]["phase"]["closed"]

            assert (await tab.call("cast", room.cast(idea)))["error"] == "closed"

    run(story())


def test_a_flooding_socket_is_slowed_down_and_others_are_not(room):
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


def test_a_browser_without_a_cookie_gets_no_socket(room):
    async def story():
        stranger = Caller(room.server.url, "schwarm=nothing", room.challenge_id)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect()

    run(story())


def test_a_page_of_another_origin_gets_no_socket(room):
    async def story():
        foreign = room.caller(room.people[0])
        foreign.headers["Origin"] = "https://elsewhere.example"
        with pytest.raises(socketio.exceptions.ConnectionError):
            await foreign.connect()

    run(story())


def test_the_polling_transport_is_refused(room):
    async def story():
        tab = room.caller(room.people[0])
        with pytest.raises(socketio.exceptions.ConnectionError):
            await tab.socket.connect(tab.url, headers=tab.headers, transports=["polling"])

    run(story())


def test_only_participants_and_facilitators_may_join_a_room(room, server):
    outsider = make_room(server).people[0]

    async def story():
        async with room.caller(outsider) as tab:
            assert tab.joined == {"ok": False, "error": "not_found"}
            status, _ = await tab.get(f"/challenges/{room.challenge_id}/live?since=0&epoch=x")
            assert status in (403, 404)

    run(story())


def test_a_crowd_that_joins_at_once_is_answered_as_if_each_came_alone(room, server):
    outsider = make_room(server).people[0]

    async def story():
        crowd = [room.caller(who) for who in (*room.people, room.facilitator, outsider)]
        for tab in crowd:
            await tab.connect()
        for join in ({"room": room.name}, {"room": room.name}, {"room": "challenge-999999"}, {"room": 7}):
            answers = await asyncio.gather(*(tab.call("join", join) for tab in crowd))
            alone = [await tab.call("join", join) for tab in crowd]
            assert answers == alone
            inside = join["room"] == room.name
            assert [answer["ok"] for answer in answers] == [inside] * 4 + [False]
        await crowd[0].hear_of("presence", here=3)
        await crowd[3].hear_of("facilitation", here=3, facilitators=1)
        await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[0]))
        for tab in crowd[:4]:
            await tab.hear("fragments")
        assert crowd[4].frames("fragments", "presence", "figures", "beat") == []
        for tab in crowd:
            await tab.socket.disconnect()

    run(story())


def test_a_removed_participant_is_disconnected_and_may_not_rejoin(room):
    async def story():
        victim = room.people[1]
        async with room.caller(victim) as tab:
            await asyncio.to_thread(in_app, room, lambda: bar(room, victim))
            await asyncio.wait_for(tab.is_gone.wait(), HEAR_SECONDS)
        async with room.caller(victim) as tab:
            assert tab.joined == {"ok": False, "error": "barred"}

    run(story())


def bar(room, actor):
    participant = policy.participation(db.session(), actor, room.challenge_id)
    participants.bar_participant(room.facilitator, room.challenge_id, participant.id, "spam")


def test_a_beat_carries_the_numbers_of_all_lanes_of_the_socket(room):
    async def story():
        room.submit(room.people[0])
        async with room.caller(room.people[1]) as tab:
            async with asyncio.timeout(8):
                while not tab.frames("beat"):
                    await asyncio.sleep(0.1)
            [beat] = tab.frames("beat")
            assert beat["epoch"] == tab.joined["epoch"]
            assert set(beat["lanes"]) == {"room", tab.joined["participant"]}
            assert 0 < beat["lanes"]["room"] <= tab.joined["seq"]

    run(story())


def test_the_catch_up_renders_missed_changes_under_the_present_rights(room):
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


def test_the_frames_of_a_lane_have_no_gap(room):
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
            # This process sends no message: the next command notices it within a second, the beat within five.
            await asyncio.wait_for(tab.is_gone.wait(), HEAR_SECONDS)

    run(story())


def test_a_socket_reconnects_with_other_lanes_when_facilitation_changes(room):
    guide = room.people[0]
    participant = policy.participation(db.session(), guide, room.challenge_id)

    async def story():
        async with room.caller(guide) as tab:
            assert tab.joined["facilitates"] is False
            share = facilitations.share_facilitation
            await asyncio.to_thread(in_app, room, lambda: share(room.facilitator, room.challenge_id, participant.id))
            await asyncio.wait_for(tab.is_gone.wait(), HEAR_SECONDS)
        async with room.caller(guide) as tab, room.caller(room.people[1]) as other:
            assert tab.joined["facilitates"] is True
            assert tab.joined["participant"] == participant.handle
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[2]))
            await tab.hear_lanes("fragments", "room", "facilitators")

            end = facilitations.end_facilitation
            await asyncio.to_thread(in_app, room, lambda: end(room.facilitator, room.challenge_id, participant.id))
            await asyncio.wait_for(tab.is_gone.wait(), HEAR_SECONDS)
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


def test_no_frame_holds_both_a_person_who_leaves_and_their_texts(server, domain, monkeypatch):
    room = make_room(server, anonymity=Anonymity.UNTIL_RESULT)
    leaver, other, reader = room.people
    written = {f"idea-{room.submit(person, words)}" for person, words in ((leaver, "Crates"), (other, "Cloths"))}
    mine = policy.participation(db.session(), leaver, room.challenge_id).handle

    def leave():
        leaving.leave_challenge(leaver, room.challenge_id, leaving.Parting.TEXTS)
        leaving.erase_own_texts(other, room.challenge_id)

    def two_days_later():
        with monkeypatch.context() as later:
            then = clock.now() + timedelta(days=2)
            later.setattr(clock, "now", lambda: then)
            assert leaving.erase_asked_texts()

    async def story():
        async with room.caller(reader) as tab, room.caller(room.facilitator) as console:
            await asyncio.to_thread(in_app, room, leave)
            await console.hear_one("fragments", lambda frame: mine in frame["removed"])
            await tab.hear_one("figures", lambda frame: frame["figures"]["people"] == 2)
            await asyncio.sleep(NEVER_SECONDS)
            assert not any(handle in str(each.heard) for handle in written for each in (tab, console))
            before = [len(each.heard) for each in (tab, console)]

            await asyncio.to_thread(in_app, room, two_days_later)

            for each, known in zip((tab, console), before, strict=True):
                shown = await each.hear_one(
                    "fragments", lambda frame: written <= {f["handle"] for f in frame["fragments"]}
                )
                assert all(words not in str(shown) for words in ("Crates", "Cloths"))
                assert mine not in str(each.heard[known:])
                numbers = [f["figures"] for _, f in each.heard[known:] if "figures" in f]
                assert all(figures["people"] == 2 for figures in numbers)

    run(story())


def in_app(room, act):
    with room.server.app.app_context():
        return act()


NEW_OP = "00000000-0000-4000-8000-000000000001"
