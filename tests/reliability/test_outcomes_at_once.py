"""Outcomes that two members set at the same moment on PostgreSQL: one of them is heard, the other one is told."""

import os
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest

from ideas.database import db
from ideas.models import Decision, Outcome
from tests import factories
from tests.reliability.conftest import app_on
from tests.servers import ROOT

SECONDS = 30


@pytest.fixture
def database(postgres):
    return postgres.new_database()


@pytest.fixture
def app(database):
    with app_on(database) as app:
        yield app


def member_process(database, actor, room, decision, entries):
    of = (actor.account_id, room.round_id, decision.value, ",".join(map(str, entries)))
    found = subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.deciding", *map(str, of)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "SECRET_KEY": "only for tests"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert found.stdout.readline() == "ready\n", found.communicate()
    return found


def test_of_two_members_who_decide_at_once_one_is_heard_and_one_is_told(app, database):
    room = factories.room()
    author, other = factories.participant(room), factories.member(room.organisation_id, room.owner)
    entries = [factories.entry_id(factories.idea(room, author)) for _ in range(3)]
    factories.close(room)
    db.session.rollback()
    asked = {Decision.CHOSEN: (room.owner, entries[:2]), Decision.NO: (other, entries[1:])}
    both = {word: member_process(database, actor, room, word, chosen) for word, (actor, chosen) in asked.items()}

    deadline = time.monotonic() + SECONDS
    with closing(psycopg2.connect(database.replace("+psycopg2", ""))) as first, first.cursor() as cursor:
        cursor.execute("SELECT id FROM challenge WHERE id = %s FOR UPDATE", (room.id,))
        for each in both.values():
            each.stdin.write("go\n")
            each.stdin.flush()
        waiting = 0
        while waiting < 2 and time.monotonic() < deadline:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            [waiting] = cursor.fetchone()
            time.sleep(0.01)
        first.rollback()
    said = {word: each.communicate(timeout=SECONDS) for word, each in both.items()}

    assert waiting == 2, "both were at it"
    answers = {word: out.strip() for word, (out, _) in said.items()}
    assert sorted(answers.values()) == ["2", "changed"], said
    [heard] = [word for word, answer in answers.items() if answer == "2"]
    stored = {row.entry_id: row.decision for row in db.session.query(Outcome)}
    assert stored == dict.fromkeys(asked[heard][1], heard)
    assert factories.journal_holds() == []
