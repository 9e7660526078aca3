"""Lines: open WebSockets. A line has no task of its own, so an idle one costs only its memory.

A frame is written directly as long as nothing waits; what the system does not take at once waits in a bounded queue
of the line, and everything after it waits behind it. A receiver whose queue is full reads too slowly and is cut: it
connects again, and a catch-up costs less than its queue.
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from socket import SHUT_WR
from typing import Any, Protocol

from realtime import websocket
from realtime.gate import TokenBucket
from realtime.read_budget import LineBudget

# A receiver with more waiting than this reads too slowly. One frame is taken whatever its size.
QUEUED_FRAMES_MAX = 500
QUEUED_BYTES_MAX = 1024 * 1024

# One read. A full one may hold a thousand frames, which are all handled before another line has its turn.
READ_BYTES = 8192


class Watch(Protocol):
    """A file that is watched; `stop` ends it."""

    def stop(self) -> None: ...


class Hub(Protocol):
    """What lines need of the green server: calls when a file can be read or written, and calls after a time.

    The calls come from the loop itself and must not wait.
    """

    def on_readable(self, fileno: int, act: Callable[[], None]) -> Watch: ...
    def on_writable(self, fileno: int, act: Callable[[], None]) -> Watch: ...
    def later(self, seconds: float, act: Callable[[], None]) -> None: ...


@dataclass(frozen=True)
class Taken:
    """A connection that was taken over from the server of requests. `socket` does not block; `left` tells its end."""

    socket: Any  # `_socket.socket`
    hub: Hub
    left: Callable[[], object]


class Line:
    """A WebSocket in the place of engineio's `Socket`, of which it has the attributes that the library reads.

    `on_text(line, text)` is called for each text message, and `on_close(line, reason)` once, before the last frame.
    `on_gone(line)` is called when the other side has left. It has to `cut` the line, but not at once: a hall whose
    network fails leaves in one moment.
    """

    # The library's, of a socket that needs no upgrade.
    connected = upgraded = True

    __slots__ = (
        "__weakref__",
        "_budget",
        "_hub",
        "_left",
        "_on_close",
        "_on_gone",
        "_on_text",
        "_parser",
        "_reading",
        "_socket",
        "_waiting",
        "_waiting_bytes",
        "_writing",
        "bucket",
        "closed",
        "closing",
        "is_answered",
        "opened_at",
        "sid",
    )

    def __init__(
        self,
        sid: str,
        taken: Taken,
        bytes_max: int,
        on_text: Callable[["Line", str], None],
        on_close: Callable[["Line", str | None], None],
        on_gone: Callable[["Line"], None],
    ) -> None:
        self.sid = sid
        self.opened_at = time.monotonic()
        self.bucket = TokenBucket()
        self.is_answered = True  # the latest ping
        self.closing = self.closed = False
        self._socket, self._hub, self._left = taken.socket, taken.hub, taken.left
        self._on_text, self._on_close, self._on_gone = on_text, on_close, on_gone
        self._parser = websocket.Parser(bytes_max)
        self._budget = LineBudget()
        self._waiting: deque[bytes | memoryview] | None = None  # None is the usual case: nothing waits
        self._waiting_bytes = 0
        self._reading: Watch | None = None
        self._writing: Watch | None = None

    # Out

    @property
    def waiting_bytes(self) -> int:
        """How much waits because the receiver is slow."""
        return self._waiting_bytes

    def write(self, frame: bytes) -> None:
        """Send a whole frame, now or after the frames before it. It never blocks."""
        if self._waiting is not None:
            self._queue(frame)
            return
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.cut()
            return
        if sent < len(frame):
            self._waiting = deque()
            self._queue(memoryview(frame)[sent:])
            self._writing = self._hub.on_writable(self._socket.fileno(), self._write_waiting)

    def send(self, packet: Any) -> None:
        """Send a packet of engineio."""
        if not self.closed:
            self.write(websocket.frame(packet.encode().encode()))

    def _queue(self, frame: bytes | memoryview) -> None:
        if self.closed or self._waiting is None:
            return
        if len(self._waiting) >= QUEUED_FRAMES_MAX or self._waiting_bytes > QUEUED_BYTES_MAX:
            self.cut()
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)

    def _write_waiting(self) -> None:
        try:
            while self._waiting:
                frame = self._waiting[0]
                sent = self._socket.send(frame)
                self._waiting_bytes -= sent
                if sent < len(frame):
                    self._waiting[0] = memoryview(frame)[sent:]
                    return
                self._waiting.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.cut()
            return
        self._waiting = None
        self._stop_writing()

    # In

    def start(self) -> None:
        """Read from now on."""
        if not self.closed:
            self._reading = self._hub.on_readable(self._socket.fileno(), self._read)

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._stop_reading()
            self._on_gone(self)
            return
        try:
            messages = self._parser.feed(data)
            for opcode, payload in messages:
                if self.closed:
                    return
                self._take(opcode, payload)
        except websocket.BrokenFrame as error:
            self._end(None, websocket.closing(error.code))
            return
        debt = self._budget.take(len(data), len(messages))
        if debt and not self.closed:
            self._stop_reading()
            self._hub.later(debt, self.start)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == websocket.TEXT:
            try:
                text = payload.decode()
            except UnicodeDecodeError:
                raise websocket.BrokenFrame(websocket.NOT_UTF8) from None
            self._on_text(self, text)
        elif opcode == websocket.PING:
            self.write(websocket.frame(payload, websocket.PONG))
        elif opcode == websocket.CLOSE:
            self._end(None, websocket.closing())

    # The end

    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """End the line in the words of engineio; with `abort` without telling it that library's client."""
        self._end(reason, (b"" if abort else websocket.frame(b"1")) + websocket.closing())

    def end(self, closing: bytes) -> None:
        """End the line with this frame and no word of the library."""
        self._end(None, closing)

    def cut(self) -> None:
        """End the line without a word: nobody reads at its other end."""
        self._end(None, b"")

    def _end(self, reason: str | None, last: bytes) -> None:
        if self.closed or self.closing:
            return
        self.closing = True
        try:
            self._on_close(self, reason)
        finally:
            self.closed = True
            self._stop_reading()
            self._stop_writing()
            with contextlib.suppress(OSError):
                if last and self._waiting is None:
                    self._socket.send(last)
                self._socket.shutdown(SHUT_WR)
            self._waiting = None
            self._socket.close()
            self._left()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.stop()
            self._writing = None
