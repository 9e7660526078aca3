"""Sharing facilitation with somebody in the room."""

import pytest

from ideas import policy
from ideas.database import db
from ideas.errors import Conflict, Forbidden, NotFound
from ideas.events import FacilitationChanged
from ideas.models import Facilitation, Tier
from ideas.services import facilitations, moderation, participants, rounds, timing
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.ALONE_FIRST)


@pytest.fixture
def guide(room):
    """A guest who was given it."""
    guest = factories.participant(room, "Guide")
    facilitations.share_facilitation(room.owner, room.id, guest.id)
    return guest


def facilitates(room: factories.Room, who: factories.Somebody) -> bool:
    db.session.rollback()
    return policy.standing(db.session(), who.actor, room.id).facilitates


def test_a_guest_steers_and_keeps_their_place(room, guide):
    idea = factories.idea(room, guide)

    timing.shift_end(guide.actor, room.round_id, 60)
    rounds.step_to_phase(guide.actor, room.round_id, 1)
    moderation.hide_idea(guide.actor, idea, "")
    rounds.close_round(guide.actor, room.round_id)

    assert room.round.is_closed
    assert policy.standing(db.session(), guide.actor, room.id).participates
    assert factories.journal_holds() == []


def test_a_guest_who_was_given_nothing_steers_nothing(room):
    somebody = factories.participant(room)

    with pytest.raises(Forbidden):
        rounds.step_to_phase(somebody.actor, room.round_id, 1)


def test_taken_back_it_is_gone_at_once(room, guide, recorded):
    facilitations.end_facilitation(room.owner, room.id, guide.id)

    assert FacilitationChanged(room.id, guide.actor.person_id) in recorded
    told = [("facilitators", (guide.row.handle,)), (guide.row.lane, (guide.row.handle,))]
    assert factories.told(recorded) == told
    with pytest.raises(Forbidden):
        rounds.step_to_phase(guide.actor, room.round_id, 1)
    with pytest.raises(NotFound):
        facilitations.end_facilitation(room.owner, room.id, guide.id)


def test_one_gives_it_on_and_gives_it_up(room, guide):
    other = factories.participant(room)
    facilitations.share_facilitation(guide.actor, room.id, other.id)

    facilitations.end_facilitation(guide.actor, room.id, guide.id)

    assert not facilitates(room, guide)
    assert facilitates(room, other)


def test_it_is_for_one_room(room, guide, noise):
    factories.participant(noise.room, actor=guide.actor)

    with pytest.raises(Forbidden):
        rounds.close_round(guide.actor, noise.room.round_id)
    with pytest.raises(NotFound):
        policy.require_member(db.session(), guide.actor, room.organisation_id)
    for act in (facilitations.share_facilitation, facilitations.end_facilitation):
        with pytest.raises(NotFound):
            act(noise.room.owner, noise.room.id, guide.id)


def test_it_is_given_once_and_to_nobody_who_was_removed(room, guide):
    removed = factories.participant(room)
    participants.bar_participant(room.owner, room.id, removed.id, "")

    for who in (guide, removed):
        with pytest.raises(Conflict):
            facilitations.share_facilitation(room.owner, room.id, who.id)


@pytest.mark.parametrize("tier", [Tier.COMPANY, Tier.HALL])
def test_a_stand_in_can_not_steer(room, tier):
    stand_in = factories.participant(room)
    stand_in.row.tier = tier
    db.session.commit()

    with pytest.raises(NotFound):
        facilitations.share_facilitation(room.owner, room.id, stand_in.id)


def test_whoever_is_removed_from_the_room_steers_it_no_more(room, guide, recorded):
    participants.bar_participant(room.owner, room.id, guide.id, "")

    assert not facilitates(room, guide)
    assert FacilitationChanged(room.id, guide.actor.person_id) in recorded
    with pytest.raises(Forbidden):
        rounds.step_to_phase(guide.actor, room.round_id, 1)
    participants.readmit_participant(room.owner, room.id, guide.id)
    assert not facilitates(room, guide)
    assert db.session.scalars(db.select(Facilitation)).all() == []
