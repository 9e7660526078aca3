"""The ticker: it runs all loops of a server, each apart from the others."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from ideas.availability import is_away, note_away
from ideas.changes import Changes, Due, Since
from ideas.loops import Loop

log = logging.getLogger(__name__)

Lease = Callable[[str], AbstractContextManager[object]]


class StopSignal(Protocol):
    """What the ticker needs of the server's kind of event."""

    def is_set(self) -> bool: ...
    def set(self) -> None: ...
    def wait(self, timeout: float | None = None) -> object: ...


def free(name: str) -> AbstractContextManager[object]:
    """The lease of a server that runs alone: it is always granted."""
    return nullcontext(True)


class Ticker:
    """Runs loops until it is stopped. A loop that fails is logged and runs again; the others do not notice.

    `spawn` starts a function in the background, `stopped` is an unset event, `context` opens the context in which
    every run takes place. `lease(name)` is entered before each run of a leased loop; a false value skips the run.
    `pause(seconds)` waits for the next run. Without it a stop ends the wait, which costs more than a small run.
    `changes` tells whether loops that wait for the database have to run; without it they run every time.
    """

    def __init__(
        self,
        spawn: Callable[..., object],
        stopped: StopSignal,
        context: Callable[[], AbstractContextManager[object]] = nullcontext,
        lease: Lease = free,
        pause: Callable[[float], object] | None = None,
        changes: Changes | None = None,
    ) -> None:
        self._spawn, self._stopped, self._context, self._lease = spawn, stopped, context, lease
        self._pause = pause or stopped.wait
        self._changes = changes
        self._started: set[str] = set()
        # `{loop: (its pause in seconds, when it last came to the end of a turn)}`, by the monotonic clock.
        self.beats: dict[str, tuple[float, float]] = {}

    def start(self, loops: Iterable[Loop]) -> None:
        """Run loops from now on, each for the first time at once; a loop that runs already is not started again."""
        for loop in loops:
            if loop.name not in self._started:
                self._started.add(loop.name)
                self._spawn(self._run_until_stopped, loop)

    def stop(self) -> None:
        """Start no further run. A run that has begun comes to its end."""
        self._stopped.set()

    def run(self, loop: Loop) -> bool:
        """Run a loop once. :return: whether it came to its end"""
        try:
            with self._context(), self._lease(loop.name) if loop.leased else free(loop.name) as granted:
                if granted:
                    loop.run()
        except Exception as error:
            if is_away(error):
                note_away(error)
            else:
                log.exception("the loop %s failed", loop.name)
            return False
        return True

    def _run_until_stopped(self, loop: Loop) -> None:
        turn = self._turn_of(loop)
        while not self._stopped.is_set():
            turn()
            self.beats[loop.name] = (loop.seconds, time.monotonic())
            self._pause(loop.seconds)

    def _turn_of(self, loop: Loop) -> Callable[[], object]:
        """What is done each time: run the loop, if it may have work."""
        if self._changes is not None and loop.next_at is not None:
            due = Due(self._changes, loop.next_at)
            return lambda: due.is_now() and self.run(loop)
        if self._changes is not None and loop.has_more is not None:
            since, has_more = Since(self._changes), loop.has_more

            def run_after_commits() -> None:
                news = since.news()
                if (news is not None or has_more()) and self.run(loop) and news is not None:
                    since.saw(news)

            return run_after_commits
        return lambda: self.run(loop)
