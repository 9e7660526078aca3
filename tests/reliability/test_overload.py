"""Overload: floods, slow readers, half requests and storms of reconnects leave a room alone and cost bounded memory.

The large ones run in `make acceptance`.
"""

import asyncio
import contextlib
import json
import resource
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

from ideas.database import db
from ideas.journal import lane_numbers
from ideas.services import ideas
from realtime.lines import QUEUED_BYTES_MAX
from tests.crowd_sockets import Gone, RawSocket
from tests.realtime.conftest import Room, make_room
from tests.reliability.conftest import running
from tests.reliability.test_connections import many, wait_until
from tests.servers import Server, cookie_of
from tests.sockets import run

TOKEN = "only for tests"
PATIENCE_SECONDS = 120

# More than a queue takes, in texts of 3,000 letters.
IDEAS_MAX = 2_000

# A half request: its sender has said something and goes on never.
HALF = b"POST /join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Le"


@pytest.fixture(scope="module")
def lone(empty_database, tmp_path_factory):
    """A server of this module, whose numbers no other test moves."""
    server = Server(tmp_path_factory.mktemp("overload"), METRICS_TOKEN=TOKEN).lay(empty_database)
    with running(server):
        yield server
        assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def files():
    """As many open files as this user may have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def figure(server: Server, name: str) -> float:
    """A number of `/metrics`."""
    asked = urllib.request.Request(f"{server.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def memory_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def crowd_of(room: Room, size: int, **options: int) -> list[RawSocket]:
    """So many sockets of the room's people, in turn."""
    cookies = [cookie_of(room.server.app, who.person_id) for who in room.people]
    db.session.remove()
    port = room.server.port
    return [RawSocket(port, cookies[n % len(cookies)], room.challenge_id, **options) for n in range(size)]


async def is_ended(tab: RawSocket) -> bool:
    """Whether the server has ended a connection, after what it had sent before."""
    with contextlib.suppress(Gone):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await tab.next()
    return True


async def persist(tab: RawSocket) -> None:
    """Join, and try again for as long as the server is too busy, as a page does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(Gone):
                assert (await tab.join())["ok"]
                return
            tab.drop()
            await asyncio.sleep(0.2)


def reconnect_storm(server: Server, size: int, people: int) -> None:
    """All leave in one moment and come back in one moment, twice; somebody votes meanwhile."""
    room = make_room(server, people=people + 2)
    idea = room.submit(room.people[-1])
    watcher = room.caller(room.people[-2])
    casts = [room.cast(idea, n % 2 or -1, n=n) for n in range(1, 40)]
    room.people = room.people[:people]
    crowd = crowd_of(room, size)

    async def story():
        async with watcher:
            for _ in range(2):
                await asyncio.gather(*(persist(tab) for tab in crowd))
                await watcher.hear_of("presence", PATIENCE_SECONDS, here=people + 1)
                await asyncio.to_thread(wait_until, lambda: figure(server, "schwarm_sockets") == size + 1)
                answer = await watcher.call("cast", casts.pop())
                assert answer["ok"]
                for tab in crowd:
                    tab.drop()
            back = asyncio.gather(*(persist(tab) for tab in crowd))
            while not back.done() and casts:
                answer = await watcher.call("cast", casts.pop())
                assert answer["ok"]
                await asyncio.sleep(0.05)
            await back
            await watcher.hear_of("presence", PATIENCE_SECONDS, here=people + 1)
            for tab in crowd:
                tab.drop()
            await watcher.hear_of("presence", PATIENCE_SECONDS, here=1)

    run(story())
    wait_until(lambda: figure(server, "schwarm_sockets") == 0)
    wait_until(lambda: figure(server, "schwarm_connections") <= 1)
    assert figure(server, "schwarm_send_waiting_bytes") == 0


def test_a_hall_that_reconnects_leaves_no_ghost_and_a_vote_goes_on(lone):
    reconnect_storm(lone, 200, 20)


@pytest.mark.acceptance
@pytest.mark.timeout(600)
def test_five_thousand_reconnect_leave_no_ghost_and_a_vote_goes_on(lone, files):
    reconnect_storm(lone, 5_000, 250)
    settled = memory_mb(lone)
    reconnect_storm(lone, 5_000, 250)
    assert memory_mb(lone) < 1.2 * settled + 20, "what a storm needed is used again by the next one"


@pytest.mark.acceptance
@pytest.mark.timeout(300)
def test_two_thousand_half_requests_keep_nobody_out(lone, files):
    room = make_room(lone)
    idea = room.submit(room.people[0])
    tab, command = room.caller(room.people[1]), room.cast(idea)
    before = memory_mb(lone)

    async def story():
        async with tab:
            with many(lone, 2_000, HALF):
                answer = await tab.call("cast", command)
                assert answer["ok"]
                for _ in range(5):
                    assert (await tab.get(f"/challenges/{room.challenge_id}/mine"))[0] == 200
                assert await asyncio.to_thread(figure, lone, "schwarm_connections") > 2_000
                assert memory_mb(lone) - before < 200

    run(story())
    wait_until(lambda: figure(lone, "schwarm_connections") <= 1)


@pytest.mark.acceptance
def test_ten_flooding_sockets_are_slowed_down_and_a_vote_goes_on(lone):
    room = make_room(lone)
    idea = room.submit(room.people[0])
    tab, casts = room.caller(room.people[1]), [room.cast(idea, n % 2 or -1, n=n) for n in range(1, 21)]
    floods = crowd_of(room, 10)
    before = memory_mb(lone)
    said = 0

    async def flood(socket: RawSocket) -> None:
        nonlocal said
        await persist(socket)
        with contextlib.suppress(Gone):
            while True:
                await socket.send(f'427["cast",{{"junk":"{"x" * 10_000}"}}]')
                said += 1

    async def story():
        async with tab:
            flooding = [asyncio.create_task(flood(socket)) for socket in floods]
            while said < 200:
                await asyncio.sleep(0.05)
            for command in casts:
                answer = await tab.call("cast", command)
                assert answer["ok"]
                await asyncio.sleep(0.1)
            assert (await tab.get(f"/challenges/{room.challenge_id}/mine"))[0] == 200
            assert memory_mb(lone) - before < 100
            for task in flooding:
                task.cancel()
            await asyncio.gather(*flooding, return_exceptions=True)
            for socket in floods:
                socket.drop()

    run(story())
    wait_until(lambda: figure(lone, "schwarm_sockets") == 0)


@pytest.fixture
def tiny(empty_database, tmp_path):
    """A server with tiny buffers that pings nobody: only the amount that waits can end a connection."""
    program = ("-m", "tests.reliability.tiny_buffers")
    server = Server(tmp_path, program, METRICS_TOKEN=TOKEN, PING_SECONDS="600").lay(empty_database)
    with running(server):
        yield server
        assert "Traceback" not in server.log(), server.log()


@pytest.mark.acceptance
@pytest.mark.timeout(300)
def test_slow_readers_get_every_frame_in_order_and_those_who_never_read_are_dropped(tiny):
    """The buffers are tiny, so nearly every frame is written in pieces."""
    room = make_room(tiny)
    slow, silent = crowd_of(room, 50, receive_buffer=4096), crowd_of(room, 10, receive_buffer=4096)
    before = memory_mb(tiny)
    peak, waiting = [before], [0.0]

    def submit_all() -> int:
        """Until those who read nothing are gone. :return: the number to which the room comes by it."""
        with tiny.app.app_context():
            for n in range(IDEAS_MAX):
                form = ideas.IdeaForm(f"Idea {n}", "words " * 500)
                ideas.submit_idea(room.people[0], room.challenge_id, form, str(uuid.uuid4()))
                waiting.append(figure(tiny, "schwarm_send_waiting_bytes"))
                peak.append(memory_mb(tiny))
                if n > 300 and figure(tiny, "schwarm_sockets") == len(slow):
                    break
                time.sleep(0.02)  # a frame with more than a hundred ideas would list none
            return lane_numbers(db.session(), room.chain_id, ["room"])["room"]

    async def read(socket: RawSocket, joined_at: int, end: asyncio.Future[int]) -> int:
        last = joined_at
        while not end.done() or last < end.result():
            name, frame = json.loads((await next_event(socket))[2:])
            if frame.get("lane") == "room":
                assert frame["after"] == last, name
                last = frame["seq"]
        return last

    async def story():
        async with asyncio.timeout(PATIENCE_SECONDS):
            for socket in silent:
                await socket.join()
            numbers = [(await socket.join())["seq"] for socket in slow]
            submitting = asyncio.create_task(asyncio.to_thread(submit_all))
            ends = await asyncio.gather(*(read(socket, n, submitting) for socket, n in zip(slow, numbers, strict=True)))
        assert set(ends) == {submitting.result()}
        assert await asyncio.to_thread(figure, tiny, "schwarm_sockets") == len(slow)
        for socket in silent:
            assert await is_ended(socket)
        for socket in slow:
            socket.drop()

    run(story())
    assert max(waiting) > QUEUED_BYTES_MAX, "frames were written in pieces"
    assert max(peak) - before < 150, "the queues of 60 readers are bounded"
    wait_until(lambda: figure(tiny, "schwarm_sockets") == 0)


async def next_event(socket: RawSocket) -> str:
    """The next event, read in small pieces."""
    while not (text := await socket.next(2_000)).startswith("42"):
        pass
    return text
