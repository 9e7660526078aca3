"""Notice, writing lock, spotlight and shown places: steering that every screen follows."""

import pytest

from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Conflict, Invalid, NotClosed, NotFound, PhaseForbids, RoundIsClosed
from ideas.models import Activity
from ideas.services import arguments, ideas, moderation, participants, steering
from ideas.services.steering import NOTICE_MAX
from tests import factories


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def round_updates(room):
    """The updates of both lanes after a change."""
    handles = (f"round-{room.round_id}",)
    return [("room", handles), ("facilitators", handles)]


@pytest.fixture
def evening(app):
    """A room with two phases: people write, then they vote."""
    return factories.room(
        phases=(PhasePlan("write", (Activity.WRITE, Activity.DEBATE)), PhasePlan("vote", (Activity.VOTE,)))
    )


class TestNotice:
    def test_a_notice_stands_until_it_is_cleared(self, room, round_updates, recorded):
        steering.announce(room.owner, room.round_id, "  Coffee in *ten*. ")
        assert room.round.notice == "Coffee in *ten*."
        assert room.round.notice_at is not None
        assert factories.lane_updates(recorded) == round_updates

        steering.announce(room.owner, room.round_id, "")

        assert (room.round.notice, room.round.notice_at) == ("", None)
        assert factories.lane_updates(recorded) == round_updates
        assert factories.journal_holds() == []

    def test_the_same_notice_again_is_no_update(self, room, recorded):
        steering.announce(room.owner, room.round_id, "Coffee")
        factories.lane_updates(recorded)

        steering.announce(room.owner, room.round_id, "Coffee")

        assert factories.lane_updates(recorded) == []

    def test_a_notice_has_a_maximum_length(self, room):
        steering.announce(room.owner, room.round_id, "x" * NOTICE_MAX)

        with pytest.raises(Invalid):
            steering.announce(room.owner, room.round_id, "x" * (NOTICE_MAX + 1))

    def test_a_notice_ends_with_its_phase_in_both_directions(self, evening):
        room = evening
        for there in ("vote", room.round.phase.name):
            steering.announce(room.owner, room.round_id, "Two minutes left")

            factories.step(room, there)

            assert (room.round.notice, room.round.notice_at) == ("", None)
        assert factories.journal_holds() == []

    def test_a_notice_that_arrives_after_its_phase_is_refused(self, evening):
        room = evening
        decided_in = room.round.position
        factories.step(room, "vote")

        with pytest.raises(Conflict):
            steering.announce(room.owner, room.round_id, "Two minutes left", since=decided_in)

        assert room.round.notice == ""

    def test_a_notice_ends_with_the_round(self, room):
        steering.announce(room.owner, room.round_id, "Two minutes left")

        factories.close(room)

        assert (room.round.notice, room.round.notice_at) == ("", None)


class TestLock:
    def test_a_writing_lock_stops_writing_and_permits_votes(self, room, author, round_updates, recorded):
        idea, voter = factories.idea(room, author), factories.participant(room)
        remark = factories.argument(idea, author)
        withdrawn = factories.idea(room, author)
        ideas.withdraw_idea(author.actor, withdrawn)
        factories.lane_updates(recorded)

        steering.lock_writing(room.owner, room.round_id)

        assert factories.lane_updates(recorded) == round_updates
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

    def test_unlocking_permits_writing_again(self, room, author):
        steering.lock_writing(room.owner, room.round_id)
        steering.unlock_writing(room.owner, room.round_id)

        factories.idea(room, author)

    def test_a_retry_of_an_earlier_submission_gets_its_answer_despite_the_lock(self, room, author):
        op, form = factories.op(), ideas.IdeaForm("In time")
        idea = ideas.submit_idea(author.actor, room.id, form, op)
        steering.lock_writing(room.owner, room.round_id)

        assert ideas.submit_idea(author.actor, room.id, form, op) == idea


class TestSpotlight:
    def test_the_spotlight_stays_on_one_idea_until_it_is_ended(self, room, author, round_updates, recorded):
        idea = factories.idea(room, author)
        factories.lane_updates(recorded)

        steering.spotlight_idea(room.owner, room.round_id, idea)
        assert room.round.spotlight_id == idea
        assert factories.lane_updates(recorded) == round_updates
        steering.end_spotlight(room.owner, room.round_id)

        assert room.round.spotlight_id is None
        assert factories.lane_updates(recorded) == round_updates

    def test_only_a_visible_idea_gets_the_spotlight(self, room, author, noise):
        hidden, withdrawn = factories.idea(room, author), factories.idea(room, author)
        moderation.hide_idea(room.owner, hidden, "")
        ideas.withdraw_idea(author.actor, withdrawn)

        for idea in (hidden, withdrawn, noise.ideas[0], 9999):
            with pytest.raises(NotFound):
                steering.spotlight_idea(room.owner, room.round_id, idea)

        assert room.round.spotlight_id is None

    def test_the_spotlight_ends_with_its_phase(self, evening):
        room, author = evening, factories.participant(evening)
        steering.spotlight_idea(room.owner, room.round_id, factories.idea(room, author))

        factories.step(room, "vote")

        assert room.round.spotlight_id is None
        assert factories.journal_holds() == []

    def test_a_spotlight_that_arrives_after_its_phase_is_refused(self, evening):
        room, author = evening, factories.participant(evening)
        idea, decided_in = factories.idea(room, author), room.round.position
        factories.step(room, "vote")

        with pytest.raises(Conflict):
            steering.spotlight_idea(room.owner, room.round_id, idea, since=decided_in)

        assert room.round.spotlight_id is None

    def test_the_close_ends_the_spotlight(self, room, author):
        steering.spotlight_idea(room.owner, room.round_id, factories.idea(room, author))

        factories.close(room)

        assert room.round.spotlight_id is None

    def test_an_idea_that_is_hidden_or_withdrawn_loses_the_spotlight(self, room, author):
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
    def test_the_number_of_shown_places_is_limited_by_the_result(self, room, author, round_updates, recorded):
        for _ in range(2):
            factories.idea(room, author)
        moderation.hide_idea(room.owner, factories.idea(room, author), "")
        with pytest.raises(NotClosed):
            steering.show_places(room.owner, room.round_id, 1)
        factories.close(room)
        factories.lane_updates(recorded)

        for places in (1, 2, 0):
            steering.show_places(room.owner, room.round_id, places)
            assert room.round.places_shown == places
            assert factories.lane_updates(recorded) == round_updates
        for places in (-1, 3):
            with pytest.raises(NotFound):
                steering.show_places(room.owner, room.round_id, places)


def test_a_draft_and_a_closed_round_cannot_be_steered(room):
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
