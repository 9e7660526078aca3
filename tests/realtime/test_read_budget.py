"""Read budgets: a socket is read no faster than its budget permits, and foreign frames are dropped."""

import asyncio
import time

import aiohttp
import pytest

from realtime import read_budget, server, transport
from tests.sockets import run


class Connection:
    """A connection that always has something to read."""

    def __init__(self, data: bytes = b"x" * 100):
        self.data = data

    def recv(self, most: int) -> bytes:
        return self.data[:most]


def budgeted(connection, message_max=10**9):
    slept = []
    return read_budget.BudgetedSocket(connection, slept.append, message_max), slept


def test_reads_within_the_budget_never_wait():
    socket, slept = budgeted(Connection())

    for _ in range(read_budget.READS_AT_ONCE):
        socket.recv(100)

    assert not slept


def test_many_small_reads_wait():
    socket, slept = budgeted(Connection())

    for _ in range(read_budget.READS_AT_ONCE + 100):
        socket.recv(2)

    assert sum(slept) > 0


def test_many_bytes_wait():
    socket, slept = budgeted(Connection(b"x" * 60_000))

    for _ in range(10):
        socket.recv(60_000)

    assert sum(slept) > 1


def test_endless_fragments_end_the_connection():
    socket, _ = budgeted(Connection(), message_max=1000)

    for _ in range(10):
        socket.recv(100)
    with pytest.raises(read_budget.MessageTooLong):
        socket.recv(100)


class WebSocket:
    def __init__(self, *frames):
        self.frames, self.socket = list(frames), Connection()

    def wait(self):
        return self.frames.pop(0)


def test_only_frames_of_our_clients_are_passed_on():
    foreign = ["", "5", "2probe", "4[[[[", '4{"a":1}', "45-", "b4AAA", b"4", "33"]
    ours = ["3", '42["join",{}]', "40", "41", '430["ok"]']
    websocket = read_budget.BudgetedWebSocket(WebSocket(*foreign, *ours, None), lambda seconds: None, 1000)

    assert [websocket.wait() for _ in range(6)] == [*ours, None]


def test_a_connection_without_an_accepted_connect_is_closed(room):
    async def story() -> None:
        async with aiohttp.ClientSession() as http:
            url = f"{room.server.url}/socket.io/?EIO=4&transport=websocket"
            async with http.ws_connect(url) as silent, http.ws_connect(url) as stranger:
                await stranger.send_str("40")
                async with asyncio.timeout(transport.IDENTIFY_SECONDS + 2 * server.BEAT_SECONDS):
                    for socket in (silent, stranger):
                        while (await socket.receive()).type == aiohttp.WSMsgType.TEXT:
                            pass

    run(story())


def test_a_flooding_socket_does_not_delay_other_requests(room):
    """Use sockets without a cookie: the flood begins before the server asks for the person."""

    async def flood(http: aiohttp.ClientSession, until: float) -> None:
        url = f"{room.server.url}/socket.io/?EIO=4&transport=websocket"
        async with http.ws_connect(url) as socket:
            try:
                while time.monotonic() < until:
                    async with asyncio.timeout(0.5):
                        await socket.send_str('420["cast",{]')
            except (TimeoutError, ConnectionError):
                pass  # the server reads slowly on purpose
            await asyncio.sleep(max(0, until - time.monotonic()))
            socket._writer.transport.abort()

    async def story() -> None:
        async with aiohttp.ClientSession() as http:
            floods = [asyncio.create_task(flood(http, time.monotonic() + 5)) for _ in range(2)]
            waits = []
            for _ in range(5):
                await asyncio.sleep(0.5)
                begun = time.monotonic()
                async with http.get(room.server.url + "/healthz") as response:
                    assert response.status == 200
                waits.append(time.monotonic() - begun)
            await asyncio.gather(*floods)
            assert max(waits) < 3, "a request waits for the end of the flood"

    run(story())
