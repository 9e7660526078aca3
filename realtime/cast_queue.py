"""The cast queue: casts from sockets are written in groups by one writer, which also answers them."""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from ideas.availability import is_away, note_away
from ideas.database import db
from ideas.errors import Busy
from ideas.marks import Cast, Sender
from ideas.services.ballots import CastAnswer, cast_ballots
from realtime.transport import SocketTransport

log = logging.getLogger(__name__)

# With more waiting casts than this a further one is refused; the client repeats it later.
QUEUE_MAX = 5_000

# The most casts in one transaction, which costs one fsync.
BATCH_MAX = 500

# In a crowd the writer waits so long for further casts before it writes, so that they share the cost of a transaction.
GATHER_SECONDS = 0.015

# It is a crowd when so many casts, each of another browser than the one before, arrived within `CROWD_SECONDS`. That
# is a hundred a second. Otherwise a cast is written at once.
CROWD_CASTS = 8
CROWD_SECONDS = 0.08

# The longest wait for the writer. After it the client repeats the command under the same number.
PATIENCE_SECONDS = 3
LOOK_SECONDS = 0.25

# Hears the answer of a cast when it is on disk; None if it is not known, so that the client has to ask again.
Teller = Callable[[CastAnswer | None], None]


@dataclass(slots=True)
class _Waiting:
    cast: Cast
    tell: Teller
    until: float
    is_answered: bool = False

    def answer(self, answer: CastAnswer | None) -> None:
        if self.is_answered:
            return
        self.is_answered = True
        try:
            self.tell(answer)
        except Exception:
            log.exception("the answer of a cast was not sent")


class CastQueue:
    """A bounded queue and its one writer, started with the first cast."""

    def __init__(self, app: Flask, transport: SocketTransport) -> None:
        self._app, self._transport = app, transport
        self._queue: list[_Waiting] = []
        self._batch: list[_Waiting] = []  # is being written
        self._wake = transport.new_event()
        self._started = False
        self._arrivals = deque[float](maxlen=CROWD_CASTS)
        self._sender: Sender | None = None  # of the latest cast

    def put(self, cast: Cast, tell: Teller) -> None:
        """Queue a cast. `tell` hears its answer once it is on disk, or None: if the queue is full, or the writer does
        not reach it in time.
        """
        if len(self._queue) >= QUEUE_MAX:
            tell(None)
            return
        if not self._started:
            self._started = True
            self._transport.spawn(self._write_forever)
            self._transport.spawn(self._answer_the_patient)
        now = time.monotonic()
        if cast.sender != self._sender:
            self._sender = cast.sender
            self._arrivals.append(now)
        self._queue.append(_Waiting(cast, tell, now + PATIENCE_SECONDS))
        self._wake.set()

    def __len__(self) -> int:
        """How many casts wait."""
        return len(self._queue)

    def finish(self, seconds: float) -> None:
        """Wait until every cast is answered, at most for so long."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up and not all(w.is_answered for w in (*self._batch, *self._queue)):
            self._transport.sleep(GATHER_SECONDS)

    def _write_forever(self) -> None:
        # One context for all, since making one costs as much as some statements. Each transaction begins anew anyway.
        with self._app.app_context():
            while True:
                self._wake.wait()
                self._wake.clear()
                while self._queue:
                    self._gather()
                    self._batch, self._queue[:BATCH_MAX] = self._queue[:BATCH_MAX], []
                    self._write(self._batch)

    def _gather(self) -> None:
        """Wait for further casts: at least until every socket was read that had something to read."""
        is_crowd = len(self._arrivals) == CROWD_CASTS and time.monotonic() - self._arrivals[0] < CROWD_SECONDS
        self._transport.sleep(GATHER_SECONDS if is_crowd else 0)

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            answers = cast_ballots([waiting.cast for waiting in batch])
        except Exception as error:
            self._after_failure(batch, error)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.answer(answer)

    def _after_failure(self, batch: list[_Waiting], error: Exception) -> None:
        db.session.remove()
        if is_away(error):
            note_away(error)
        elif not isinstance(error, Busy):
            log.exception("a batch of %s casts failed", len(batch))
            self._write_one_by_one(batch)
            return
        # Those behind would wait for the same database, and wait for longer than clients are promised.
        batch, self._queue = batch + self._queue, []
        for waiting in batch:
            waiting.answer(None)

    def _write_one_by_one(self, batch: list[_Waiting]) -> None:
        """Write each cast alone, so that a bad one fails alone."""
        for waiting in batch:
            try:
                [answer] = cast_ballots([waiting.cast])
            except Exception:
                log.exception("a cast failed")
                waiting.answer(None)
            else:
                waiting.answer(answer)

    def _answer_the_patient(self) -> None:
        """Answer the casts that have waited for too long. They may still be written: the repetition hears of it."""
        while True:
            self._transport.sleep(LOOK_SECONDS)
            now = time.monotonic()
            for waiting in (*self._batch, *self._queue):
                if waiting.until < now:
                    waiting.answer(None)
            self._queue = [waiting for waiting in self._queue if not waiting.is_answered]
