"""Merges and deals at the same time on PostgreSQL, by several processes: each waits for its turn, and none fails."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing

import psycopg2
import pytest

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Exposure, MergedMark, Reads
from ideas.services import deleting, feeds, guests
from ideas.services.merging import merge_ideas, unmerge_idea
from tests import factories
from tests.factories import journal_holds
from tests.reliability.conftest import app_on
from tests.reliability.dealing import TURNS
from tests.servers import ROOT

MERGES, DEALERS, DEALS, IDEAS = 16, 2, 100, 8
SECONDS = 30


@pytest.fixture
def database(postgres):
    return postgres.new_database()


@pytest.fixture
def app(database):
    with app_on(database) as app:
        yield app


def dealer(database, questions, people):
    found = subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.dealing", *(",".join(map(str, n)) for n in (questions, people))],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "SECRET_KEY": "only for tests"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert found.stdout.readline() == "ready\n", found.communicate()
    return found


def test_nested_merges_end_while_other_processes_deal_ideas(app, database):
    room = factories.room(questions=(QuestionPlan("approval"), QuestionPlan("pairs")))
    ideas = [factories.idea(room, factories.participant(room)) for _ in range(IDEAS)]
    people = [factories.participant(room).actor.person_id for _ in range(DEALS // TURNS)]
    asked = [question.id for question in room.round.questions]
    dealers = [dealer(database, asked, people[n::DEALERS]) for n in range(DEALERS)]

    for each in dealers:
        each.stdin.write("go\n")
        each.stdin.flush()
    for n in range(MERGES // 2):
        lower, middle, upper = (ideas[(n + step) % IDEAS] for step in range(3))
        merge_ideas(room.owner, lower, middle)
        merge_ideas(room.owner, middle, upper)
        unmerge_idea(room.owner, middle)
        unmerge_idea(room.owner, lower)
    answers = [each.communicate(timeout=SECONDS) for each in dealers]

    assert sum(int(said or 0) for said, _ in answers) == DEALS, answers
    assert journal_holds() == []
    assert db.session.query(MergedMark).count() == 0
    for question_id in asked:
        counted: Counter[int] = Counter()
        for row in db.session.query(Exposure).filter_by(question_id=question_id):
            counted.update(filter(None, (row.subject, row.versus)))
        reads = {row.entry_id: row.n for row in db.session.query(Reads).filter_by(question_id=question_id) if row.n}
        assert reads == dict(counted) != {}


@pytest.mark.parametrize("act", ["merge", "unmerge", "sign in", "delete"])
def test_an_act_that_moves_deals_waits_for_the_deal_before_it(app, database, act):
    """It would take the rows of the ledger in another order than a deal does."""
    room, account, guest = factories.room(), factories.account(), factories.guest()
    lower, middle, upper = (factories.idea(room, factories.participant(room)) for _ in range(3))
    for who in (account, guest):
        feeds.deal(factories.participant(room, actor=who).actor, room.question_id, 3)
    merge_ideas(room.owner, lower, middle)
    title, question_id = room.round.challenge.title, room.question_id
    db.session.rollback()
    acts = {
        "merge": lambda: merge_ideas(room.owner, middle, upper),
        "unmerge": lambda: unmerge_idea(room.owner, lower),
        "sign in": lambda: guests.adopt_guest(guest.person_id, account.account_id),
        "delete": lambda: deleting.delete_challenge(room.owner, room.id, title),
    }
    raised = []

    def run():
        with app.app_context():
            try:
                acts[act]()
            except Exception as error:
                raised.append(error)

    thread, deadline = threading.Thread(target=run), time.monotonic() + SECONDS
    with closing(psycopg2.connect(database.replace("+psycopg2", ""))) as deal, deal.cursor() as cursor:
        cursor.execute("SELECT id FROM question WHERE id = %s FOR NO KEY UPDATE", (question_id,))
        thread.start()
        waits = False
        while not waits and thread.is_alive() and time.monotonic() < deadline:
            cursor.execute("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
            [waits] = cursor.fetchone()
            time.sleep(0.01)
        cursor.execute("SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation = 'reads'::regclass")
        [writes] = cursor.fetchone()
        deal.rollback()
    thread.join(SECONDS)

    assert (waits, writes) == (True, 0)
    assert raised == []
    assert not thread.is_alive()
