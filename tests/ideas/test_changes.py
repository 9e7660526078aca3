"""Looks at the database that cost nothing while nothing is committed: they miss no change, whoever wrote it."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import changes, waves
from ideas.changes import Changes, Due, Since
from ideas.database import db, write
from ideas.mail_queue import queue
from ideas.models import MailKind, Organisation
from ideas.services import mails, rounds, steering
from ideas.services.organisations import add_organisation
from tests import factories
from tests.servers import ROOT

ALONE, BUILD, DEBATE, VOTE = (replace(p, seconds=60, advances=True) for p in factories.ALONE_FIRST)


@pytest.fixture
def watched(app):
    made = Changes(lambda: db.engine)
    yield made
    made.close()


def by_another_process(sql: str) -> None:
    with closing(sqlite3.connect(db.engine.url.database, timeout=5, isolation_level=None)) as connection:
        assert connection.execute(sql).rowcount


def write_in_vain() -> None:
    with write() as transaction:
        add_organisation(transaction.session, "Undone")
        transaction.session.flush()
        raise ZeroDivisionError


class TestState:
    def test_it_stays_while_people_only_read(self, watched, noise):
        before = watched.state()
        assert db.session.scalars(db.select(Organisation)).all()
        db.session.rollback()
        with pytest.raises(ZeroDivisionError):
            write_in_vain()

        assert before is not None
        assert watched.state() == before

    def test_it_changes_with_a_commit_of_this_process(self, watched, noise):
        before = watched.state()
        with write() as transaction:
            add_organisation(transaction.session, "New")

        assert watched.state() != before

    def test_it_changes_with_a_commit_of_another_process(self, watched, noise):
        before = watched.state()
        by_another_process("UPDATE organisation SET name = 'Other'")

        assert watched.state() != before

    def test_it_is_another_one_after_the_connection_broke(self, watched, noise):
        before = watched.state()
        watched._pooled.dbapi_connection.close()

        assert watched.state() is None
        assert watched.state() not in (None, before)


class TestSince:
    def test_a_reader_reads_once_for_each_commit(self, watched, noise):
        since = Since(watched)
        news = since.news()
        assert news is not None
        assert since.news() is not None, "it did not read to the end"
        since.saw(news)
        assert since.news() is None

        by_another_process("UPDATE organisation SET name = 'Other'")

        assert since.news() is not None

    def test_a_commit_while_it_reads_is_news_again(self, watched, noise):
        since = Since(watched)
        news = since.news()
        by_another_process("UPDATE organisation SET name = 'Other'")
        since.saw(news)

        assert since.news() is not None

    def test_it_reads_again_when_something_beside_the_database_changed(self, watched, noise):
        since = Since(watched)
        since.saw(since.news(1))

        assert since.news(1) is None
        assert since.news(2) is not None

    def test_it_reads_again_after_a_while_though_nothing_happened(self, watched, noise, monkeypatch):
        since = Since(watched)
        monkeypatch.setattr(changes, "LOOK_SECONDS", 0)
        since.saw(since.news())

        assert since.news() is not None


class TestClock:
    """`Due` says the same as a look at all rounds, one millisecond before each end and at it."""

    @pytest.fixture
    def room(self, app, frozen_clock):
        return factories.room(phases=(ALONE, BUILD, DEBATE, VOTE))

    @pytest.fixture
    def due(self, watched):
        return Due(watched, rounds.next_step())

    @pytest.fixture
    def is_exact(self, due, frozen_clock):
        def check(seconds: float | None) -> bool:
            """Whether the round is due after so many seconds and not before; None: it never is."""
            now = frozen_clock.now
            moments = [-3600, 0, 30, 59.999, 60, 90, 24 * 3600]
            moments += [] if seconds is None else [seconds - 0.001, seconds]
            for after in moments:
                frozen_clock.now = now + timedelta(seconds=after)
                wanted = bool(rounds.due_rounds(db.session()))
                db.session.rollback()
                assert wanted == (seconds is not None and after >= seconds), (after, seconds)
                assert due.is_now() == wanted, after
            frozen_clock.now = now
            return True

        return check

    def test_it_follows_every_act_on_the_clock(self, room, is_exact, frozen_clock):
        assert is_exact(60)
        frozen_clock.advance(10)
        acts: list[tuple[Callable[[], object], float | None]] = [
            (lambda: steering.shift_end(room.owner, room.round_id, 60), 110),
            (lambda: steering.shift_end(room.owner, room.round_id, -60), 50),
            (lambda: steering.pause_phase(room.owner, room.round_id), None),
            (lambda: steering.resume_phase(room.owner, room.round_id), 50),
            (lambda: rounds.step_to_phase(room.owner, room.round_id, 2), 60),
            (lambda: frozen_clock.advance(5), 55),
            (lambda: rounds.step_to_phase(room.owner, room.round_id, 1), 60),
        ]
        for act, seconds in acts:
            act()
            assert is_exact(seconds)
        frozen_clock.advance(60)
        assert rounds.advance_due_rounds() == 1
        assert is_exact(60)
        rounds.close_round(room.owner, room.round_id)
        assert is_exact(None)

    def test_it_follows_another_process(self, room, is_exact):
        assert is_exact(60)
        by_another_process("UPDATE phase SET ends_at = ends_at - 30000 WHERE position = 0")

        assert is_exact(30)

    def test_it_follows_the_command_line(self, room, is_exact):
        assert is_exact(60)
        program = (
            "from app import create_app\n"
            "from ideas.actor import Actor\n"
            "from ideas.services import rounds\n"
            f"with create_app({{'SQLALCHEMY_DATABASE_URI': {str(db.engine.url)!r}}}).app_context():\n"
            f"    rounds.close_round({room.owner!r}, {room.round_id})\n"
        )
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)

        assert is_exact(None)

    def test_a_lobby_ends_at_its_start(self, app, frozen_clock, is_exact):
        factories.room(phases=(ALONE, VOTE), starts_at=frozen_clock.now + timedelta(seconds=90), starts_at_once=False)

        assert is_exact(90)

    def test_the_earliest_of_several_rounds_counts(self, room, frozen_clock, is_exact):
        frozen_clock.advance(-20)
        factories.room(phases=(ALONE, VOTE))

        assert is_exact(60)

    def test_a_look_that_sees_no_commits_is_found_out(self, room, is_exact, watched, monkeypatch):
        monkeypatch.setattr(watched, "state", lambda: 1)
        assert is_exact(60)
        steering.shift_end(room.owner, room.round_id, 60)

        with pytest.raises(AssertionError):
            is_exact(120)


def test_a_look_that_cannot_see_lets_the_work_look_itself(watched, noise, monkeypatch):
    def away() -> None:
        raise ConnectionError

    due, since = Due(watched, rounds.next_step()), Since(watched)
    assert not due.is_now()
    since.saw(since.news())

    watched.close()
    monkeypatch.setattr(watched, "_engine", away)

    assert due.is_now()
    assert since.news() is not None


def test_a_mail_is_due_at_once_and_after_its_pause(watched, app, frozen_clock):
    due = Due(watched, mails.next_due())
    assert not due.is_now()
    lea = factories.account("lea@example.org")
    assert lea.account_id is not None
    with write() as transaction:
        queue(transaction.session, MailKind.CONFIRM, lea.account_id)
    assert due.is_now()
    claimed = mails.claim_mail()
    assert claimed is not None
    assert not due.is_now(), "it is being sent"

    mails.try_later(claimed, "a test")

    assert not due.is_now()
    frozen_clock.advance(1.2 * mails.PAUSE_SECONDS)
    assert due.is_now()
    claimed = mails.claim_mail()
    assert claimed is not None
    frozen_clock.advance(mails.CLAIM_SECONDS + 0.001)
    assert due.is_now(), "the process that sent it died"


def test_a_network_is_due_to_be_forgotten_when_its_time_has_come(watched, app, frozen_clock):
    due = Due(watched, waves.next_forgetting())
    factories.participant(factories.room(), network="n")
    frozen_clock.advance(waves.WAVE_TIME.total_seconds())
    assert not due.is_now()
    frozen_clock.advance(0.001)
    assert due.is_now()

    waves.forget_networks()

    assert not due.is_now()
