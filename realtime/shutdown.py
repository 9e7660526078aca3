"""The orderly end of a server process, when it is asked to end (SIGTERM).

It is no longer ready, takes no further connection, answers what it has taken, and closes its sockets with a code by
which pages connect again: behind a proxy they reach another process. What is not finished in time is cut off; pages
send it again under its number.
"""

import signal
from collections.abc import Callable
from typing import Protocol

# After this time the process ends, whatever is unfinished.
SHUTDOWN_SECONDS = 15.0

# Sockets are closed evenly over this time, so that the other processes get no wave of joins. A small crowd needs less.
CLOSING_SECONDS = 5.0
CLOSINGS_PER_SECOND = 1000

# How soon the process notices that it is asked to end.
LOOK_SECONDS = 0.1


class Leaving(Protocol):
    """What the end needs of the sockets.

    After `announce` the server is no longer ready. `leave` answers what is waiting and closes the sockets.
    """

    def announce(self) -> None: ...
    def leave(self) -> None: ...


class Shutdown:
    """Waits for SIGTERM, then ends a server in order.

    `drain_seconds`: how long it goes on as before while it says that it is not ready, for proxies that only ask.
    """

    def __init__(self, server: Leaving, sleep: Callable[[float], object], drain_seconds: float) -> None:
        self._server, self._sleep, self._drain_seconds = server, sleep, drain_seconds
        self._is_asked = self._is_over = False

    def heed(self) -> None:
        """Ask this end instead of dying at SIGTERM."""
        # The handler interrupts whatever runs, so it only takes a note.
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *_signal: object) -> None:
        self._is_asked = True

    def run(self, stop: Callable[[], object]) -> None:
        """Wait until the process is asked to end. `stop` ends the acceptance of connections."""
        while not self._is_asked:
            self._sleep(LOOK_SECONDS)
        self._server.announce()
        self._sleep(self._drain_seconds)
        stop()
        try:
            self._server.leave()
        finally:
            self._is_over = True

    def wait(self) -> None:
        """Wait until the sockets are closed: they belong to no request that the server waits for.

        A server that was interrupted (Ctrl-C) was not asked to end, and waits for nothing.
        """
        while self._is_asked and not self._is_over:
            self._sleep(LOOK_SECONDS)
