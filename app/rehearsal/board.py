"""The crowd's knowledge of the ideas in the room: the entry of each statement."""

import asyncio
from collections import defaultdict


class Board:
    """Maps statements to ideas when a player submits them, and ideas to entries when the room shows them."""

    def __init__(self) -> None:
        self.ideas: dict[str, int] = {}  # by statement
        self.entries: dict[int, int] = {}  # by idea
        self.arguments: list[int] = []  # those that take replies
        self._there: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._statements: dict[int, str] = {}

    def pin(self, statement: str, idea: int) -> None:
        """Note that a statement was submitted and became this idea."""
        self.ideas[statement] = idea
        self._statements[idea] = statement
        self._announce(idea)

    def learn(self, entries: dict[int, int]) -> None:
        """Note the entries that the room showed: `{idea: entry}`."""
        self.entries |= entries
        for idea in entries:
            self._announce(idea)

    def give_up(self, statement: str) -> None:
        """Note that a statement will never appear, so that nobody waits for it."""
        self._there[statement].set()

    async def entry(self, statement: str, patience: float) -> int | None:
        """The entry of a statement; None if it does not appear within `patience` seconds, or was given up."""
        try:
            async with asyncio.timeout(patience):
                await self._there[statement].wait()
        except TimeoutError:
            return None
        return self.entries.get(self.ideas.get(statement, 0))

    def _announce(self, idea: int) -> None:
        if idea in self.entries and idea in self._statements:
            self._there[self._statements[idea]].set()
