"""Rooms that this process made before. To restore the database of one takes a tenth of the time of making it.

A room is reused for four minutes, and only as the first thing in the database of a test.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ideas import clock, events
from ideas.database import db

Made = TypeVar("Made")

REUSED_SECONDS = 240

# So many files of databases are kept; each has more than a megabyte.
KEPT_MAX = 24

_now = clock.now


@dataclass(frozen=True)
class _Kept:
    made: Any
    at: float
    content: bytes
    events: Sequence[events.Event]


class Stock:
    def __init__(self) -> None:
        self._database: Path | None = None
        self._laid_at = 0  # when its file was written, in nanoseconds
        self._kept: dict[str, _Kept] = {}

    def serve(self, database: Path) -> None:
        """Give rooms to a test with this empty database, which nobody else has open."""
        self._database, self._laid_at = database, database.stat().st_mtime_ns

    def end(self) -> None:
        self._database = None

    def take(self, key: str, make: Callable[[], Made]) -> Made:
        """What `make` makes; its events are published in either case."""
        database = self._database
        if database is None or not self._is_empty(database) or clock.now is not _now:
            return make()
        self.end()
        kept = self._kept.pop(key, None)
        if kept is None or time.monotonic() > kept.at + REUSED_SECONDS:
            kept = _make(database, make)
        else:
            _restore(database, kept)
        self._kept[key] = kept
        if len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        made: Made = kept.made
        return made

    def _is_empty(self, database: Path) -> bool:
        """Whether nothing was written to the database since."""
        log = database.with_name(f"{database.name}-wal")
        return database.stat().st_mtime_ns == self._laid_at and not (log.exists() and log.stat().st_size)


def _make(database: Path, make: Callable[[], object]) -> _Kept:
    heard: list[events.Event] = []
    events.subscribe(events.Event, heard.append)
    try:
        made = make()
    finally:
        events.unsubscribe(heard.append)
    _close()  # the last connection moves all content into the file
    return _Kept(made, time.monotonic(), database.read_bytes(), heard)


def _restore(database: Path, kept: _Kept) -> None:
    _close()
    for rest in ("-wal", "-shm"):
        database.with_name(database.name + rest).unlink(missing_ok=True)
    database.write_bytes(kept.content)
    events.publish(kept.events)


def _close() -> None:
    db.session().close()  # it is not removed: a test may hold it already
    db.engine.dispose()
