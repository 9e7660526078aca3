"""Orders when it is tight: forty people at once for three places, and a server that is killed while it accepts."""

import os
import random
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from ideas.database import db
from ideas.models import DueEntry, Notification, WorkOrder
from ideas.orders import OrderState
from tests import factories
from tests.jobs import worker
from tests.orders import delivered, published
from tests.reliability.conftest import app_on
from tests.servers import ROOT, Server

PEOPLE, PLACES, PROCESSES = 40, 3, 4
DELIVERIES, KILLS = 14, 2
SECONDS = 60


def started(program, *arguments, database):
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.reliability.{program}", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "SECRET_KEY": "only for tests"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def named(actor):
    return f"{actor.person_id}:{actor.account_id}"


def test_of_forty_people_at_once_three_get_the_three_places(postgres):
    """Case 4, by four processes on one PostgreSQL."""
    database = postgres.new_database()
    with app_on(database):
        job = published(places=PLACES)
        people = [worker() for _ in range(PEOPLE)]
        takers = [
            started("taking", str(job.id), ",".join(map(named, people[n::PROCESSES])), database=database)
            for n in range(PROCESSES)
        ]
        for taker in takers:
            assert taker.stdout.readline() == "ready\n", taker.communicate()
        for taker in takers:
            taker.stdin.write("go\n")
            taker.stdin.flush()
        answers = [taker.communicate(timeout=SECONDS) for taker in takers]

        taken, refused = (sum(int(said.split()[n]) for said, _ in answers) for n in (0, 1))
        assert (taken, refused) == (PLACES, PEOPLE - PLACES), answers
        places = db.session.scalars(select(WorkOrder.place).filter_by(job_id=job.id, state=OrderState.WORKING)).all()
        assert sorted(places) == [1, 2, 3]


def killed_while_accepting(tmp_path, empty_database, *flags):
    """Accept deliveries in a process that is killed at random moments and begins anew. :return: every complaint."""
    server = Server(tmp_path).lay(empty_database)
    try:
        with server.app.app_context():
            job = published(places=DELIVERIES)
            made = [delivered(job)[0] for _ in range(DELIVERIES)]
            commands = ",".join(f"{order_id}:{factories.op()}" for order_id in made)
            database = server.app.config["SQLALCHEMY_DATABASE_URI"]
            db.session.rollback()
            chance, found = random.Random(22), []
            for _ in range(KILLS):
                process = started("accepting", named(job.owner), commands, *flags, database=database)
                assert process.stdout.readline() == "ready\n", process.communicate()
                for _ in range(chance.randrange(3, 9)):
                    process.stdout.readline()
                time.sleep(chance.uniform(0, 0.03))
                process.kill()
                process.communicate()
                found += complaints(made)
            rest = started("accepting", named(job.owner), commands, database=database)
            _, errors = rest.communicate(timeout=SECONDS)
            states = set(db.session.scalars(select(WorkOrder.state)).all())
            return found + complaints(made) + ([errors] if rest.returncode else []), states
    finally:
        with server.app.app_context():
            db.session.remove()
            db.engine.dispose()
        server.detach()


def complaints(made):
    """Orders whose state, due and notification do not belong together, in words."""
    db.session.rollback()
    found = []
    for order_id in made:
        order = db.session.get_one(WorkOrder, order_id)
        dues = db.session.scalar(select(func.count()).select_from(DueEntry).filter_by(order_id=order_id))
        told = select(func.count()).select_from(Notification).filter_by(subject=order.handle, reason="order_moved")
        each = (order.state == OrderState.ACCEPTED, dues, db.session.scalar(told))
        if each not in ((False, 0, 0), (True, 1, 1)):
            found.append(f"order {order_id}: accepted, dues, notifications: {each}")
    db.session.rollback()
    return found


@pytest.mark.timeout(200)
def test_a_kill_between_accept_and_answer_leaves_a_due_once_or_not_at_all(tmp_path, empty_database):
    """Case 22: the notification exists exactly with the due, and a repetition under the same number changes nothing."""
    found, states = killed_while_accepting(tmp_path, empty_database)

    assert (found, states) == ([], {OrderState.ACCEPTED})


@pytest.mark.acceptance
@pytest.mark.timeout(200)
def test_the_test_of_kills_catches_a_due_in_a_second_transaction(tmp_path, empty_database):
    found, _ = killed_while_accepting(tmp_path, empty_database, "--hasty")

    assert found
