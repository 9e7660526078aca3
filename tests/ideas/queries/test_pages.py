"""Leaves of long lists: nothing of them, and nothing that a search finds, is what facilitators may not see."""

import pytest

from ideas.database import db
from ideas.models import Anonymity, EntryStatus
from ideas.queries.pages import PageQuery, arguments_page, ideas_page, people_page
from ideas.services import facilitations
from tests import factories

VISIBLE = (EntryStatus.VISIBLE,)


def found(room, **asked):
    return [row.title for row in ideas_page(db.session(), room.round, VISIBLE, PageQuery(10, **asked)).rows]


def test_what_is_sealed_is_on_no_leaf_and_found_by_no_word(app, noise):
    room = factories.room(phases=factories.ALONE_FIRST)
    factories.idea(room, factories.participant(room), "Written alone")

    before = found(room), found(room, search="alone")
    factories.step(room, "build")

    assert before == ([], [])
    assert found(room) == found(room, search="alone") == ["Written alone"]


@pytest.mark.parametrize(("anonymity", "by_name"), [(Anonymity.NAMED, 1), (Anonymity.UNTIL_RESULT, 0)])
def test_a_name_finds_what_somebody_wrote_only_where_names_are_shown(app, noise, anonymity, by_name):
    room = factories.room(anonymity=anonymity)
    igel = factories.participant(room, "Igel 4")
    factories.argument(factories.idea(room, igel, "A box by the door"), igel, "Cheap to build")

    assert len(found(room, search="igel")) == by_name
    assert len(found(room, search="BOX")) == 1
    assert arguments_page(db.session(), room.round, PageQuery(10, search="igel")).found == by_name
    assert arguments_page(db.session(), room.round, PageQuery(10, search="cheap")).found == 1
    assert people_page(db.session(), room.id, PageQuery(10, search="igel")).found == 1


def test_leaves_follow_one_another_without_gap_or_repetition(app, noise):
    room = factories.room()
    author = factories.participant(room)
    titles = [f"Number {n}" for n in range(7)]
    for title in titles:
        factories.idea(room, author, title)

    leaves = [ideas_page(db.session(), room.round, VISIBLE, PageQuery(3, n)) for n in (1, 2, 3, 9)]
    forwards = [
        row.title
        for n in (1, 2, 3)
        for row in ideas_page(db.session(), room.round, VISIBLE, PageQuery(3, n, oldest_first=True)).rows
    ]

    assert [row.title for leaf in leaves[:3] for row in leaf.rows] == titles[::-1]
    assert forwards == titles
    assert leaves[3] == leaves[2]
    assert [(leaf.first, leaf.last, leaf.all, leaf.is_cut) for leaf in leaves[:3]] == [
        (1, 3, 7, False),
        (4, 6, 7, True),
        (7, 7, 7, True),
    ]
    assert leaves[0].more == 4


def test_who_was_given_facilitation_is_always_in_sight(app, noise):
    room = factories.room()
    given, *others = [factories.participant(room) for _ in range(4)]
    before = people_page(db.session(), room.id, PageQuery(2))
    facilitations.share_facilitation(room.owner, room.id, given.id)

    after = people_page(db.session(), room.id, PageQuery(2))

    assert [row.id for row in before.rows] == [others[2].id, others[1].id]
    assert [row.id for row in after.rows] == [others[2].id, others[1].id, given.id]
    assert (after.more, after.all) == (1, 4)
