"""Batching: what many sockets ask for in the same turn of the loop is handled together.

A hall that opens its phones asks the database a few times for everybody, and not a few times for each.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# The most that are handled before others have their turn.
BATCH_MAX = 50

# In a crowd this much time passes between two turns, so that more come together.
PAUSE_SECONDS = 0.02


class Batcher(Generic[T]):
    """Hands what was put to `act(together)`, which must not raise, in the order in which it came.

    What comes alone does not wait.
    """

    def __init__(
        self, spawn: Callable[..., object], sleep: Callable[[float], object], act: Callable[[list[T]], None]
    ) -> None:
        self._spawn, self._sleep, self._act = spawn, sleep, act
        self._waiting: list[T] = []
        self._is_acting = False

    def put(self, item: T) -> None:
        self._waiting.append(item)
        if not self._is_acting:
            self._is_acting = True
            self._spawn(self._act_until_empty)

    def _act_until_empty(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
                self._act(together)
                self._sleep(0 if self._waiting else PAUSE_SECONDS)
        finally:
            self._is_acting = False
