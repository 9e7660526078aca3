"""The ticker: it runs all periodic work of a server, each job in a loop of its own."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from ideas.availability import is_away, note_away
from ideas.changes import Changes, Due, Since
from ideas.jobs import Job

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
    """Runs jobs until it is stopped. A job that fails is logged and runs again; the others do not notice.

    `spawn` starts a function in the background, `stopped` is an unset event, `context` opens the context in which
    every run takes place. `lease(name)` is entered before each run of a leased job; a false value skips the run.
    `pause(seconds)` waits for the next run. Without it a stop ends the wait, which costs more than a small job.
    `changes` tells whether jobs that wait for the database have to run; without it they run every time.
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
        # `{job: (its pause in seconds, when it last came to the end of a turn)}`, by the monotonic clock.
        self.beats: dict[str, tuple[float, float]] = {}

    def start(self, jobs: Iterable[Job]) -> None:
        """Run jobs from now on, each for the first time at once; a job that runs already is not started again."""
        for job in jobs:
            if job.name not in self._started:
                self._started.add(job.name)
                self._spawn(self._run_until_stopped, job)

    def stop(self) -> None:
        """Start no further run. A run that has begun comes to its end."""
        self._stopped.set()

    def run(self, job: Job) -> bool:
        """Run a job once. :return: whether it came to its end"""
        try:
            with self._context(), self._lease(job.name) if job.leased else free(job.name) as granted:
                if granted:
                    job.run()
        except Exception as error:
            if is_away(error):
                note_away(error)
            else:
                log.exception("the job %s failed", job.name)
            return False
        return True

    def _run_until_stopped(self, job: Job) -> None:
        turn = self._turn_of(job)
        while not self._stopped.is_set():
            turn()
            self.beats[job.name] = (job.seconds, time.monotonic())
            self._pause(job.seconds)

    def _turn_of(self, job: Job) -> Callable[[], object]:
        """What is done each time: run the job, if it may have work."""
        if self._changes is not None and job.next_at is not None:
            due = Due(self._changes, job.next_at)
            return lambda: due.is_now() and self.run(job)
        if self._changes is not None and job.has_more is not None:
            since, has_more = Since(self._changes), job.has_more

            def run_after_commits() -> None:
                news = since.news()
                if (news is not None or has_more()) and self.run(job) and news is not None:
                    since.saw(news)

            return run_after_commits
        return lambda: self.run(job)
