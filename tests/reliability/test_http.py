"""Raw HTTP: requests with two ends, foreign methods and endless headers are refused, with eventlet and gevent."""

import re
import socket

import pytest

from tests.doubles import partly_here
from tests.servers import Server

NEXT = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

# The headers that tell where the body ends, and the body. The next request follows each of them.
TWO_ENDS = {
    "length and chunks": (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    "chunks and length": (b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"1\r\nA\r\n0\r\n\r\n"),
    "an unknown coding": (b"Transfer-Encoding: xchunked\r\nContent-Length: 3", b"abc"),
    "two codings": (b"Transfer-Encoding: gzip, chunked", b"0\r\n\r\n"),
    "a coding twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n"),
    "two lengths": (b"Content-Length: 3\r\nContent-Length: 0", b"abc"),
    "a negative length": (b"Content-Length: -3", b""),
    "a length with a sign": (b"Content-Length: +3", b"abc"),
    "a blank in a name": (b"Content-Length : 3", b"abc"),
}


@pytest.fixture(scope="module", params=partly_here(["eventlet", "gevent"], "eventlet"))
def server(request, empty_database, tmp_path_factory):
    served = Server(tmp_path_factory.mktemp("http"), ASYNC_MODE=request.param).lay(empty_database).start()
    yield served
    served.stop()
    served.detach()


def answers_to(server: Server, sent: bytes) -> list[int]:
    """The status of every answer on one connection."""
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as connection:
        try:
            connection.sendall(sent)
            while chunk := connection.recv(65536):
                heard += chunk
        except (TimeoutError, ConnectionError):
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+) ", heard)]


def request_with(headers: bytes, line: bytes = b"POST /healthz") -> bytes:
    return line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + b"\r\n\r\n"


def test_a_request_that_ends_in_two_places_is_refused_and_ends_its_connection(server):
    found = {name: answers_to(server, request_with(head) + body + NEXT) for name, (head, body) in TWO_ENDS.items()}

    assert found == {name: [400] for name in TWO_ENDS}


def test_requests_with_one_end_are_read_one_after_the_other(server):
    last = NEXT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    assert answers_to(server, request_with(b"Content-Length: 3") + b"abc" + last) == [405, 404]
    assert answers_to(server, request_with(b"Transfer-Encoding: chunked") + b"1\r\nA\r\n0\r\n\r\n" + last) == [405, 404]


def test_strange_methods_and_names_are_refused(server):
    close = b"Connection: close"

    assert answers_to(server, request_with(close, b"TRACE /")) == [405]
    assert answers_to(server, request_with(close, b"CONNECT evil.example:80")) == [405]
    assert answers_to(server, request_with(b"Host: evil.example\r\n" + close, b"GET /")) == [400]


def test_endless_headers_and_lines_are_refused_and_the_server_goes_on(server):
    for sent in (
        request_with(b"X: " + b"a" * 100_000, b"GET /"),
        request_with(b"\r\n".join(b"X%d: a" % n for n in range(2000)), b"GET /"),
        request_with(b"Connection: close", b"GET /" + b"a" * 100_000),
    ):
        assert answers_to(server, sent) in ([400], [414], [431], [])  # [] where the connection is reset

    assert answers_to(server, request_with(b"Connection: close", b"GET /healthz")) == [200]
