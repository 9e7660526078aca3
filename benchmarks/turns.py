"""What a discussion in turns costs the server, beside the open vote in the same hall.

usage: python -m benchmarks.turns [IDEAS …] [--people N] [--longest]

People have the page of the discussion open, each with a socket, and fetch what their browsers would: the part with the
duty after a call, the parts of the phase after a step. It prints one JSON line a figure: CPU time of
the server process, or milliseconds of wall time. The ratio is that to the open vote: its page, and an argument there
with as many listeners. With `--longest` the longest run of the hub in each act is measured, by a server that has a
clock around each run and is slower for it.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import stops
from benchmarks.load import HERE, ServerProcess

# A turn of a minute: when all 300 have one, about four a second are written.
SECONDS_OF_A_TURN, WRITTEN_PER_SECOND, WRITTEN_SECONDS = 120, 4, 30
PATIENCE_SECONDS = 60
SPREAD_SECONDS = 0.3  # static/js/room/frames.js
WRITING = re.compile(r'action="[^"]*/turns/(\d+)"')
WORDS = "What somebody says in their turn, with as many words as people use in a minute or two."

# What a value must not exceed, by row; those of docs/performance.md where there are such.
TARGETS = {
    "page of turns, all at once": 5.0,
    "page of turns, all at once, longest wait": 5_000,
    "longest run": 50,
}


@dataclass
class Meter:
    """The CPU time of the server. `hub` is the file of the clock around each run, if there is one."""

    server: ServerProcess
    hub: Path | None

    def cpu_ms(self) -> float:
        return 1000 * self.server.cpu_seconds()

    async def quiet(self) -> None:
        """Wait until the server has nothing more to do."""
        settled = self.cpu_ms()
        while True:
            await asyncio.sleep(0.5)
            before, settled = settled, self.cpu_ms()
            if settled - before < 30:
                return

    async def longest_ms(self) -> float | None:
        """The longest run of the hub since the last question."""
        if self.hub is None:
            return None
        self.hub.unlink(missing_ok=True)
        self.server.send_signal(signal.SIGUSR1)
        while not self.hub.exists() or not (text := self.hub.read_text()):
            await asyncio.sleep(0.05)
        return float(json.loads(text)["thread_ms"])


@dataclass
class Person:
    """A browser with one page of a room."""

    http: aiohttp.ClientSession
    csrf: str
    url: str
    turn: int = 0  # that the page shows
    shown_at: float = 0.0  # when the page was renewed last
    failures: int = 0
    reading: asyncio.Task[None] | None = None
    renewals: set[asyncio.Task[None]] = field(default_factory=set)

    async def get(self, path: str) -> str:
        async with self.http.get(self.url + path) as answer:
            if answer.status != 200:
                self.failures += 1
                return ""
            return await answer.text()

    async def post(self, path: str, **fields: str) -> int:
        """:return: the status, 0 without an answer"""
        form = {**fields, "op": str(uuid.uuid4()), "csrf_token": self.csrf}
        try:
            async with self.http.post(self.url + path, data=form, allow_redirects=False) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            self.failures += 1
            return 0

    def take(self, html: str) -> None:
        found = WRITING.search(html)
        self.turn, self.shown_at = int(found.group(1)) if found else 0, time.monotonic()

    async def listen(self, challenge: int, *, in_turns: bool) -> None:
        """Open a socket in the room, and keep the page as it would be from then on."""
        socket = await self.http.ws_connect(f"{self.url}/socket.io/?EIO=4&transport=websocket", compress=0)
        await socket.receive()
        await socket.send_str("40")
        await socket.receive()
        await socket.send_str(f'421["join",{{"room":"challenge-{challenge}"}}]')
        self.reading = asyncio.create_task(self._read(socket, f"/challenges/{challenge}", in_turns))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, room: str, in_turns: bool) -> None:
        async for message in socket:
            text = str(message.data)
            if text == "2":
                await socket.send_str("3")
            elif in_turns and text.startswith(('42["refresh"', '42["phase"')):
                task = asyncio.create_task(self._renew(room, is_phase=text.startswith('42["phase"')))
                self.renewals.add(task)
                task.add_done_callback(self.renewals.discard)

    async def _renew(self, room: str, *, is_phase: bool) -> None:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            if is_phase:
                await asyncio.sleep(random.uniform(0, SPREAD_SECONDS))
                html = await self.get(f"{room}/turns/parts")
            else:
                html = await self.get(f"{room}/turns/parts?only=turn")
            if html:
                self.take(html)

    async def hang_up(self) -> None:
        if self.reading is not None:
            self.reading.cancel()


Figure = tuple[str, float, str]


class Hall:
    """The crowd of one server with two rooms: an open vote, and a discussion in turns."""

    def __init__(self, meter: Meter, people: Sequence[Person], moderator: Person, rooms: list[dict[str, Any]]) -> None:
        self.meter, self.people, self.moderator = meter, people, moderator
        self.vote, self.turns = rooms

    async def find(self) -> None:
        """Look the addresses of the pages up: each has the slug of its room."""
        for room in (self.vote, self.turns):
            async with self.people[0].http.get(f"{self.people[0].url}/challenges/{room['challenge']}") as answer:
                room["path"] = answer.url.raw_path

    async def figures(self) -> AsyncIterator[tuple[str, float, str, float | None]]:
        """All figures once: row, value, unit, and the same of the open vote."""
        await self.find()
        await self._open("", self.vote)  # the first requests of a process cost more
        page, wait, _ = await self._open("", self.vote)
        await self._listen(self.vote, in_turns=False)
        argument, run = await self._over_time(self._argue)
        if run is not None:
            yield "longest run: arguments in the open vote", run, "ms", None
        await self._hang_up()
        step = f"/rounds/{self.turns['round']}/phase"
        assert await self.moderator.post(step, position="1", since="0") in (302, 303)
        await self.meter.quiet()
        opened = await self._open("/turns", self.turns)
        yield "page of turns, all at once", opened[0], "ms", page
        yield "page of turns, all at once, longest wait", opened[1], "ms", wait
        yield "page of turns, all at once, not answered", opened[2], "people", None
        await self._listen(self.turns, in_turns=True)
        await self.meter.quiet()
        start = {"chosen": "all", "seconds": str(SECONDS_OF_A_TURN), "since": "1"}
        async for row in self._act("start", self._post(f"/rounds/{self.turns['round']}/turns", **start)):
            yield row
        yield "people at turn after the start", sum(bool(person.turn) for person in self.people), "people", None
        again = await self._open("/turns", self.turns)
        yield "page of turns, during the discussion", again[0], "ms", page
        yield "page of turns, during the discussion, longest wait", again[1], "ms", wait
        written, run = await self._over_time(self._write)
        yield "a turn written", written, "ms", argument
        if run is not None:
            yield "longest run: turns written", run, "ms", None
        of = f"/rounds/{self.turns['round']}"
        assert await self.moderator.post(f"{of}/time", seconds="1800", since="1") in (302, 303)
        await self.meter.quiet()
        acts = {
            "pause": self._post(f"{of}/pause", since="1"),
            "go on": self._post(f"{of}/resumption", since="1"),
            "step back": self._post(step, position="0", since="1"),
            "step on": self._post(step, position="1", since="0"),
        }
        for name, act in acts.items():
            async for row in self._act(name, act):
                yield row
        yield "failed requests", sum(person.failures for person in self.people), "requests", None

    def _post(self, path: str, **fields: str) -> Callable[[], Awaitable[int]]:
        return lambda: self.moderator.post(path, **fields)

    async def _open(self, page: str, room: dict[str, Any]) -> tuple[float, float, int]:
        """Let everybody open a page at once. :return: CPU of a page, the longest wait, who got none"""
        missed, longest = 0, 0.0

        async def load(person: Person) -> None:
            nonlocal missed, longest
            begin = time.monotonic()
            try:
                person.take(await person.get(f"{room['path']}{page}"))
            except (aiohttp.ClientError, TimeoutError):
                missed += 1
            longest = max(longest, time.monotonic() - begin)

        cpu = self.meter.cpu_ms()
        await asyncio.gather(*map(load, self.people))
        await self.meter.quiet()
        return (self.meter.cpu_ms() - cpu) / len(self.people), 1000 * longest, missed

    async def _listen(self, room: dict[str, Any], *, in_turns: bool) -> None:
        for n in range(0, len(self.people), 20):
            some = self.people[n : n + 20]
            await asyncio.gather(*(person.listen(room["challenge"], in_turns=in_turns) for person in some))
        await self.meter.quiet()

    async def _hang_up(self) -> None:
        await asyncio.gather(*(person.hang_up() for person in self.people))
        await asyncio.sleep(1)
        await self.meter.quiet()

    async def _over_time(self, act: Callable[[], Awaitable[bool]]) -> tuple[float, float | None]:
        """Act at the rate of a hall. :return: CPU for one act, less what the hall costs anyway; the longest run"""
        cpu, begin = self.meter.cpu_ms(), time.monotonic()
        await asyncio.sleep(5)
        idle = (self.meter.cpu_ms() - cpu) / (time.monotonic() - begin)
        await self.meter.longest_ms()
        cpu, begin, acts = self.meter.cpu_ms(), time.monotonic(), []
        for n in range(WRITTEN_PER_SECOND * WRITTEN_SECONDS):
            await asyncio.sleep(max(0.0, begin + n / WRITTEN_PER_SECOND - time.monotonic()))
            acts.append(asyncio.create_task(act()))
        done = sum(await asyncio.gather(*acts))
        await self.meter.quiet()
        cost = self.meter.cpu_ms() - cpu - idle * (time.monotonic() - begin)
        return cost / max(1, done), await self.meter.longest_ms()

    async def _argue(self) -> bool:
        person = random.choice(self.people)
        return await person.post(f"/ideas/{self.vote['idea']}/arguments", stance="for", text=WORDS) == 303

    async def _write(self) -> bool:
        person = next((person for person in sorted(self.people, key=lambda p: p.shown_at) if person.turn), None)
        if person is None:
            return False
        turn, person.turn = person.turn, 0
        return await person.post(f"/turns/{turn}", text=WORDS) == 303

    async def _act(
        self, name: str, act: Callable[[], Awaitable[int]]
    ) -> AsyncIterator[tuple[str, float, str, float | None]]:
        """An act of the moderator, and all that the pages of the hall ask for after it."""
        await self.meter.longest_ms()
        cpu, begin = self.meter.cpu_ms(), time.monotonic()
        status = await act()
        assert status in (302, 303), (name, status)
        answered = time.monotonic()
        await self.meter.quiet()
        cost = (self.meter.cpu_ms() - cpu) / len(self.people)
        yield f"{name}, a person", cost, "ms", None
        yield f"{name}, the moderator waits", 1000 * (answered - begin), "ms", None
        last = max(person.shown_at for person in self.people)
        yield f"{name}, the last page is renewed", 1000 * (last - begin), "ms", None
        if (run := await self.meter.longest_ms()) is not None:
            yield f"longest run: {name}", run, "ms", None


Tell = Callable[[str, float, str, float | None], None]


async def measure(server: ServerProcess, folder: Path, people: int, hub: Path | None, tell: Tell) -> None:
    hall = json.loads((folder / "hall.json").read_text())
    cookies = [line.split("\t") for line in (folder / "cookies").read_text().splitlines()]
    url = f"http://127.0.0.1:{server.port}"
    async with contextlib.AsyncExitStack() as stack:

        async def person(cookie: str, csrf: str) -> Person:
            headers = {"Cookie": f"schwarm={cookie}", "Accept-Language": "de", "Origin": url, "Referer": f"{url}/"}
            timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
            http = aiohttp.ClientSession(headers=headers, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
            return Person(await stack.enter_async_context(http), csrf, url)

        crowd = [await person(*words) for words in cookies[-people:]]
        of_hall = Hall(Meter(server, hub), crowd, await person(*hall["moderator"]), hall["rooms"])
        async for figure in of_hall.figures():
            tell(*figure)


def run(people: int, ideas: int, *, longest: bool) -> bool:
    """Measure a hall with so many ideas. :return: whether every target was met"""
    met = []

    def tell(row: str, value: float, unit: str, vote: float | None) -> None:
        if longest and not row.startswith("longest run"):
            return
        target = TARGETS.get(row.partition(":")[0])
        met.append(target is None or value <= target)
        peer = {"the open vote": round(vote, 2)} if vote is not None else {}
        line = {"row": f"{row}, {ideas} ideas", "people": people, "value": round(value, 2), "unit": unit, "peer": peer}
        print(json.dumps({**line, "ratio": round(value / vote, 2) if vote else None, "target": target}), flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder, settings = Path(name), {**os.environ, "INSTANCE_PATH": name}
        prepare = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]
        hall = [sys.executable, "-m", "benchmarks.hall", name, str(people), "2", str(ideas), "turns"]
        for command in (prepare, hall):
            subprocess.run(command, env=settings, check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL)
        hub = folder / "hub" if longest else None
        served = [sys.executable, "-c", "from benchmarks.stops import serve; serve()"] if hub else []
        told = {stops.HUB: str(hub)} if hub else {}
        server = ServerProcess(served or [sys.executable, "wsgi.py"], "/healthz", INSTANCE_PATH=name, **told)
        try:
            asyncio.run(measure(server, folder, people, hub, tell))
        finally:
            server.stop()
    return all(met)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns", description=__doc__)
    parser.add_argument("ideas", nargs="*", type=int, default=[54, 100])
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--longest", action="store_true", help="the longest runs of the hub")
    arguments = parser.parse_args()
    met = [run(arguments.people, ideas, longest=arguments.longest) for ideas in arguments.ideas]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
