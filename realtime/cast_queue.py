"""The cast queue: casts from sockets are gathered for a few milliseconds and written in groups by one writer."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask

from ideas.availability import is_away, note_away
from ideas.errors import Busy
from ideas.marks import Cast
from ideas.services.ballots import CastAnswer, cast_ballots
from realtime.transport import SocketTransport

log = logging.getLogger(__name__)

# With more waiting casts than this a further one is refused; the client repeats it later.
QUEUE_MAX = 5_000

# The most casts in one transaction, which costs one fsync.
BATCH_MAX = 500

# How long the writer gathers casts before it writes them.
GATHER_SECONDS = 0.004

# The longest wait for the writer. After it the client repeats the command under the same number.
PATIENCE_SECONDS = 3


@dataclass
class _Waiting:
    cast: Cast
    done: Any  # the server's own kind of event
    answer: CastAnswer | None = None


class CastQueue:
    """A bounded queue and its one writer, started with the first cast."""

    def __init__(self, app: Flask, transport: SocketTransport) -> None:
        self._app, self._transport = app, transport
        self._queue: list[_Waiting] = []
        self._wake = transport.new_event()
        self._started = False
        self._unanswered = 0

    def __len__(self) -> int:
        """How many casts wait."""
        return len(self._queue)

    def finish(self, seconds: float) -> None:
        """Wait until every cast is answered, at most for so long."""
        give_up = time.monotonic() + seconds
        while self._unanswered and time.monotonic() < give_up:
            self._transport.sleep(GATHER_SECONDS)

    def cast(self, cast: Cast) -> CastAnswer:
        """Queue a cast and wait until it is on disk.

        :raise Busy: if the queue is full, or the writer does not reach it in time.
        """
        if len(self._queue) >= QUEUE_MAX:
            raise Busy
        if not self._started:
            self._started = True
            self._transport.spawn(self._write_forever)
        waiting = _Waiting(cast, self._transport.new_event())
        self._queue.append(waiting)
        self._wake.set()
        self._unanswered += 1
        try:
            waiting.done.wait(PATIENCE_SECONDS)
        finally:
            self._unanswered -= 1
        if waiting.answer is None:
            raise Busy
        return waiting.answer

    def _write_forever(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._queue:
                self._transport.sleep(GATHER_SECONDS)
                batch, self._queue[:BATCH_MAX] = self._queue[:BATCH_MAX], []
                self._write(batch)

    def _write(self, batch: list[_Waiting]) -> None:
        answers: list[CastAnswer | None]
        try:
            with self._app.app_context():
                answers = list(cast_ballots([w.cast for w in batch]))
        except Busy:
            answers = [None] * len(batch)
        except Exception as error:
            answers = self._after_failure(batch, error)
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.answer = answer
            waiting.done.set()

    def _after_failure(self, batch: list[_Waiting], error: Exception) -> list[CastAnswer | None]:
        if is_away(error):
            note_away(error)
            return [None] * len(batch)
        log.exception("a batch of %s casts failed", len(batch))
        return self._one_by_one(batch)

    def _one_by_one(self, batch: list[_Waiting]) -> list[CastAnswer | None]:
        """Write each cast alone, so that a bad one fails alone."""
        answers: list[CastAnswer | None] = []
        for waiting in batch:
            try:
                with self._app.app_context():
                    answers += cast_ballots([waiting.cast])
            except Exception:
                log.exception("a cast failed")
                answers.append(None)
        return answers
