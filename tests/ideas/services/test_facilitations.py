"""Facilitation given in the room: it goes with the person, and ends with the place in the room."""

import pytest

from ideas import policy
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import Conflict, Forbidden, NotFound
from ideas.events import FacilitationChanged
from ideas.models import Facilitation, JournalEntry
from ideas.services import facilitations, guests, participants, rounds
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.STEPS)


@pytest.fixture
def guide(room):
    """A guest who was given facilitation."""
    somebody = factories.participant(room, "Guide")
    facilitations.share_facilitation(room.owner, room.id, somebody.id)
    return somebody


def kinds(room):
    return list(db.session.scalars(db.select(JournalEntry.kind).filter_by(challenge_id=room.id)))


def given(room):
    return set(db.session.scalars(db.select(Facilitation.person_id).filter_by(challenge_id=room.id)))


def test_a_guest_who_was_given_it_steers_and_one_who_was_not_does_not(room, guide):
    other = factories.participant(room)

    with pytest.raises(Forbidden):
        rounds.step_to_phase(other.actor, room.round_id, 1)
    rounds.step_to_phase(guide.actor, room.round_id, 1)

    assert room.round.position == 1
    assert factories.journal_holds() == []


def test_it_is_given_once_and_given_up(room, guide):
    with pytest.raises(Conflict):
        facilitations.share_facilitation(room.owner, room.id, guide.id)

    facilitations.end_facilitation(guide.actor, room.id, guide.id)

    assert given(room) == set()
    with pytest.raises(NotFound):
        facilitations.end_facilitation(room.owner, room.id, guide.id)
    with pytest.raises(Forbidden):
        rounds.step_to_phase(guide.actor, room.round_id, 1)


def test_a_removal_ends_it(room, guide, recorded):
    participants.bar_participant(room.owner, room.id, guide.id, "spam")

    assert given(room) == set()
    assert FacilitationChanged(room.id, guide.actor.person_id) in recorded
    assert kinds(room)[-2:] == ["bar", "unshare"]
    participants.readmit_participant(room.owner, room.id, guide.id)
    with pytest.raises(Forbidden):
        rounds.step_to_phase(guide.actor, room.round_id, 1)
    assert factories.journal_holds() == []


def test_the_removal_of_somebody_without_it_ends_none(room, guide):
    other = factories.participant(room)

    participants.bar_participant(room.owner, room.id, other.id, "spam")

    assert given(room) == {guide.actor.person_id}
    assert "unshare" not in kinds(room)


def test_a_guide_who_signs_in_for_the_first_time_keeps_it(room, guide):
    account_id = new_account()

    person_id = guests.adopt_guest(guide.actor.person_id, account_id)

    assert policy.facilitates(db.session(), Actor(person_id, account_id), room.round.challenge)


def new_account():
    """An account behind which there is nobody yet."""
    with factories.write() as transaction:
        return factories.accounts.add_account(transaction.session, "lea@example.org", "x").id


@pytest.mark.parametrize("takes_part", [True, False])
def test_a_guide_who_signs_in_passes_it_on_to_the_account(room, guide, takes_part, recorded):
    account = factories.account()
    if takes_part:
        factories.participant(room, "Holder", account)

    guests.adopt_guest(guide.actor.person_id, account.account_id)

    assert given(room) == {account.person_id}
    assert FacilitationChanged(room.id, account.person_id) in recorded
    rounds.step_to_phase(account, room.round_id, 1)


def test_two_become_one(room, guide):
    holder = factories.participant(room, "Holder", factories.account())
    facilitations.share_facilitation(room.owner, room.id, holder.id)
    assert len(given(room)) == 2

    guests.adopt_guest(guide.actor.person_id, holder.actor.account_id)

    assert given(room) == {holder.actor.person_id}


def test_signing_in_is_no_way_around_a_removal(room, guide):
    holder = factories.participant(room, "Holder", factories.account())
    participants.bar_participant(room.owner, room.id, holder.id, "spam")

    guests.adopt_guest(guide.actor.person_id, holder.actor.account_id)

    assert given(room) == set()


def test_all_who_facilitate_are_those_of_whom_it_is_true_one_by_one(room, guide, noise):
    moderator = factories.member(room.organisation_id, room.owner)
    others = [factories.participant(room).actor, factories.account(), noise.room.owner]
    challenge = room.round.challenge

    found = policy.facilitators_of(db.session(), {room.id})

    for actor in (room.owner, guide.actor, moderator, *others):
        assert ((room.id, actor.person_id) in found) == policy.facilitates(db.session(), actor, challenge)
    assert len(found) == 3
