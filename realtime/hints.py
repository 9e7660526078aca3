"""Hints: PostgreSQL tells this process at once in which challenges another process changed something (NOTIFY).

They only make the publisher look earlier. Whoever misses one sees the change with the next look at the database.
"""

import json
import logging
import select
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from ideas.availability import is_away
from ideas.database import HINTS, db, process_name

log = logging.getLogger(__name__)

# The pause before a new connection, after the old one broke.
PAUSE_SECONDS = 1.0

# After so long without a hint this process sends one to itself. If that does not arrive within the same time, nothing
# does: a pooler gave the listening connection to somebody else.
ASK_SECONDS = 10.0

# The pause before listening again where hints do not arrive.
DEAF_SECONDS = 60.0

# The pause after a hint: in a storm of changes those that arrive meanwhile are one. The first of them never waits.
GATHER_SECONDS = 0.02

# A hint of this process to itself, about no challenge.
ASKED = (HINTS, json.dumps(["", []]))


class HintListener:
    """Listens on a connection of its own.

    `on_hint` is called with the ids of challenges that changed elsewhere, and with None for any of them, at the begin.
    """

    def __init__(
        self, app: Flask, sleep: Callable[[float], object], on_hint: Callable[[set[int] | None], object]
    ) -> None:
        self._is_on = str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("postgresql")
        self._sleep, self._on_hint = sleep, on_hint
        self._is_deaf = False

    @property
    def is_on(self) -> bool:
        """Whether the database gives hints."""
        return self._is_on

    def listen(self) -> None:
        """Listen until the connection breaks."""
        listening = create_engine(db.engine.url, poolclass=NullPool, pool_reset_on_return=None)
        try:
            with closing(listening.raw_connection()) as pooled:
                self._listen(pooled.driver_connection)
        except Exception as error:
            if not is_away(error) and not _is_lost(error):
                raise

    def _listen(self, connection: Any) -> None:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"LISTEN {HINTS}")
        cursor.execute("SELECT pg_notify(%s, %s)", ASKED)
        self._on_hint(None)
        is_asked = True
        while True:
            if select.select([connection.fileno()], [], [], ASK_SECONDS)[0]:
                connection.poll()
            elif is_asked and not connection.notifies:
                break
            elif not is_asked:
                cursor.execute("SELECT pg_notify(%s, %s)", ASKED)
                is_asked = True
            hints = [notice.payload for notice in connection.notifies]
            connection.notifies.clear()
            is_asked = is_asked and not hints
            if hinted := challenges_in(hints):
                self._on_hint(hinted)
                self._sleep(GATHER_SECONDS)
        if not self._is_deaf:
            log.warning(
                "PostgreSQL brings no hints, probably because of a pooler in transaction mode: "
                "rooms hear of other processes within a second"
            )
        self._is_deaf = True
        self._sleep(DEAF_SECONDS)


def challenges_in(hints: Iterable[str]) -> set[int]:
    """The challenges that other processes name in their hints."""
    told, own = map(json.loads, hints), process_name()
    return {challenge_id for process, changed in told if process != own for challenge_id in changed}


def _is_lost(error: Exception) -> bool:
    """Whether the driver says that the connection is gone. Its errors are its own here, not SQLAlchemy's."""
    return type(error).__module__.startswith("psycopg2")
