"""A juror scores: own ideas are never dealt, conflicts end grades, notes are private, and everything recounts."""

import random

import pytest
from sqlalchemy import select

from ideas import policy
from ideas.database import db
from ideas.errors import Conflict, Forbidden, Invalid, NotFound, PhaseForbids, RoundIsClosed
from ideas.models import Entry, Mark, ScoreSheet
from ideas.queries.jurors import sheets_of
from ideas.services import moderation, scoring
from ideas.services.ideas import withdraw_idea
from ideas.services.merging import merge_ideas, unmerge_idea
from tests import factories, juries
from tests.doubles import partly_here


@pytest.fixture
def room(app):
    return juries.room()


@pytest.fixture
def author(room):
    return factories.participant(room)


def written(room, author, count=1):
    found = [factories.entry_id(factories.idea(room, author)) for _ in range(count)]
    return found if count > 1 else found[0]


def sheets(room, judge):
    db.session.rollback()
    return {row.entry_id: row for row in sheets_of(db.session(), room.round, judge.row)}


def test_a_juror_grades_all_criteria_at_once_and_changes_until_the_close(room, author):
    entry, judge = written(room, author), juries.juror(room)
    useful, doable = (question.id for question in room.round.criteria)

    assert juries.score(room, judge, entry, 4, -1)
    assert juries.score(room, judge, entry, 2, 3)

    assert sheets(room, judge)[entry].grades == {useful: 2, doable: 3}
    assert sheets(room, judge)[entry].is_scored
    factories.close(room)
    with pytest.raises(RoundIsClosed):
        juries.score(room, judge, entry, 0, 0)
    assert factories.journal_holds() == []


def test_grades_without_one_criterion_are_refused_and_store_nothing(room, author):
    entry, judge = written(room, author), juries.juror(room)
    useful, doable = (question.id for question in room.round.criteria)

    with pytest.raises(Invalid) as refused:
        scoring.score_entry(judge.actor, room.round_id, entry, scoring.Scores({useful: 4}, "A note"))

    assert refused.value.problems == {f"q{doable}": "missing"}
    assert db.session.scalars(select(Mark)).all() == []
    assert db.session.scalars(select(ScoreSheet)).all() == []


def test_a_note_alone_is_kept_and_scores_nothing(room, author):
    entry, judge = written(room, author), juries.juror(room)

    assert not juries.score(room, judge, entry, note="Ask for the price.")

    row = sheets(room, judge)[entry]
    assert (row.note, row.is_scored) == ("Ask for the price.", False)


def test_scores_wait_for_a_phase_with_a_vote(app):
    room = juries.room(phases=factories.STEPS)
    entry, judge = written(room, factories.participant(room)), juries.juror(room)

    with pytest.raises(PhaseForbids):
        juries.score(room, judge, entry, 1, 1)
    factories.step(room, "vote")

    assert juries.score(room, judge, entry, 1, 1)


def test_nobody_but_a_juror_of_the_round_scores(room, author, noise):
    entry = written(room, author)
    other = juries.room()

    for who in (author.actor, room.owner, juries.juror(other).actor):
        with pytest.raises(NotFound):
            scoring.score_entry(who, room.round_id, entry, scoring.Scores(note="x"))
    with pytest.raises(NotFound):
        juries.score(room, juries.juror(room), factories.entry_id(noise.ideas[0]), 1, 1)


class TestOwnIdeas:
    def test_an_own_idea_is_not_dealt_and_not_scored(self, room, author):
        own, other = written(room, author), written(room, factories.participant(room))
        judge = juries.juror(room, author.actor)

        assert list(sheets(room, judge)) == [other]
        with pytest.raises(NotFound):
            juries.score(room, judge, own, 4, 4)
        assert juries.score(room, judge, other, 4, 4)

    def test_who_joins_after_the_invitation_and_writes_is_an_author_too(self, room):
        judge = juries.juror(room)
        author = factories.participant(room, actor=judge.actor)

        own = written(room, author)

        assert own not in sheets(room, judge)

    @pytest.mark.parametrize("seed", partly_here(range(6), 0, 1))
    def test_no_order_of_merges_deals_an_own_idea(self, room, author, seed):
        draw = random.Random(seed)
        judge = juries.juror(room, author.actor)
        people = [author, *(factories.participant(room) for _ in range(3))]
        ideas = [factories.idea(room, people[n % 4]) for n in range(8)]
        mine = {idea for n, idea in enumerate(ideas) if n % 4 == 0}
        for _ in range(12):
            one, other = draw.sample(ideas, 2)
            try:
                if draw.random() < 0.7:
                    merge_ideas(room.owner, one, other)
                else:
                    unmerge_idea(room.owner, one)
            except (Conflict, Invalid, NotFound):
                continue
            finally:
                db.session.rollback()
            self.check(room, judge, mine)

        assert factories.journal_holds() == []

    def check(self, room, judge, mine):
        rows = db.session.scalars(select(Entry).filter_by(round_id=room.round_id)).all()
        stands_for = {row.id: {row.idea_id} for row in rows if row.counted_as is None}
        for row in rows:
            if row.counted_as is not None:
                stands_for[row.counted_as].add(row.idea_id)
        dealt = sheets(room, judge)
        assert set(dealt) == {entry for entry, of in stands_for.items() if not of & mine}
        for entry in sorted(stands_for):
            if entry in dealt:
                juries.score(room, judge, entry, 1, 2)
            else:
                with pytest.raises(NotFound):
                    juries.score(room, judge, entry, 1, 2)


class TestConflicts:
    def test_an_idea_with_a_conflict_is_not_scored_until_it_is_taken_back(self, room, author):
        entry, judge = written(room, author), juries.juror(room)
        scoring.declare_conflict(judge.actor, room.round_id, entry)

        assert sheets(room, judge)[entry].has_conflict
        with pytest.raises(NotFound):
            juries.score(room, judge, entry, 1, 1)
        scoring.take_back_conflict(judge.actor, room.round_id, entry)

        assert not sheets(room, judge)[entry].has_conflict
        assert juries.score(room, judge, entry, 1, 1)
        with pytest.raises(NotFound):
            scoring.take_back_conflict(judge.actor, room.round_id, entry)

    def test_a_conflict_after_the_grades_ends_them(self, room, author):
        entry, judge = written(room, author), juries.juror(room)
        juries.score(room, judge, entry, 4, -1)

        scoring.declare_conflict(judge.actor, room.round_id, entry)

        assert [mark.value for mark in db.session.scalars(select(Mark))] == [-1, -1]
        scoring.take_back_conflict(judge.actor, room.round_id, entry)
        assert not sheets(room, judge)[entry].is_scored, "the grades do not come back"
        juries.score(room, judge, entry, 3, 3)
        assert sheets(room, judge)[entry].is_scored
        assert factories.journal_holds() == []

    def test_a_conflict_about_a_merged_idea_is_one_about_the_idea_that_stays(self, room, author):
        one, other = (factories.idea(room, author) for _ in range(2))
        judge = juries.juror(room)
        scoring.declare_conflict(judge.actor, room.round_id, factories.entry_id(one))

        merge_ideas(room.owner, one, other)

        stays = factories.entry_id(other)
        with pytest.raises(NotFound):
            juries.score(room, judge, stays, 1, 1)
        scoring.take_back_conflict(judge.actor, room.round_id, stays)
        assert juries.score(room, judge, stays, 1, 1)

    @pytest.mark.parametrize("stays_first", [True, False], ids=["about the one that stays", "about the merged one"])
    @pytest.mark.parametrize("then", [(), (4, 3)], ids=["not graded before", "graded before"])
    def test_no_grade_counts_on_an_idea_that_stands_for_one_with_a_conflict(self, room, author, stays_first, then):
        ideas = [factories.idea(room, author) for _ in range(2)]
        conflicting, graded = map(factories.entry_id, ideas)
        judge, other = juries.juror(room), juries.juror(room)
        juries.score(room, judge, conflicting, *then)
        scoring.declare_conflict(judge.actor, room.round_id, conflicting)
        juries.score(room, judge, graded, 4, 1)
        juries.score(room, other, graded, 2, 2)
        one, into = reversed(ideas) if stays_first else ideas

        merge_ideas(room.owner, one, into)

        counts = {
            (m.participant_id, m.value)
            for m in db.session.scalars(select(Mark).filter_by(subject=factories.entry_id(into)))
        }
        assert counts == {(judge.row.seat_id, -1), (other.row.seat_id, 2)}
        assert factories.journal_holds() == []
        unmerge_idea(room.owner, one)
        assert sorted(sheets(room, judge)[graded].grades.values()) == [1, 4], "exactly as they were"
        assert sheets(room, judge)[conflicting].has_conflict
        assert factories.journal_holds() == []


def test_grades_stay_exact_through_a_merge_and_its_end(room, author):
    one, other = (factories.idea(room, author) for _ in range(2))
    entries = [factories.entry_id(idea) for idea in (one, other)]
    judge = juries.juror(room)
    juries.score(room, judge, entries[0], 4, 1)
    juries.score(room, judge, entries[1], 0, 2)
    before = {entry: row.grades for entry, row in sheets(room, judge).items()}

    merge_ideas(room.owner, one, other)
    assert sheets(room, judge)[entries[1]].grades == before[entries[1]], "the later grades count"
    assert factories.journal_holds() == []
    unmerge_idea(room.owner, one)

    assert {entry: row.grades for entry, row in sheets(room, judge).items()} == before
    assert factories.journal_holds() == []


def test_a_hidden_or_withdrawn_idea_leaves_the_sheet_with_its_grades(room, author):
    one, other = (factories.idea(room, author) for _ in range(2))
    judge = juries.juror(room)
    for idea in (one, other):
        juries.score(room, judge, factories.entry_id(idea), 4, 1)

    moderation.hide_idea(room.owner, one, "Not about the question.")
    withdraw_idea(author.actor, other)

    assert sheets(room, judge) == {}
    with pytest.raises(NotFound):
        juries.score(room, judge, factories.entry_id(one), 1, 1)
    factories.close(room)
    assert factories.journal_holds() == []


def test_jurors_have_different_orders_that_stay(room):
    authors = [factories.participant(room) for _ in range(4)]
    for author in authors * 2:
        factories.idea(room, author)
    judges = [juries.juror(room) for _ in range(4)]

    orders = [list(sheets(room, judge)) for judge in judges]

    assert orders == [list(sheets(room, judge)) for judge in judges]
    assert len(set(map(tuple, orders))) > 1


def test_a_juror_enters_no_room(room):
    judge = juries.juror(room)

    with pytest.raises((Forbidden, NotFound)):
        policy.require_inside(db.session(), judge.actor, room.id)
