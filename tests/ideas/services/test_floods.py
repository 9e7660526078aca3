"""Hiding several texts of one author in one act, and showing them again."""

import pytest

from ideas.database import db
from ideas.errors import RoundIsClosed
from ideas.models import Act, Anonymity, Argument, Entry, EntryStatus, Idea
from ideas.queries.floods import HIDE_FLOOD, others_to_hide, others_to_show
from ideas.queries.ideas import acts_against, argument_rows, idea_rows
from ideas.services import ideas, moderation
from ideas.services.ideas import IdeaForm
from ideas.services.proxies import submit_for_hall
from tests import factories


@pytest.fixture
def named(app):
    return factories.room()


@pytest.fixture
def veiled(app, frozen_clock):
    return factories.room(anonymity=Anonymity.UNTIL_RESULT)


def offered(room, idea: int) -> set[str]:
    db.session.rollback()
    found = others_to_hide(db.session(), room.round, db.session.get_one(Idea, idea))
    return {text.handle for text in found}


def returnable(room, idea: int) -> set[str]:
    db.session.rollback()
    found = others_to_show(db.session(), room.round, db.session.get_one(Idea, idea))
    return {text.handle for text in found}


def visible(room) -> set[str]:
    db.session.rollback()
    rows = [*idea_rows(db.session(), room.round, statuses=[EntryStatus.VISIBLE])]
    return {row.handle for row in [*rows, *argument_rows(db.session(), room.round)]}


def write_slowly(room, author, clock, minutes: list[int]) -> list[int]:
    """Ideas of one author, each so many minutes after the one before."""
    written = []
    for gap in minutes:
        clock.advance(60 * gap)
        written.append(factories.idea(room, author))
    return written


class TestNamed:
    def test_all_texts_of_the_author_go_in_one_act_and_come_back_in_one(self, named):
        anna, other = factories.participant(named), factories.participant(named)
        first, second = factories.idea(named, anna), factories.idea(named, anna)
        theirs = factories.idea(named, other)
        remark = factories.argument(theirs, anna)
        everything = {f"idea-{first}", f"idea-{second}", f"argument-{remark}"}
        assert offered(named, first) == everything - {f"idea-{first}"}
        assert offered(named, theirs) == set()

        moderation.hide_idea(named.owner, first, "Advertising", with_others=offered(named, first))

        assert visible(named) == {f"idea-{theirs}"}
        against = acts_against(db.session(), named.id, sorted(everything))
        assert {handle: (act.reason, act.in_flood) for handle, act in against.items()} == dict.fromkeys(
            everything, ("Advertising", True)
        )
        assert factories.journal_holds() == []

        moderation.restore_idea(named.owner, second, with_others=returnable(named, second))

        assert visible(named) == everything | {f"idea-{theirs}"}
        assert factories.journal_holds() == []

    def test_the_author_can_go_on(self, named):
        anna = factories.participant(named)
        first, _ = factories.idea(named, anna), factories.idea(named, anna)
        moderation.hide_idea(named.owner, first, "x", with_others=offered(named, first))

        later = factories.idea(named, anna)

        assert visible(named) == {f"idea-{later}"}

    def test_a_text_that_the_facilitator_did_not_see_stays(self, named):
        anna = factories.participant(named)
        first, second = factories.idea(named, anna), factories.idea(named, anna)
        seen = offered(named, first)
        later = factories.idea(named, anna)

        moderation.hide_idea(named.owner, first, "x", with_others=seen)

        assert visible(named) == {f"idea-{later}"}
        assert seen == {f"idea-{second}"}

    def test_texts_of_others_cannot_be_slipped_in(self, named):
        anna, other = factories.participant(named), factories.participant(named)
        first, theirs = factories.idea(named, anna), factories.idea(named, other)

        moderation.hide_idea(named.owner, first, "x", with_others=[f"idea-{theirs}"])

        assert visible(named) == {f"idea-{theirs}"}

    def test_a_text_that_was_hidden_before_does_not_come_back_with_the_flood(self, named):
        anna = factories.participant(named)
        early, first, second = (factories.idea(named, anna) for _ in range(3))
        moderation.hide_idea(named.owner, early, "Insults someone")
        moderation.hide_idea(named.owner, first, "x", with_others=offered(named, first))

        assert returnable(named, first) == {f"idea-{second}"}
        assert returnable(named, early) == set()
        moderation.restore_idea(named.owner, first)
        assert returnable(named, second) == set()

    def test_withdrawn_texts_are_left_alone(self, named):
        anna = factories.participant(named)
        first, gone = factories.idea(named, anna), factories.idea(named, anna)
        ideas.withdraw_idea(anna.actor, gone)

        assert offered(named, first) == set()


class TestHiddenAuthors:
    def test_four_texts_are_no_flood(self, veiled, frozen_clock):
        anna = factories.participant(veiled)
        written = write_slowly(veiled, anna, frozen_clock, [0, 1, 1, 1])

        assert [offered(veiled, idea) for idea in written] == [set()] * 4
        moderation.hide_idea(veiled.owner, written[0], "x", with_others=[f"idea-{idea}" for idea in written])
        assert visible(veiled) == {f"idea-{idea}" for idea in written[1:]}

    def test_five_texts_within_ten_minutes_go_together_and_no_other_does(self, veiled, frozen_clock):
        anna, other = factories.participant(veiled), factories.participant(veiled)
        early = factories.idea(veiled, anna)
        flood = write_slowly(veiled, anna, frozen_clock, [20, 2, 2, 2, 4])
        between = factories.idea(veiled, other)
        late = write_slowly(veiled, anna, frozen_clock, [20])[0]
        assert offered(veiled, early) == offered(veiled, late) == offered(veiled, between) == set()
        assert offered(veiled, flood[0]) == {f"idea-{idea}" for idea in flood[1:]}

        everything = [f"idea-{idea}" for idea in [early, *flood, between, late]]
        moderation.hide_idea(veiled.owner, flood[2], "Advertising", with_others=everything)

        assert visible(veiled) == {f"idea-{early}", f"idea-{between}", f"idea-{late}"}

    def test_texts_that_take_longer_than_ten_minutes_are_no_flood(self, veiled, frozen_clock):
        anna = factories.participant(veiled)
        written = write_slowly(veiled, anna, frozen_clock, [0, 3, 3, 3, 3])

        assert offered(veiled, written[2]) == set()

    def test_it_acts_once_and_a_later_text_is_not_tied_to_it(self, veiled, frozen_clock):
        anna = factories.participant(veiled)
        flood = write_slowly(veiled, anna, frozen_clock, [0, 1, 1, 1, 1])
        moderation.hide_idea(veiled.owner, flood[0], "x", with_others=offered(veiled, flood[0]))

        later = write_slowly(veiled, anna, frozen_clock, [1])[0]

        assert offered(veiled, later) == set()
        assert visible(veiled) == {f"idea-{later}"}

    def test_each_text_is_shown_again_by_itself(self, veiled, frozen_clock):
        anna = factories.participant(veiled)
        flood = write_slowly(veiled, anna, frozen_clock, [0, 1, 1, 1, 1])
        moderation.hide_idea(veiled.owner, flood[0], "x", with_others=offered(veiled, flood[0]))
        assert returnable(veiled, flood[1]) == set()

        moderation.restore_idea(veiled.owner, flood[1], with_others=[f"idea-{idea}" for idea in flood])

        assert visible(veiled) == {f"idea-{flood[1]}"}
        rows = idea_rows(db.session(), veiled.round, statuses=[EntryStatus.HIDDEN])
        assert not any(row.in_flood for row in rows)

    def test_the_acts_name_no_person(self, veiled, frozen_clock):
        anna = factories.participant(veiled)
        flood = write_slowly(veiled, anna, frozen_clock, [0, 1, 1, 1, 1])

        moderation.hide_idea(veiled.owner, flood[0], "x", with_others=offered(veiled, flood[0]))

        acts = db.session.scalars(db.select(Act).filter_by(kind=HIDE_FLOOD)).all()
        assert {act.handle for act in acts} == {f"idea-{idea}" for idea in flood}

    def test_ideas_of_the_hall_are_many_peoples(self, veiled):
        hall = [submit_for_hall(veiled.owner, veiled.id, IdeaForm(f"Idea {n}"), factories.op()) for n in range(5)]

        assert [offered(veiled, idea) for idea in hall] == [set()] * 5


def test_after_the_close_nothing_is_offered_through_the_service(named):
    anna = factories.participant(named)
    first, second = factories.idea(named, anna), factories.idea(named, anna)
    factories.close(named)

    with pytest.raises(RoundIsClosed):
        moderation.hide_idea(named.owner, first, "x", with_others=[f"idea-{second}"])

    statuses = set(db.session.scalars(db.select(Entry.status)))
    assert statuses == {EntryStatus.VISIBLE}
    assert db.session.scalars(db.select(Argument)).all() == []
