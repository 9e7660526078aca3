"""The facilitator of a rehearsal: signs in by link, posts the challenge, starts the turns, closes, downloads."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.rehearsal.browser import Browser, PageAnswer, Unexpected, expect
from ideas.journal import Recount

ORGANISATION = "Rehearsals"
TITLE_MAX = 200

# Everything at once, then a discussion in turns.
PHASES = (("Ideas and votes", ("write", "debate", "vote")), ("Discussion in turns", ("turns",)))
TURN_SECONDS = 60

# The discussion is interrupted so long after its start, each time for so long; it ends by itself long before its clock.
UNDISTURBED_SECONDS, BREAK_SECONDS, CLOCK_SECONDS = 2.0, 2.0, 3_600


@dataclass(frozen=True)
class Stage:
    """The challenge of the rehearsal: its id, its round, its code."""

    challenge: int
    round: int
    code: str


async def set_stage(browser: Browser, token: str, topic: str, participants: int) -> Stage:
    """Post a rehearsal with a phase that permits everything and one for turns. :raise Unexpected:"""
    path = f"/sign-in/{token}"
    if (await browser.get(path)).status != 200:
        raise Unexpected("the sign-in link was used already, or is too old: it works once")
    expect(await browser.post(path, {}), 200)
    challenge = await _publish(browser, topic, participants)
    shared = expect(await browser.get(f"/challenges/{challenge}/share"), 200)
    code = re.search(r"/join/([0-9A-Z]{6})\b", shared.text)
    console = expect(await browser.get(f"/challenges/{challenge}/console"), 200)
    if code is None:
        raise Unexpected("the share sheet shows no link to join by")
    return Stage(challenge, int(console.page.link(r"/rounds/(\d+)/")), code.group(1))


async def _publish(browser: Browser, topic: str, participants: int) -> int:
    organisation = await _organisation(browser)
    form: dict[str, str | Sequence[str]] = {
        "title": f"Rehearsal: {topic}"[:TITLE_MAX],
        "brief": "A simulated crowd replays a conversation that took place elsewhere.",
        "blueprint": "open_contest",
        **_phases(),
        "language": "en",
        "visibility": "link",
        "anonymity": "named",
        "capacity": str(participants + 2),
        "is_rehearsal": "1",
        "then": "preview",
    }
    drafted = expect(await browser.post(f"/organisations/{organisation}/challenges/new", form), 200)
    challenge = int(drafted.page.link(r"/challenges/(\d+)/publication$"))
    expect(await browser.post(f"/challenges/{challenge}/publication", {}), 200)
    return challenge


def _phases() -> dict[str, str | Sequence[str]]:
    """The fields of the phase editor."""
    fields: dict[str, str | Sequence[str]] = {"phases": str(len(PHASES))}
    for n, (name, activities) in enumerate(PHASES):
        fields |= {f"phase-{n}-name": name, f"phase-{n}-activities": activities, f"phase-{n}-until": "open"}
    return fields


async def start_turns(browser: Browser, stage: Stage, ideas: int) -> None:
    """Step to the last phase, and put the ideas with the fewest arguments under discussion. :raise Unexpected:"""
    to = len(PHASES) - 1
    await _step(browser, stage, to)
    start = {"chosen": f"fewest-{ideas}", "seconds": str(TURN_SECONDS), "since": str(to)}
    expect(await browser.post(f"/rounds/{stage.round}/turns", start), 200)


async def interrupt_turns(browser: Browser, stage: Stage) -> None:
    """Pause the discussion and go on, then step back and on again, as a moderator does who has to say something.

    :raise Unexpected:
    """
    turns, of = len(PHASES) - 1, f"/rounds/{stage.round}"
    since = {"since": str(turns)}
    await asyncio.sleep(UNDISTURBED_SECONDS)
    expect(await browser.post(f"{of}/time", {"seconds": str(CLOCK_SECONDS), **since}), 200)  # a pause needs a clock
    paused = expect(await browser.post(f"{of}/pause", since), 200)
    if not any(link.endswith(f"{of}/resumption") for link in paused.page.links):
        raise Unexpected("the pause was not taken")
    await asyncio.sleep(BREAK_SECONDS)
    expect(await browser.post(f"{of}/resumption", since), 200)
    await asyncio.sleep(BREAK_SECONDS)
    await _step(browser, stage, turns - 1)
    await asyncio.sleep(BREAK_SECONDS)
    await _step(browser, stage, turns)


async def _step(browser: Browser, stage: Stage, to: int) -> None:
    since = to - 1 if to == len(PHASES) - 1 else to + 1
    step = {"position": str(to), "since": str(since)}
    stepped = expect(await browser.post(f"/rounds/{stage.round}/phase", step), 200)
    if stepped.page.fields.get("since") != str(to):
        raise Unexpected(f"the step to phase {to} was not taken")


async def _organisation(browser: Browser) -> int:
    """An organisation of the account; a new one if it has none."""
    start = expect(await browser.get("/challenges/new"), 200)
    if start.path.endswith("/organisations/new"):
        start = expect(await browser.post("/organisations/new", {"name": ORGANISATION, "then": "ask"}), 200)
    if start.path.endswith("/challenges/begin"):
        return _number(start, r"/organisations/(\d+)/challenges/begin$")
    return int(start.page.link(r"/organisations/(\d+)/challenges/begin$"))


def _number(answer: PageAnswer, pattern: str) -> int:
    match = re.search(pattern, answer.path)
    if match is None:
        raise Unexpected(f"a form led to {answer.path}: it was not taken")
    return int(match.group(1))


async def close(browser: Browser, stage: Stage) -> dict[str, Any]:
    """Close the round and download its export, with the marks of the ballot file as `marks`."""
    path = f"/rounds/{stage.round}/closure"
    asked = expect(await browser.get(path), 200)
    expect(await browser.post(path, {"since": asked.page.fields["since"]}), 200)
    exported = expect(await browser.get(f"/challenges/{stage.challenge}/result.json"), 200)
    release = f"/challenges/{stage.challenge}/result/ballots/release"
    ballots = expect(await browser.post(release, {"understood": "1"}), 200)
    return {**json.loads(exported.text), "marks": _marks_in(json.loads(ballots.text))}


def _marks_in(ballots: dict[str, Any]) -> list[dict[str, object]]:
    """The latest marks on single entries according to the journal in a ballot file."""
    latest = Recount()
    for seq, body in ballots["journal"]:
        latest.read(seq, json.loads(body))
    return [
        {"pseudonym": who, "entry": subject, "value": value, "seq": seq}
        for (who, _, subject), (value, seq) in latest.latest.items()
    ]
