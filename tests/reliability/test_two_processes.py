"""Two server processes on one PostgreSQL and one Redis: both serve the same room."""

import asyncio
import contextlib
import re
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import aiohttp
import pytest
import socketio

from app import create_app
from app.platform import limits
from app.platform.errors import TooMany
from app.platform.redis import answers
from ideas import policy
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.journal import lane_numbers
from ideas.models import Activity, Challenge
from ideas.services import participants, rounds, steering
from realtime import peers, presence, server
from tests import factories
from tests.realtime.conftest import Room, make_room
from tests.redis import Redis
from tests.reliability.test_crash import Voter, complaints
from tests.servers import Server
from tests.sockets import Caller, run

# How long a test waits for an expected frame. The servers have short intervals, so it usually comes much sooner.
PROGRAM = ("-m", "tests.reliability.hasty_peers")
SECONDS = 20
PATIENCE_SECONDS = 60

NUMBERED = ("fragments", "figures", "phase")


@dataclass
class Pair:
    """The two processes and the Redis between them."""

    redis: Redis
    one: Server
    two: Server


@pytest.fixture(scope="module")
def pair(postgres, tmp_path_factory):
    with contextlib.ExitStack() as after:
        redis = Redis(tmp_path_factory.mktemp("redis"))
        after.callback(redis.kill)
        redis.start()
        shared = {"DATABASE_URL": postgres.new_database(), "REDIS_URL": redis.url}
        one, two = (Server(tmp_path_factory.mktemp(name), PROGRAM, **shared) for name in ("one", "two"))
        for server in (one, two):
            after.callback(server.detach)
            after.callback(server.stop)
        with one.app.app_context():
            db.session.remove()
            after.callback(db.engine.dispose)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Server.start, (one, two)))
        yield Pair(redis, one, two)


@pytest.fixture
def room(pair):
    with pair.one.app.app_context():
        yield make_room(pair.one)


async def hears(tab: Caller, **counts: int) -> None:
    await tab.hear_of("presence", SECONDS, **counts)


async def aside(room: Room, act):
    """Act in the domain from a third process."""

    def in_app():
        with room.server.app.app_context():
            return act()

    return await asyncio.to_thread(in_app)


async def hear_until(tab: Caller, seq: int) -> None:
    async with asyncio.timeout(SECONDS):
        while not any(frame["seq"] >= seq for frame in tab.frames(*NUMBERED) if frame["lane"] == "room"):
            await asyncio.sleep(0.02)


async def wrong_sign_in(server: Server) -> int:
    """Sign in with a wrong password. :return: the status of the answer."""
    address = f"{server.url}/sign-in"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(address) as page:
            [token] = set(re.findall(r'name="csrf_token" value="([^"]+)"', await page.text()))
        fields = {"csrf_token": token, "op": factories.op(), "email": "nobody@example.org", "password": "not this one"}
        async with http.post(address, data=fields, headers={"Referer": address}) as answer:
            return answer.status


def participant_of(room: Room, actor) -> int:
    return policy.participation(db.session(), actor, room.challenge_id).id


def test_a_room_counts_the_people_of_both_processes_once(room, pair):
    handles = {f"participant-{participant_of(room, who)}" for who in room.people[:2]}

    async def story():
        first, guide = room.caller(room.people[0]), room.caller(room.facilitator, url=pair.two.url)
        second, twice = (room.caller(who, url=pair.two.url) for who in (room.people[1], room.people[0]))
        async with first, second, guide:
            await asyncio.gather(hears(first, here=2), hears(second, here=2))
            told = await guide.hear_of("facilitation", SECONDS, here=2, facilitators=1)
            assert set(told["people"]) == handles

            await first.call("typing", {"room": room.name})
            await asyncio.gather(*(hears(tab, here=2, writing=1) for tab in (first, second)))

            async with twice:
                assert twice.frames("presence")[0]["here"] == 2, "a joining socket hears of both processes at once"
                for tab in (twice, second):
                    await tab.call("typing", {"room": room.name})
                await asyncio.gather(*(hears(tab, here=2, writing=2) for tab in (first, second)))
                assert max(frame["here"] for tab in (first, second) for frame in tab.frames("presence")) == 2

            _, asked = await room.caller(room.people[2], url=pair.two.url).get(
                f"/challenges/{room.challenge_id}/live?since=0&epoch=x"
            )
            assert asked["presence"]["here"] == 3, "a polling page hears of both processes too"
            await hears(first, here=3)

    run(story())


def test_ready_is_shared_between_processes(pair):
    with pair.one.app.app_context():
        room = make_room(pair.one, phases=factories.STEPS)

        async def story():
            at_one, at_two = room.caller(room.people[0]), room.caller(room.people[0], url=pair.two.url)
            async with (
                at_one,
                room.caller(room.people[1]) as near,
                room.caller(room.people[2], url=pair.two.url) as far,
            ):
                await at_one.call("ready", {"room": room.name, "ready": True})
                await asyncio.gather(*(hears(tab, here=3, ready=1) for tab in (near, far)))
                async with at_two:
                    assert at_two.joined["ready"] is True
                    await at_two.call("ready", {"room": room.name, "ready": False})
                    await asyncio.gather(*(hears(tab, here=3, ready=0) for tab in (near, far)))
                    for tab in (at_two, at_one, far):
                        await tab.call("ready", {"room": room.name, "ready": True})
                    await asyncio.gather(*(hears(tab, here=3, ready=2) for tab in (near, far)))

                    await aside(room, lambda: rounds.step_to_phase(room.facilitator, room.round_id, 1))
                    await asyncio.gather(*(hears(tab, here=3, ready=0) for tab in (near, far)))
                    assert (await at_one.call("join", {"room": room.name}))["ready"] is False

        run(story())


def test_changes_of_several_processes_reach_every_page_without_a_gap(room, pair):
    """A page catches up after a gap; a gap for a thousand pages would cause a storm of requests."""
    author, *voters = room.people
    idea = room.submit(author)

    async def story():
        async with room.caller(voters[0]) as tab, room.caller(voters[1], url=pair.two.url) as far:
            for n in range(4):
                # The own process writes last: its number follows numbers of other processes that it has not heard of.
                await aside(room, lambda n=n: room.submit(author, f"Idea {n}"))
                for voter in (far, tab):
                    assert (await voter.call("cast", room.cast(idea, n % 2 or -1, n=n)))["ok"]
            await aside(room, lambda: steering.spotlight_idea(room.facilitator, room.round_id, idea))
            await aside(room, lambda: steering.announce(room.facilitator, room.round_id, "Five more minutes"))
            last = await aside(room, lambda: lane_numbers(db.session(), room.chain_id, ["room"])["room"])
            for listener in (tab, far):
                await hear_until(listener, last)
                frames = [f for f in listener.frames(*NUMBERED) if f["lane"] == "room"]
                assert frames[0]["after"] <= listener.joined["seq"]
                assert [b["after"] for b in frames[1:]] == [a["seq"] for a in frames[:-1]]
                assert listener.frames("phase")[-1]["phase"]["spotlight"] == f"idea-{idea}"
                assert sum(len(f.get("fragments", ())) for f in frames) >= 4

    run(story())


def test_a_participant_removed_by_another_process_hears_nothing_more(room, pair):
    """The process of both tabs reads the removal from the database together with the later changes."""
    victim = participant_of(room, room.people[0])

    async def story():
        async with room.caller(room.people[0]) as put_out, room.caller(room.people[1]) as stays:
            await hears(stays, here=2)
            bar = participants.bar_participant
            await aside(room, lambda: bar(room.facilitator, room.challenge_id, victim, "spam"))
            await aside(room, lambda: room.submit(room.people[2], "Not for everybody"))
            await stays.hear("fragments")
            await asyncio.wait_for(put_out.is_gone.wait(), SECONDS)

            assert "Not for everybody" in str(stays.heard)
            assert "Not for everybody" not in str(put_out.heard)
            await hears(stays, here=1)

    run(story())


@pytest.mark.acceptance
def test_without_redis_each_process_counts_its_own_people_without_delay(room, pair):
    async def story():
        async with room.caller(room.people[0]) as tab, room.caller(room.people[1], url=pair.two.url) as far:
            await hears(tab, here=2)

            pair.redis.hold()
            await hears(tab, here=1)
            async with asyncio.timeout(PATIENCE_SECONDS):  # Redis answers nothing before `kill`
                await tab.call("typing", {"room": room.name})
                assert await wrong_sign_in(pair.one) == 401
                assert (await tab.get(f"/challenges/{room.challenge_id}/live?since=0&epoch=x"))[0] == 200

            pair.redis.kill()
            assert await wrong_sign_in(pair.one) == 401
            await hears(far, here=1)

            pair.redis.start()
            await asyncio.gather(hears(tab, here=2), hears(far, here=2))

    run(story())


def test_a_full_redis_refuses_nothing(room, pair):
    idea = room.submit(room.people[2])
    assert pair.redis.ask("CONFIG SET maxmemory 1") == b"+OK"
    try:
        assert pair.redis.ask("SET probe 1").startswith(b"-OOM"), "Redis stores nothing more"

        async def story():
            async with room.caller(room.people[0]) as tab, room.caller(room.people[1], url=pair.two.url) as far:
                assert await wrong_sign_in(pair.one) == 401
                assert (await tab.call("cast", room.cast(idea)))["ok"]
                await far.hear_of("figures", SECONDS)
                assert far.frames("figures")[-1]["figures"]["voted"] == 1

        run(story())
    finally:
        pair.redis.ask("CONFIG SET maxmemory 0")


@pytest.mark.acceptance
def test_redis_may_end_and_start_in_the_middle_of_a_round(pair):
    """Phases end on time, marks and ideas reach everybody, and the counts are right again afterwards."""
    stations = ((Activity.WRITE, 8), (Activity.DEBATE, 8), (Activity.VOTE, None))
    plans = tuple(PhasePlan(str(what), (what,), seconds=length, advances=bool(length)) for what, length in stations)
    with pair.one.app.app_context():
        room = make_room(pair.one, people=6, phases=plans)
        idea = room.submit(room.people[0])
        tabs = [room.caller(who, url=(pair.one, pair.two)[n % 2].url) for n, who in enumerate(room.people)]
        begun = [(server, server.log_size) for server in (pair.one, pair.two)]

        def logs() -> list[str]:
            return [server.log(offset) for server, offset in begun]

        async def story():
            async with contextlib.AsyncExitStack() as inside:
                for tab in tabs:
                    await inside.enter_async_context(tab)
                await asyncio.gather(*(hears(tab, here=6) for tab in tabs))

                pair.redis.kill()
                for tab in tabs:
                    await tab.hear_one("phase", lambda frame: frame["phase"]["position"] == 1)
                await asyncio.gather(*(hears(tab, here=3) for tab in tabs))
                pair.redis.start()
                await asyncio.gather(*(hears(tab, here=6) for tab in tabs))

                for tab in tabs:
                    await tab.hear_one("phase", lambda frame: frame["phase"]["position"] == 2)
                pair.redis.kill()
                answers = await asyncio.gather(*(tab.call("cast", room.cast(idea)) for tab in tabs[1:]))
                assert all(answer["ok"] for answer in answers), answers
                for tab in tabs:
                    await tab.hear_one("figures", lambda frame: frame["figures"]["voted"] == 5)
                pair.redis.start()
                async with asyncio.timeout(SECONDS):
                    while not all(said.count("Redis is back") == 2 for said in logs()):
                        await asyncio.sleep(0.05)
                await asyncio.gather(*(hears(tab, here=6) for tab in tabs))

        run(story())
        db.session.rollback()
        assert factories.journal_holds() == []
        for said in logs():
            assert said.count("Redis is away") == 2, said
            assert "Traceback" not in said


class Roamer(Voter):
    """A voter behind a proxy: where one process ends, it connects to the other."""

    def __init__(self, servers, *args):
        super().__init__(servers[0], *args)
        self.servers = list(servers)
        self.epochs = set()

    async def connect(self):
        try:
            await super().connect()
        except socketio.exceptions.ConnectionError:
            self.servers.reverse()
            self.server = self.servers[0]
            raise
        joined = await self.socket.call("join", {"room": self.room}, timeout=20)
        self.epochs.add(joined.get("epoch"))


def test_a_rolling_restart_under_load_loses_nothing_and_asks_nobody_to_reload(pair):
    with pair.one.app.app_context():
        room = make_room(pair.one, people=9)
        ideas = [room.submit(room.people[0], f"Idea {n}") for n in range(4)]
        entries = [room.entry(idea) for idea in ideas]
        both = (pair.one, pair.two)
        voters = [
            Roamer(both[:: 1 if n % 2 else -1], who, participant_of(room, who), room.round_id, entries, n)
            for n, who in enumerate(room.people[1:])
        ]
        for voter in voters:
            voter.room = room.name
        db.session.rollback()

        async def story():
            over = asyncio.Event()
            crowd = asyncio.gather(*(voter.vote(over) for voter in voters))
            for n, (server, end) in enumerate([(pair.one, "stop"), (pair.two, "stop"), (pair.one, "kill")], 1):
                while min(len(voter.acknowledged) for voter in voters) < 4 * n:
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(getattr(server, end))
                if end == "stop":
                    assert server.process.returncode == 0
                await asyncio.to_thread(server.start)
            over.set()
            await crowd

        run(story())
        db.session.rollback()
        assert complaints(voters, room.challenge_id) == []
        epoch = db.session.get(Challenge, room.challenge_id).epoch
        assert set().union(*(voter.epochs for voter in voters)) == {epoch}
        for server in (pair.one, pair.two):
            assert "Traceback" not in server.log()


def test_the_people_of_a_killed_process_are_gone(room, pair):
    async def story():
        far = room.caller(room.people[1], url=pair.two.url)
        async with room.caller(room.people[0]) as tab:
            await far.__aenter__()
            await far.call("ready", {"room": room.name, "ready": True})
            await hears(tab, here=2, ready=1)

            await asyncio.to_thread(pair.two.kill)
            await hears(tab, here=1, ready=0)

            # Being ready outlives the process that heard it.
            async with room.caller(room.people[1]) as back:
                assert back.joined["ready"] is True
                await hears(tab, here=2, ready=1)

    run(story())


def test_the_people_of_a_dead_process_are_gone_within_a_minute():
    """The default times, which the test before shortens."""
    worst = presence.LOST_SECONDS + server.PRESENCE_SECONDS
    assert worst < 60
    assert 3 * peers.PUBLISH_SECONDS < presence.LOST_SECONDS, "one or two lost messages do not count as a death"


def test_a_line_to_redis_without_an_echo_is_replaced(pair, tmp_path, monkeypatch):
    """The listener is connected to an old Redis that still answers; the messages go to the new one."""
    monkeypatch.setattr(peers, "PUBLISH_SECONDS", 0.05)
    monkeypatch.setattr(peers, "ECHO_SECONDS", 0.5)
    of_before = Redis(tmp_path)
    with ThreadPoolExecutor() as pool, contextlib.ExitStack() as after:
        after.callback(of_before.kill)
        now, before = (create_app({"REDIS_URL": url}).extensions for url in (pair.redis.url, of_before.start().url))
        for extensions in (now, before):
            after.callback(extensions["schwarm-realtime"].detach)
        ear = after.enter_context(before["schwarm-redis"].pubsub(ignore_subscribe_messages=True))

        pool.submit(now["schwarm-realtime"].peers._exchange, now["schwarm-redis"], ear).result(SECONDS)


def test_redis_keeps_nothing_of_presence(room, pair):
    async def story():
        async with room.caller(room.people[0]) as tab:
            await hears(tab, here=1)
            assert pair.redis.ask("PUBSUB CHANNELS schwarm:*:presence:*") == b"*1"
            assert pair.redis.ask("KEYS *presence*") == b"*0"

    run(story())


@pytest.fixture
def counting(pair, monkeypatch):
    """Count an act of which one a minute is permitted: `(at the one process, at the other)`."""
    monkeypatch.setattr(limits, "AWAY_SECONDS", 0.0)
    apps = [create_app({"REDIS_URL": pair.redis.url, "SECRET_KEY": "only for tests"}) for _ in range(2)]

    def spend(app, what: str) -> None:
        with app.app_context():
            limits.spend("1 per minute", what)

    yield [partial(spend, app) for app in apps]
    for app in apps:
        app.extensions["schwarm-realtime"].detach()


def test_rate_limits_are_shared_and_work_without_redis(pair, counting):
    here, there = counting
    here("together")
    with pytest.raises(TooMany):
        there("together")

    pair.redis.kill()
    try:
        there("together")
        with pytest.raises(TooMany):
            there("together")
    finally:
        pair.redis.start()

    here("after its return")
    with pytest.raises(TooMany):
        there("after its return")


def test_rate_limits_survive_a_redis_that_becomes_a_replica(pair, counting):
    """As after a failover: the old server keeps its connections and refuses to write."""
    here, there = counting
    here("before")
    assert pair.redis.ask("REPLICAOF 127.0.0.1 9") == b"+OK"
    try:
        assert pair.redis.ask("SET probe 1").startswith(b"-READONLY")
        here("alone")
        with pytest.raises(TooMany):
            here("alone")
    finally:
        pair.redis.ask("REPLICAOF NO ONE")

    here("after the failover")
    with pytest.raises(TooMany):
        there("after the failover")


@pytest.mark.parametrize(
    "words",
    ["LOADING Redis is loading the dataset in memory", "MISCONF Errors writing to the disk", "NOPERM no permissions"],
)
def test_a_redis_that_answers_with_an_error_refuses_nothing(words):
    class Refusing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65_536):
                self.request.sendall(f"-{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as redis:
        threading.Thread(target=redis.serve_forever, daemon=True).start()
        app = create_app({"REDIS_URL": f"redis://127.0.0.1:{redis.server_address[1]}/0", "SECRET_KEY": "x"})
        try:
            with app.app_context():
                limits.spend("1 per minute", "it")
                with pytest.raises(TooMany):
                    limits.spend("1 per minute", "it")
            app.extensions["schwarm-realtime"].peers.exchange()  # it ends, and is tried again later
            assert not answers(app)
        finally:
            app.extensions["schwarm-realtime"].detach()
            redis.shutdown()
