"""WebSockets as the server speaks them (RFC 6455): the handshake, whole frames out, and a parser for what comes in.

No extension is accepted. Compressing every frame for every receiver would cost more than all other work on it, and its
buffers more memory than a whole connection. This module does no input and no output.
"""

import base64
import hashlib
import struct
from collections.abc import Mapping

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_CONTINUATION = 0

# Close codes (RFC 6455, section 7.4.1).
NORMAL, PROTOCOL_ERROR, NOT_UTF8, TOO_LARGE = 1000, 1002, 1007, 1009

# More fragments than this make no sensible message; each one costs work.
FRAGMENTS_MAX = 64

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTROL_BYTES_MAX = 125


class BrokenFrame(Exception):
    """What came in is no message that a client may send; the connection ends with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def handshake(environ: Mapping[str, object]) -> bytes | None:
    """The answer to the request of a WebSocket, None if it is none."""
    key = str(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))
    if not key or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or environ.get("REQUEST_METHOD") != "GET":
        return None
    accepted = base64.b64encode(hashlib.sha1(key.encode("latin-1") + _GUID).digest())  # noqa: S324 (no secret)
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
    )


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole frame, unmasked as a server sends it."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    if size < 0x10000:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def closing(code: int = NORMAL, reason: str = "") -> bytes:
    """The frame that ends a connection."""
    return frame(struct.pack("!H", code) + reason.encode(), CLOSE)


class Parser:
    """Reads messages out of the bytes of one connection. A message of more than `most` bytes is refused."""

    __slots__ = ("_fragments", "_most", "_opcode", "_parts", "_rest")

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self._opcode = 0  # of the message whose fragments are being gathered
        self._parts = b""
        self._fragments = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take over bytes. :return: `(opcode, payload)` for each message that is complete now. :raise BrokenFrame:"""
        if self._rest:
            data = self._rest + data
        found: list[tuple[int, bytes]] = []
        at = 0
        while (head := _head_of(data, at)) is not None:
            first, start, size = head
            self._check(first, size)
            end = start + 4 + size
            if end > len(data):
                break
            payload = _unmasked(data[start + 4 : end], data[start : start + 4])
            at = end
            if (message := self._message_of(first, payload)) is not None:
                found.append(message)
        self._rest = data[at:]
        return found

    def _check(self, first: int, size: int) -> None:
        """:raise BrokenFrame: if a frame with this first byte must not come now."""
        opcode, is_final = first & 0x0F, bool(first & 0x80)
        if first & 0x70 or opcode not in (_CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise BrokenFrame(PROTOCOL_ERROR)
        if opcode >= CLOSE:
            if not is_final or size > _CONTROL_BYTES_MAX:
                raise BrokenFrame(PROTOCOL_ERROR)
        elif (opcode == _CONTINUATION) != bool(self._opcode) or self._fragments >= FRAGMENTS_MAX:
            raise BrokenFrame(PROTOCOL_ERROR)
        elif size + len(self._parts) > self._most:
            raise BrokenFrame(TOO_LARGE)

    def _message_of(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        opcode, is_final = first & 0x0F, bool(first & 0x80)
        if opcode >= CLOSE or (is_final and opcode):
            return opcode, payload
        self._opcode = opcode or self._opcode
        self._parts += payload
        self._fragments += 1
        if not is_final:
            return None
        whole = self._opcode, self._parts
        self._opcode, self._parts, self._fragments = 0, b"", 0
        return whole


def _head_of(data: bytes, at: int) -> tuple[int, int, int] | None:
    """`(first byte, position of the mask, length)` of the frame at `at`; None while its head is incomplete.

    :raise BrokenFrame: if the frame is not masked.
    """
    left = len(data) - at
    if left < 2:
        return None
    first, size = data[at], data[at + 1] & 0x7F
    if not data[at + 1] & 0x80:
        raise BrokenFrame(PROTOCOL_ERROR)
    if size < 126:
        return first, at + 2, size
    if size == 126:
        return (first, at + 4, int.from_bytes(data[at + 2 : at + 4], "big")) if left >= 4 else None
    return (first, at + 10, int.from_bytes(data[at + 2 : at + 10], "big")) if left >= 10 else None


def _unmasked(data: bytes, key: bytes) -> bytes:
    """XOR with the repeated key, as one operation on two large numbers."""
    size = len(data)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(repeated, "little")).to_bytes(size, "little")
