"""The rehearsal from the first sign-in to the verdict."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from app.rehearsal import facilitator
from app.rehearsal.board import Board
from app.rehearsal.browser import Browser, Unexpected
from app.rehearsal.facilitator import Stage
from app.rehearsal.play import Play
from app.rehearsal.player import Player
from app.rehearsal.talk import talk_on
from app.rehearsal.turns import discuss, goes_away
from app.rehearsal.verdict import Verdict, verdict_on

# The number of players who join at the same time; the rest wait.
AT_THE_DOOR = 8

# The number of reloads by a player if a submitted idea does not appear.
LOOK_SECONDS = 5


async def rehearse(
    url: str, token: str, topic: str, play: Play, on_act: Callable[[], None], *, turns: int = 0
) -> Verdict:
    """Play everything on the server at `url`, close the round, and compare. `on_act` is called after each act.

    :param turns: how many ideas are discussed in turns at the end.

    :raise Unexpected: if the challenge can't be posted or a player can't join.
    """
    async with Browser(url) as owner:
        stage = await facilitator.set_stage(owner, token, topic, len(play.parts))
        board = Board()
        async with contextlib.AsyncExitStack() as hall:
            players = [await hall.enter_async_context(Player(url, stage, board)) for _ in play.parts]
            await _enter(players)
            await _perform(players, play, board, on_act)
            if turns:
                await facilitator.start_turns(owner, stage, turns)
                async with asyncio.TaskGroup() as group:
                    group.create_task(discuss(players))
                    group.create_task(facilitator.interrupt_turns(owner, stage))
            exported = await facilitator.close(owner, stage)
            own = await _own_data(players)
    for player in players:
        player.record.repeats += player.browser.failures
    tallies = play.tallies()
    expected = {idea: tallies[statement] for statement, idea in board.ideas.items()}
    records = [player.record for player in players]
    stayed = {n for n in range(len(players)) if not goes_away(n)}
    return replace(verdict_on(records, exported, expected), talk=talk_on(records, own, exported, stayed))


async def _enter(players: Sequence[Player]) -> None:
    door = asyncio.Semaphore(AT_THE_DOOR)

    async def enter(player: Player) -> None:
        async with door:
            await player.join()

    async with asyncio.TaskGroup() as group:
        for player in players:
            group.create_task(enter(player))


async def _own_data(players: Sequence[Player]) -> list[dict[str, Any]]:
    """What the server has of each player, in their order."""
    door = asyncio.Semaphore(AT_THE_DOOR)

    async def download(player: Player) -> dict[str, Any]:
        async with door:
            return await player.own_data()

    return await asyncio.gather(*map(download, players))


async def _perform(players: Sequence[Player], play: Play, board: Board, on_act: Callable[[], None]) -> None:
    start = asyncio.get_running_loop().time()
    watch = asyncio.create_task(_look_around(players[0], board))
    try:
        async with asyncio.TaskGroup() as group:
            for player, acts in zip(players, play.parts.values(), strict=True):
                group.create_task(player.play(acts, start, on_act))
    finally:
        watch.cancel()


async def _look_around(player: Player, board: Board) -> None:
    """Sockets break: if no frame brings an idea for a while, a player looks it up on the page."""
    unseen: set[int] = set()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        still = {idea for idea in board.ideas.values() if idea not in board.entries}
        if still & unseen:
            with contextlib.suppress(Unexpected):
                await player.look_around()
        unseen = still


__all__ = ["Stage", "rehearse"]
