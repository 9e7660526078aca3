"""A wire between one person and the server: a proxy that keeps every byte the person received, and can be cut.

A page (or a `Caller`) at `wire.url` receives everything through the wire: pages, fragments, socket frames. So a test
can check that a text never reached a person. The wire disables compression, so that texts can be searched for.
"""

import contextlib
import socket
import struct
import threading

CHUNK = 65_536
# Closing with this option sends RST without a goodbye, as when a phone leaves the network.
AT_ONCE = struct.pack("ii", 1, 0)

# Headers that ask for compression, and meaningless ones of the same length.
COMPRESSION_HEADERS = {
    b"Accept-Encoding:": b"X-Not-Encodings:",
    b"Sec-WebSocket-Extensions:": b"X-Not-WebSocket-Extended:",
}


class Wire:
    """A proxy on a port of its own in front of a server on the loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._heard: list[bytearray] = []  # the bytes of each connection, in order
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

    # What the person received

    def brought(self, text: str) -> bool:
        """Whether a text ever reached the person. Use ASCII: JSON escapes other letters."""
        needle = text.encode()
        with self._lock:
            return any(needle in connection for connection in self._heard)

    @property
    def size(self) -> int:
        """How many bytes the person received; a wire without traffic proves nothing."""
        with self._lock:
            return sum(map(len, self._heard))

    # Faults

    def cut(self) -> None:
        """Reset every connection, and let none through until `mend`."""
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

    # Proxy

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
        except OSError:  # the server is down
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
        """Pass bytes on until either end closes."""
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if keep is None:
                    data = _without_compression(data)
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


def _without_compression(asked: bytes) -> bytes:
    for name, other in COMPRESSION_HEADERS.items():
        asked = asked.replace(name, other)
    return asked


def _kill(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads from it
    end.close()
