"""PostgreSQL goes away and comes back: casts are answered `busy`, pages 503, and the log has one line."""

import asyncio
import re

import aiohttp
import flask_migrate
import pytest

from ideas.database import db
from tests import factories
from tests.postgres import Postgres
from tests.realtime.conftest import make_room
from tests.servers import Server
from tests.sockets import run

BUSY_SECONDS = 5


@pytest.fixture(scope="module")
def mortal():
    """A PostgreSQL that these tests may stop."""
    postgres = Postgres()
    yield postgres.start()
    postgres.stop()


@pytest.fixture
def server(mortal, tmp_path):
    served = Server(tmp_path, ("-m", "tests.reliability.hasty_peers"), DATABASE_URL=mortal.new_database())
    with served.app.app_context():
        flask_migrate.upgrade()
        yield served.start()
        db.session.remove()
        db.engine.dispose()
    served.stop()
    served.detach()


@pytest.mark.parametrize(("leave", "come_back"), [(Postgres.halt, Postgres.go_on), (Postgres.freeze, Postgres.thaw)])
def test_a_cast_is_answered_busy_while_postgresql_is_away_and_counts_once_afterwards(mortal, server, leave, come_back):
    room = make_room(server)
    idea = room.submit(room.people[0])
    first, command = room.cast(idea, -1), room.cast(idea)
    tab = room.caller(room.people[1])
    db.session.remove()
    db.engine.dispose()

    def submit_elsewhere():
        with server.app.app_context():
            room.submit(room.people[0], "Written by another process")

    async def story():
        jar = aiohttp.CookieJar(unsafe=True)  # it takes the cookies of an address too
        own = {**tab.headers, "Referer": server.url, "Sec-Fetch-Site": "same-origin"}
        async with tab, aiohttp.ClientSession(headers=own, cookie_jar=jar) as http:
            answer = await tab.call("cast", first)
            assert answer["ok"]
            posted = f"{server.url}/challenges/{room.challenge_id}/ideas"
            async with http.get(f"{server.url}/challenges/{room.challenge_id}") as page:
                [token] = set(re.findall(r'name="csrf_token" value="([^"]+)"', await page.text()))
            typed = {"csrf_token": token, "op": factories.op(), "title": "Crates with wheels"}
            await asyncio.to_thread(leave, mortal)
            try:
                for _ in range(2):
                    async with asyncio.timeout(BUSY_SECONDS):
                        answer = await tab.call("cast", command)
                    assert (answer["ok"], answer["error"]) == (False, "busy")
                    assert answer["retry_after"] >= 1
                async with http.get(server.url + "/") as page:
                    assert (page.status, page.headers["Retry-After"]) == (503, "5")
                    assert "<h1>One moment</h1>" in await page.text(), "though nobody can look the person up"
                async with http.post(posted, data=typed) as page:
                    assert (page.status, page.headers["Retry-After"]) == (503, "5")
                    kept = await page.text()
                    assert f'action="/challenges/{room.challenge_id}/ideas"' in kept
                    assert all(f'value="{typed[name]}"' in kept for name in ("op", "title")), "nothing typed is lost"
                async with http.get(server.url + "/readyz") as page:
                    assert page.status == 503
                await asyncio.sleep(2)  # the jobs of the background run several times
            finally:
                await asyncio.to_thread(come_back, mortal)
            answer = {"ok": False}
            for _ in range(50):
                answer = await tab.call("cast", command)
                if answer["ok"]:
                    break
                await asyncio.sleep(0.2)
            assert answer["ok"]
            answer = await tab.call("cast", command)
            assert answer["dup"]
            async with http.get(server.url + "/readyz") as page:
                assert page.status == 200
            # A change of another process comes with a hint of PostgreSQL: the server listens again.
            tab.heard.clear()
            await asyncio.to_thread(submit_elsewhere)
            await tab.hear("fragments")

    run(story())
    db.session.remove()
    db.engine.dispose()
    assert factories.journal_holds() == []
    lines = server.log().splitlines()
    assert len([line for line in lines if "can't be used" in line]) == 1, server.log()
    assert "Traceback" not in server.log(), server.log()
