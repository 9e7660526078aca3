"""Admission: how many connections the limit of open files permits, and what happens to one more.

A connection is a descriptor. Without descriptors a server can neither accept nor open its database, so some of them
are kept back. When all connections are in use, the one that has been silent for the longest makes room: its sender has
asked for nothing. If every connection is being served, the new one is told to come back later.

Sockets stay for hours, so they may not take every connection: whoever is inside must still be able to load a page.
"""

import contextlib
import errno
import logging
import os
import resource
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from ideas.unread import has_unread

log = logging.getLogger(__name__)

# More would not help: one process serves them all.
CONNECTIONS_MAX = 10_000

# Descriptors for the database, the worker, files that are read, mails, and refusals.
RESERVE = 128
CONNECTIONS_MIN = 16

# Of so many connections one is kept for requests, at least one in all.
ONE_FOR_REQUESTS_IN = 10

# macOS names no hard limit and refuses any number above this one.
FILES_OF_MACOS = 10_240

# A refusal holds its connection until the other side has read it, for at most this time.
REFUSALS_AT_ONCE = 32
REFUSAL_SECONDS = 2

# The pause after the system could not give a connection: the reasons pass, and a loop must not turn without one.
PAUSE_SECONDS = 0.05

RETRY_AFTER_SECONDS = 5
_SENTENCE = b"The server has no connection left. Please try again in a moment.\n"
_HEADERS = [
    ("Cache-Control", "no-store"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Retry-After", str(RETRY_AFTER_SECONDS)),
]
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nCache-Control: no-store\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nRetry-After: %d\r\nContent-Length: %d\r\n\r\n%s"
) % (RETRY_AFTER_SECONDS, len(_SENTENCE), _SENTENCE)

LOG_SECONDS = 60

# Failures of an accept after which no further one can succeed.
SOCKET_IS_GONE = {errno.EBADF, errno.EINVAL, errno.ENOTSOCK}


def raise_file_limit() -> int:
    """Raise the limit of open files as far as this user may. :return: the limit, -1 if there is none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, FILES_OF_MACOS):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft


def connections_within(files_max: int, wanted: int = 0) -> int:
    """How many connections this process may hold if it may open `files_max` files; -1 is no limit.

    `wanted` is the operator's own limit, 0 for none.
    """
    most = wanted or CONNECTIONS_MAX
    if files_max < 0:
        return most
    return min(most, max(CONNECTIONS_MIN, files_max - RESERVE - _files_open()))


def _files_open() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


class Admission:
    """The open connections of one server. It blocks nobody and needs no lock: green servers run it on one thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sockets_max = max(1, most - max(1, most // ONE_FOR_REQUESTS_IN))
        self._open: set[socket.socket] = set()
        self._sockets: set[socket.socket] = set()  # those of them that became WebSockets
        self._silent: dict[socket.socket, None] = {}  # those without a whole request, the longest silence first
        self._refusing = 0
        self._refused = 0  # since the last line in the log
        self.refusals = 0
        self._logged_at = -LOG_SECONDS

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def sockets(self) -> int:
        """How many of the connections are WebSockets."""
        return len(self._sockets)

    def admit(self, connection: socket.socket) -> bool:
        """Whether a new connection may stay; if not, the caller hands it to `refuse`."""
        if len(self._open) >= self.most and not self._drop_silent():
            return False
        self._open.add(connection)
        self._silent[connection] = None
        return True

    def waits(self, connection: socket.socket) -> None:
        """Note that a connection has no request now."""
        if connection in self._open:
            self._silent.pop(connection, None)
            self._silent[connection] = None

    def serves(self, connection: socket.socket) -> None:
        """Note that a connection has sent a whole head of a request."""
        self._silent.pop(connection, None)

    def moved(self, connection: socket.socket, to: socket.socket) -> None:
        """Note that a connection, which is being served, goes on as a WebSocket, which is another object."""
        if connection in self._open:
            self.left(connection)
            self._open.add(to)
            self._sockets.add(to)

    def left(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        self._sockets.discard(connection)
        self._silent.pop(connection, None)

    def door_of(self, wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """An application that answers WebSockets beyond `sockets_max` with 503."""

        def door(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
                return wsgi(environ, start_response)
            if self.sockets >= self.sockets_max:
                self._note_refusal()
                start_response("503 Service Unavailable", _HEADERS)
                return [_SENTENCE]
            return wsgi(environ, start_response)

        return door

    def refuse(self, connection: socket.socket) -> None:
        """Answer 503 and close. In a flood of refusals nobody waits until the answer has been read."""
        self._note_refusal()
        self._refusing += 1
        try:
            _say_goodbye(connection, REFUSAL_SECONDS if self._refusing <= REFUSALS_AT_ONCE else 0)
        finally:
            self._refusing -= 1

    def _drop_silent(self) -> bool:
        """End the connection with the longest silence. :return: whether there was one."""
        for connection in self._silent:
            if not _has_sent(connection):
                self.left(connection)
                _end(connection)
                return True
        return False

    def _note_refusal(self) -> None:
        self._refused += 1
        self.refusals += 1
        if time.monotonic() - self._logged_at >= LOG_SECONDS:
            log.warning(
                "%d of %d connections are in use, %d by sockets; refused %d since the last line",
                len(self),
                self.most,
                self.sockets,
                self._refused,
            )
            self._logged_at, self._refused = time.monotonic(), 0


class Listener:
    """A listening socket that outlives every failed accept and returns only admitted connections."""

    def __init__(
        self,
        listening: socket.socket,
        admission: Admission,
        sleep: Callable[[float], object],
        spawn: Callable[..., object],
    ) -> None:
        self._listening, self._admission, self._sleep, self._spawn = listening, admission, sleep, spawn
        self._is_stopped = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._listening, name)

    def stop(self) -> None:
        """Accept nothing more. A task that waits in `accept` ends."""
        self._is_stopped = True
        _end(self._listening)

    def accept(self) -> tuple[socket.socket, object]:
        """:raise SystemExit: after `stop`."""
        while True:
            try:
                connection, address = self._listening.accept()
            except OSError as error:
                if self._is_stopped:
                    raise SystemExit from None
                if error.errno in SOCKET_IS_GONE:
                    raise
                self._sleep(PAUSE_SECONDS)
                continue
            if self._admission.admit(connection):
                self._sleep(0)  # a dropped connection is closed by its own task
                return connection, address
            self._spawn(self._admission.refuse, connection)
            self._sleep(0)


def _has_sent(connection: socket.socket) -> bool:
    """Whether a connection holds bytes that nobody has read yet."""
    try:
        return has_unread(connection.fileno())
    except OSError:
        return False


def _end(connection: socket.socket) -> None:
    """End a connection on which another task waits: the task reads the end and closes it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _say_goodbye(connection: socket.socket, seconds: float) -> None:
    """Send the refusal, and read what the other side has sent: unread bytes would reset the connection unseen."""
    give_up = time.monotonic() + seconds
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.settimeout(seconds)
        connection.sendall(REFUSAL)
        connection.shutdown(socket.SHUT_WR)
        while time.monotonic() < give_up and connection.recv(65536):
            pass
