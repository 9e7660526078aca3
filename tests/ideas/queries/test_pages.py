"""Pagination of long lists: no page and no search result contains an idea that facilitators may not see."""

import pytest

from ideas.database import db
from ideas.models import Anonymity, EntryStatus
from ideas.queries.pages import PageQuery, arguments_page, ideas_page, people_page
from ideas.services import facilitations
from tests import factories

VISIBLE = (EntryStatus.VISIBLE,)


def found(room, **asked):
    return [row.title for row in ideas_page(db.session(), room.round, VISIBLE, PageQuery(10, **asked)).rows]


def test_a_sealed_idea_is_on_no_page_and_in_no_search_result(app, noise):
    room = factories.room(phases=factories.ALONE_FIRST)
    factories.idea(room, factories.participant(room), "Written alone")

    before = found(room), found(room, search="alone")
    factories.step(room, "build")

    assert before == ([], [])
    assert found(room) == found(room, search="alone") == ["Written alone"]


@pytest.mark.parametrize(("anonymity", "by_name"), [(Anonymity.NAMED, 1), (Anonymity.UNTIL_RESULT, 0)])
def test_a_search_by_name_finds_contributions_only_while_names_are_shown(app, noise, anonymity, by_name):
    room = factories.room(anonymity=anonymity)
    igel = factories.participant(room, "Igel 4")
    factories.argument(factories.idea(room, igel, "A box by the door"), igel, "Cheap to build")

    assert len(found(room, search="igel")) == by_name
    assert len(found(room, search="BOX")) == 1
    assert arguments_page(db.session(), room.round, PageQuery(10, search="igel")).found == by_name
    assert arguments_page(db.session(), room.round, PageQuery(10, search="cheap")).found == 1
    assert people_page(db.session(), room.id, PageQuery(10, search="igel")).found == 1


def test_pages_follow_each_other_without_gap_or_repetition(app, noise):
    room = factories.room()
    author = factories.participant(room)
    titles = [f"Number {n}" for n in range(7)]
    for title in titles:
        factories.idea(room, author, title)

    pages = [ideas_page(db.session(), room.round, VISIBLE, PageQuery(3, n)) for n in (1, 2, 3, 9)]
    forwards = [
        row.title
        for n in (1, 2, 3)
        for row in ideas_page(db.session(), room.round, VISIBLE, PageQuery(3, n, oldest_first=True)).rows
    ]

    assert [row.title for page in pages[:3] for row in page.rows] == titles[::-1]
    assert forwards == titles
    assert pages[3] == pages[2]
    assert [(page.first, page.last, page.all, page.is_cut) for page in pages[:3]] == [
        (1, 3, 7, False),
        (4, 6, 7, True),
        (7, 7, 7, True),
    ]
    assert pages[0].more == 4


def test_every_page_lists_the_participants_who_facilitate(app, noise):
    room = factories.room()
    guide, *others = [factories.participant(room) for _ in range(4)]
    before = people_page(db.session(), room.id, PageQuery(2))
    facilitations.share_facilitation(room.owner, room.id, guide.id)

    after = people_page(db.session(), room.id, PageQuery(2))

    assert [row.id for row in before.rows] == [others[2].id, others[1].id]
    assert [row.id for row in after.rows] == [others[2].id, others[1].id, guide.id]
    assert (after.more, after.all) == (1, 4)
