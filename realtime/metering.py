"""The meter: how fast a socket may be read from, below everything that takes frames apart.

A green server gives way only where it has to wait. A sender that never lets its connection run empty would
therefore keep the whole process to itself, whatever the gate makes of its frames; and pings, fragments without an
end and packets that the transport reads for itself never reach the gate at all. So every read is paid for: who
reads ahead of its budget sleeps, the connection fills up, and the sender waits.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# A frame takes four or five reads: some 40 frames a second in the long run, twice what the gate lets through.
READS_PER_SECOND = 200
READS_AT_ONCE = 600

BYTES_PER_SECOND = 64 * 1024
BYTES_AT_ONCE = 256 * 1024

# What a client of ours ever sends: a pong, a farewell, and Socket.IO's CONNECT, DISCONNECT, EVENT and ACK. The
# transport would take anything else for JSON and parse it, or answer it.
_OURS = re.compile(r"3$|1$|4[0-3]")


class MessageTooLong(ConnectionError):
    """A message came in so many fragments that it is longer than any may be."""


@dataclass
class Budget:
    """So many at once, so many a second in the long run; who takes more owes time."""

    rate: float
    most: float
    left: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = self.most

    def take(self, cost: float) -> float:
        """:return: for how many seconds to wait now."""
        now = time.monotonic()
        self.left = min(self.most, self.left + (now - self.filled_at) * self.rate) - cost
        self.filled_at = now
        return max(0.0, -self.left / self.rate)


class MeteredSocket:
    """A connection whose reads are paid for. Everything else is the connection's own."""

    def __init__(self, connection: Any, sleep: Callable[[float], None], message_max: int) -> None:
        self._connection, self._sleep, self._message_max = connection, sleep, message_max
        self._reads, self._bytes = Budget(READS_PER_SECOND, READS_AT_ONCE), Budget(BYTES_PER_SECOND, BYTES_AT_ONCE)
        self._of_message = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def recv(self, most: int) -> bytes:
        """:raise MessageTooLong:"""
        data: bytes = self._connection.recv(most)
        self._of_message += len(data)
        if self._of_message > self._message_max:
            raise MessageTooLong
        debt = max(self._reads.take(1), self._bytes.take(len(data)))
        if debt:
            self._sleep(debt)
        return data

    def begin_message(self) -> None:
        self._of_message = 0


class MeteredWebSocket:
    """A WebSocket on a metered connection that hands on only what a client of ours could have sent."""

    def __init__(self, websocket: Any, sleep: Callable[[float], None], message_max: int) -> None:
        self._websocket = websocket
        websocket.socket = self._metered = MeteredSocket(websocket.socket, sleep, message_max)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._websocket, name)

    def wait(self) -> str | None:
        """The next frame; None when the connection has ended."""
        while True:
            self._metered.begin_message()
            frame = self._websocket.wait()
            if frame is None or (isinstance(frame, str) and _OURS.match(frame)):
                return frame
