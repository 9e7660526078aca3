"""More connections than the limit of open files permits: the server refuses them, goes on and recovers."""

import asyncio
import contextlib
import errno
import importlib.util
import re
import socket
import time

import aiohttp
import pytest

from realtime import admission
from realtime.admission import Admission, Listener, connections_within
from tests.realtime.conftest import make_room
from tests.servers import Server
from tests.sockets import Caller, run

# Low, so that a test opens hundreds of sockets and not thousands.
FILES_MAX = 256

LIMITED = """
import resource, runpy
resource.setrlimit(resource.RLIMIT_NOFILE, ({files_max} // 2, {files_max}))
runpy.run_module("{program}", run_name="__main__")
"""

MODES = [
    "eventlet",
    pytest.param(
        "gevent",
        marks=[
            pytest.mark.acceptance,
            pytest.mark.skipif(not importlib.util.find_spec("gevent"), reason="no gevent here"),
        ],
    ),
]

# More than a process can open that may open FILES_MAX files.
CROWD = FILES_MAX + 50

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# A request whose body never comes: its sender is busy and not silent.
SLOW_POST = (
    b"POST /join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 400000\r\n\r\ncode="
)


def program_of(module: str) -> tuple[str, str]:
    """A program that runs this module under the limit."""
    return ("-c", LIMITED.format(program=module, files_max=FILES_MAX))


@pytest.fixture(scope="module", params=MODES)
def server(request, empty_database, tmp_path_factory):
    server = (
        Server(tmp_path_factory.mktemp("limited"), program_of("wsgi"), ASYNC_MODE=request.param)
        .lay(empty_database)
        .start()
    )
    yield server
    server.stop()
    server.detach()


@contextlib.contextmanager
def many(server: Server, count: int, said: bytes = b""):
    """Open connections that say this and then nothing."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            opened.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10)))
            if said:
                with contextlib.suppress(ConnectionError):
                    opened[-1].sendall(said)
        yield opened


def ask(server: Server) -> bytes:
    """The whole answer to a request on a new connection; empty if the server closed it without a word."""
    answer = b""
    with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(65536):
                answer += chunk
    return answer


def test_silent_connections_keep_nobody_out(server):
    with many(server, CROWD):
        for _ in range(5):
            assert b" 200 " in ask(server)[:20]

    assert b" 200 " in ask(server)[:20]
    assert server.is_running


@pytest.mark.acceptance
def test_silent_connections_end_a_server_without_admission(empty_database, tmp_path):
    mutant = Server(tmp_path, program_of("tests.reliability.careless_listener")).lay(empty_database).start()
    try:
        with many(mutant, CROWD):
            wait_until(lambda: not ask(mutant))
    finally:
        mutant.kill()
        mutant.detach()


def test_the_log_names_the_number_of_connections_and_the_raised_limit(server):
    assert re.search(rf"(\d+) connections at once \(the limit of open files is {FILES_MAX}\)", server.log())


def test_busy_connections_make_others_come_back_later(server):
    with many(server, CROWD, SLOW_POST) as opened:
        wait_until(lambda: ask(server).startswith(b"HTTP/1.1 503 "))  # at first the crowd is refused too
        refused = ask(server)

        assert b"\r\nRetry-After: " in refused
        assert refused.endswith(b"Please try again in a moment.\n"), "the whole sentence arrives"
        assert "connections are in use" in server.log()
        opened[0].settimeout(0.1)
        with pytest.raises(TimeoutError):  # the first ones are still served
            opened[0].recv(1)

    wait_until(lambda: b" 200 " in ask(server)[:20])
    assert server.is_running


def test_a_flood_of_silent_connections_leaves_a_request_and_a_room_alone(server):
    with server.app.app_context():
        room = make_room(server)
        caller = room.caller(room.people[0])
    slow = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n")  # answered at once
    assert b" 200 " in slow.recv(65536)

    async def story():
        async with caller as tab:
            with many(server, 3 * FILES_MAX // 2):
                answer = await tab.call("join", {"room": room.name})
                assert answer["ok"]
                assert not tab.is_gone.is_set()
            answer = await tab.call("join", {"room": room.name})
            assert answer["ok"]

    run(story())
    slow.close()


def test_joined_sockets_leave_room_for_requests_and_a_further_one_comes_back_later(empty_database, tmp_path):
    server = Server(tmp_path, CONNECTIONS_MAX="5").lay(empty_database).start()
    try:
        with server.app.app_context():
            room = make_room(server, people=5)
            idea = room.submit(room.people[4])
            tabs = [room.caller(who) for who in room.people]

        async def story():
            async with contextlib.AsyncExitStack() as inside:
                for tab in tabs[:4]:
                    await inside.enter_async_context(tab)
                refused = await handshake(server, tabs[4])
                assert (refused.status, refused.headers["Retry-After"]) == (503, "5")

                answers = await asyncio.gather(*(tab.call("cast", room.cast(idea)) for tab in tabs[:4]))
                assert all(answer["ok"] for answer in answers)
                assert (await tabs[0].get(f"/challenges/{room.challenge_id}/mine"))[0] == 200, "pages load, too"

            async with asyncio.timeout(15):
                while (await handshake(server, tabs[4])).status != 101:
                    await asyncio.sleep(0.1)
            async with tabs[4]:
                assert tabs[4].joined["ok"]

        with server.app.app_context():
            run(story())
        assert "4 by sockets" in server.log()
    finally:
        server.kill()
        server.detach()


async def handshake(server: Server, caller: Caller) -> aiohttp.ClientResponse:
    """The answer to the opening of a WebSocket, which is closed at once."""
    headers = caller.headers | {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": server.url,
    }
    address = f"{server.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.get(address, headers=headers) as answer:
        return answer


def wait_until(holds, seconds: float = 15) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.1)


class Failing:
    """A listening socket that fails for these reasons, one after the other, before it returns a connection."""

    def __init__(self, *reasons: int) -> None:
        self.reasons = list(reasons)
        self.ours, self.theirs = socket.socketpair()

    def accept(self):
        if self.reasons:
            raise OSError(self.reasons.pop(0), "no connection")
        return self.ours, ("127.0.0.1", 1)


def test_a_listener_outlives_every_failed_accept_but_the_loss_of_its_socket():
    pauses = []
    failing = Failing(errno.EMFILE, errno.ENFILE, errno.ECONNABORTED, errno.ENOBUFS, errno.ECONNRESET, errno.EPIPE)
    with failing.ours, failing.theirs:
        listener = Listener(failing, Admission(1), pauses.append, lambda act, *args: act(*args))

        assert listener.accept()[0] is failing.ours
        assert len([pause for pause in pauses if pause > 0]) == 6

    with pytest.raises(OSError, match="no connection"):
        Listener(Failing(errno.EBADF), Admission(1), pauses.append, pauses.append).accept()


def test_the_longest_silence_makes_room_and_unread_bytes_are_no_silence():
    pairs = [socket.socketpair() for _ in range(4)]
    first, second, third, fourth = [ours for ours, _ in pairs]
    door = Admission(3)
    assert all(door.admit(connection) for connection in (first, second, third))
    door.serves(first)
    pairs[1][1].sendall(b"GET")

    assert door.admit(fourth)
    assert pairs[2][1].recv(1) == b"", "the third one was ended"
    assert not [ours for ours in (first, second) if _is_ended(ours)]

    door.serves(fourth)
    another = socket.socketpair()
    assert not door.admit(another[0]), "nobody is silent"
    door.left(first)
    assert door.admit(another[0])
    for one in (*pairs, another):
        for end in one:
            end.close()


def _is_ended(connection: socket.socket) -> bool:
    try:
        connection.send(b"x")
    except OSError:
        return True
    return False


def test_the_limit_of_open_files_leaves_a_reserve():
    assert connections_within(1024) < 1024 - admission.RESERVE
    assert connections_within(20) == admission.CONNECTIONS_MIN
    assert connections_within(-1, 300) == connections_within(1_000_000, 300) == 300
    assert connections_within(1024, 2000) == connections_within(1024)
    assert connections_within(-1) == connections_within(1_000_000) == admission.CONNECTIONS_MAX
