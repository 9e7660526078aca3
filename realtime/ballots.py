"""The ballot box: casts from sockets wait here for a few milliseconds and are written in groups by one writer."""

import logging
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_socketio import SocketIO

from ideas.errors import Busy
from ideas.services.ballots import Cast, CastAnswer, cast_ballots

log = logging.getLogger(__name__)

# Past this many waiting casts a voter is better told to come again.
QUEUE_MAX = 5_000

# Casts in one transaction: one fsync for all of them.
BATCH_MAX = 500

# How long the first of a batch waits for company.
GATHER_SECONDS = 0.004

# Nobody waits longer for the writer; the client repeats the command under the same number.
PATIENCE_SECONDS = 20


@dataclass
class _Waiting:
    cast: Cast
    done: Any  # the server's own kind of event
    answer: CastAnswer | None = None


class BallotBox:
    """A bounded queue and its one writer, started with the first cast."""

    def __init__(self, app: Flask, socketio: SocketIO) -> None:
        self._app, self._socketio = app, socketio
        self._queue: list[_Waiting] = []
        self._wake = socketio.server.eio.create_event()
        self._started = False

    def cast(self, cast: Cast) -> CastAnswer:
        """Put a cast in and wait until it is on disk.

        :raise Busy: if the queue is full, or the writer does not get to it.
        """
        if len(self._queue) >= QUEUE_MAX:
            raise Busy
        if not self._started:
            self._started = True
            self._socketio.start_background_task(self._write_forever)
        waiting = _Waiting(cast, self._socketio.server.eio.create_event())
        self._queue.append(waiting)
        self._wake.set()
        waiting.done.wait(PATIENCE_SECONDS)
        if waiting.answer is None:
            raise Busy
        return waiting.answer

    def _write_forever(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._queue:
                self._socketio.sleep(GATHER_SECONDS)
                batch, self._queue[:BATCH_MAX] = self._queue[:BATCH_MAX], []
                self._write(batch)

    def _write(self, batch: list[_Waiting]) -> None:
        answers: list[CastAnswer | None]
        try:
            with self._app.app_context():
                answers = list(cast_ballots([w.cast for w in batch]))
        except Busy:
            answers = [None] * len(batch)
        except Exception:
            log.exception("a batch of %s casts failed", len(batch))
            answers = self._one_by_one(batch)
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.answer = answer
            waiting.done.set()

    def _one_by_one(self, batch: list[_Waiting]) -> list[CastAnswer | None]:
        """One bad cast must not take the others with it."""
        answers: list[CastAnswer | None] = []
        for waiting in batch:
            try:
                with self._app.app_context():
                    answers += cast_ballots([waiting.cast])
            except Exception:
                log.exception("a cast failed")
                answers.append(None)
        return answers
