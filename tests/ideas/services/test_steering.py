"""What a facilitator directs for every screen at once."""

import pytest

from ideas.database import db
from ideas.errors import Conflict, Invalid, NotClosed, NotFound, PhaseForbids, RoundIsClosed
from ideas.services import arguments, ideas, moderation, participants, steering
from ideas.services.steering import NOTICE_MAX
from tests import factories


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def place(room):
    """What both lanes are told when something was directed."""
    handles = (f"round-{room.round_id}",)
    return [("room", handles), ("facilitators", handles)]


class TestNotice:
    def test_it_stands_until_it_is_taken_away(self, room, place, recorded):
        steering.announce(room.owner, room.round_id, "  Coffee in *ten*. ")
        assert room.round.notice == "Coffee in *ten*."
        assert room.round.notice_at is not None
        assert factories.told(recorded) == place

        steering.announce(room.owner, room.round_id, "")

        assert (room.round.notice, room.round.notice_at) == ("", None)
        assert factories.told(recorded) == place
        assert factories.journal_holds() == []

    def test_the_same_again_is_no_news(self, room, recorded):
        steering.announce(room.owner, room.round_id, "Coffee")
        factories.told(recorded)

        steering.announce(room.owner, room.round_id, "Coffee")

        assert factories.told(recorded) == []

    def test_it_can_be_read_from_the_back_row(self, room):
        steering.announce(room.owner, room.round_id, "x" * NOTICE_MAX)

        with pytest.raises(Invalid):
            steering.announce(room.owner, room.round_id, "x" * (NOTICE_MAX + 1))

    def test_it_ends_with_the_round(self, room):
        steering.announce(room.owner, room.round_id, "Two minutes left")

        factories.close(room)

        assert (room.round.notice, room.round.notice_at) == ("", None)


class TestLock:
    def test_nobody_writes_and_everybody_votes(self, room, author, place, recorded):
        idea, voter = factories.idea(room, author), factories.participant(room)
        remark = factories.argument(idea, author)
        withdrawn = factories.idea(room, author)
        ideas.withdraw_idea(author.actor, withdrawn)
        factories.told(recorded)

        steering.lock_writing(room.owner, room.round_id)

        assert factories.told(recorded) == place
        for act in (
            lambda: factories.idea(room, author),
            lambda: ideas.edit_idea(author.actor, idea, ideas.IdeaForm("x")),
            lambda: ideas.withdraw_idea(author.actor, idea),
            lambda: ideas.reinstate_idea(author.actor, withdrawn),
            lambda: factories.argument(idea, voter),
            lambda: arguments.withdraw_argument(author.actor, remark),
        ):
            with pytest.raises(PhaseForbids):
                act()
        assert factories.mark(room, voter, {idea: 1}).ok

    def test_afterwards_it_goes_on(self, room, author):
        steering.lock_writing(room.owner, room.round_id)
        steering.unlock_writing(room.owner, room.round_id)

        factories.idea(room, author)

    def test_what_was_handed_in_before_is_answered_as_before(self, room, author):
        op, form = factories.op(), ideas.IdeaForm("In time")
        idea = ideas.submit_idea(author.actor, room.id, form, op)
        steering.lock_writing(room.owner, room.round_id)

        assert ideas.submit_idea(author.actor, room.id, form, op) == idea


class TestFocus:
    def test_every_screen_looks_at_one_idea_until_it_is_released(self, room, author, place, recorded):
        idea = factories.idea(room, author)
        factories.told(recorded)

        steering.spotlight_idea(room.owner, room.round_id, idea)
        assert room.round.spotlight_id == idea
        assert factories.told(recorded) == place
        steering.end_spotlight(room.owner, room.round_id)

        assert room.round.spotlight_id is None
        assert factories.told(recorded) == place

    def test_only_what_the_room_sees(self, room, author, noise):
        hidden, withdrawn = factories.idea(room, author), factories.idea(room, author)
        moderation.hide_idea(room.owner, hidden, "")
        ideas.withdraw_idea(author.actor, withdrawn)

        for idea in (hidden, withdrawn, noise.ideas[0], 9999):
            with pytest.raises(NotFound):
                steering.spotlight_idea(room.owner, room.round_id, idea)

        assert room.round.spotlight_id is None

    def test_the_close_releases_it(self, room, author):
        steering.spotlight_idea(room.owner, room.round_id, factories.idea(room, author))

        factories.close(room)

        assert room.round.spotlight_id is None

    def test_what_leaves_the_room_is_looked_at_no_more(self, room, author):
        hidden, withdrawn, removed = (factories.idea(room, author) for _ in range(3))
        for idea, leave in (
            (hidden, lambda: moderation.hide_idea(room.owner, hidden, "")),
            (withdrawn, lambda: ideas.withdraw_idea(author.actor, withdrawn)),
            (removed, lambda: participants.bar_participant(room.owner, room.id, author.id, "")),
        ):
            steering.spotlight_idea(room.owner, room.round_id, idea)
            leave()
            db.session.rollback()
            assert room.round.spotlight_id is None


class TestPlaces:
    def test_as_many_as_the_result_has_and_back_to_none(self, room, author, place, recorded):
        for _ in range(2):
            factories.idea(room, author)
        moderation.hide_idea(room.owner, factories.idea(room, author), "")
        with pytest.raises(NotClosed):
            steering.show_places(room.owner, room.round_id, 1)
        factories.close(room)
        factories.told(recorded)

        for places in (1, 2, 0):
            steering.show_places(room.owner, room.round_id, places)
            assert room.round.places_shown == places
            assert factories.told(recorded) == place
        for places in (-1, 3):
            with pytest.raises(NotFound):
                steering.show_places(room.owner, room.round_id, places)


def test_after_the_close_and_in_a_draft_nothing_is_directed(room):
    draft = factories.draft()
    factories.close(room)
    for act in (
        lambda of: steering.announce(of.owner, of.round_id, "Hello"),
        lambda of: steering.lock_writing(of.owner, of.round_id),
        lambda of: steering.unlock_writing(of.owner, of.round_id),
        lambda of: steering.end_spotlight(of.owner, of.round_id),
        lambda of: steering.spotlight_idea(of.owner, of.round_id, 1),
    ):
        with pytest.raises(RoundIsClosed):
            act(room)
        with pytest.raises(Conflict):
            act(draft)
    db.session.rollback()
