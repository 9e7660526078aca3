"""Groups show similar ideas as one card; marks, reads and places stay those of each idea."""

from itertools import pairwise

import pytest

from ideas import audit
from ideas.database import db
from ideas.errors import Changed, Conflict, Invalid, NotFound, RoundIsClosed
from ideas.models import Entry, IdeaGroup, StreamItem
from ideas.queries.group_board import group_board
from ideas.queries.groups import group_rows
from ideas.queries.ideas import idea_rows
from ideas.queries.pages import PageQuery
from ideas.services import deleting, feeds, grouping, ideas, moderation, participants
from ideas.services.ideas import IdeaForm
from tests import factories


@pytest.fixture
def room(app):
    return factories.room(phases=factories.STEPS)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def found(room, author):
    return [factories.idea(room, author, f"Fahrradwege {word}") for word in ("eins", "zwei", "drei")]


def group(room, *ids, name=""):
    return grouping.group_ideas(room.owner, room.round_id, ids, name)


def shown(room):
    return {row.id: [idea.id for idea in row.ideas] for row in group_rows(db.session(), room.round)}


def cards_alone(room):
    return sorted(row.id for row in idea_rows(db.session(), room.round) if row.group_id is None)


def test_two_ideas_are_one_card_and_the_room_hears_of_all(room, found):
    one, two, three = found

    made = group(room, two, one, name=" Räder ")

    assert shown(room) == {made: [one, two]}
    assert cards_alone(room) == [three]
    [row] = group_rows(db.session(), room.round)
    assert row.name == "Räder"
    touched = set(db.session.scalars(db.select(StreamItem.handle).filter_by(lane="room", seq=row.seq)))
    assert touched == {f"group-{made}", f"idea-{one}", f"idea-{two}"}
    assert factories.journal_holds() == []
    assert list(audit.check(db.session())) == []


def test_a_group_grows_shrinks_and_ends(room, found):
    one, two, three = found
    made = group(room, one, two)

    grouping.add_to_group(room.owner, made, [three])
    assert shown(room) == {made: found}
    grouping.take_from_group(room.owner, two, made)
    assert shown(room) == {made: [one, three]}
    grouping.take_from_group(room.owner, one, made)
    assert shown(room) == {}
    assert cards_alone(room) == found
    again = group(room, *found)
    grouping.dissolve_group(room.owner, again)
    assert shown(room) == {}
    assert list(audit.check(db.session())) == []


def test_an_act_on_what_changed_meanwhile_is_refused(room, found):
    one, two, three = found
    made = group(room, one, two)
    seen = db.session.get_one(IdeaGroup, made).seq
    grouping.name_group(room.owner, made, "Wheels", seen=seen)

    with pytest.raises(Changed):
        grouping.dissolve_group(room.owner, made, seen=seen)
    with pytest.raises(Conflict):  # two facilitators grouped the same idea
        group(room, two, three)
    with pytest.raises(Invalid):
        group(room, three, three)
    with pytest.raises(NotFound):
        group(room, three, 10**9)
    grouping.dissolve_group(room.owner, made)
    with pytest.raises(Conflict):
        grouping.dissolve_group(room.owner, made)


def test_hidden_and_sealed_ideas_cannot_be_grouped(room, found, author):
    moderation.hide_idea(room.owner, found[0], "")
    with pytest.raises(Conflict):
        group(room, found[0], found[1])

    silent = factories.room(phases=factories.ALONE_FIRST)
    sealed = [factories.idea(silent, factories.participant(silent)) for _ in range(2)]
    with pytest.raises(NotFound):
        group(silent, *sealed)


def test_a_group_of_one_visible_idea_is_no_card(room, found):
    one, two, _ = found
    made = group(room, one, two)

    moderation.hide_idea(room.owner, one, "")

    assert shown(room) == {}
    assert two in cards_alone(room)
    handles = set(db.session.scalars(db.select(StreamItem.handle).filter_by(lane="room", seq=journal_seq(room))))
    assert {f"group-{made}", f"idea-{two}"} <= handles
    moderation.restore_idea(room.owner, one)
    assert shown(room) == {made: [one, two]}


def test_an_idea_that_is_left_alone_in_its_group_can_be_grouped_again(room, found):
    one, two, three = found
    group(room, one, two)
    moderation.hide_idea(room.owner, one, "")
    assert {idea.id for idea in group_board(db.session(), room.round, PageQuery(60)).alone.rows} == {two, three}

    made = group(room, two, three)

    assert shown(room) == {made: [two, three]}
    moderation.restore_idea(room.owner, one)
    assert shown(room) == {made: [two, three]}
    assert cards_alone(room) == [one]
    assert factories.journal_holds() == []
    assert list(audit.check(db.session())) == []
    with pytest.raises(Conflict):
        group(room, one, two)


def test_no_idea_is_nothing_to_add(room, found):
    made = group(room, *found[:2])
    before = db.session.get_one(IdeaGroup, made).seq

    with pytest.raises(Invalid):
        grouping.add_to_group(room.owner, made, [])

    assert db.session.get_one(IdeaGroup, made).seq == before


def journal_seq(room):
    return room.round.challenge.seq


def test_nobody_sees_groups_in_a_silent_phase(app):
    room = factories.room(phases=factories.ALONE_FIRST)
    author = factories.participant(room)
    one, two = factories.idea(room, author, "Oats"), factories.idea(room, author, "More oats")
    factories.step(room, "build")
    made = group(room, one, two)

    factories.step(room, "write")

    assert shown(room) == {}
    assert group_board(db.session(), room.round, PageQuery(60)).groups == []
    assert cards_alone(room) == [one, two]
    handles = set(db.session.scalars(db.select(StreamItem.handle).filter_by(lane="room", seq=journal_seq(room))))
    assert f"group-{made}" in handles
    factories.step(room, "build")
    assert shown(room) == {made: [one, two]}


def test_a_closed_round_keeps_its_groups(room, found):
    made = group(room, *found)
    factories.close(room)

    with pytest.raises(RoundIsClosed):
        grouping.dissolve_group(room.owner, made)
    assert shown(room) == {made: found}


def test_proposals_say_which_words_are_shared(room, found, author):
    factories.idea(room, author, "Kaffee am Morgen")

    board = group_board(db.session(), room.round, PageQuery(60))

    assert [sorted(proposal.ids) for proposal in board.proposals] == [found]
    assert board.proposals[0].words == ("Fahrradwege",)
    group(room, *found)
    assert group_board(db.session(), room.round, PageQuery(60)).proposals == []


def test_the_board_has_one_page_of_the_ideas_that_stand_alone(room, found, author):
    tea = factories.idea(room, author, "Tea")

    last = group_board(db.session(), room.round, PageQuery(2, page=9)).alone
    searched = group_board(db.session(), room.round, PageQuery(2, search="fahrradwege drei")).alone

    assert [idea.id for idea in last.rows] == found[1::-1]
    assert (last.number, last.pages, last.all) == (2, 2, 4)
    assert [idea.id for idea in searched.rows] == [found[2]]
    assert tea not in [idea.id for idea in searched.rows]


def test_the_feed_deals_no_two_of_a_group_in_a_row(room, found, author):
    others = [factories.idea(room, author, f"Something else {n}") for n in range(4)]
    group(room, *found)
    factories.step(room, "vote")
    grouped = {factories.entry_id(idea) for idea in found}

    for _ in range(8):
        voter = factories.participant(room)
        dealt = []
        while len(dealt) < len(found) + len(others):
            dealt = feeds.deal(voter.actor, room.question_id, len(dealt) + 2)[:7]
        assert sorted(dealt) == sorted(factories.entry_id(idea) for idea in (*found, *others))
        last_other = max(n for n, entry in enumerate(dealt) if entry not in grouped)
        assert not any(a in grouped and b in grouped for a, b in pairwise(dealt[: last_other + 1]))


def test_deleting_a_challenge_deletes_its_groups(room, found):
    group(room, *found)
    factories.close(room)

    deleting.delete_challenge(room.owner, room.id, room.round.challenge.title)

    assert db.session.query(IdeaGroup).all() == []
    assert db.session.query(Entry).all() == []


def test_a_removal_of_an_author_reaches_the_cards_of_groups(room, found, author):
    other = factories.idea(room, factories.participant(room), "Fahrradwege vier")
    made = group(room, found[0], other)

    participants.bar_participant(room.owner, room.id, author.id, "")

    assert shown(room) == {}
    handles = set(db.session.scalars(db.select(StreamItem.handle).filter_by(lane="room", seq=journal_seq(room))))
    assert {f"group-{made}", f"idea-{other}"} <= handles


def test_an_edit_changes_the_card_of_the_group(room, found, author):
    group(room, *found)

    ideas.edit_idea(author.actor, found[0], IdeaForm("Bicycles"))

    [row] = group_rows(db.session(), room.round)
    assert [idea.title for idea in row.ideas] == ["Bicycles", "Fahrradwege zwei", "Fahrradwege drei"]
