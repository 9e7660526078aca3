"""The facilitators' lane over real sockets: in silent phases, for shows of hands, and its audience."""

import asyncio
import re

import aiohttp
import pytest

from ideas.database import db
from ideas.models import Participant, Round
from ideas.services import facilitations, moderation, participants, rounds, steering
from ideas.services.hands import count_hands
from ideas.services.ideas import IdeaForm
from ideas.services.proxies import submit_for_hall
from tests import factories
from tests.realtime.conftest import make_room
from tests.realtime.test_rooms import NEVER_SECONDS, in_app
from tests.servers import cookie_of
from tests.sockets import HEAR_SECONDS, run

UNREAD, CALLED = "Unread so far", "Called from row seven"


@pytest.fixture
def silent(server, domain):
    return make_room(server, blueprint="live_brainstorm", approval=True)


def participant_id(room, actor):
    from ideas.database import db

    return db.session.query(Participant).filter_by(challenge_id=room.challenge_id, person_id=actor.person_id).one().id


def test_facilitators_hear_only_the_number_of_sealed_ideas(silent):
    author = silent.people[0]
    author_id = participant_id(silent, author)
    submitted = {}

    def everything_a_facilitator_does():
        submit_for_hall(silent.facilitator, silent.challenge_id, IdeaForm(CALLED), factories.op())
        steering.shift_end(silent.facilitator, silent.round_id, 60)
        steering.announce(silent.facilitator, silent.round_id, "One minute")
        steering.lock_writing(silent.facilitator, silent.round_id)
        steering.unlock_writing(silent.facilitator, silent.round_id)
        facilitations.share_facilitation(silent.facilitator, silent.challenge_id, author_id)
        participants.rename_participant(silent.facilitator, silent.challenge_id, author_id, "Another name")

    async def story():
        async with silent.caller(silent.facilitator) as console:
            submitted["idea"] = await asyncio.to_thread(in_app, silent, lambda: silent.submit(author, UNREAD))
            await console.hear("figures")
            await asyncio.to_thread(in_app, silent, everything_a_facilitator_does)
            async with asyncio.timeout(HEAR_SECONDS):
                while not any(frame.get("figures", {}).get("sealed") == 2 for _, frame in console.heard):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(NEVER_SECONDS)
            epoch = console.joined["epoch"]
            _, caught_up = await console.get(f"/challenges/{silent.challenge_id}/live?since=0&epoch={epoch}")

            for heard in (str(console.heard), str(caught_up)):
                assert UNREAD not in heard
                assert CALLED not in heard
                assert "console-pending" not in heard
                assert "console-visible" not in heard
            assert console.frames("figures", "fragments", "phase")[-1]["lane"] in ("room", "facilitators")

            await asyncio.to_thread(
                in_app, silent, lambda: rounds.step_to_phase(silent.facilitator, silent.round_id, 1, since=0)
            )
            mine = await console.hear_one(
                "phase", lambda f: f["lane"] == "facilitators" and f["phase"]["position"] == 1
            )
            shelves = {f["handle"]: (f["into"], f["html"]) for f in mine["fragments"]}
            assert shelves[f"idea-{submitted['idea']}"][0] == "console-pending"
            assert UNREAD in shelves[f"idea-{submitted['idea']}"][1]
            assert any(CALLED in html and into == "console-visible" for into, html in shelves.values())

    run(story())


def raised(room, entry):
    question_id = db.session.get_one(Round, room.round_id).questions[0].id
    count_hands(room.facilitator, question_id, entry, 1, 4711)


def test_only_facilitators_hear_of_a_show_of_hands_and_not_its_count(server, domain):
    room = make_room(server)

    async def story():
        idea = room.submit(room.people[0])
        entry = room.entry(idea)
        async with room.caller(room.facilitator) as console, room.caller(room.people[1]) as other:
            await asyncio.to_thread(in_app, room, lambda: raised(room, entry))

            [frame] = await console.hear("phase")
            assert frame["lane"] == "facilitators"
            await asyncio.sleep(NEVER_SECONDS)
            assert "4711" not in str(console.heard)
            assert other.frames("phase", "figures", "fragments", "refresh") == []

    run(story())


def test_a_projector_in_a_facilitators_browser_hears_only_the_room(server, domain):
    room = make_room(server)

    async def story():
        screen, console = room.caller(room.facilitator), room.caller(room.facilitator)
        screen.as_what = {"screen": True}
        async with screen, console:
            idea = room.submit(room.people[0])
            await screen.hear("fragments")
            await asyncio.to_thread(in_app, room, lambda: moderation.hide_idea(room.facilitator, idea, "Off topic"))
            async with asyncio.timeout(HEAR_SECONDS):
                while "Off topic" not in str(console.heard):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(NEVER_SECONDS)

            assert {frame["lane"] for frame in console.frames("fragments")} == {"room", "facilitators"}
            assert {frame["lane"] for frame in screen.frames("fragments", "figures")} == {"room"}
            assert "Off topic" in str(console.heard)
            assert "Off topic" not in str(screen.heard)
            assert screen.frames("facilitation") == []

    run(story())


def marked_as_in_the_spotlight(frame, handle):
    cards = [card["html"] for card in frame["fragments"] if card["handle"] == handle]
    return frame["lane"] == "facilitators" and any("queue__item--spotlight" in card for card in cards)


def test_the_next_card_of_an_idea_in_the_spotlight_is_marked(server, domain):
    from ideas.models import Stance
    from ideas.services import arguments
    from ideas.services.arguments import ArgumentForm

    room = make_room(server)

    async def story():
        idea = room.submit(room.people[0])
        async with room.caller(room.facilitator) as console:
            await asyncio.to_thread(
                in_app, room, lambda: steering.spotlight_idea(room.facilitator, room.round_id, idea)
            )
            assert (await console.hear("phase"))[0]["phase"]["spotlight"] == f"idea-{idea}"
            form = ArgumentForm(Stance.FOR, "Since it works")
            await asyncio.to_thread(in_app, room, lambda: arguments.argue(room.people[1], idea, form, factories.op()))

            await console.hear_one("fragments", lambda frame: marked_as_in_the_spotlight(frame, f"idea-{idea}"))

    run(story())


async def post(room, actor, path):
    """Post a form of the console with the token of its page. :return: the status of the answer."""
    name, _, value = cookie_of(room.server.app, actor.person_id).partition("=")
    jar = aiohttp.CookieJar(unsafe=True)  # accepts cookies of a numeric host
    async with aiohttp.ClientSession(room.server.url, cookies={name: value}, cookie_jar=jar) as http:
        async with http.get(f"/challenges/{room.challenge_id}/console") as page:
            token = re.findall(r'name="csrf" content="([^"]+)"', await page.text())[0]
        async with http.post(path, data={"op": factories.op()}, headers={"X-CSRFToken": token}) as answer:
            return answer.status


def test_facilitators_hear_their_lane_until_they_lose_facilitation(server, domain):
    room = make_room(server)
    given = room.people[0]
    here = f"/challenges/{room.challenge_id}/participants/{participant_id(room, given)}"

    async def story():
        async with room.caller(given) as before:
            assert await post(room, room.facilitator, f"{here}/facilitation") == 204
            await asyncio.wait_for(before.is_gone.wait(), HEAR_SECONDS)
        async with room.caller(given) as console:
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[1]))
            await console.hear_lanes("fragments", "room", "facilitators")

            assert await post(room, room.facilitator, f"{here}/return") == 204
            await asyncio.wait_for(console.is_gone.wait(), HEAR_SECONDS)
        async with room.caller(given) as after:
            await asyncio.to_thread(in_app, room, lambda: room.submit(room.people[1]))
            await after.hear("fragments")
            await asyncio.sleep(NEVER_SECONDS)
            assert {frame["lane"] for frame in after.frames("fragments")} == {"room"}

    run(story())
