"""Read budgets: a limit on how fast the server reads from a socket, below everything that parses frames.

A green server switches to another connection only where it has to wait. A sender whose connection never runs empty
would keep the whole process to itself, whatever the gate does with its frames. Pings, endless fragments and packets
that the transport itself reads never reach the gate. So every read costs budget: a connection without budget is not
read for a while, its buffer fills up, and the sender waits.
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

# All that our clients send: pong, close, and Socket.IO's CONNECT, DISCONNECT, EVENT and ACK. The transport would parse
# anything else as JSON, or answer it.
_OURS = re.compile(r"3$|1$|4[0-3]")


class MessageTooLong(ConnectionError):
    """The fragments of one message are together longer than a message may be."""


@dataclass
class ReadBudget:
    """At most `most` at once and `rate` a second in the long run. Taking more costs waiting time."""

    rate: float
    most: float
    left: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = self.most

    def take(self, cost: float) -> float:
        """Take from the budget. :return: how many seconds to wait now."""
        now = time.monotonic()
        self.left = min(self.most, self.left + (now - self.filled_at) * self.rate) - cost
        self.filled_at = now
        return max(0.0, -self.left / self.rate)


class BudgetedSocket:
    """A connection with limited reads. It passes everything else on to the connection."""

    def __init__(self, connection: Any, sleep: Callable[[float], None], message_max: int) -> None:
        self._connection, self._sleep, self._message_max = connection, sleep, message_max
        self._reads, self._bytes = (
            ReadBudget(READS_PER_SECOND, READS_AT_ONCE),
            ReadBudget(BYTES_PER_SECOND, BYTES_AT_ONCE),
        )
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


class BudgetedWebSocket:
    """A WebSocket with limited reads that passes on only frames that our clients send."""

    def __init__(
        self,
        websocket: Any,
        sleep: Callable[[float], None],
        message_max: int,
        close_data: Callable[[], tuple[int, str] | None] = lambda: None,
    ) -> None:
        self._websocket, self._close_data = websocket, close_data
        websocket.socket = self._budgeted = BudgetedSocket(websocket.socket, sleep, message_max)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._websocket, name)

    def close(self) -> None:
        self._websocket.close(self._close_data())

    def wait(self) -> str | None:
        """The next frame; None when the connection has ended."""
        while True:
            self._budgeted.begin_message()
            frame = self._websocket.wait()
            if frame is None or (isinstance(frame, str) and _OURS.match(frame)):
                return frame
