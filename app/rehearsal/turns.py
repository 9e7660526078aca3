"""A discussion in turns as the crowd plays it: open the page, do the duty that it shows or pass it, answer, leave."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from app.rehearsal.browser import Unexpected, expect
from app.rehearsal.pages import Page
from app.rehearsal.player import Player

# The words of the page once nothing is left to do; the crowd reads English.
OVER = "Every idea was discussed"

_WRITE, _PASS = r"/turns/(\d+)$", r"/turns/(\d+)/pass$"
_SEAT, _OFFER = r"(/challenges/\d+/turns/seat)$", r"(/exchanges/\d+/answer)$"

# Far less than people need: so many turns at once are harder for the server than a real room.
THINK_SECONDS = (0.2, 1.0)
PASSES = 0.1  # of the turns

# One of so many people leaves in the middle of their first turn.
LEAVER_EVERY, FIRST_LEAVER = 20, 4

# The number of players who sit down at the same time; the rest wait.
AT_THE_TABLE = 8

# Without a frame a page is looked at after so long; in a crowd later, together so often in a second.
LOOK_SECONDS, LOOKS_PER_SECOND = 2.0, 20

# The discussion has stopped when nobody did anything for so long: longer than the server takes to replace somebody.
QUIET_SECONDS = 45

# The act came too late, or somebody else was faster: nothing is wrong with that.
TOO_LATE = {404, 409}


def goes_away(n: int) -> bool:
    """Whether the `n`-th player leaves in the middle."""
    return n % LEAVER_EVERY == FIRST_LEAVER


@dataclass
class Table:
    """The crowd's knowledge of the discussion: whether it is over, and when anybody did something last."""

    people: int
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_THE_TABLE))
    over: asyncio.Event = field(default_factory=asyncio.Event)
    moved_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @property
    def look_seconds(self) -> float:
        return max(LOOK_SECONDS, self.people / LOOKS_PER_SECOND)

    def move(self) -> None:
        self.moved_at = asyncio.get_running_loop().time()

    async def watch(self) -> None:
        """End the discussion once nobody does anything any more."""
        while not self.over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), 1)
            if asyncio.get_running_loop().time() - self.moved_at > QUIET_SECONDS:
                self.over.set()


async def discuss(players: Sequence[Player]) -> None:
    """Let everybody take turns until every idea was discussed, or nothing happens any more."""
    table = Table(len(players))
    async with asyncio.TaskGroup() as group:
        group.create_task(table.watch())
        for n, player in enumerate(players):
            group.create_task(_take_part(player, n, table))


async def _take_part(player: Player, n: int, table: Table) -> None:
    try:
        await _take_turns(player, n, table)
    except Unexpected as error:
        player.record.problems.append(str(error))


async def _take_turns(player: Player, n: int, table: Table) -> None:
    chance, here = Random(n), f"/challenges/{player.stage.challenge}/turns"
    async with table.door:
        expect(await player.browser.get(here), 200)
    table.move()
    while not table.over.is_set():
        player.called.clear()
        answer = expect(await player.browser.get(f"{here}/parts?only=turn"), 200)
        turn = _first(answer.page, _WRITE)
        if turn:
            player.record.turns.add(int(turn))
            if goes_away(n):
                await player.leave()
                return
            await asyncio.sleep(chance.uniform(*THINK_SECONDS))
            await (_pass if chance.random() < PASSES else _write)(player, int(turn))
            table.move()
        elif OVER in answer.text:
            table.over.set()
        elif seat := _first(answer.page, _SEAT):
            await player.browser.send(seat, {})
        else:
            offer = _first(answer.page, _OFFER)
            if offer and expect(await player.browser.send(offer, {}), 200, *TOO_LATE).status == 200:
                table.move()
            elif not offer:
                await _wait(player, table)
            else:
                await asyncio.sleep(chance.uniform(*THINK_SECONDS))


async def _write(player: Player, turn: int) -> None:
    words = {"text": f"What a simulated person says in turn {turn}."}
    if expect(await player.browser.send(f"/turns/{turn}", words), 201, *TOO_LATE).status == 201:
        player.record.said += 1


async def _pass(player: Player, turn: int) -> None:
    expect(await player.browser.send(f"/turns/{turn}/pass", {}), 201, *TOO_LATE)


async def _wait(player: Player, table: Table) -> None:
    """Until the server calls the player, the discussion is over, or it is time to look again."""
    waits = [asyncio.create_task(event.wait()) for event in (player.called, table.over)]
    await asyncio.wait(waits, timeout=table.look_seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waits:
        task.cancel()


def _first(page: Page, pattern: str) -> str | None:
    return next((match.group(1) for link in page.links if (match := re.search(pattern, link))), None)
