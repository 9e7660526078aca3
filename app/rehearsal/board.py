"""What the crowd knows of the ideas on the table: which statement became which entry."""

import asyncio
from collections import defaultdict


class Board:
    """Statements are pinned by whoever handed them in; their entries are learned from what the room is sent."""

    def __init__(self) -> None:
        self.ideas: dict[str, int] = {}  # by statement
        self.entries: dict[int, int] = {}  # by idea
        self._there: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._statements: dict[int, str] = {}

    def pin(self, statement: str, idea: int) -> None:
        """A statement was handed in and has become this idea."""
        self.ideas[statement] = idea
        self._statements[idea] = statement
        self._announce(idea)

    def learn(self, entries: dict[int, int]) -> None:
        """The room was shown these: `{idea: entry}`."""
        self.entries |= entries
        for idea in entries:
            self._announce(idea)

    def give_up(self, statement: str) -> None:
        """A statement will never be there; nobody needs to wait for it."""
        self._there[statement].set()

    async def entry(self, statement: str, patience: float) -> int | None:
        """The entry that a statement became; None if it did not within `patience` seconds, or was given up."""
        try:
            async with asyncio.timeout(patience):
                await self._there[statement].wait()
        except TimeoutError:
            return None
        return self.entries.get(self.ideas.get(statement, 0))

    def _announce(self, idea: int) -> None:
        if idea in self.entries and idea in self._statements:
            self._there[self._statements[idea]].set()
