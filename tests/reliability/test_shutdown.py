"""A process that is asked to end (SIGTERM) answers what it has taken and sends its pages to another process."""

import asyncio
import contextlib
import signal
import socket
import time
import urllib.error
import urllib.request

import aiohttp
import pytest

from realtime.shutdown import SHUTDOWN_SECONDS
from tests.realtime.conftest import make_room
from tests.reliability.test_connections import MODES, ask, wait_until
from tests.servers import Server
from tests.sockets import run

SLOW_POST = (
    b"POST /join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Connection: close\r\nContent-Length: 9\r\n\r\ncode="
)


# The same server with little time for its end.
IMPATIENT = """
import os, wsgi
from realtime import wsgi as serving
serving.SHUTDOWN_SECONDS = 1
serving.serve(wsgi.app, "127.0.0.1", int(os.environ["PORT"]))
"""


@pytest.fixture
def make_server(empty_database, tmp_path):
    made = []

    def make(*program, **environment):
        made.append(Server(tmp_path, program or ("wsgi.py",), **environment).lay(empty_database).start())
        return made[-1]

    yield make
    for server in made:
        server.kill()
        server.detach()


def terminate(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("mode", MODES)
def test_a_process_that_is_asked_to_end_finishes_its_requests_and_ends(make_server, mode):
    server = make_server(ASYNC_MODE=mode)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.sendall(SLOW_POST)
        time.sleep(0.2)  # so that the server has read the head

        terminate(server)
        wait_until(lambda: not ask_or_nothing(server))
        assert server.is_running, "it waits for the rest of the request"
        slow.sendall(b"abcd")
        assert slow.recv(65536).startswith(b"HTTP/1.1 ")
    assert server.process.wait(SHUTDOWN_SECONDS) == 0
    assert "Traceback" not in server.log()


def ask_or_nothing(server: Server) -> bytes:
    with contextlib.suppress(ConnectionError):
        return ask(server)
    return b""


def test_an_unfinished_request_does_not_keep_a_process_alive(make_server):
    server = make_server("-c", IMPATIENT)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.sendall(SLOW_POST)
        time.sleep(0.2)
        terminate(server)
        assert server.process.wait(SHUTDOWN_SECONDS) == 0
    assert "with connections that were still served" in server.log()


def test_sockets_are_closed_with_the_code_of_a_restart_and_no_word_of_socket_io(make_server):
    server = make_server()
    with server.app.app_context():
        room = make_room(server)
        caller = room.caller(room.people[0])

    async def story():
        async with aiohttp.ClientSession(headers=caller.headers) as http, contextlib.AsyncExitStack() as opened:
            address = f"{server.url}/socket.io/?EIO=4&transport=websocket"
            sockets = []
            for _ in range(30):
                ws = await opened.enter_async_context(http.ws_connect(address, headers={"Origin": server.url}))
                await ws.receive()
                await ws.send_str("40")
                assert (await ws.receive_str()).startswith("40{")
                sockets.append(ws)
            terminate(server)
            for ws in sockets:
                async with asyncio.timeout(SHUTDOWN_SECONDS):
                    said = [message.data async for message in ws]
                assert not [word for word in said if word.startswith("41")], "pages would not connect again after it"
                assert ws.close_code == 1012

    run(story())
    assert server.process.wait(SHUTDOWN_SECONDS) == 0


def test_while_it_drains_a_process_is_not_ready_and_serves(make_server):
    server = make_server(DRAIN_SECONDS="2")
    assert status_of(server, "/readyz") == 200
    terminate(server)
    wait_until(lambda: status_of(server, "/readyz") == 503)
    assert status_of(server, "/healthz") == 200
    assert server.process.wait(SHUTDOWN_SECONDS) == 0


def status_of(server: Server, path: str) -> int:
    try:
        with urllib.request.urlopen(server.url + path, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
