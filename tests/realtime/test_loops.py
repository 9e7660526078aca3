"""The ticker: loops run again and again, apart from each other, until they are stopped."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from ideas import clock, leases
from ideas.changes import Changes
from ideas.database import db, write
from ideas.loops import Loop
from ideas.models import Account, Digest
from ideas.queries.news import news_of
from ideas.services import moderation
from realtime.loops import Ticker
from tests import factories

# How long a test waits for a run that must come.
SECONDS = 20


class Counter:
    """A loop's function. It counts its runs and can be waited for."""

    def __init__(self, fails: bool = False) -> None:
        self.runs, self._fails, self._ran = 0, fails, threading.Condition()

    def __call__(self) -> None:
        with self._ran:
            self.runs += 1
            self._ran.notify_all()
        if self._fails:
            raise ZeroDivisionError

    def wait_for(self, runs: int) -> bool:
        with self._ran:
            return self._ran.wait_for(lambda: self.runs >= runs, SECONDS)


@pytest.fixture
def threads():
    return []


@pytest.fixture
def ticker(threads):
    def spawn(act, *args):
        threads.append(threading.Thread(target=act, args=args, daemon=True))
        threads[-1].start()

    made = Ticker(spawn, threading.Event())
    yield made
    made.stop()


def test_a_loop_runs_at_once_and_again(ticker):
    at_once, again = Counter(), Counter()

    ticker.start([Loop("rare", 3600, at_once), Loop("often", 0.001, again)])

    assert at_once.wait_for(1)
    assert again.wait_for(5)
    assert at_once.runs == 1


def test_a_loop_that_is_started_twice_runs_once(ticker, threads):
    loop = Loop("rare", 3600, Counter())

    ticker.start([loop])
    ticker.start([loop, Loop("other", 3600, Counter())])

    assert len(threads) == 2


def test_a_failing_loop_is_logged_and_neither_it_nor_another_stops(ticker, caplog):
    failing, other = Counter(fails=True), Counter()

    ticker.start([Loop("failing", 0.001, failing), Loop("other", 0.001, other)])

    assert failing.wait_for(3)
    assert other.wait_for(3)
    assert "the loop failing failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_loop_that_hangs_stops_no_other(ticker):
    release, other = threading.Event(), Counter()

    ticker.start([Loop("hanging", 0.001, lambda: release.wait(SECONDS)), Loop("other", 0.001, other)])

    assert other.wait_for(3)
    release.set()


def test_a_stopped_ticker_ends_its_loops_without_waiting_for_the_next_run(ticker, threads):
    often, rare = Counter(), Counter()
    ticker.start([Loop("often", 0.001, often), Loop("rare", 3600, rare)])
    assert often.wait_for(2)
    assert rare.wait_for(1)

    ticker.stop()

    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_every_run_has_a_context_of_its_own():
    open_now, seen = [], []

    @contextmanager
    def context():
        open_now.append(1)
        yield
        open_now.pop()

    ticker = Ticker(threading.Thread, threading.Event(), context)
    for _ in range(2):
        ticker.run(Loop("loop", 1, lambda: seen.append(len(open_now))))

    assert seen == [1, 1]
    assert open_now == []


@pytest.mark.parametrize("is_granted", [True, False])
def test_a_leased_loop_runs_only_while_it_holds_the_lease(is_granted):
    asked, held_during_run, held = [], [], []

    @contextmanager
    def lease(name):
        asked.append(name)
        held.append(name)
        yield is_granted
        held.pop()

    ticker = Ticker(threading.Thread, threading.Event(), lease=lease)
    ticker.run(Loop("leased", 1, lambda: held_during_run.append(list(held)), leased=True))
    free = Counter()
    ticker.run(Loop("free", 1, free))

    assert asked == ["leased"]
    assert held_during_run == ([["leased"]] if is_granted else [])
    assert held == []
    assert free.runs == 1


def test_a_leased_loop_of_the_server_waits_until_another_process_gives_its_lease_back(app):
    ticker, runs = app.extensions["schwarm-realtime"].ticker, Counter()
    loop = Loop("a leased loop", 1, runs, leased=True)

    with leases.held(loop.name, 60):
        ticker.run(loop)
        assert runs.runs == 0
    ticker.run(loop)

    assert runs.runs == 1


class Contexts:
    """The contexts and statements of loops. An idle server has none."""

    def __init__(self, app) -> None:
        self.app, self.opened, self.statements = app, 0, []

    @contextmanager
    def __call__(self):
        self.opened += 1
        with self.app.app_context():
            yield

    def note(self, _connection, _cursor, statement, *_rest) -> None:
        self.statements.append(statement)


@pytest.fixture
def contexts(app):
    made = Contexts(app)
    event.listen(Engine, "before_cursor_execute", made.note)
    yield made
    event.remove(Engine, "before_cursor_execute", made.note)


@pytest.fixture
def turns(app, contexts):
    """The periodic work of a server without connections, by name: each call is one turn of it."""
    changes = Changes(lambda: db.engine)
    ticker = Ticker(threading.Thread, threading.Event(), contexts, changes=changes)
    loops = [loop for loop in app.extensions["schwarm-realtime"].loops() if loop.seconds <= 60]
    yield {loop.name: ticker._turn_of(loop) for loop in loops}
    changes.close()


def test_a_server_without_work_opens_no_context_and_makes_no_statement(turns, contexts):
    factories.room(starts_at=clock.now() + timedelta(days=1), starts_at_once=False)
    assert turns.keys() == {"clock", "readiness", "orders", "turns", "mail", "arrivals", "installation", "news"}
    for turn in turns.values():
        turn()
        turn()  # the mail of the first turn was committed
    before = contexts.opened, len(contexts.statements)
    assert min(before) > 0, "they looked once"

    for turn in turns.values():
        for _ in range(20):
            turn()

    assert (contexts.opened, len(contexts.statements)) == before


def test_a_commit_and_a_moment_that_has_come_wake_their_loops_and_no_other(turns, contexts, monkeypatch):
    room = factories.room(starts_at=clock.now() + timedelta(hours=1), starts_at_once=False)
    for turn in [*turns.values()] * 2:
        turn()
    before = contexts.opened
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1, seconds=1))

    for name in ("arrivals", "readiness", "clock"):
        turns[name]()

    assert contexts.opened == before + 1
    db.session.rollback()
    assert not room.round.is_in_lobby
    turns["readiness"]()
    assert contexts.opened == before + 2, "the start was committed"


def test_news_are_looked_for_when_their_moment_has_come(turns, contexts, monkeypatch):
    """Nothing is committed in between: a digest is due at eight, and a phase has its last day."""
    start = datetime(2026, 3, 10, 12, tzinfo=UTC)
    now = [start]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    room = factories.room(phases=(factories.PhasePlan("write", ("write",), seconds=172_800),))
    reader = factories.participant(room, actor=factories.account())
    with write() as transaction:
        transaction.session.get_one(Account, reader.actor.account_id).confirmed_at = start
    moderation.hide_idea(room.owner, factories.idea(room, reader), "")
    for _ in range(2):
        turns["news"]()
    db.session.rollback()
    before = contexts.opened

    now[0] = start + timedelta(hours=19, minutes=59)
    turns["news"]()
    assert contexts.opened == before
    now[0] = start + timedelta(hours=20)
    turns["news"]()
    assert db.session.query(Digest).count() == 1
    turns["news"]()  # the digest was committed
    before = contexts.opened
    now[0] = start + timedelta(hours=23, minutes=59)
    turns["news"]()
    assert contexts.opened == before
    now[0] = start + timedelta(hours=24)
    turns["news"]()

    db.session.rollback()
    assert "last_day" in {row.reason for row in news_of(db.session(), reader.actor)}


def test_work_after_commits_goes_on_while_something_is_left_and_after_a_failure(app):
    left, fails, runs = [True], [False], Counter()

    def run() -> None:
        runs()
        assert not fails[0]

    changes = Changes(lambda: db.engine)
    turn = Ticker(threading.Thread, threading.Event(), changes=changes)._turn_of(
        Loop("readiness", 1, run, has_more=lambda: left[0])
    )
    turn()
    turn()
    assert runs.runs == 2
    left[0] = False
    turn()
    assert runs.runs == 2
    factories.account()
    fails[0] = True
    turn()
    turn()
    assert runs.runs == 4, "it failed"
    fails[0] = False
    turn()
    turn()
    assert runs.runs == 5
    changes.close()
