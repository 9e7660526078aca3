"""A wire between one person and the server: it keeps every byte that came over it, and can be cut.

A page (or a `Caller`) that goes through `wire.url` sends and hears everything through here: pages, fragments, socket
frames. So a test can say that a text never reached somebody, which no look at a page can. Nothing comes compressed:
what browsers could unpack is taken out of what they ask for.
"""

import contextlib
import socket
import struct
import threading

CHUNK = 65_536
# Closing with this says RST instead of a farewell: as when a phone leaves the network.
AT_ONCE = struct.pack("ii", 1, 0)

# Names of headers, and as long ones that mean nothing.
PACKED = {b"Accept-Encoding:": b"X-Not-Encodings:", b"Sec-WebSocket-Extensions:": b"X-Not-WebSocket-Extended:"}


class Wire:
    """A proxy on a port of its own in front of a server on the loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._heard: list[bytearray] = []  # one for each connection, as it came
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What came over it

    def brought(self, text: str) -> bool:
        """Whether a text ever reached this person. Choose ASCII: JSON writes other letters as numbers."""
        needle = text.encode()
        with self._lock:
            return any(needle in connection for connection in self._heard)

    @property
    def size(self) -> int:
        """How many bytes came: a wire that brought nothing shows nothing."""
        with self._lock:
            return sum(map(len, self._heard))

    # What can happen to it

    def cut(self) -> None:
        """End every connection without a farewell, and let none through until `mend`."""
        with self._lock:
            self._is_cut = True
            open_now, self._open = self._open, set()
        for end in open_now:
            _kill(end)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    # The work

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        if self._is_cut:
            _kill(near)
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._port))
        except OSError:  # the server is away
            _kill(near)
            return
        heard = bytearray()
        with self._lock:
            goes_through = not self._is_cut
            if goes_through:
                self._open |= {near, far}
                self._heard.append(heard)
        if not goes_through:
            _kill(near)
            _kill(far)
            return
        threading.Thread(target=self._pump, args=(near, far, None), daemon=True).start()
        self._pump(far, near, heard)

    def _pump(self, source: socket.socket, target: socket.socket, keep: bytearray | None) -> None:
        """Pass on what comes, until either end closes."""
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if keep is None:
                    data = _plainly(data)
                else:
                    with self._lock:
                        keep += data
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            with self._lock:
                self._open.discard(end)


def _plainly(asked: bytes) -> bytes:
    for name, other in PACKED.items():
        asked = asked.replace(name, other)
    return asked


def _kill(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads from it
    end.close()
