"""PostgreSQL goes away or can't write, and comes back: casts are answered `busy`, pages 503; the log has one line."""

import asyncio
import contextlib
import re

import aiohttp
import psycopg2
import pytest

from ideas.database import db
from tests import factories
from tests.postgres import Postgres
from tests.realtime.conftest import make_room
from tests.servers import Server
from tests.sockets import run

BUSY_SECONDS = 5
TOKEN = "only for tests"


@pytest.fixture
def server(mortal, tmp_path):
    served = Server(
        tmp_path, ("-m", "tests.reliability.hasty_peers"), DATABASE_URL=mortal.new_database(), METRICS_TOKEN=TOKEN
    )
    with served.app.app_context():
        yield served.start()
        db.session.remove()
        db.engine.dispose()
    served.stop()
    served.detach()


@pytest.mark.parametrize(
    ("leave", "come_back"),
    [
        (Postgres.halt, Postgres.go_on),
        pytest.param(Postgres.freeze, Postgres.thaw, marks=pytest.mark.acceptance),
    ],
)
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
                operator = {"Authorization": f"Bearer {TOKEN}"}
                async with http.get(server.url + "/metrics", headers=operator) as numbers:
                    assert numbers.status == 200, "the other numbers are wanted most now"
                    assert "schwarm_database_up 0\n" in await numbers.text()
                await asyncio.sleep(2)  # the loops of the background run several times
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


def full_disk(database):
    """PostgreSQL refuses each new row as on a full disk."""
    run_sql(
        database,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        *(f"CREATE TRIGGER full_{table} BEFORE INSERT ON {table} EXECUTE FUNCTION refuse()" for table in GROWING),
    )


def space(database):
    run_sql(database, *(f"DROP TRIGGER full_{table} ON {table}" for table in GROWING), "DROP FUNCTION refuse()")


def standby(database):
    """Every new connection is to a server that became a standby, and those from before are ended."""
    run_sql(database, f"ALTER DATABASE {name_of(database)} SET default_transaction_read_only = on", end_others=True)


def primary(database):
    """New connections are to a primary; those to the standby stay open, as after a failover by name."""
    run_sql(
        database,
        "SET default_transaction_read_only = off",
        f"ALTER DATABASE {name_of(database)} RESET default_transaction_read_only",
    )


GROWING = ("mark", "journal", "operation", "stream", "idea")


def name_of(database: str) -> str:
    return database.rpartition("/")[2]


def run_sql(database: str, *statements: str, end_others: bool = False) -> None:
    connection = psycopg2.connect(database.replace("+psycopg2", ""))
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        if end_others:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.mark.parametrize(
    ("fail", "mend"), [(full_disk, space), pytest.param(standby, primary, marks=pytest.mark.acceptance)]
)
def test_a_postgresql_that_cannot_write_is_named_and_needs_no_restart(server, fail, mend):
    room = make_room(server)
    idea = room.submit(room.people[0])
    commands = [room.cast(idea, value, n=n) for n, value in enumerate((1, -1, 1), 1)]
    tabs = [room.caller(who) for who in room.people[1:]]
    database = server.environment["DATABASE_URL"]
    db.session.remove()
    db.engine.dispose()

    async def story():
        async with tabs[0], tabs[1], aiohttp.ClientSession(headers=tabs[0].headers) as http:
            assert (await tabs[0].call("cast", commands[0]))["ok"]
            await asyncio.to_thread(fail, database)
            for _ in range(3):
                answers = await asyncio.gather(*(tab.call("cast", commands[1]) for tab in tabs))
                assert {answer.get("error") for answer in answers} == {"busy"}, answers
            async with http.get(f"{server.url}/challenges/{room.challenge_id}") as page:
                assert page.status == 200, "reading goes on"

            await asyncio.to_thread(mend, database)
            async with asyncio.timeout(20):
                for command in commands[1:]:
                    while not (await tabs[0].call("cast", command))["ok"]:
                        await asyncio.sleep(0.1)

    run(story())
    db.session.remove()
    db.engine.dispose()
    assert factories.journal_holds() == []
    assert db.session.scalar(db.text("select count(*) from mark")) == 1
    assert server.log().count("can't be used") == 1, server.log()
    assert "Traceback" not in server.log(), server.log()


def test_connections_that_postgresql_ended_while_they_were_idle_are_replaced_unseen(server):
    room = make_room(server)
    idea = room.submit(room.people[0])
    commands = [room.cast(idea, value, n=n) for n, value in enumerate((1, -1), 1)]
    tab = room.caller(room.people[1])
    database = server.environment["DATABASE_URL"]
    db.session.remove()
    db.engine.dispose()

    async def story():
        async with tab, aiohttp.ClientSession(headers=tab.headers) as http:
            address = f"{server.url}/challenges/{room.challenge_id}"
            answers = await asyncio.gather(*(http.get(address) for _ in range(5)))  # several connections
            assert {answer.status for answer in answers} == {200}
            assert (await tab.call("cast", commands[0]))["ok"]
            await asyncio.to_thread(run_sql, database, end_others=True)
            assert (await tab.call("cast", commands[1]))["ok"]
            answers = await asyncio.gather(*(http.get(address) for _ in range(5)))
            assert {answer.status for answer in answers} == {200}

    run(story())


def test_a_commit_waits_for_the_disk_also_where_postgresql_does_not_by_itself(server):
    assert db.session.scalar(db.text("SHOW synchronous_commit")) == "on"
    with contextlib.closing(psycopg2.connect(server.environment["DATABASE_URL"].replace("+psycopg2", ""))) as plain:
        cursor = plain.cursor()
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",), "the tests' PostgreSQL is told not to wait"
