"""The verdict of crowd and jury: frozen at the close, and the order that decides from then on."""

import json
from fractions import Fraction

import pytest

from ideas.blueprints import CriterionPlan, QuestionPlan
from ideas.database import db
from ideas.errors import Invalid
from ideas.models import JournalEntry, Result
from ideas.promises import rules_digest
from ideas.queries.counts import published
from ideas.queries.ideas import idea_rows
from ideas.queries.rankings import deciding_order, deciding_places, ranking_of, rankings_of
from ideas.queries.verdicts import verdict_of
from ideas.services import merging, moderation
from ideas.services.challenges import publish_challenge, revise_challenge
from tests import crowds, factories, verdicts


def verdict_in(room):
    return verdict_of(db.session(), room.round)


def titles(room):
    """`[(title, place in the order that decides)]`."""
    return [(row.idea.title, row.place) for row in deciding_order(db.session(), room.round)]


BOX, BIN, PLATES, SHELF = verdicts.TITLES


def test_an_open_round_and_a_round_without_a_jury_have_no_verdict(app, noise):
    plain = crowds.closed("approval")

    assert verdict_in(verdicts.voted(verdicts.AGREEING, 40)) is None
    assert verdict_in(plain) is None
    assert b"verdict" not in db.session.get_one(Result, plain.round_id).body


def test_the_close_freezes_scores_and_places_of_both_sides(app, noise):
    room = verdicts.closed(verdicts.DISAGREEING, 60)

    verdict = verdict_in(room)
    of = {row.idea.title: row.idea.entry_id for row in deciding_order(db.session(), room.round)}
    assert json.loads(db.session.get_one(Result, room.round_id).body)["verdict"] == {
        "jury": 60,
        "rows": [
            [of[BIN], 1, 2, 2, 3, 4],
            [of[SHELF], 2, 4, 1, 1, 1],
            [of[BOX], 3, 1, 4, 1, 12],
            [of[PLATES], 4, 3, 3, 1, 2],
        ],
    }
    assert [row.combined for row in verdict.rows] == [Fraction(2, 3), Fraction(3, 5), Fraction(2, 5), Fraction(1, 3)]
    assert [row.twice_medians for row in verdict.rows] == [(6, 6), (8, 8), (0, 2), (4, 4)]
    assert [(c.name, c.weight, c.jurors) for c in verdict.criteria] == [("Useful?", 2, 3), ("Doable?", 1, 3)]
    assert (verdict.percent, verdict.best, verdict.jurors) == (60, 4, 3)
    assert factories.journal_holds() == []


@pytest.mark.parametrize(
    ("percent", "order"),
    [
        (0, [(BOX, 1), (BIN, 2), (PLATES, 3), (SHELF, 4)]),
        (50, [(BIN, 1), (BOX, 2), (SHELF, 2), (PLATES, 4)]),
        (100, [(SHELF, 1), (BIN, 2), (PLATES, 3), (BOX, 4)]),
    ],
)
def test_the_weight_of_the_jury_decides(app, percent, order):
    room = verdicts.closed(verdicts.DISAGREEING, percent)

    assert titles(room) == order
    assert list(deciding_places(db.session(), room.round).values()) == [place for _, place in order]


def test_the_ranking_of_the_crowd_stays_as_it_is(app):
    room = verdicts.closed(verdicts.DISAGREEING, 100)

    ranking = ranking_of(db.session(), room.round)

    assert [(row.idea.title, row.place) for row in ranking.places] == [(BOX, 1), (BIN, 2), (PLATES, 3), (SHELF, 4)]
    assert ranking.verdict == verdict_in(room)
    assert ranking.turnout == 6


def test_only_the_first_question_has_the_verdict(app):
    room = verdicts.closed(
        verdicts.AGREEING, 50, questions=(QuestionPlan(), QuestionPlan("grades", prompt="How good?"))
    )

    assert [ranking.verdict is not None for ranking in rankings_of(db.session(), room.round)] == [True, False]


def test_the_counts_that_may_be_published_hold_the_verdict(app):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    body = json.loads(db.session.get_one(Result, room.round_id).body)

    assert published(body, room.round)["verdict"] == body["verdict"]


def test_where_too_few_jurors_scored_nothing_is_decided(app):
    room = verdicts.closed(verdicts.TOO_FEW, 30)

    assert titles(room) == [(BOX, None), (BIN, None), (PLATES, None), (SHELF, None)]
    assert deciding_places(db.session(), room.round) == {}
    assert [row.jurors for row in verdict_in(room).rows] == [1, 1, 0, 0]
    assert not any(row.is_tied for row in deciding_order(db.session(), room.round))


def test_a_jury_that_scored_nothing_decides_nothing(app):
    room = verdicts.closed((((), ()), ((), ())), 100)

    assert titles(room) == [(BOX, None), (BIN, None)]
    assert verdict_in(room).jurors == 0


def test_a_single_scored_idea_is_first(app):
    room = verdicts.closed((((4,), (4,)), ((0, 0), (0, 0))), 50)

    assert titles(room) == [(BIN, 1), (BOX, None)]


def test_a_round_without_ideas_has_an_empty_verdict(app):
    room = factories.room(criteria=verdicts.CRITERIA, jury_percent=50)
    factories.close(room)

    assert titles(room) == []
    assert verdict_in(room).rows == []


def test_a_hidden_idea_is_not_in_the_verdict(app):
    room = verdicts.voted(verdicts.AGREEING, 50)
    hidden = next(row.id for row in idea_rows(db.session(), room.round) if row.title == BOX)
    moderation.hide_idea(room.owner, hidden, "Not about the question.")
    factories.close(room)

    assert titles(room) == [(BIN, 1), (PLATES, 2), (SHELF, 3)]
    assert [row.crowd_share for row in verdict_in(room).rows] == [1, Fraction(1, 2), 0]


def test_grades_on_merged_ideas_combine_as_other_grades_do(app):
    room = factories.room(criteria=(CriterionPlan("Useful?"),), jury_percent=100)
    author = factories.participant(room)
    stays, gone, other = (factories.idea(room, author, title) for title in (BOX, BIN, SHELF))
    entries = [factories.entry_id(idea) for idea in (stays, gone, other)]
    first, second = verdicts.seats(room, 2)
    [criterion] = room.round.criteria
    verdicts.grade(room, first, criterion.id, {entries[0]: 0, entries[2]: 2})
    verdicts.grade(room, first, criterion.id, {entries[1]: 4})  # the later one counts
    verdicts.grade(room, second, criterion.id, {entries[1]: 3, entries[2]: 2})
    merging.merge_ideas(room.owner, gone, stays)
    factories.close(room)

    found = {row.entry: row for row in verdict_in(room).rows}

    assert (found[entries[0]].twice_medians, found[entries[0]].jurors) == ((7,), 2)
    assert titles(room) == [(BOX, 1), (SHELF, 2)]
    assert factories.journal_holds() == []


# --- the setting ---


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ({"jury_percent": 40, "criteria": ()}, {"criteria": "no_criteria"}),
        ({"jury_percent": 101, "criteria": verdicts.CRITERIA}, {"jury_percent": "out_of_range"}),
        ({"jury_percent": -1, "criteria": verdicts.CRITERIA}, {"jury_percent": "out_of_range"}),
        ({"jury_percent": 40, "criteria": verdicts.CRITERIA, "auto_close": True}, {"auto_close": "jury"}),
    ],
    ids=["no criteria", "too much", "too little", "closes by itself"],
)
def test_a_decision_that_cannot_be_is_refused_by_field(app, form, problems):
    with pytest.raises(Invalid) as refused:
        factories.draft(**form)

    assert refused.value.problems == problems


def test_a_draft_is_revised_and_a_published_round_keeps_who_decides(app):
    draft = factories.draft(criteria=verdicts.CRITERIA, jury_percent=40)
    revise_challenge(draft.owner, draft.id, factories.form(criteria=verdicts.CRITERIA, jury_percent=70))
    assert draft.round.jury_percent == 70
    publish_challenge(draft.owner, draft.id)

    revise_challenge(draft.owner, draft.id, factories.form(criteria=verdicts.CRITERIA, jury_percent=20))

    assert draft.round.jury_percent == 70


def test_a_round_that_a_jury_decides_cannot_be_set_to_close_by_itself(app):
    room = verdicts.voted(verdicts.AGREEING, 40)

    with pytest.raises(Invalid) as refused:
        revise_challenge(room.owner, room.id, factories.form(auto_close=True))

    assert refused.value.problems == {"auto_close": "jury"}


def test_the_journal_states_who_decides_before_anybody_joins(app):
    plain, room = factories.room(), factories.room(criteria=verdicts.CRITERIA, jury_percent=40)

    assert "jury" not in _opening(plain)
    assert _opening(room)["jury"] == 40


def test_who_decides_is_part_of_the_promised_rules(app):
    room = factories.room(criteria=verdicts.CRITERIA, jury_percent=40)
    before = rules_digest(room.round.challenge, room.round)

    room.round.jury_percent = 41

    assert rules_digest(room.round.challenge, room.round) != before
    db.session.rollback()


def _opening(room):
    body = db.session.scalar(db.select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind="open"))
    return json.loads(body)
