"""Ballots of every rule through the service: accepted marks, refused marks, and the stored ballot."""

import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.errors import Barred, Conflict, Forbidden, NotFound, RoundIsClosed
from ideas.marks import Cast
from ideas.models import Ballot, JournalEntry, Mark, Tally
from ideas.queries.ballots import own_ballot, receipt_of, turnout_of
from ideas.queries.rankings import ranking_of, rankings_of
from ideas.services import guests, moderation, participants
from ideas.services.ballots import cast_ballots
from ideas.services.finishing import finish_ballot, reopen_ballot
from tests import factories
from tests.factories import entry_id, op

PLANS = {
    "approval": QuestionPlan("approval"),
    "pairs": QuestionPlan("pairs"),
    "points": QuestionPlan("points", options={"budget": 5}),
    "grades": QuestionPlan("grades"),
    "stars": QuestionPlan("stars", options={"stars": 2, "lemons": 1}),
    "ranked": QuestionPlan("ranked", options={"most": 3}),
}


class Table:
    """A room with one or two questions, the ideas of one author, and a voter."""

    def __init__(self, *plans: QuestionPlan, ideas: int = 4) -> None:
        self.room = factories.room(questions=plans)
        self.author, self.voter = factories.participant(self.room), factories.participant(self.room)
        self.ideas = [factories.idea(self.room, self.author) for _ in range(ideas)]
        self.entries = [entry_id(idea) for idea in self.ideas]
        self.questions = [question.id for question in self.room.round.questions]

    def cast(self, marks, who=None, question=0, client="tab", n=1):
        who = who or self.voter
        command = Cast(who.id, self.room.round_id, op(), client, n, marks, self.questions[question])
        [answer] = cast_ballots([command])
        return answer

    def own(self, who=None, question=0):
        db.session.rollback()
        return own_ballot(db.session(), self.questions[question], (who or self.voter).id)


@pytest.fixture
def table(app):
    return lambda *plans, **more: Table(*(PLANS[p] if isinstance(p, str) else p for p in plans), **more)


@pytest.mark.parametrize("name", PLANS)
def test_a_ballot_of_every_rule_is_stored_counted_and_journalled(table, name):
    at = table(name)
    one, two, three, _ = at.entries
    marks = {
        "approval": {one: 1, two: -1},
        "pairs": {(one, two): 1, (two, three): -1},
        "points": {one: 3, two: 2},
        "grades": {one: 5, two: 0, three: -1},
        "stars": {one: 1, two: 1, three: -1},
        "ranked": {one: 1, two: 2},
    }[name]

    assert at.cast(marks).ok

    assert at.own() == marks
    assert factories.journal_holds() == []
    factories.close(at.room)
    ranking = ranking_of(db.session(), at.room.round)
    assert (ranking.rule.name, ranking.voters) == (name, 1)
    assert one in {r.figures.entry for r in ranking.places if r.place == 1}
    assert ranking.assessed.people == 1
    assert factories.journal_holds() == []


@pytest.mark.parametrize(
    ("name", "marks", "error"),
    [
        ("approval", lambda a, b, c, d: {a: 2}, "invalid"),
        ("approval", lambda a, b, c, d: {(a, b): 1}, "invalid"),
        ("pairs", lambda a, b, c, d: {a: 1}, "invalid"),
        ("pairs", lambda a, b, c, d: {(b, a): 1}, "invalid"),
        ("pairs", lambda a, b, c, d: {(a, a): 1}, "invalid"),
        ("pairs", lambda a, b, c, d: {(a, 99999): 1}, "not_found"),
        ("points", lambda a, b, c, d: {a: 6}, "invalid"),
        ("points", lambda a, b, c, d: {a: 3, b: 3}, "budget"),
        ("stars", lambda a, b, c, d: {a: 1, b: 1, c: 1}, "budget"),
        ("stars", lambda a, b, c, d: {a: -1, b: -1}, "budget"),
        ("ranked", lambda a, b, c, d: {a: 1, b: 2, c: 3, d: 3}, "budget"),
        ("grades", lambda a, b, c, d: {a: 6}, "invalid"),
    ],
)
def test_a_cast_that_breaks_the_rule_is_refused_as_a_whole(table, name, marks, error):
    at = table(name)

    answer = at.cast(marks(*at.entries))

    assert answer.error == error
    assert at.own() == {}
    assert at.room.round.turnout == 0


def test_a_comparison_with_ones_own_idea_is_refused(table):
    at = table("pairs")
    theirs = entry_id(factories.idea(at.room, at.voter))

    assert at.cast({(at.entries[0], theirs): 1}).error == "invalid"
    assert at.cast({(at.entries[0], at.entries[1]): 1}).ok


def test_the_budget_includes_the_marks_given_before(table):
    at = table("points")
    one, two, *_ = at.entries

    assert at.cast({one: 4}).ok
    assert at.cast({two: 2}, client="phone").error == "budget"
    assert at.cast({one: 3}, n=2).ok
    assert at.cast({two: 2}, client="phone", n=2).ok
    assert at.own() == {one: 3, two: 2}


def test_the_budget_includes_the_casts_of_the_same_batch(table):
    at = table("points")
    one, two, *_ = at.entries
    casts = [
        Cast(at.voter.id, at.room.round_id, op(), client, 1, marks, at.questions[0])
        for client, marks in (("a", {one: 3}), ("b", {two: 3}), ("c", {two: 2}))
    ]

    assert [answer.error for answer in cast_ballots(casts)] == [None, "budget", None]
    assert at.own() == {one: 3, two: 2}
    assert factories.journal_holds() == []


def test_casts_at_the_same_moment_do_not_exceed_the_budget_together(app, table):
    at = table("points", ideas=12)
    ready = threading.Barrier(len(at.entries))
    answers = []

    def spend(entry: int) -> None:
        with app.app_context():
            ready.wait(10)
            answers.append(at.cast({entry: 1}, client=op()))

    threads = [threading.Thread(target=spend, args=(entry,)) for entry in at.entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(str(answer.error) for answer in answers) == ["None"] * 5 + ["budget"] * 7
    assert sum(at.own().values()) == 5
    assert factories.journal_holds() == []


def test_the_budget_ignores_overtaken_marks_of_a_late_cast(table):
    at = table("points")
    one, two, *_ = at.entries
    assert at.cast({one: 0, two: 5}, n=9).ok

    late = at.cast({one: 5, two: 0}, n=3)

    assert late.ok, "nothing of it counts, so it can't be too much"
    assert at.own() == {one: 0, two: 5}


def test_points_on_a_hidden_idea_can_be_taken_back(table):
    at = table("points")
    one, two, *_ = at.entries
    assert at.cast({one: 5}).ok
    moderation.hide_idea(at.room.owner, at.ideas[0], "")
    assert at.cast({two: 5}, n=2).error == "budget"
    assert at.cast({one: 4}, n=2).error == "not_found"

    assert at.cast({one: 0, two: 5}, n=3).ok

    moderation.restore_idea(at.room.owner, at.ideas[0])
    assert at.own() == {one: 0, two: 5}
    assert factories.journal_holds() == []


def test_an_unmarked_hidden_idea_is_not_found(table):
    at = table("points")
    moderation.hide_idea(at.room.owner, at.ideas[0], "")

    assert at.cast({at.entries[0]: 0}).error == "not_found"


class TestTwoQuestions:
    def test_each_question_is_answered_by_its_own_rule(self, table):
        at = table(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?", {"steps": 4}))
        one, *_ = at.entries

        assert at.cast({one: 1}, question=0).ok
        assert at.cast({one: 3}, question=1).ok
        assert at.cast({one: 3}, question=0).error == "invalid"
        assert at.room.round.turnout == 1
        factories.close(at.room)

        wow, doable = rankings_of(db.session(), at.room.round)
        assert (wow.question.prompt, wow.places[0].figures.values) == ("Wow?", {1: 1})
        assert (doable.question.prompt, doable.places[0].figures.values) == ("Doable?", {3: 1})
        assert factories.journal_holds() == []

    def test_a_question_of_another_round_has_no_ranking_here(self, table):
        at, elsewhere = table("approval"), table("approval")
        factories.close(at.room)

        assert ranking_of(db.session(), at.room.round, at.questions[0]).places
        with pytest.raises(NotFound):
            ranking_of(db.session(), at.room.round, elsewhere.questions[0])


class TestDone:
    def test_a_finished_ballot_accepts_no_marks_until_it_is_reopened(self, table):
        at = table("approval")
        one, two, *_ = at.entries
        at.cast({one: 1})

        finish_ballot(at.voter.actor, at.questions[0])

        assert at.cast({two: 1}).error == "done"
        assert [(t.voted, t.done) for t in turnout_of(db.session(), at.room.round)] == [(1, 1)]
        reopen_ballot(at.voter.actor, at.questions[0])
        assert at.cast({two: 1}).ok
        assert [(t.voted, t.done) for t in turnout_of(db.session(), at.room.round)] == [(1, 0)]
        assert factories.journal_holds() == []

    def test_finishing_one_ballot_leaves_the_other_question_open(self, table):
        at = table("approval", QuestionPlan("approval", "Doable?"))
        at.cast({at.entries[0]: 1}, question=0)

        finish_ballot(at.voter.actor, at.questions[0])

        assert at.cast({at.entries[0]: 1}, question=1).ok

    def test_a_ballot_can_be_finished_and_reopened_only_once_each(self, table):
        at = table("approval")
        with pytest.raises(Conflict):
            finish_ballot(at.voter.actor, at.questions[0])
        at.cast({at.entries[0]: 1})
        with pytest.raises(Conflict):
            reopen_ballot(at.voter.actor, at.questions[0])
        finish_ballot(at.voter.actor, at.questions[0])

        with pytest.raises(Conflict):
            finish_ballot(at.voter.actor, at.questions[0])

    def test_only_participants_finish_a_ballot_and_only_before_the_close(self, table):
        at = table("approval")
        at.cast({at.entries[0]: 1})
        barred = factories.participant(at.room)
        at.cast({at.entries[0]: 1}, who=barred)
        participants.bar_participant(at.room.owner, at.room.id, barred.id, "")

        with pytest.raises(NotFound):
            finish_ballot(factories.guest(), at.questions[0])
        with pytest.raises(Forbidden):
            finish_ballot(at.room.owner, at.questions[0])
        with pytest.raises(Barred):
            finish_ballot(barred.actor, at.questions[0])
        with pytest.raises(NotFound):
            finish_ballot(at.voter.actor, 99999)
        factories.close(at.room)
        with pytest.raises(RoundIsClosed):
            finish_ballot(at.voter.actor, at.questions[0])

    def test_only_ones_own_tabs_learn_of_a_finished_ballot(self, table, advances):
        at = table("approval")
        at.cast({at.entries[0]: 1})
        advances.clear()

        finish_ballot(at.voter.actor, at.questions[0])

        assert [(e.lane, e.handles) for e in advances] == [(at.voter.row.lane, (at.voter.row.handle,))]

    def test_the_result_counts_the_finished_ballots(self, table):
        at = table("approval")
        at.cast({at.entries[0]: 1})
        finish_ballot(at.voter.actor, at.questions[0])

        factories.close(at.room)

        assert ranking_of(db.session(), at.room.round).done == 1


class TestReceipt:
    def test_the_receipt_lists_the_counting_marks_and_the_latest_receipt(self, table):
        at = table("points")
        one, two, *_ = at.entries
        at.cast({one: 2, two: 1})
        latest = at.cast({two: 0}, n=2)
        question = at.room.round.questions[0]

        receipt = receipt_of(db.session(), question, at.voter.row)

        assert receipt.marks == {one: 2}, "what was taken back is not there"
        assert receipt.receipt == latest.receipt
        assert receipt.done_at is None
        assert receipt_of(db.session(), question, at.author.row).marks == {}
        assert receipt_of(db.session(), question, at.author.row).receipt == ""

    def test_the_journal_records_a_pair_as_two_entries_and_a_value(self, table):
        at = table("pairs")
        answer = at.cast({(at.entries[0], at.entries[1]): -1})

        body = db.session.scalar(select(JournalEntry.body).filter_by(chain_id=at.room.chain_id, seq=answer.seq))

        assert json.loads(body)["m"] == [[at.entries[0], at.entries[1], -1]]


class TestAGuestSignsIn:
    def combined(self, at, guest_marks, holder_marks, guest_last=False):
        guest, holder = at.voter, factories.participant(at.room, actor=factories.account())
        first, second = ((holder, holder_marks), (guest, guest_marks))
        if not guest_last:
            first, second = second, first
        assert at.cast(first[1], who=first[0]).ok
        assert at.cast(second[1], who=second[0]).ok
        guests.adopt_guest(guest.actor.person_id, holder.actor.account_id)
        assert factories.journal_holds() == []
        rows = db.session.execute(select(Mark.subject, Mark.versus, Mark.value, func.count()).group_by(
            Mark.subject, Mark.versus, Mark.value))  # fmt: skip
        tallies = db.session.execute(select(Tally.subject, Tally.versus, Tally.value, Tally.n).where(Tally.n != 0))
        assert sorted(map(tuple, rows)) == sorted(map(tuple, tallies))
        return at.own(who=holder)

    def test_two_ballots_within_the_budget_become_one(self, table):
        at = table("points")
        one, two, *_ = at.entries

        assert self.combined(at, {one: 2}, {two: 3}) == {one: 2, two: 3}
        assert at.room.round.turnout == 1

    @pytest.mark.parametrize("guest_last", [True, False])
    def test_the_later_of_two_ballots_beyond_the_budget_counts_alone(self, table, guest_last):
        at = table("points")
        one, two, *_ = at.entries

        found = self.combined(at, {one: 4}, {two: 3}, guest_last=guest_last)

        assert found == ({one: 4} if guest_last else {two: 3})
        assert at.room.round.turnout == 1

    def test_pairs_combine_and_those_with_an_idea_that_became_ones_own_stay(self, table):
        at = table("pairs")
        one, two, *_ = at.entries
        holder = factories.participant(at.room, actor=factories.account())
        own = entry_id(factories.idea(at.room, holder))
        at.cast({(one, two): 1, (one, own): 1})
        at.cast({(one, two): -1}, who=holder)

        guests.adopt_guest(at.voter.actor.person_id, holder.actor.account_id)

        assert at.own(who=holder) == {(one, two): -1, (one, own): 1}
        assert factories.journal_holds() == []

    def test_ballots_on_two_questions_count_as_one_person(self, table):
        at = table("approval", QuestionPlan("approval", "Doable?"))
        holder = factories.participant(at.room, actor=factories.account())
        for question in (0, 1):
            at.cast({at.entries[0]: 1}, question=question)
        at.cast({at.entries[1]: 1}, who=holder)
        assert at.room.round.turnout == 2

        guests.adopt_guest(at.voter.actor.person_id, holder.actor.account_id)

        assert at.room.round.turnout == 1
        assert factories.journal_holds() == []

    def test_the_combined_ballot_is_finished_if_both_were(self, table):
        at = table("approval")
        holder = factories.participant(at.room, actor=factories.account())
        for who in (at.voter, holder):
            at.cast({at.entries[0]: 1}, who=who)
            finish_ballot(who.actor, at.questions[0])

        guests.adopt_guest(at.voter.actor.person_id, holder.actor.account_id)

        assert db.session.get_one(Ballot, (at.questions[0], holder.id)).done_at


VALUES = {"points": st.integers(0, 6), "stars": st.sampled_from([1, 0, -1]), "ranked": st.integers(0, 4)}


@pytest.mark.parametrize("name", VALUES)
def test_no_sequence_of_casts_exceeds_the_budget(app, name):
    at = Table(PLANS[name], ideas=5)
    rule = at.room.round.questions[0].ballot_rule
    refused = set()

    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(
        casts=st.lists(
            st.tuples(
                st.dictionaries(st.integers(0, 4), VALUES[name], min_size=1, max_size=4),
                st.sampled_from(["tab", "phone"]),
                st.integers(0, 9),
            ),
            min_size=1,
            max_size=8,
        ),
        size=st.integers(1, 4),
    )
    def play(casts, size):
        voter = factories.participant(at.room)
        commands = [
            Cast(voter.id, at.room.round_id, op(), client, n, {at.entries[i]: v for i, v in marks.items()})
            for marks, client, n in casts
        ]
        for start in range(0, len(commands), size):
            refused.update(answer.error for answer in cast_ballots(commands[start : start + size]))
            assert rule.fits(at.own(who=voter).values())

    play()
    assert {None, "budget"} <= refused, "both happened"
    assert factories.journal_holds() == []
