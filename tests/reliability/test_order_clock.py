"""The clock of orders with real servers: silence over a stop, two processes, and people who act in the same second."""

import asyncio
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import aiohttp
import pytest
from sqlalchemy import func, select, update

from ideas import clock
from ideas.database import db, write
from ideas.dues import DueKind
from ideas.models import Delivery, DueEntry, Notification, Review, ReviewDecision, WorkOrder
from ideas.orders import OrderState
from ideas.services import orders
from ideas.services.order_clock import run_order_clock
from tests import factories
from tests.orders import REASON, WORK, delivered, published, working
from tests.reliability.conftest import running
from tests.reliability.test_connections import wait_until
from tests.servers import Server, cookie_of
from tests.sockets import run

WEEK = timedelta(days=7)
ORDERS = 4
# From the end of the silence to the act of a person, in seconds; the first one acts at once. The clock of each server
# runs once a second.
AROUND = [-9.0, -0.1, 0.0, 0.0, 0.2]
MUTANT = ("-m", "tests.reliability.careless_orders")


@pytest.fixture
def at(monkeypatch):
    """Let the services of the test, and no server, believe in another time until it is None."""
    real = clock.now

    def pretend(moment):
        monkeypatch.setattr(clock, "now", real if moment is None else lambda: moment)

    return pretend


def state_of(order_id):
    db.session.rollback()
    return db.session.get_one(WorkOrder, order_id).state


def decisions_on(order_id):
    """`[(decision, by_clock, when)]` on what was handed in for an order."""
    db.session.rollback()
    query = select(Review).join(Delivery).where(Delivery.order_id == order_id).order_by(Review.id)
    return [(each.decision, each.by_clock, each.decided_at) for each in db.session.scalars(query)]


def dues_of(order_id):
    rows = db.session.scalars(select(DueEntry).filter_by(order_id=order_id))
    return [(row.kind, row.cents, row.at) for row in rows]


def told_of(order_id):
    """How often the worker was told of the decision; of a decline they are told as of something that presses."""
    handle = db.session.get_one(WorkOrder, order_id).handle
    told = select(func.count()).select_from(Notification).filter_by(subject=handle)
    return db.session.scalar(told.where(Notification.reason.in_(("order_moved", "order_pressing"))))


def accepted_by_silence(order_id, until):
    """Whether there is one acceptance and one due, both of the moment that was due, and one notification."""
    accepted, owed = [(ReviewDecision.ACCEPT, True, until)], [(DueKind.OWED, 1200, until)]
    return (decisions_on(order_id), dues_of(order_id), told_of(order_id)) == (accepted, owed, 1)


def test_a_silence_that_ends_while_the_server_is_down_is_made_up_for_once(tmp_path, at, empty_database):
    """Case 10."""
    server = Server(tmp_path).lay(empty_database)
    with running(server):
        at(clock.now() - WEEK + timedelta(seconds=1.5))
        order_id, _ = delivered(published())
        at(None)
        until = db.session.get_one(WorkOrder, order_id).until
        server.stop()
        assert clock.now() < until, "the silence ends only now"
        wait_until(lambda: clock.now() > until + timedelta(seconds=0.2))
        assert state_of(order_id) == OrderState.DELIVERED, "no server was there to accept"

        server.start()
        wait_until(lambda: state_of(order_id) == OrderState.ACCEPTED)
        server.kill()
        assert run_order_clock() == 0, "nothing is done twice"

        assert accepted_by_silence(order_id, until)
        assert db.session.get_one(WorkOrder, order_id).since == until
        assert db.session.get_one(WorkOrder, order_id).pay_by > until + timedelta(days=14), "the time to pay is whole"
        assert factories.journal_holds() == []
    assert "Traceback" not in server.log()


def two_servers(after, tmp_path, address, program=("wsgi.py",)):
    """Two servers on one PostgreSQL, not yet started, and the context of one of them."""
    servers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        servers.append(Server(tmp_path / name, program, DATABASE_URL=address, ALLOW_SECOND_SERVER="1"))
        after.callback(servers[-1].detach)
        after.callback(servers[-1].kill)
    after.enter_context(servers[0].app.app_context())
    after.callback(db.engine.dispose)
    after.callback(db.session.remove)
    return servers


def start_at_once(servers):
    with ThreadPoolExecutor() as pool:
        list(pool.map(Server.start, servers))


def silent_for_a_week(at):
    """Orders whose time to decide ended before any server started. :return: `{order: when}`"""
    began = clock.now() - WEEK - timedelta(hours=1)
    at(began)
    job = published(places=ORDERS)
    ids = [working(job) for _ in range(ORDERS)]
    for n, (order_id, worker) in enumerate(ids):
        at(began + timedelta(minutes=n))
        orders.deliver(worker, order_id, WORK)
    at(None)
    return {order_id: db.session.get_one(WorkOrder, order_id).until for order_id, _ in ids}


def test_two_servers_that_start_at_once_accept_once_and_people_in_the_same_second_win_or_are_told(
    tmp_path, at, postgres
):
    """Cases 10 and 11 on PostgreSQL."""
    with ExitStack() as after:
        servers = two_servers(after, tmp_path, postgres.new_database())
        silent = silent_for_a_week(at)
        start_at_once(servers)
        wait_until(lambda: all(state_of(order_id) == OrderState.ACCEPTED for order_id in silent))

        act_in_the_same_second(servers)

        assert all(accepted_by_silence(order_id, until) for order_id, until in silent.items())
        assert factories.journal_holds() == []
        for server in servers:
            assert "Traceback" not in server.log(), server.log()


def act_in_the_same_second(servers):
    """Accept and decline around the end of the silence, at both servers. :raise AssertionError: unless one wins."""
    job = published(places=2 * len(AROUND))
    ids = [working(job) for _ in range(2 * len(AROUND))]
    for order_id, worker in ids:
        orders.deliver(worker, order_id, WORK)
    cookie = cookie_of(servers[0].app, job.owner.person_id)
    ends, answers = [], {}

    async def decide(http, session, token, order_id, act, seconds, server):
        fields = {"csrf_token": token, "op": factories.op(), "version": "1", "criterion": "1"}
        fields |= {"reason": f"{REASON} {order_id}"}
        await asyncio.sleep((ends[0] - clock.now()).total_seconds() + seconds)
        address = f"{server.url}/orders/{order_id}/{act}"
        headers = {"Cookie": session, "Referer": address}
        async with http.post(address, data=fields, headers=headers, allow_redirects=False) as answer:
            answers[order_id] = act, answer.status, await answer.text()

    async def story():
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            session, token = await form_of(http, f"{servers[0].url}/orders/{ids[0][0]}", cookie)
            ends.append(end_in(1.5, job.id))
            acts = [(act, seconds) for act in ("acceptance", "decline") for seconds in AROUND]
            made = zip(ids, acts, itertools.cycle(servers))
            await asyncio.gather(
                *(decide(http, session, token, order_id, *how, server) for (order_id, _), how, server in made)
            )

    run(story())
    wait_until(lambda: all(state_of(order_id) != OrderState.DELIVERED for order_id in answers))
    wins = {one_wins(order_id, ends[0], *answer) for order_id, answer in answers.items()}
    assert wins == {"person", "clock"}, answers


async def form_of(http, address, cookie):
    """:return: the cookie and the token with which forms of a page are sent"""
    async with http.get(address, headers={"Cookie": cookie}) as page:
        token = re.search(r'name="csrf_token" value="([^"]+)"', await page.text())[1]
        return page.headers["Set-Cookie"].split(";")[0], token


def end_in(seconds, job_id):
    """Let the time to decide on every delivery of a job end so soon. :return: when"""
    until = clock.from_ms(clock.to_ms(clock.now() + timedelta(seconds=seconds)))
    with write() as transaction:
        transaction.session.execute(update(WorkOrder).filter_by(job_id=job_id).values(since=until - WEEK, until=until))
    return until


def one_wins(order_id, until, act, status, page):
    """Who decided. :raise AssertionError: unless it was one, and a person who was late got a sentence."""
    [(decision, by_clock, when)] = decisions_on(order_id)
    if by_clock:
        assert status == 409, page
        assert "the clock was faster" in page
        assert accepted_by_silence(order_id, until)
        return "clock"
    wanted = ReviewDecision.ACCEPT if act == "acceptance" else ReviewDecision.DECLINE
    assert (status, decision) == (303, wanted), (act, status)
    assert when < until
    assert len(dues_of(order_id)) == (act == "acceptance")
    assert told_of(order_id) == 1
    return "person"


@pytest.mark.acceptance
def test_a_clock_of_orders_that_looks_before_the_transaction_is_caught(tmp_path, at, postgres):
    with ExitStack() as after:
        servers = two_servers(after, tmp_path, postgres.new_database(), MUTANT)
        silent = silent_for_a_week(at)
        start_at_once(servers)
        wait_until(lambda: any(len(dues_of(order_id)) > 1 for order_id in silent))

        assert not all(accepted_by_silence(order_id, until) for order_id, until in silent.items())
