"""WebSocket frames: what is sent, what is understood, and what ends a connection."""

import struct

import pytest

from realtime import websocket
from realtime.websocket import CLOSE, PING, TEXT, BrokenFrame, Parser

KEY = b"\x12\x34\x56\x78"


def masked(payload: bytes, first: int = 0x80 | TEXT, key: bytes = KEY) -> bytes:
    """A frame as a client sends it."""
    size = len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    elif size < 0x10000:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + key + bytes(byte ^ key[n % 4] for n, byte in enumerate(payload))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_names_its_length(size):
    frame = websocket.frame(b"x" * size)

    head = {0: b"\x81\x00", 1: b"\x81\x01", 125: b"\x81\x7d"}.get(size) or (
        b"\x81\x7e" + struct.pack("!H", size) if size < 65_536 else b"\x81\x7f" + struct.pack("!Q", size)
    )
    assert frame == head + b"x" * size


@pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 65_535, 65_536])
def test_a_message_is_read_whatever_pieces_it_comes_in(size):
    payload = bytes(n * 7 % 256 for n in range(size))
    data = masked(payload) + masked(b"", 0x80 | PING) + masked(b"end")
    expected = [(TEXT, payload), (PING, b""), (TEXT, b"end")]

    assert Parser(70_000).feed(data) == expected
    for step in (1, 7) if size < 1000 else (4096,):
        parser, found = Parser(70_000), []
        for at in range(0, len(data), step):
            found += parser.feed(data[at : at + step])
        assert found == expected


def test_fragments_become_one_message_and_a_ping_may_come_between():
    data = masked(b"ab", TEXT) + masked(b"?", 0x80 | PING) + masked(b"cd", 0) + masked(b"ef", 0x80)

    assert Parser(6).feed(data) == [(PING, b"?"), (TEXT, b"abcdef")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x01x", websocket.PROTOCOL_ERROR),  # not masked
        (masked(b"x", 0xC1), websocket.PROTOCOL_ERROR),  # compressed, which nobody agreed on
        (masked(b"x", 0x83), websocket.PROTOCOL_ERROR),  # an unknown kind
        (masked(b"x", 0x80), websocket.PROTOCOL_ERROR),  # goes on where nothing began
        (masked(b"x", TEXT) + masked(b"x"), websocket.PROTOCOL_ERROR),  # begins where something goes on
        (masked(b"x", PING), websocket.PROTOCOL_ERROR),  # a ping in fragments
        (masked(b"x" * 126, 0x80 | CLOSE), websocket.PROTOCOL_ERROR),
        (masked(b"x", TEXT) + masked(b"", 0) * websocket.FRAGMENTS_MAX, websocket.PROTOCOL_ERROR),
        (masked(b"x" * 101), websocket.TOO_LARGE),
        (masked(b"x" * 101)[:8], websocket.TOO_LARGE),  # said by its head, before the rest came
        (masked(b"x" * 60, TEXT) + masked(b"x" * 41, 0), websocket.TOO_LARGE),
    ],
)
def test_what_no_client_may_send_is_refused_with_its_code(data, code):
    with pytest.raises(BrokenFrame) as refused:
        Parser(100).feed(data)

    assert refused.value.code == code


def test_the_handshake_answers_the_key_and_accepts_no_extension():
    """The key and the answer of RFC 6455, section 1.3."""
    environ = {
        "REQUEST_METHOD": "GET",
        "HTTP_SEC_WEBSOCKET_VERSION": "13",
        "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
        "HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate; client_max_window_bits",
    }

    answer = websocket.handshake(environ)

    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"xtensions" not in answer
    assert websocket.handshake(environ | {"HTTP_SEC_WEBSOCKET_VERSION": "8"}) is None
    assert websocket.handshake({"REQUEST_METHOD": "GET"}) is None
