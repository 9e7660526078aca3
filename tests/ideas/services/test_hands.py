"""Hand counts: facilitators enter them, they are separate from every mark, and the close freezes them."""

import json

import pytest

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.errors import Forbidden, Invalid, NotFound, PhaseForbids, RoundIsClosed
from ideas.events import StreamAdvanced
from ideas.models import Entry, HandCount, JournalEntry, Result, Tally
from ideas.queries.hands import frozen_hands, hands_now, hands_of, with_hands
from ideas.queries.rankings import ranking_of, rankings_of
from ideas.services import moderation
from ideas.services.hands import count_hands
from ideas.services.merging import merge_ideas, unmerge_idea
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.STEPS)


@pytest.fixture
def entries(room):
    """Two ideas in the vote, as ids of their entries."""
    author = factories.participant(room)
    found = [factories.entry_id(factories.idea(room, author)) for _ in range(2)]
    factories.step(room, "vote")
    return found


def raised(room, entry, value=1, n=7, actor=None, question=None):
    count_hands(actor or room.owner, question or room.question_id, entry, value, n)


def test_a_hand_count_is_stored_changed_and_removed(room, entries):
    first, second = entries
    raised(room, first, 1, 40)
    raised(room, first, -1, 3)
    raised(room, second, 1, 9)
    assert hands_of(db.session(), room.round)[room.question_id] == {first: {1: 40, -1: 3}, second: {1: 9}}

    raised(room, first, 1, 41)
    raised(room, first, -1, 0)
    assert hands_of(db.session(), room.round)[room.question_id] == {first: {1: 41}, second: {1: 9}}
    assert factories.journal_holds() == []


def test_the_journal_records_each_hand_count_and_only_facilitators_see_it(room, entries, recorded):
    raised(room, entries[0], 1, 40)
    raised(room, entries[0], 1, 40)  # unchanged

    updates = [(e.lane, e.handles) for e in recorded if isinstance(e, StreamAdvanced)]
    assert updates == [("facilitators", (f"round-{room.round_id}",))]
    last = db.session.query(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq.desc()).first()
    body = json.loads(last.body)
    assert (body["kind"], body["entry"], body["value"], body["n"]) == ("hands", entries[0], 1, 40)


def test_tally_and_turnout_exclude_hand_counts(room, entries):
    factories.mark(room, factories.participant(room), {_idea(entries[0]): 1})
    before = _tallies(room)

    raised(room, entries[0], 1, 40)
    factories.close(room)

    assert _tallies(room) == before
    ranking = ranking_of(db.session(), room.round)
    assert ranking.turnout == 1
    assert [(r.figures.entry, r.figures.yes) for r in ranking.places] == [(entries[0], 1), (entries[1], 0)]


@pytest.mark.parametrize("n", [-1, 100_001])
def test_a_hand_count_has_a_minimum_and_a_maximum(room, entries, n):
    with pytest.raises(Invalid):
        raised(room, entries[0], 1, n)
    raised(room, entries[0], 1, 100_000)


@pytest.mark.parametrize("value", [0, 2, 5])
def test_hands_are_counted_only_for_yes_and_no(room, entries, value):
    with pytest.raises(Invalid):
        raised(room, entries[0], value)


def test_hands_are_counted_only_while_the_phase_permits_voting(room, entries):
    raised(room, entries[0])
    factories.step(room, "debate")
    with pytest.raises(PhaseForbids):
        raised(room, entries[0], 1, 8)
    factories.step(room, "vote")
    raised(room, entries[0], 1, 8)
    factories.close(room)
    with pytest.raises(RoundIsClosed):
        raised(room, entries[0], 1, 9)


def test_hands_are_counted_only_for_visible_entries(room, entries, noise):
    moderation.hide_idea(room.owner, _idea(entries[0]), "advert")

    for entry in (entries[0], factories.entry_id(noise.ideas[0]), 99_999):
        with pytest.raises(NotFound):
            raised(room, entry)
    raised(room, entries[1])


def test_only_facilitators_enter_hand_counts(room, entries):
    somebody = factories.participant(room)

    with pytest.raises(Forbidden):
        raised(room, entries[0], actor=somebody.actor)
    assert db.session.query(HandCount).count() == 0


def test_hand_counts_are_frozen_beside_the_result(room, entries):
    first, second = entries
    factories.mark(room, factories.participant(room), {_idea(first): 1})
    raised(room, second, 1, 40)
    raised(room, second, -1, 2)
    raised(room, first, 1, 1)
    assert frozen_hands(db.session(), room.round) == {}, "sealed until the close"

    factories.close(room)

    body = json.loads(db.session.get_one(Result, room.round_id).body)
    asked = room.question_id
    assert body["hands"] == [[asked, first, 1, 1], [asked, second, 1, 40], [asked, second, -1, 2]]
    assert [entry[0] for entry in body["entries"]] == [first, second]
    assert frozen_hands(db.session(), room.round) == {asked: {first: {1: 1}, second: {1: 40, -1: 2}}}
    assert factories.journal_holds() == []


def test_a_result_without_hand_counts_does_not_mention_them(room, entries):
    factories.close(room)

    assert "hands" not in json.loads(db.session.get_one(Result, room.round_id).body)


def test_hand_counts_added_to_the_votes_may_change_the_order(room, entries):
    first, second = entries
    factories.mark(room, factories.participant(room), {_idea(first): 1})
    raised(room, second, 1, 40)
    raised(room, second, -1, 2)
    factories.close(room)

    ranking = ranking_of(db.session(), room.round)
    added = with_hands(db.session(), room.round, ranking)

    assert [r.figures.entry for r in ranking.places] == [first, second]
    assert [(r.figures.entry, r.place, r.figures.yes, r.figures.no) for r in added.places] == [
        (second, 1, 40, 2),
        (first, 2, 1, 0),
    ]
    assert added.turnout == ranking.turnout == 1


def _idea(entry_id):
    from ideas.models import Entry

    return db.session.get_one(Entry, entry_id).idea_id


def _tallies(room):
    rows = db.session.query(Tally).filter_by(question_id=room.question_id)
    return sorted((t.subject, t.value, t.n) for t in rows)


def test_the_hand_counts_of_an_old_result_belong_to_the_first_question(room, entries):
    raised(room, entries[0], 1, 40)
    factories.close(room)
    result = db.session.get_one(Result, room.round_id)
    body = json.loads(result.body)

    result.body = json.dumps({**body, "hands": [row[1:] for row in body["hands"]]}).encode()

    assert frozen_hands(db.session(), room.round) == {room.question_id: {entries[0]: {1: 40}}}


def test_each_question_has_its_own_hand_counts_and_only_yes_is_added(app):
    room = factories.room(questions=(QuestionPlan("points"), QuestionPlan("approval", "Doable?")))
    author = factories.participant(room)
    first, second = (factories.entry_id(factories.idea(room, author)) for _ in range(2))
    points, yes = (question.id for question in room.round.questions)
    with pytest.raises(Invalid):
        raised(room, second, -1, question=points)

    raised(room, second, 1, 30, question=points)
    raised(room, second, 1, 40, question=yes)
    raised(room, first, -1, 2, question=yes)
    with pytest.raises(NotFound):
        raised(room, first, question=99_999)
    factories.close(room)

    found = {points: {second: {1: 30}}, yes: {first: {-1: 2}, second: {1: 40}}}
    assert frozen_hands(db.session(), room.round) == found
    by_points, by_yes = (with_hands(db.session(), room.round, r) for r in rankings_of(db.session(), room.round))
    assert [r.figures.score for r in by_points.places] == [0, 0]
    assert [(r.figures.entry, r.figures.yes, r.figures.no) for r in by_yes.places] == [(second, 40, 0), (first, 0, 2)]
    assert factories.journal_holds() == []


def test_hands_for_a_merged_idea_wait_and_come_back(room, entries):
    first, second = entries
    raised(room, first, 1, 40)
    raised(room, second, 1, 9)
    raised(room, second, -1, 2)
    gone, stays = (db.session.get_one(Entry, entry).idea_id for entry in (second, first))

    merge_ideas(room.owner, gone, stays)

    now = hands_now(db.session(), room.round)
    assert now.counted[room.question_id] == {first: {1: 40}}  # nobody knows who raised a hand for both
    assert now.apart == {(room.question_id, first): 11}

    unmerge_idea(room.owner, gone)

    assert hands_of(db.session(), room.round)[room.question_id] == {first: {1: 40}, second: {1: 9, -1: 2}}
    assert hands_now(db.session(), room.round).apart == {}


def test_hands_for_a_merged_idea_are_not_in_the_frozen_counts(room, entries):
    first, second = entries
    raised(room, second, 1, 9)
    merge_ideas(room.owner, *(db.session.get_one(Entry, entry).idea_id for entry in (second, first)))

    factories.close(room)

    assert frozen_hands(db.session(), room.round) == {}
    assert db.session.query(HandCount).one().n == 9
    assert factories.journal_holds() == []
