"""Lines: frames stay whole and in order however little the receiver takes, and a receiver that never reads is cut."""

import _socket
import socket
import struct

import pytest

from realtime import lines, websocket
from realtime.lines import QUEUED_BYTES_MAX, QUEUED_FRAMES_MAX, Line, Taken
from tests.realtime.test_websocket import masked


class Watched:
    """A file that the test's hub watches."""

    def __init__(self, watched: list, act) -> None:
        self._watched, self._act = watched, act
        watched.append(act)

    def stop(self) -> None:
        self._watched.remove(self._act)


class Hub:
    """A hub that calls when the test says so."""

    def __init__(self) -> None:
        self.readable, self.writable, self.later_on = [], [], []

    def on_readable(self, fileno, act):
        return Watched(self.readable, act)

    def on_writable(self, fileno, act):
        return Watched(self.writable, act)

    def later(self, seconds, act):
        self.later_on.append((seconds, act))

    def turn(self) -> None:
        for act in [*self.readable, *self.writable]:
            act()


class Wire:
    """A line with small buffers, and its far end."""

    def __init__(self, buffer: int = 4096) -> None:
        near, self.far = socket.socketpair()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.far.setblocking(False)
        plain = _socket.socket(fileno=near.detach())
        plain.setblocking(False)
        self.hub, self.texts, self.ends, self.left = Hub(), [], [], []
        taken = Taken(plain, self.hub, lambda: self.left.append(True))
        self.line = Line("eio", taken, 1000, self._on_text, self._on_end, Line.cut)
        self.line.start()

    def _on_text(self, line: Line, text: str) -> None:
        self.texts.append(text)

    def _on_end(self, line: Line, reason: str | None) -> None:
        self.ends.append(reason)

    def read(self, most: int = 1 << 20) -> bytes:
        try:
            return self.far.recv(most)
        except BlockingIOError:
            return b""


@pytest.fixture
def wire():
    made = Wire()
    yield made
    made.line.cut()
    made.far.close()


def payloads_of(data: bytes) -> list[bytes]:
    """The payloads of whole frames as the server sends them."""
    found, at = [], 0
    while at < len(data):
        size, start = data[at + 1], at + 2
        if size == 126:
            size, start = struct.unpack_from("!H", data, at + 2)[0], at + 4
        found.append(data[start : start + size])
        at = start + size
    assert at == len(data), "the last frame is whole"
    return found


def test_every_frame_arrives_whole_and_in_order_through_a_tiny_buffer(wire):
    """Room frames, answers and pings all go through `write` or `send`: none may overtake what waits."""
    sent, got = [], b""
    for n in range(QUEUED_FRAMES_MAX // 2):
        payload = b"%d:" % n + b"x" * (n * 37 % 1500)
        sent.append(payload)
        wire.line.write(websocket.frame(payload))
        if n % 5 == 0:
            got += wire.read(700)
            wire.hub.turn()
        if n == 100:
            assert wire.hub.writable, "something waits"

    for _ in range(10_000):
        got += wire.read()
        wire.hub.turn()
        if not wire.hub.writable:
            break

    assert payloads_of(got + wire.read()) == sent
    wire.line.write(websocket.frame(b"direct again"))
    assert payloads_of(wire.read()) == [b"direct again"]
    assert not wire.line.closed


@pytest.mark.parametrize("size", [10, 50_000])
def test_a_receiver_that_never_reads_is_cut_and_its_memory_is_bounded(wire, size):
    frame = websocket.frame(b"x" * size)
    most = 0
    for _ in range(2 * QUEUED_FRAMES_MAX + 20_000 // size):
        wire.line.write(frame)
        most = max(most, wire.line._waiting_bytes)
        if wire.line.closed:
            break

    assert wire.line.closed
    assert most <= QUEUED_BYTES_MAX + len(frame)
    assert wire.line._waiting is None
    assert (wire.ends, wire.left) == ([None], [True])
    assert (wire.hub.readable, wire.hub.writable) == ([], [])


def test_a_line_is_cut_at_its_limit_and_not_before(wire):
    big = websocket.frame(b"x" * 60_000)  # one frame that the buffers do not take
    for _ in range(2):
        wire.line.write(big)
    waiting = len(wire.line._waiting)
    for _ in range(QUEUED_FRAMES_MAX - waiting):
        wire.line.write(websocket.frame(b"2"))
    assert not wire.line.closed

    wire.line.write(websocket.frame(b"2"))

    assert wire.line.closed


def test_texts_are_handed_over_and_pings_and_the_close_are_answered(wire):
    wire.far.sendall(masked(b"40") + masked(b"hi", 0x80 | websocket.PING) + masked('42["ä"]'.encode()))
    wire.hub.turn()
    assert wire.texts == ["40", '42["ä"]']
    assert wire.read() == websocket.frame(b"hi", websocket.PONG)

    wire.far.sendall(masked(struct.pack("!H", 1000), 0x80 | websocket.CLOSE))
    wire.hub.turn()
    assert wire.read() == websocket.closing()
    assert (wire.ends, wire.left, wire.line.closed) == ([None], [True], True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (masked(b"\xff"), websocket.NOT_UTF8),
        (masked(b"x" * 1001), websocket.TOO_LARGE),
        (b"GET / HTTP/1.1\r\n\r\n", websocket.PROTOCOL_ERROR),
    ],
)
def test_a_broken_frame_ends_the_line_with_its_code(wire, data, code):
    wire.far.sendall(data)
    wire.hub.turn()

    assert wire.read() == websocket.closing(code)
    assert wire.line.closed


def test_nothing_is_handed_over_after_the_end(wire):
    wire.far.sendall(masked(struct.pack("!H", 1000), 0x80 | websocket.CLOSE) + masked(b"late"))
    wire.hub.turn()

    assert wire.texts == []


def test_a_line_without_budget_is_not_read_until_its_time_comes(wire):
    wire.far.sendall(masked(b"", 0x80 | websocket.PING) * 300)
    wire.hub.turn()
    assert wire.hub.readable == []
    [(seconds, start)] = wire.hub.later_on
    assert seconds > 1

    wire.far.sendall(masked(b"40"))
    wire.hub.turn()
    assert wire.texts == []
    start()
    wire.hub.turn()
    assert wire.texts == ["40"]


def test_a_lost_connection_is_noticed_by_reading_and_by_writing():
    for notice in ("read", "write"):
        wire = Wire()
        wire.far.close()
        if notice == "read":
            wire.hub.turn()
        else:
            wire.line.write(websocket.frame(b"x"))

        assert wire.line.closed
        assert wire.left == [True]


def test_the_limit_of_a_line_is_the_one_in_the_protocol():
    assert (lines.QUEUED_FRAMES_MAX, lines.QUEUED_BYTES_MAX) == (500, 1024 * 1024)
