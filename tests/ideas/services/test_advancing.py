"""Phases that advance by themselves: at their end and exactly once, whichever process asks and however late."""

import contextlib
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Conflict, RoundIsClosed
from ideas.models import LOBBY, JournalEntry, Result, Reveal
from ideas.queries.rankings import ranking_of
from ideas.services import rounds, steering
from ideas.services.ballots import CastRefused
from tests import factories
from tests.servers import ROOT

ALONE, BUILD, DEBATE, VOTE = (replace(p, seconds=60, advances=True) for p in factories.ALONE_FIRST)
MINUTE = 60


@pytest.fixture
def room(app, noise, frozen_clock):
    return factories.room(phases=(ALONE, BUILD, DEBATE, VOTE))


def at(room: factories.Room) -> int:
    db.session.rollback()
    return room.round.position


def kinds(room: factories.Room) -> list[str]:
    """The kinds of the journal entries about phases and the close after the start, in order."""
    db.session.rollback()
    rows = db.select(JournalEntry.kind).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq)
    start, *later = [k for k in db.session.scalars(rows) if k in ("phase", "reveal", "close", "result")]
    assert start == "phase"
    return later


def test_a_round_advances_at_the_end_of_its_phase_and_not_before(room, frozen_clock):
    frozen_clock.advance(MINUTE - 0.001)
    assert rounds.advance_due_rounds() == 0
    frozen_clock.advance(0.001)

    assert rounds.advance_due_rounds() == 1

    assert at(room) == 1
    assert rounds.advance_due_rounds() == 0


def test_missed_phase_ends_are_made_up_for_at_their_own_times(room, frozen_clock):
    begin = frozen_clock.now
    idea = factories.idea(room, factories.participant(room))
    frozen_clock.advance(2.5 * MINUTE)

    assert rounds.advance_round(room.round_id) == 2

    assert at(room) == 2
    started = [(p.started_at, p.ends_at) for p in room.round.phases[1:3]]
    minutes = [begin + timedelta(minutes=n) for n in range(4)]
    assert started == [(minutes[1], minutes[2]), (minutes[2], minutes[3])]
    [reveal] = db.session.scalars(db.select(Reveal))
    assert (reveal.at, reveal.entries, reveal.account_id, reveal.person_id) == (minutes[1], 1, None, None)
    assert factories.shown(idea)
    assert kinds(room) == ["phase", "reveal", "phase"]


def test_the_end_of_the_last_phase_closes_the_round(room, frozen_clock):
    begin = frozen_clock.now
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    rounds.step_to_phase(room.owner, room.round_id, 3)
    factories.mark(room, voter, {idea: 1})
    frozen_clock.advance(10 * MINUTE)

    assert rounds.advance_due_rounds() == 1

    assert room.round.closed_at == begin + timedelta(minutes=1)
    [winner] = ranking_of(db.session(), room.round).places
    assert (winner.idea.id, winner.figures.yes) == (idea, 1)
    assert rounds.advance_due_rounds() == rounds.advance_round(room.round_id) == 0
    assert factories.journal_holds() == []


def test_a_clock_that_is_set_back_reopens_nothing(room, frozen_clock):
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    rounds.step_to_phase(room.owner, room.round_id, 2)
    frozen_clock.advance(MINUTE)
    assert rounds.advance_due_rounds() == 1

    frozen_clock.advance(-3600)
    assert rounds.advance_due_rounds() == 0
    assert at(room) == 3
    factories.mark(room, voter, {idea: 1})

    frozen_clock.advance(3600 + MINUTE)
    assert rounds.advance_due_rounds() == 1
    frozen_clock.advance(-3600)
    assert rounds.advance_due_rounds() == 0
    assert room.round.is_closed
    with pytest.raises(CastRefused, match="closed"):
        factories.mark(room, voter, {idea: -1})
    assert kinds(room).count("close") == 1
    assert factories.journal_holds() == []


def test_a_clock_that_jumps_ahead_closes_once(room, frozen_clock):
    frozen_clock.advance(3600)

    assert rounds.advance_due_rounds() == 4
    frozen_clock.advance(-3600)
    assert rounds.advance_due_rounds() == 0
    assert room.round.is_closed
    assert kinds(room).count("close") == 1


def test_a_round_that_nobody_visited_closes_and_reveals_its_ideas(room, frozen_clock):
    idea = factories.idea(room, factories.participant(room))
    frozen_clock.advance(24 * 3600)

    assert rounds.advance_round(room.round_id) == 4

    assert kinds(room) == ["phase", "reveal", "phase", "phase", "close", "result"]
    assert [ranked.idea.id for ranked in ranking_of(db.session(), room.round).places] == [idea]


def test_a_paused_phase_and_a_phase_without_advancing_stay(app, noise, frozen_clock):
    paused = factories.room(phases=(ALONE, VOTE))
    steering.pause_phase(paused.owner, paused.round_id)
    waits = factories.room(phases=(replace(ALONE, advances=False), VOTE))
    runs = factories.room(phases=(ALONE, VOTE))
    frozen_clock.advance(1.5 * MINUTE)

    assert rounds.due_rounds(db.session()) == [runs.round_id]
    assert rounds.advance_due_rounds() == 1

    assert [at(room) for room in (paused, waits, runs)] == [0, 0, 1]
    assert [rounds.advance_round(room.round_id) for room in (paused, waits)] == [0, 0]


def test_a_draft_does_not_advance(app, noise, frozen_clock):
    tomorrow = PhasePlan("write", ALONE.activities, ends_at=frozen_clock.now + timedelta(days=1), advances=True)
    draft = factories.draft(phases=(tomorrow, VOTE))
    frozen_clock.advance(2 * 24 * 3600)

    assert rounds.due_rounds(db.session()) == []
    assert rounds.advance_round(draft.round_id) == 0

    assert at(draft) == LOBBY


def test_an_end_date_that_passed_before_the_phase_began_is_ignored(app, noise, frozen_clock):
    """A pause moves the start of the vote past its end: nobody could have voted."""
    days = [frozen_clock.now + timedelta(days=n) for n in range(1, 4)]
    room = factories.room(
        phases=(
            replace(ALONE, seconds=None, ends_at=days[0]),
            replace(VOTE, seconds=None, ends_at=days[1]),
        )
    )
    steering.pause_phase(room.owner, room.round_id)
    frozen_clock.advance(2 * 24 * 3600)
    steering.resume_phase(room.owner, room.round_id)
    frozen_clock.advance(24 * 3600)

    assert rounds.advance_due_rounds() == 1

    assert (at(room), room.round.phase.ends_at, room.round.is_closed) == (1, None, False)


def test_a_manual_step_after_the_clock_skips_no_phase(room, frozen_clock):
    frozen_clock.advance(MINUTE)
    rounds.advance_due_rounds()

    with pytest.raises(Conflict):
        rounds.step_to_phase(room.owner, room.round_id, 2, since=0)
    assert at(room) == 1
    rounds.step_to_phase(room.owner, room.round_id, 1, since=0)
    rounds.step_to_phase(room.owner, room.round_id, 2, since=1)

    assert at(room) == 2


def test_a_phase_that_is_entered_again_gets_its_full_time(room, frozen_clock):
    frozen_clock.advance(MINUTE)
    rounds.advance_due_rounds()
    frozen_clock.advance(MINUTE / 2)

    factories.step(room, "write")

    assert room.round.phase.ends_at == frozen_clock.now + timedelta(minutes=1)
    assert rounds.advance_due_rounds() == 0


def test_a_failing_round_does_not_hold_up_another(room, frozen_clock, monkeypatch):
    other = factories.room(phases=(ALONE, VOTE))
    frozen_clock.advance(1.5 * MINUTE)
    advance = rounds.advance_round

    def broken(round_id: int) -> int:
        if round_id == room.round_id:
            raise RuntimeError
        return advance(round_id)

    monkeypatch.setattr(rounds, "advance_round", broken)

    assert rounds.advance_due_rounds() == 1
    assert (at(room), at(other)) == (0, 1)


class TestExactlyOnce:
    @pytest.fixture
    def room(self, app, noise):
        """A room whose first phase ended a moment ago by the real clock."""
        room = factories.room(phases=(ALONE, replace(BUILD, seconds=3600), VOTE))
        factories.idea(room, factories.participant(room))
        room.round.phase.ends_at = clock.now() - timedelta(seconds=1)
        db.session.commit()
        return room

    def test_many_threads_advance_a_round_once(self, app, room):
        steps, ready = [], threading.Barrier(8)

        def go() -> None:
            with app.app_context():
                ready.wait()
                steps.append(rounds.advance_round(room.round_id))
                db.session.remove()

        threads = [threading.Thread(target=go) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(steps) == [0] * 7 + [1]
        assert kinds(room) == ["phase", "reveal"]
        assert factories.journal_holds() == []

    @pytest.mark.acceptance
    def test_several_processes_advance_a_round_once(self, room, database):
        program = (
            "import sys\n"
            "from app import create_app\n"
            "from ideas.services import rounds\n"
            f"app = create_app({{'SECRET_KEY': 'x', 'SQLALCHEMY_DATABASE_URI': 'sqlite:///{database}'}})\n"
            "print('ready', flush=True)\n"
            "sys.stdin.readline()\n"
            "with app.app_context():\n"
            "    print(rounds.advance_due_rounds())\n"
        )
        pipe = subprocess.PIPE
        processes = [
            subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        steps = sorted(process.communicate(timeout=20)[0].strip() for process in processes)

        assert steps == ["0", "1"]
        assert kinds(room) == ["phase", "reveal"]

    def test_a_manual_close_and_a_timed_close_make_one_result(self, app, room):
        rounds.step_to_phase(room.owner, room.round_id, 2)
        room.round.phase.ends_at = clock.now() - timedelta(seconds=1)
        db.session.commit()
        ready = threading.Barrier(2)

        def go() -> None:
            with app.app_context():
                ready.wait()
                rounds.advance_round(room.round_id)
                db.session.remove()

        thread = threading.Thread(target=go)
        thread.start()
        ready.wait()
        with contextlib.suppress(RoundIsClosed):
            rounds.close_round(room.owner, room.round_id)
        thread.join()

        db.session.rollback()
        assert len(db.session.scalars(db.select(Result).filter_by(round_id=room.round_id)).all()) == 1
        assert kinds(room)[-2:] == ["close", "result"]
        assert kinds(room).count("close") == 1
        assert factories.journal_holds() == []
