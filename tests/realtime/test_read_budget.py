"""Read budgets: a socket is read no faster than its budget permits, and foreign frames are dropped."""

import asyncio

import aiohttp

from realtime import read_budget, server, transport
from tests.sockets import run

# A sender that waits for longer than this is held back; without budgets the server reads faster than a test writes.
HELD_BACK_SECONDS = 2
PATIENCE_SECONDS = 90


def test_messages_within_the_budget_never_wait():
    budget = read_budget.LineBudget()

    assert not any(budget.take(100, 1) for _ in range(read_budget.READS_AT_ONCE // (1 + read_budget.READS_PER_MESSAGE)))


def test_many_small_reads_wait():
    budget = read_budget.LineBudget()

    assert sum(budget.take(2, 0) for _ in range(read_budget.READS_AT_ONCE + 100)) > 0


def test_many_messages_in_one_read_wait():
    """A read may hold a thousand pings, each of which is answered."""
    assert read_budget.LineBudget().take(8000, 1000) > 10


def test_many_bytes_wait():
    budget = read_budget.LineBudget()

    assert sum(budget.take(60_000, 0) for _ in range(10)) > 1


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


def test_a_flooding_socket_is_held_back_and_other_requests_are_answered(room):
    """Use sockets without a cookie: the flood begins before the server asks for the person."""
    frame = '420["cast",{' + "x" * 10_000

    async def flood(http: aiohttp.ClientSession, is_held_back: asyncio.Event, is_over: asyncio.Event) -> None:
        async with http.ws_connect(f"{room.server.url}/socket.io/?EIO=4&transport=websocket") as socket:
            try:
                while True:
                    async with asyncio.timeout(HELD_BACK_SECONDS):
                        await socket.send_str(frame)
            except TimeoutError:
                is_held_back.set()  # the server reads slowly on purpose, and the buffers are full
            await is_over.wait()
            socket._writer.transport.abort()

    async def story() -> None:
        async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as floods:
            is_over, held_back = asyncio.Event(), [asyncio.Event() for _ in range(2)]
            for event in held_back:
                floods.create_task(flood(http, event, is_over))
            for event in held_back:
                await event.wait()
            for _ in range(5):
                async with http.get(room.server.url + "/healthz") as response:
                    assert response.status == 200
            is_over.set()

    run(story())
