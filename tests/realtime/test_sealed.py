"""Secret ballots, by every rule: a voter may learn who voted, and never how.

When others change their marks, everything that reaches a voter stays the same to the letter.
"""

import asyncio
import itertools
import re
import uuid

import aiohttp
import pytest

from ideas import policy
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Round
from ideas.services.readiness import measure_readiness
from tests.doubles import partly_here
from tests.realtime.conftest import make_room
from tests.sockets import run

PLANS = {
    "approval": QuestionPlan("approval"),
    "pairs": QuestionPlan("pairs"),
    "points": QuestionPlan("points", options={"budget": 97}),
    "grades": QuestionPlan("grades"),
    "stars": QuestionPlan("stars", options={"stars": 3}),
    "ranked": QuestionPlan("ranked"),
}
# Two ways to vote on three ideas, as different as the rule permits.
WAYS = {
    "approval": ((1, 1, 1), (-1, 0, -1)),
    "pairs": ((1, 1, 1), (-1, 0, -1)),
    "points": ((97, 0, 0), (1, 23, 41)),
    "grades": ((5, 5, 5), (0, -1, 1)),
    "stars": ((1, 1, 1), (-1, 0, -1)),
    "ranked": ((1, 2, 3), (0, 0, 1)),
}
FIGURES = {"people", "ideas", "authors", "sealed", "arguments", "voted", "electorate"}
KNOWN = {"lane", "lanes", "after", "seq", "epoch", "now", "here", "writing", "ready", "figures", "refresh"}
# What differs at each look: tokens, the clock, and journal numbers (they grow with every mark).
VOLATILE = (
    r'name="(?:csrf_token|op|client)" value="[^"]*"',
    r'name="(?:csrf|now)" content="[^"]*"',
    r'data-seq="\d+"',
    r'"(?:csrf_token|op)\\" value=\\"[^"]*"',
)


class Hall:
    """A room with three ideas, two voters, and an observer who may have voted before."""

    def __init__(self, server, rule: str) -> None:
        self.room, self.rule = make_room(server, people=4, questions=(PLANS[rule],)), rule
        self.author, *self.voters, self.watcher = self.room.people
        self.ideas = [self.room.submit(self.author, f"Idea {letter}") for letter in "ABC"]
        a, b, c = (self.room.entry(idea) for idea in self.ideas)
        self.subjects = [f"{a}-{b}", f"{a}-{c}", f"{b}-{c}"] if rule == "pairs" else [str(a), str(b), str(c)]
        self.question = db.session.get_one(Round, self.room.round_id).questions[0].id

    def command(self, way: tuple[int, ...], n: int, client: str) -> dict[str, object]:
        marks = dict(zip(self.subjects, way, strict=True))
        return {"op": str(uuid.uuid4()), "client": client, "n": n, "round": self.room.round_id, "marks": marks}

    @property
    def paths(self) -> list[str]:
        challenge = f"/challenges/{self.room.challenge_id}"
        parts = ("", "/ballot", "/ballot/marks", f"/ballot/cards?question={self.question}", "/mine")
        return [challenge + part for part in parts] + [f"/ideas/{idea}" for idea in self.ideas]

    @property
    def facilitator_paths(self) -> list[str]:
        """The further pages of facilitators."""
        challenge = f"/challenges/{self.room.challenge_id}"
        return [challenge + part for part in ("", "/console", "/console/parts?only=readiness", "/screen")]

    async def read(self, tab, paths: list[str] | None = None) -> dict[str, str]:
        """Every page that a voter can open, or the named ones, without the parts that differ at each look."""
        found = {}
        async with aiohttp.ClientSession(headers=tab.headers | {"Accept": "text/html"}) as http:
            for path in paths or self.paths:
                async with http.get(tab.url + path) as response:
                    assert response.status == 200, path
                    found[path] = await response.text()
        for pattern in VOLATILE:
            found = {path: re.sub(pattern, "", text) for path, text in found.items()}
        return found


@pytest.mark.parametrize("rule", partly_here(PLANS, "approval", "ranked"))
def test_no_voter_learns_how_others_voted(server, domain, rule):
    hall = Hall(server, rule)
    first, second = WAYS[rule]

    async def story():
        async with (
            hall.room.caller(hall.watcher) as watcher,
            hall.room.caller(hall.voters[0]) as one,
            hall.room.caller(hall.voters[1]) as other,
        ):
            untouched = await hall.read(watcher)
            clients = [str(uuid.uuid4()), str(uuid.uuid4())]
            for tab, client in zip((one, other), clients, strict=True):
                assert (await tab.call("cast", hall.command(first, 1, client)))["ok"]
            await watcher.hear("figures")
            before = await hall.read(watcher)
            assert before != untouched, "the comparison shows nothing: it misses the turnout"

            for tab, client in zip((one, other), clients, strict=True):
                assert (await tab.call("cast", hall.command(second, 2, client)))["ok"]
            await asyncio.sleep(0.3)  # longer than a frame waits to be sent
            after = await hall.read(watcher)

            assert differing(before, after) == []
            for _, frame in watcher.heard:
                assert set(frame) <= KNOWN
                assert set(frame.get("figures", ())) <= FIGURES
            assert [frame["figures"]["voted"] for frame in watcher.frames("figures")][-1] == 2
            status, _ = await watcher.get(f"/challenges/{hall.room.challenge_id}/result")
            assert status == 409
            status, caught = await watcher.get(
                f"/challenges/{hall.room.challenge_id}/live?since=0&epoch={watcher.joined['epoch']}"
            )
            assert status == 200
            for frame in caught["frames"]:
                assert set(frame) <= KNOWN | {"event", "fragments", "removed", "phase"}
                assert set(frame.get("figures", ())) <= FIGURES
                for fragment in frame.get("fragments", ()):
                    assert set(fragment) == {"handle", "html", "order", "into"}

    run(story())


@pytest.mark.parametrize("rule", partly_here(PLANS, "pairs", "points"))
def test_no_facilitator_learns_how_people_voted(server, domain, rule):
    hall = Hall(server, rule)

    async def story():
        async with (
            hall.room.caller(hall.room.facilitator) as console,
            hall.room.caller(hall.voters[0]) as voter,
        ):
            client = str(uuid.uuid4())
            untouched = await hall.read(console, hall.facilitator_paths)
            assert (await voter.call("cast", hall.command(WAYS[rule][0], 1, client)))["ok"]
            await console.hear("figures")
            measure_readiness(hall.room.round_id)  # otherwise the loop measures it at any moment
            before = await hall.read(console, hall.facilitator_paths)
            assert differing(untouched, before) != [], "the comparison shows nothing: it misses the turnout"

            assert (await voter.call("cast", hall.command(WAYS[rule][1], 2, client)))["ok"]
            await asyncio.sleep(0.3)  # longer than a frame waits to be sent
            measure_readiness(hall.room.round_id)

            assert differing(before, await hall.read(console, hall.facilitator_paths)) == []
            for _, frame in console.heard:
                assert set(frame.get("figures", ())) <= FIGURES
            status, _ = await console.get(f"/challenges/{hall.room.challenge_id}/result")
            assert status == 409

    run(story())


def test_marks_kept_in_a_browser_do_not_count_for_another_person(server, domain):
    hall = Hall(server, "approval")
    [before, now] = [lane_number(hall.room, who) for who in hall.voters]
    owners = {f"{hall.room.challenge_id}-{before}": "barred", f"{hall.room.challenge_id}-{now}": None, "x": "invalid"}

    async def story():
        async with hall.room.caller(hall.voters[1]) as tab:
            for owner, error in owners.items():
                command = hall.command((1, 1, 1), 1, str(uuid.uuid4()))
                assert (await tab.call("cast", command | {"owner": owner})).get("error") == error

    run(story())


def lane_number(room, actor) -> int:
    return policy.participation(db.session(), actor, room.challenge_id).id


def differing(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    """The lines that differ between two reads of pages: `(path, before, after)`."""
    return [
        (path, one, other)
        for path in before
        for one, other in itertools.zip_longest(before[path].splitlines(), after[path].splitlines(), fillvalue="")
        if one != other
    ]
