"""Another process holds the database: casts are answered `busy`, and each counts once when it is free again."""

import asyncio
import contextlib
import sqlite3

import pytest
from sqlalchemy import func, select

from ideas.database import db
from ideas.models import Mark
from tests import factories
from tests.realtime.conftest import make_room
from tests.reliability.conftest import running
from tests.servers import Server
from tests.sockets import run


@pytest.fixture
def server(empty_database, tmp_path):
    with running(Server(tmp_path, ("-m", "tests.reliability.hasty_queue")).lay(empty_database)) as served:
        yield served


def test_casts_of_a_locked_database_are_answered_busy_and_count_once_afterwards(server):
    room = make_room(server)
    idea = room.submit(room.people[0])
    tabs = [room.caller(person) for person in room.people[1:]]
    commands = [room.cast(idea), room.cast(idea, -1)]
    db.session.remove()
    db.engine.dispose()

    async def cast_all(tabs):
        return await asyncio.gather(*(tab.call("cast", command) for tab, command in zip(tabs, commands, strict=True)))

    async def story():
        async with tabs[0], tabs[1]:
            with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                for _ in range(2):
                    answers = await cast_all(tabs)
                    assert {answer["error"] for answer in answers} == {"busy"}
                other.execute("ROLLBACK")
            async with asyncio.timeout(20):
                while not all(answer["ok"] for answer in answers):
                    answers = await cast_all(tabs)

    run(story())
    assert db.session.scalar(select(func.count()).select_from(Mark)) == 2
    assert factories.journal_holds() == []
    assert "Traceback" not in server.log(), server.log()
