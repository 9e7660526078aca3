"""The parts of compose.yaml started by hand: PostgreSQL, Redis, two processes, and a front with its site file."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import aiohttp
import pytest
from yarl import URL

from config import ROOT
from ideas import policy
from ideas.database import db
from ideas.models import Challenge, Idea
from tests.realtime.conftest import make_room
from tests.redis import Redis
from tests.reliability.test_crash import Voter, complaints
from tests.servers import Server, cookie_of, free_port
from tests.sockets import run
from tools import caddy, nginx

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

START_SECONDS = 10


@dataclass
class Site:
    """Two processes behind one address."""

    url: str
    one: Server
    two: Server
    repeats_posts: bool  # whether the front sends a post again that an ending process had begun to read


FRONTS = {"nginx": (nginx.find_nginx, nginx.front), "caddy": (caddy.find_caddy, caddy.front)}


@pytest.fixture(scope="module", params=FRONTS)
def site(request, postgres, tmp_path_factory):
    find, front = FRONTS[request.param]
    program = find()
    assert program, f"run `make acceptance`, which finds or installs {request.param}"
    with contextlib.ExitStack() as after:
        redis = Redis(tmp_path_factory.mktemp("redis")).start()
        after.callback(redis.kill)
        port = free_port()
        shared = {
            "DATABASE_URL": postgres.new_database(),
            "REDIS_URL": redis.url,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TRUSTED_PROXIES": "1",
        }
        one, two = (Server(tmp_path_factory.mktemp(name), **shared) for name in ("one", "two"))
        for server in (one, two):
            after.callback(server.detach)
            after.callback(server.stop)
        with one.app.app_context():
            db.session.remove()
            after.callback(db.engine.dispose)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Server.start, (one, two)))
        command = front(program, tmp_path_factory.mktemp(request.param), "127.0.0.1", port, [one.port, two.port])
        process = subprocess.Popen(command)
        after.callback(process.wait, 10)
        after.callback(process.terminate)
        wait_for(shared["PUBLIC_URL"])
        yield Site(shared["PUBLIC_URL"], one, two, repeats_posts=request.param == "nginx")


def wait_for(url: str, seconds: float = START_SECONDS) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=2):
            return
        time.sleep(0.05)
    raise AssertionError("the front did not start")


def test_pages_come_compressed_and_what_is_for_operators_stays_inside(site):
    async def story():
        async with aiohttp.ClientSession(auto_decompress=False) as http:
            async with http.get(site.url, headers={"Accept-Encoding": "gzip"}) as page:
                assert (page.status, page.headers["Content-Encoding"]) == (200, "gzip")
            for path in ("/metrics", "/readyz"):
                async with http.get(site.url + path) as answer:
                    assert answer.status == 404

    run(story())


def test_a_room_is_one_room_over_both_processes(site):
    with site.one.app.app_context():
        room = make_room(site.one, people=6)
        idea = room.submit(room.people[0])
        tabs = [room.caller(who, url=site.url) for who in room.people]

        async def story():
            async with contextlib.AsyncExitStack() as inside:
                for tab in tabs:
                    await inside.enter_async_context(tab)
                for tab in tabs:
                    await tab.hear_of("presence", here=6)
                answers = await asyncio.gather(*(tab.call("cast", room.cast(idea)) for tab in tabs[1:]))
                assert all(answer["ok"] for answer in answers)
                for tab in tabs:
                    await tab.hear_one("figures", lambda frame: frame["figures"]["voted"] == 5)

        run(story())


@pytest.mark.parametrize("site", ["nginx"], indirect=True)
def test_several_processes_are_served_by_one_command(site, postgres, tmp_path):
    port = free_port()
    environment = site.one.environment | {
        "DATABASE_URL": postgres.new_database(),
        "INSTANCE_PATH": str(tmp_path),
        "PORT": str(port),
    }
    environment.pop("PUBLIC_URL")
    command = [sys.executable, "tools/run_several.py", "2"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, preexec_fn=ignore_interrupts
        )
    try:
        wait_for(f"http://127.0.0.1:{port}", seconds=40)
        give_up = time.monotonic() + 4 * START_SECONDS
        while (tmp_path / "log").read_text().count("serving on") < 2:
            assert time.monotonic() < give_up, "the second process did not start"
            time.sleep(0.05)
        while f"http://127.0.0.1:{port}/challenges/" not in (tmp_path / "log").read_text():
            assert time.monotonic() < give_up, "the mails of the demo do not link to the front"
            time.sleep(0.05)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
    said = (tmp_path / "log").read_text()
    assert said.count("serving on http://127.0.0.1:") == said.count("stopped") == 2, said


def ignore_interrupts() -> None:
    """As a shell does for what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_several_processes_say_in_one_sentence_what_they_need(tmp_path):
    def refusal(**environment):
        command = [sys.executable, "tools/run_several.py", "2"]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        return done.stderr

    services = {"DATABASE_URL": "postgresql://127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1"}
    assert "set DATABASE_URL=postgresql://… and REDIS_URL=redis://…" in refusal(DATABASE_URL="", REDIS_URL="")
    assert "apt-get install nginx" in refusal(**services, NGINX=str(tmp_path / "none"))


class Guest(Voter):
    """A voter who reaches the processes through the front alone, and also submits ideas by its form."""

    async def connect(self):
        await super().connect()
        joined = await self.socket.call("join", {"room": self.room}, timeout=20)
        assert joined["ok"], joined
        self.epochs.add(joined["epoch"])

    @staticmethod
    async def _post(http, address, fields):
        async with http.post(address, data=fields, allow_redirects=False) as answer:
            return answer.status

    async def is_answered(self):
        """Wait for the answers to the page and the post that are under way."""
        while self.waits:
            await asyncio.sleep(0.02)

    async def write(self, until):
        """Post one idea after the other. Every answer is a page or a redirect; nobody sees an error of the front.

        Where the front does not repeat a post, it is repeated here under its number, as a page does.
        """
        headers = {"Origin": self.server.url, "Referer": self.server.url}
        cookies = aiohttp.CookieJar(unsafe=True)
        cookies.update_cookies(dict([self.cookie.split("=", 1)]), URL(self.server.url))
        async with aiohttp.ClientSession(headers=headers, cookie_jar=cookies) as http:
            while not until.is_set():
                self.waits = True
                async with http.get(f"{self.server.url}/challenges/{self.challenge_id}") as page:
                    self.statuses.append(page.status)
                    token = re.search(r'name="csrf_token" value="([^"]+)"', await page.text())
                fields = {"csrf_token": token[1], "op": str(uuid.uuid4()), "title": f"Idea {uuid.uuid4().hex}"}
                address = f"{self.server.url}/challenges/{self.challenge_id}/ideas"
                while (status := await self._post(http, address, fields)) in self.repeated:
                    await asyncio.sleep(0.2)
                self.statuses.append(status)
                if status in (201, 303):
                    self.titles.append(fields["title"])
                self.waits = False
                await asyncio.sleep(2.5)  # the limit for one person is 30 a minute


def test_processes_end_and_start_again_under_load_and_nobody_notices(site):
    with site.one.app.app_context():
        room = make_room(site.one, people=9)
        entries = [room.entry(room.submit(room.people[0], f"First {n}")) for n in range(4)]
        guests = []
        for n, who in enumerate(room.people[1:]):
            participant = policy.participation(db.session(), who, room.challenge_id)
            guest = Guest(site.one, who, participant.id, room.round_id, entries, n)
            guest.cookie = cookie_of(site.one.app, who.person_id)
            guest.server = Front(site.url)
            guest.room, guest.challenge_id = room.name, room.challenge_id
            guest.epochs, guest.statuses, guest.titles, guest.waits = set(), [], [], False
            guest.repeated = () if site.repeats_posts else (502, 503)
            guests.append(guest)
        db.session.rollback()

        async def story():
            over = asyncio.Event()
            crowd = asyncio.gather(*(guest.vote(over) for guest in guests), *(guest.write(over) for guest in guests))
            ends = [(site.one, Server.stop), (site.two, Server.stop), (site.one, Server.kill), (site.two, Server.stop)]
            for n, (server, end) in enumerate(ends, 1):
                while min(len(guest.acknowledged) for guest in guests) < 4 * n and not crowd.done():
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(end, server)
                await asyncio.sleep(1)
                await asyncio.to_thread(server.start)
                # The next one ends when no request is left that already met this end, as with any careful restart.
                await asyncio.gather(*(guest.is_answered() for guest in guests))
            over.set()
            await crowd

        run(story())
        db.session.rollback()
        statuses = [status for guest in guests for status in guest.statuses]
        assert set(statuses) <= {200, 201, 303}, statuses
        written = set(db.session.scalars(db.select(Idea.id).filter_by(challenge_id=room.challenge_id)))
        titles = [title for guest in guests for title in guest.titles]
        assert len(titles) > len(guests)
        assert len(written) == 4 + len(titles), "each post took effect once"
        assert complaints(guests, room.challenge_id) == []
        epoch = db.session.get(Challenge, room.challenge_id).epoch
        assert set().union(*(guest.epochs for guest in guests)) == {epoch}
        for server in (site.one, site.two):
            assert "Traceback" not in server.log()


@dataclass
class Front:
    """What a voter needs of a server."""

    url: str
