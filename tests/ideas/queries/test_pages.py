"""Pagination of long lists: no page and no search result contains an idea that facilitators may not see."""

import pytest

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Anonymity, EntryStatus, Stance
from ideas.queries.pages import (
    IdeaQuery,
    Order,
    PageQuery,
    Show,
    arguments_page,
    ideas_page,
    people_page,
    room_page,
)
from ideas.services import arguments, facilitations, moderation
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


class TestRoomPage:
    @pytest.fixture
    def room(self, app, noise):
        return factories.room(questions=(QuestionPlan("approval"),))

    @pytest.fixture
    def people(self, room):
        return [factories.participant(room) for _ in range(3)]

    def shown(self, room, viewer, **asked):
        page = room_page(db.session(), room.round, IdeaQuery(10, viewer_id=viewer.id, **asked))
        return [row.title for row in page.rows]

    def test_the_filters_find_what_their_names_say(self, room, people):
        me, author, other = people
        factories.idea(room, me, "Mine")
        argued, read, asked, answered = (
            factories.idea(room, author, t) for t in ("Argued", "Read", "Asked", "Answered")
        )
        factories.idea(room, author, "Drawn", image=factories.picture())
        factories.argument(argued, me, stance=Stance.AGAINST)
        factories.mark(room, me, {read: 1})
        factories.argument(asked, other, "Who pays?", Stance.QUESTION)
        question = factories.argument(answered, other, "Who pays?", Stance.QUESTION)
        arguments.reply(author.actor, question, "The city", factories.op())

        assert self.shown(room, me, show=Show.MINE) == ["Mine"]
        assert self.shown(room, me, show=Show.PICTURE) == ["Drawn"]
        assert self.shown(room, me, show=Show.QUESTION) == ["Asked"]
        assert self.shown(room, me, show=Show.NEW) == ["Drawn", "Answered", "Asked"]
        assert self.shown(room, me, show=Show.OBJECTION) == ["Drawn", "Answered", "Asked", "Read", "Mine"]
        assert self.shown(room, me, show=Show.OBJECTION, search="READ") == ["Read"]
        assert self.shown(room, other, show=Show.NEW) == ["Drawn", "Read", "Argued", "Mine"]

    def test_hidden_arguments_count_in_no_filter(self, room, people):
        _, author, other = people
        idea = factories.idea(room, author, "Bread")
        against = factories.argument(idea, other, stance=Stance.AGAINST)
        question = factories.argument(idea, other, "Who pays?", Stance.QUESTION)
        before = [self.shown(room, other, show=show) for show in (Show.OBJECTION, Show.QUESTION)]

        for argument in (against, question):
            moderation.hide_argument(room.owner, argument, "because")

        assert before == [[], ["Bread"]]
        assert [self.shown(room, other, show=show) for show in (Show.OBJECTION, Show.QUESTION)] == [["Bread"], []]

    def test_the_fair_order_differs_by_viewer_and_pages_do_not_overlap(self, room, people):
        for n in range(12):
            factories.idea(room, people[0], f"Idea {n}")

        def pages(viewer):
            asked = [IdeaQuery(5, n, order=Order.FAIR, viewer_id=viewer.id) for n in (1, 2, 3)]
            return [row.title for query in asked for row in room_page(db.session(), room.round, query).rows]

        first, second = pages(people[0]), pages(people[1])
        assert sorted(first) == sorted(second) == sorted(f"Idea {n}" for n in range(12))
        assert first != second
        assert first == pages(people[0])

    @pytest.mark.parametrize("show", Show)
    def test_no_filter_finds_sealed_or_hidden_ideas(self, app, noise, show):
        room = factories.room(phases=factories.ALONE_FIRST)
        author, reader = factories.participant(room), factories.participant(room)
        factories.idea(room, author, "Sealed", image=factories.picture())

        assert self.shown(room, reader, show=show) == []
        assert self.shown(room, author, show=show) == []
