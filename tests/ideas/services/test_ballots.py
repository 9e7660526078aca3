"""Every acknowledged mark counts once; no other mark counts."""

import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, func, select

import config
from ideas import clock
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.marks import Cast
from ideas.models import JournalEntry, Mark, Origin, Question, Round, Tally
from ideas.queries.rankings import ranking_of
from ideas.queries.rooms import figures_of
from ideas.services import ideas, moderation, participants, rounds
from ideas.services.ballots import INVALID, MARKS_PER_CAST, CastAnswer, CastRefused, cast_ballot, cast_ballots
from tests import factories
from tests.factories import cast, entry_id, mark, op


@pytest.fixture
def voter(room):
    return factories.participant(room, "Voter")


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author, "Reusable crates")


def tallies(room) -> dict[tuple[int, int], int]:
    """The counters as `{(entry, value): n}`, without zeros."""
    db.session.rollback()
    rows = db.session.execute(select(Tally.subject, Tally.value, Tally.n).filter_by(question_id=room.question_id))
    return {(subject, value): n for subject, value, n in rows if n}


def counted_marks(room) -> dict[tuple[int, int], int]:
    """The same counts, taken from the marks."""
    rows = db.session.execute(select(Mark.subject, Mark.value).filter_by(question_id=room.question_id))
    return dict(Counter((subject, value) for subject, value in rows))


def refusal_of(command: Cast) -> str | None:
    [answer] = cast_ballots([command])
    return answer.error


def test_a_mark_is_stored_counted_and_acknowledged(room, voter, idea):
    answer = mark(room, voter, {idea: 1})

    assert answer.ok
    assert not answer.dup
    assert re.fullmatch(rf"{answer.seq}-[0-9a-f]{{16}}-[0-9a-f]{{8}}", answer.receipt)
    assert factories.own_marks(db.session(), room.round, voter.row) == {entry_id(idea): 1}
    assert tallies(room) == {(entry_id(idea), 1): 1}
    assert room.round.turnout == 1
    last = db.session.get_one(JournalEntry, (room.chain_id, answer.seq))
    assert last.kind == "mark"
    assert answer.receipt.split("-")[1] == last.h[:8].hex()
    assert factories.journal_holds() == []


@pytest.mark.parametrize("value", [1, 0, -1])
def test_yes_no_and_skip_are_stored_as_given(room, voter, idea, value):
    mark(room, voter, {idea: value})

    assert tallies(room) == {(entry_id(idea), value): 1}


def test_the_latest_mark_counts_and_the_turnout_counts_people(room, voter, idea):
    for value in (1, -1, -1, 0):
        mark(room, voter, {idea: value})

    assert tallies(room) == {(entry_id(idea), 0): 1}
    assert room.round.turnout == 1
    assert factories.journal_holds() == []


def test_one_cast_may_mark_many_entries(room, author, voter):
    found = [factories.idea(room, author) for _ in range(3)]

    mark(room, voter, {found[0]: 1, found[1]: -1, found[2]: 0})

    assert factories.own_marks(db.session(), room.round, voter.row) == {
        entry_id(found[0]): 1,
        entry_id(found[1]): -1,
        entry_id(found[2]): 0,
    }
    assert room.round.turnout == 1


class TestRepetition:
    def test_a_repeated_op_changes_nothing_and_gets_the_same_answer(self, room, voter, idea):
        command = cast(room, voter, {idea: 1})
        first = cast_ballot(command)
        before = db.session.scalar(select(func.count()).select_from(JournalEntry))

        again = cast_ballot(command)

        assert again == replace(first, dup=True)
        assert db.session.scalar(select(func.count()).select_from(JournalEntry)) == before
        assert tallies(room) == {(entry_id(idea), 1): 1}

    def test_a_repeated_old_op_does_not_undo_a_later_change(self, room, voter, idea):
        old = cast(room, voter, {idea: 1})
        first = cast_ballot(old)
        mark(room, voter, {idea: -1})

        assert cast_ballot(old) == replace(first, dup=True)

        assert tallies(room) == {(entry_id(idea), -1): 1}

    def test_a_repeated_op_is_answered_after_the_close_too(self, room, voter, idea):
        command = cast(room, voter, {idea: 1})
        first = cast_ballot(command)
        factories.close(room)

        assert cast_ballot(command) == replace(first, dup=True)

    def test_a_batch_with_copies_counts_the_first_and_flags_the_others(self, room, voter, idea):
        command = cast(room, voter, {idea: 1})

        answers = cast_ballots([command, command, replace(command, marks={entry_id(idea): 1})])

        assert [a.dup for a in answers] == [False, True, True]
        assert len({(a.seq, a.receipt) for a in answers}) == 1
        assert tallies(room) == {(entry_id(idea), 1): 1}

    def test_a_used_op_with_other_marks_is_invalid(self, room, voter, idea):
        command = cast(room, voter, {idea: 1})
        other = replace(command, marks={entry_id(idea): -1})

        in_one_batch = cast_ballots([command, other])
        later = cast_ballots([other, command])

        assert [a.error for a in in_one_batch] == [None, INVALID]
        assert [a.error for a in later] == [INVALID, None]
        assert later[1].dup
        assert tallies(room) == {(entry_id(idea), 1): 1}

    def test_the_same_op_of_two_people_is_two_commands(self, room, voter, idea):
        other = factories.participant(room)
        command = cast(room, voter, {idea: 1})

        answers = cast_ballots([command, replace(command, participant_id=other.id)])

        assert [a.dup for a in answers] == [False, False]
        assert answers[0].receipt != answers[1].receipt
        assert tallies(room) == {(entry_id(idea), 1): 2}
        assert room.round.turnout == 2

    def test_a_refused_op_may_be_sent_again(self, room, voter, idea):
        factories.step(room, "open")
        moderation.hide_idea(room.owner, idea, "")
        command = cast(room, voter, {idea: 1})
        assert refusal_of(command) == "not_found"
        moderation.restore_idea(room.owner, idea)

        assert not cast_ballot(command).dup

        assert tallies(room) == {(entry_id(idea), 1): 1}

    def test_the_op_of_another_kind_of_command_is_invalid(self, room, author, voter):
        number = op()
        ideas.submit_idea(voter.actor, room.id, ideas.IdeaForm("Mine"), number)
        other = factories.idea(room, author)

        assert refusal_of(cast(room, voter, {other: 1}, op=number)) == "invalid"
        assert tallies(room) == {}


class TestOrder:
    def test_an_overtaken_mark_of_the_same_page_is_acknowledged_and_ignored(self, room, voter, idea):
        client = op()
        mark(room, voter, {idea: 1}, client=client, n=9)

        late = mark(room, voter, {idea: -1}, client=client, n=3)

        assert late.ok
        assert late.receipt
        assert tallies(room) == {(entry_id(idea), 1): 1}
        assert factories.journal_holds() == []

    def test_the_later_commit_wins_between_two_pages(self, room, voter, idea):
        mark(room, voter, {idea: 1}, n=9)

        mark(room, voter, {idea: -1}, n=1)

        assert tallies(room) == {(entry_id(idea), -1): 1}

    def test_a_late_retry_does_not_undo_the_mark_of_another_page(self, room, voter, idea):
        laptop, phone = op(), op()
        mark(room, voter, {idea: 1}, client=laptop, n=9)
        mark(room, voter, {idea: -1}, client=phone, n=1)

        mark(room, voter, {idea: 0}, client=laptop, n=4)

        assert tallies(room) == {(entry_id(idea), -1): 1}
        assert factories.journal_holds() == []

    def test_each_entry_decides_by_itself_whether_a_mark_is_late(self, room, author, voter, idea):
        other, client = factories.idea(room, author), op()
        mark(room, voter, {idea: 1}, client=client, n=9)

        mark(room, voter, {idea: -1, other: -1}, client=client, n=4)

        assert tallies(room) == {(entry_id(idea), 1): 1, (entry_id(other), -1): 1}
        assert factories.journal_holds() == []

    def test_a_late_mark_within_one_batch_is_ignored_too(self, room, voter, idea):
        laptop, phone = op(), op()
        nines = cast(room, voter, {idea: 1}, client=laptop, n=9)
        between = cast(room, voter, {idea: -1}, client=phone, n=1)
        late = cast(room, voter, {idea: 0}, client=laptop, n=4)

        answers = cast_ballots([nines, between, late])

        assert all(a.ok for a in answers)
        assert tallies(room) == {(entry_id(idea), -1): 1}
        assert factories.journal_holds() == []


class TestRefusals:
    def test_a_mark_after_the_close_is_refused(self, room, voter, idea):
        command = cast(room, voter, {idea: 1})
        factories.close(room)

        assert refusal_of(command) == "closed"
        with pytest.raises(CastRefused) as refusal:
            cast_ballot(command)
        assert refusal.value.error == "closed"
        assert tallies(room) == {}

    def test_only_a_voting_phase_accepts_marks(self, app):
        room = factories.room(phases=factories.STEPS)
        author, voter = factories.participant(room), factories.participant(room)
        idea = factories.idea(room, author)
        errors = []
        for phase in ("write", "debate", "vote", "debate"):
            factories.step(room, phase)
            errors.append(refusal_of(cast(room, voter, {idea: 1})))

        assert errors == ["closed", "closed", None, "closed"]

    def test_a_phase_whose_time_is_up_accepts_no_marks(self, room, voter, idea):
        with write() as transaction:
            phase = transaction.session.get_one(Round, room.round_id).phase
            phase.ends_at = clock.now() + timedelta(seconds=60)
        assert refusal_of(cast(room, voter, {idea: 1})) is None
        with write() as transaction:
            transaction.session.get_one(Round, room.round_id).phase.ends_at = clock.now() - timedelta(milliseconds=5)

        assert refusal_of(cast(room, voter, {idea: -1})) == "closed"

    def test_the_marks_of_a_removed_participant_still_count(self, room, voter, idea):
        mark(room, voter, {idea: 1})
        participants.bar_participant(room.owner, room.id, voter.id, "")

        assert refusal_of(cast(room, voter, {idea: -1})) == "barred"
        assert tallies(room) == {(entry_id(idea), 1): 1}

    def test_a_mark_on_ones_own_idea_is_refused(self, room, author, idea):
        assert refusal_of(cast(room, author, {idea: 1})) == "invalid"
        assert tallies(room) == {}

    @pytest.mark.parametrize("origin", [Origin.IMPORT, Origin.REHEARSAL])
    def test_a_replayed_crowd_may_mark_its_own_ideas(self, room, author, idea, origin):
        with write() as transaction:
            transaction.session.get_one(Round, room.round_id).origin = origin

        assert refusal_of(cast(room, author, {idea: 1})) is None

    def test_only_visible_ideas_can_be_marked(self, app):
        room = factories.room(approval=True)
        author, voter = factories.participant(room), factories.participant(room)
        pending, hidden, withdrawn = (factories.idea(room, author) for _ in range(3))
        moderation.hide_idea(room.owner, hidden, "")
        ideas.withdraw_idea(author.actor, withdrawn)

        assert {refusal_of(cast(room, voter, {i: 1})) for i in (pending, hidden, withdrawn)} == {"not_found"}
        moderation.approve_idea(room.owner, pending)
        assert refusal_of(cast(room, voter, {pending: 1})) is None

    def test_an_entry_of_another_room_is_not_found(self, room, noise, voter):
        assert refusal_of(cast(room, voter, {noise.ideas[0]: 1})) == "not_found"

    def test_a_participant_of_another_room_is_not_found(self, room, noise, idea):
        before = tallies(noise.room)

        assert refusal_of(cast(room, noise.people[0], {idea: 1})) == "not_found"
        assert refusal_of(cast(room, noise.people[0], {idea: 1}, participant_id=9999)) == "not_found"
        assert tallies(room) == {}
        assert tallies(noise.room) == before

    def test_an_unknown_round_is_not_found(self, room, voter, idea):
        assert refusal_of(cast(room, voter, {idea: 1}, round_id=9999)) == "not_found"

    def test_a_question_of_another_round_is_invalid(self, room, noise, voter, idea):
        assert refusal_of(cast(room, voter, {idea: 1}, question_id=noise.room.question_id)) == "invalid"
        assert refusal_of(cast(room, voter, {idea: 1}, question_id=room.question_id)) is None

    def test_a_cast_must_name_its_question_if_there_are_two(self, room, voter, idea):
        with write() as transaction:
            second = Question(round_id=room.round_id, rule="approval", prompt="Doable?")
            transaction.session.add(second)
            transaction.session.flush()
            second_id = second.id

        assert refusal_of(cast(room, voter, {idea: 1})) == "invalid"
        assert refusal_of(cast(room, voter, {idea: 1}, question_id=room.question_id)) is None
        assert refusal_of(cast(room, voter, {idea: -1}, question_id=second_id)) is None
        assert tallies(room) == {(entry_id(idea), 1): 1}
        assert room.round.turnout == 1
        assert factories.journal_holds() == []

    @pytest.mark.parametrize("value", [2, -2, 100])
    def test_an_unknown_value_is_invalid(self, room, voter, idea, value):
        assert refusal_of(cast(room, voter, {idea: value})) == "invalid"

    def test_an_empty_cast_and_an_oversized_cast_are_invalid(self, room, voter, idea):
        endless = dict.fromkeys(range(1, MARKS_PER_CAST + 2), 1)

        assert refusal_of(cast(room, voter, {})) == "invalid"
        assert refusal_of(replace(cast(room, voter, {}), marks=endless)) == "invalid"

    def test_one_bad_mark_refuses_the_whole_cast(self, room, author, voter, idea):
        other = factories.idea(room, author)
        moderation.hide_idea(room.owner, other, "")

        assert refusal_of(cast(room, voter, {idea: 1, other: 1})) == "not_found"
        assert tallies(room) == {}
        assert room.round.turnout == 0

    def test_a_refused_cast_does_not_affect_the_others_of_its_batch(self, room, noise, author, voter, idea):
        own = cast(room, author, {idea: 1})
        good = cast(room, voter, {idea: 1})
        elsewhere = cast(noise.room, noise.people[2], {noise.ideas[0]: 1})
        nowhere = cast(room, voter, {idea: 1}, round_id=9999)

        answers = cast_ballots([own, nowhere, good, elsewhere, cast(room, voter, {idea: 7})])

        assert [a.error for a in answers] == ["invalid", "not_found", None, None, "invalid"]
        assert tallies(room) == {(entry_id(idea), 1): 1}
        assert factories.journal_holds() == []

    def test_an_empty_batch_has_no_answers(self, room):
        assert cast_ballots([]) == []


def test_lanes_learn_the_turnout_and_no_mark(room, voter, idea, advances):
    mark(room, voter, {idea: 1})
    mark(room, voter, {idea: -1})

    assert {e.lane for e in advances} == {"room", "facilitators"}
    assert {e.handles for e in advances} == {("figures",)}
    assert len({e.seq for e in advances}) == 1, "a changed vote is nobody's business"
    assert figures_of(db.session(), room.round).voted == 1


def test_one_batch_takes_a_thousand_casts(app):
    room = factories.room()
    author = factories.participant(room)
    entries = {entry_id(factories.idea(room, author)) for _ in range(3)}
    voters = [factories.participant(room) for _ in range(4)]
    casts = [
        Cast(voters[i % 4].id, room.round_id, op(), op(), i, {entry: (i + entry) % 3 - 1 for entry in entries})
        for i in range(1000)
    ]

    answers = cast_ballots(casts)

    assert all(a.ok for a in answers)
    assert [a.seq for a in answers] == sorted({a.seq for a in answers})
    assert tallies(room) == counted_marks(room)
    assert sum(tallies(room).values()) == 12
    assert factories.journal_holds() == []


def test_a_batch_takes_as_many_statements_whatever_it_holds(app):
    """Of casts of one person or of many, in one room or in several, late ones, repeated ones and refused ones."""

    def statements_of(casts):
        asked = []

        def note(*args):
            asked.append(args[2])

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            answers = cast_ballots(casts)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        assert any(answer.ok for answer in answers)
        return asked

    rooms = [factories.room(questions=(plan,)) for plan in (QuestionPlan(), QuestionPlan("stars"))]
    people = {room: [factories.participant(room) for _ in range(12)] for room in rooms}
    ideas = {room: [factories.idea(room, people[room][0]) for _ in range(3)] for room in rooms}
    voters = [(room, person) for room in rooms for person in people[room][1:]]
    for room, person in voters:
        mark(room, person, {ideas[room][0]: 1})
    pages = {room: [op(), op()] for room in rooms}
    casts = [
        cast(room, person, {ideas[room][n % 3]: 1 - n % 2}, client=pages[room][n % 2], n=n)
        for n, (room, person) in enumerate(voters * 3)
    ]

    # By a rule with a limited ballot, which takes a statement more than others.
    of_one = statements_of([cast(rooms[1], people[rooms[1]][1], {ideas[rooms[1]][0]: 0})])
    of_many = statements_of([*casts, casts[0], replace(casts[1], op=op(), participant_id=10**6)])

    assert len(of_many) <= len(of_one) <= 9, of_many


class TestConcurrency:
    PEOPLE, CASTS = 20, 5
    COPIES = 50

    def copies(self, app, make: Callable[[int], Cast]) -> list[CastAnswer]:
        """Send casts at the same moment, each from a thread of its own. :return: the answers"""
        answers: list[CastAnswer] = []
        ready = threading.Barrier(self.COPIES)

        def send(n: int) -> None:
            with app.app_context():
                ready.wait(10)
                answers.append(cast_ballot(make(n)))

        threads = [threading.Thread(target=send, args=(n,)) for n in range(self.COPIES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        return answers

    def test_fifty_copies_of_a_cast_at_once_count_once_and_get_one_answer(self, app, room, voter, idea):
        command = cast(room, voter, {idea: 1})

        answers = self.copies(app, lambda _: command)

        assert sorted(answer.dup for answer in answers) == [False] + [True] * (self.COPIES - 1)
        assert len({(answer.seq, answer.receipt) for answer in answers}) == 1
        assert tallies(room) == {(entry_id(idea), 1): 1}
        marks = select(func.count()).where(JournalEntry.chain_id == room.chain_id, JournalEntry.kind == "mark")
        assert db.session.scalar(marks) == 1

    def test_fifty_casts_of_one_mark_at_once_are_one_mark_of_one_person(self, app, room, voter, idea):
        command = cast(room, voter, {idea: 1})

        answers = self.copies(app, lambda n: replace(command, op=op(), client=op(), n=n))

        assert all(answer.ok and not answer.dup for answer in answers)
        assert tallies(room) == {(entry_id(idea), 1): 1} == counted_marks(room)
        assert room.round.turnout == 1
        assert factories.journal_holds() == []

    def test_twenty_threads_lose_and_double_no_mark(self, app, room, author):
        entries = [entry_id(factories.idea(room, author)) for _ in range(4)]
        voters = [factories.participant(room) for _ in range(self.PEOPLE)]
        answers: list[tuple[int, int, int, CastAnswer]] = []

        def vote(person: factories.Somebody) -> None:
            client = op()
            with app.app_context():
                for n in range(self.CASTS):
                    subject, value = entries[(person.id + n) % 4], (person.id + n) % 3 - 1
                    command = Cast(person.id, room.round_id, op(), client, n, {subject: value})
                    for _ in range(2):  # each cast is sent twice, as after a lost answer
                        answers.append((person.id, subject, value, cast_ballot(command)))

        threads = [threading.Thread(target=vote, args=(person,)) for person in voters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        fresh = [a for a in answers if not a[3].dup]
        assert len(answers) == 2 * len(fresh) == 2 * self.PEOPLE * self.CASTS
        assert len({a[3].seq for a in fresh}) == len(fresh)
        latest = {}
        for person, subject, value, answer in sorted(fresh, key=lambda a: a[3].seq):
            latest[person, subject] = (value, answer.seq)
        db.session.rollback()
        rows = db.session.execute(select(Mark).filter_by(question_id=room.question_id)).scalars()
        assert {(m.participant_id, m.subject): (m.value, m.seq) for m in rows} == latest
        assert tallies(room) == counted_marks(room)
        assert room.round.turnout == self.PEOPLE
        assert factories.journal_holds() == []

    def test_marks_acknowledged_before_the_close_count_and_later_ones_do_not(self, app, room, author):
        entry = entry_id(factories.idea(room, author))
        voters = [factories.participant(room) for _ in range(8)]
        answers: list[CastAnswer] = []
        begun = threading.Event()

        def vote(person: factories.Somebody) -> None:
            with app.app_context():
                for n in range(200):
                    [answer] = cast_ballots([Cast(person.id, room.round_id, op(), "tab", n, {entry: 1})])
                    answers.append(answer)
                    begun.set()
                    if answer.error:
                        return

        threads = [threading.Thread(target=vote, args=(person,)) for person in voters]
        for thread in threads:
            thread.start()
        begun.wait(10)
        factories.close(room)
        for thread in threads:
            thread.join()

        db.session.rollback()
        rows = db.session.execute(select(JournalEntry.seq, JournalEntry.kind).filter_by(chain_id=room.chain_id))
        kinds = dict(rows.tuples().all())
        [closed_at] = [seq for seq, kind in kinds.items() if kind == "close"]
        counted = [a.seq for a in answers if a.ok]
        assert {a.error for a in answers if a.error} == {"closed"}
        assert max(counted) < closed_at
        assert sorted(counted) == sorted(seq for seq, kind in kinds.items() if kind == "mark")
        [winner] = ranking_of(db.session(), room.round).places
        assert winner.figures.yes == sum(tallies(room).values()) == room.round.turnout
        assert factories.journal_holds() == []

    def test_two_processes_on_one_file_lose_no_mark(self, app, room, author):
        entry = entry_id(factories.idea(room, author))
        teams = [[factories.participant(room).id for _ in range(5)] for _ in range(2)]
        db.session.remove()
        program = (
            "import sys; from tests.ideas.services.test_ballots import vote_as_a_process as go; "
            "go(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [int(p) for p in sys.argv[4:]])"
        )
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", program, url, str(room.round_id), str(entry), *map(str, team)],
                cwd=config.ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for team in teams
        ]
        said = [process.communicate(timeout=60)[0] for process in processes]

        assert [process.returncode for process in processes] == [0, 0]
        numbers = [int(line) for output in said for line in output.split()]
        assert len(set(numbers)) == len(numbers) == 2 * 5 * 12
        assert sum(tallies(room).values()) == 10
        assert tallies(room) == counted_marks(room)
        assert room.round.turnout == 10
        assert factories.journal_holds() == []


def vote_as_a_process(url: str, round_id: int, entry: int, people: list[int]) -> None:
    """The program of each process of the test above; it prints the number of every acknowledged mark."""
    from app import create_app

    with create_app({"SQLALCHEMY_DATABASE_URI": url, "SECRET_KEY": "x"}).app_context():
        for n in range(12):
            for person in people:
                print(cast_ballot(Cast(person, round_id, op(), op(), n, {entry: n % 3 - 1})).seq)


class BallotBox(RuleBasedStateMachine):
    """People vote, repeat, come late, withdraw their ideas and are removed; a plain count of the marks is the model."""

    def __init__(self) -> None:
        super().__init__()
        self.room = factories.room()
        self.people = [factories.participant(self.room) for _ in range(3)]
        self.ideas: dict[int, factories.Somebody] = {}
        self.visible: set[int] = set()
        self.barred: set[int] = set()
        self.expected: dict[tuple[int, int], int] = {}
        self.highest: dict[tuple[int, int, str], int] = {}
        self.sent: list[tuple[Cast, CastAnswer]] = []

    @initialize()
    def begin(self) -> None:
        for person in self.people[:2]:
            self.write(person)

    def write(self, author: factories.Somebody) -> None:
        idea = factories.idea(self.room, author)
        self.ideas[entry_id(idea)] = author
        self.visible.add(entry_id(idea))

    @rule(
        who=st.integers(0, 2),
        client=st.sampled_from(["laptop", "phone"]),
        n=st.integers(0, 6),
        values=st.dictionaries(st.integers(0, 5), st.sampled_from([1, 0, -1, 2]), min_size=1, max_size=3),
    )
    def vote(self, who: int, client: str, n: int, values: dict[int, int]) -> None:
        person, entries = self.people[who], sorted(self.ideas)
        marks = {entries[i % len(entries)]: value for i, value in values.items()}
        command = Cast(person.id, self.room.round_id, op(), client, n, marks)

        [answer] = cast_ballots([command])

        assert answer.error == self.refusal(command)
        if answer.ok:
            self.sent.append((command, answer))
            for entry, value in marks.items():
                key = (person.id, entry, client)
                if n >= self.highest.get(key, n):
                    self.highest[key] = n
                    self.expected[person.id, entry] = value

    def refusal(self, command: Cast) -> str | None:
        if command.participant_id in self.barred:
            return "barred"
        if 2 in command.marks.values():
            return "invalid"
        for entry in command.marks:
            if entry not in self.visible:
                return "not_found"
            if self.ideas[entry].id == command.participant_id:
                return "invalid"
        return None

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 99))
    def repeat(self, which: int) -> None:
        command, answer = self.sent[which % len(self.sent)]

        assert cast_ballots([command]) == [replace(answer, dup=True)]

    @rule(which=st.integers(0, 5))
    def hide_or_restore(self, which: int) -> None:
        entry = sorted(self.ideas)[which % len(self.ideas)]
        idea = db.session.scalars(db.text("SELECT idea_id FROM entry WHERE id = :i"), {"i": entry}).one()
        if entry in self.visible:
            moderation.hide_idea(self.room.owner, idea, "")
        else:
            moderation.restore_idea(self.room.owner, idea)
        self.visible ^= {entry}

    @precondition(lambda self: len(self.ideas) < 5)
    @rule(who=st.integers(0, 2))
    def write_more(self, who: int) -> None:
        if self.people[who].id not in self.barred:
            self.write(self.people[who])

    @rule()
    def bar_or_readmit_the_last(self) -> None:
        person = self.people[2]
        if person.id in self.barred:
            participants.readmit_participant(self.room.owner, self.room.id, person.id)
        else:
            participants.bar_participant(self.room.owner, self.room.id, person.id, "")
            self.visible -= {entry for entry, author in self.ideas.items() if author.id == person.id}
        self.barred ^= {person.id}

    @invariant()
    def counters_equal_the_plain_count(self) -> None:
        marks = Counter((entry, value) for (_, entry), value in self.expected.items())
        assert tallies(self.room) == dict(marks) == counted_marks(self.room)
        assert self.room.round.turnout == len({person for person, _ in self.expected})

    def teardown(self) -> None:
        rounds.close_round(self.room.owner, self.room.round_id)
        assert factories.journal_holds() == []


@pytest.mark.usefixtures("app")
def test_the_counters_always_equal_the_marks():
    run_state_machine_as_test(BallotBox, settings=settings(max_examples=8, stateful_step_count=15))
