"""A moderator shares facilitation with a participant."""

import pytest

from ideas import policy
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import Conflict, Forbidden, NotFound
from ideas.events import FacilitationChanged
from ideas.models import READING, Facilitation, JournalEntry, Tier
from ideas.services import facilitations, guests, moderation, participants, rounds, steering
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.ALONE_FIRST)


@pytest.fixture
def guide(room):
    """A guest who was made a facilitator."""
    guest = factories.participant(room, "Guide")
    facilitations.share_facilitation(room.owner, room.id, guest.id)
    return guest


def facilitates(room: factories.Room, who: factories.Somebody) -> bool:
    db.session.rollback()
    return policy.access_of(db.session(), who.actor, room.id).facilitates


def test_a_guest_who_facilitates_steers_and_still_participates(room, guide):
    idea = factories.idea(room, guide)

    steering.shift_end(guide.actor, room.round_id, 60)
    rounds.step_to_phase(guide.actor, room.round_id, 1)
    moderation.hide_idea(guide.actor, idea, "")
    rounds.close_round(guide.actor, room.round_id)

    assert room.round.is_closed
    assert policy.access_of(db.session(), guide.actor, room.id).participates
    assert factories.journal_holds() == []


def test_an_ordinary_guest_cannot_steer(room):
    somebody = factories.participant(room)

    with pytest.raises(Forbidden):
        rounds.step_to_phase(somebody.actor, room.round_id, 1)


def test_an_ended_facilitation_takes_effect_at_once(room, guide, recorded):
    facilitations.end_facilitation(room.owner, room.id, guide.id)

    assert FacilitationChanged(room.id, guide.actor.person_id) in recorded
    updates = [
        ("facilitators", (guide.row.handle, "figures")),
        ("room", ("figures",)),
        (guide.row.lane, (guide.row.handle,)),
    ]
    assert factories.lane_updates(recorded) == updates
    with pytest.raises(Forbidden):
        rounds.step_to_phase(guide.actor, room.round_id, 1)
    with pytest.raises(NotFound):
        facilitations.end_facilitation(room.owner, room.id, guide.id)


def test_a_facilitating_guest_can_share_and_give_up_facilitation(room, guide):
    other = factories.participant(room)
    facilitations.share_facilitation(guide.actor, room.id, other.id)

    facilitations.end_facilitation(guide.actor, room.id, guide.id)

    assert not facilitates(room, guide)
    assert facilitates(room, other)


def test_facilitation_holds_for_one_room(room, guide, noise):
    factories.participant(noise.room, actor=guide.actor)

    with pytest.raises(Forbidden):
        rounds.close_round(guide.actor, noise.room.round_id)
    with pytest.raises(NotFound):
        policy.require_role(db.session(), guide.actor, room.organisation_id, READING)
    for act in (facilitations.share_facilitation, facilitations.end_facilitation):
        with pytest.raises(NotFound):
            act(noise.room.owner, noise.room.id, guide.id)


def test_facilitation_is_given_once_and_not_to_removed_people(room, guide):
    removed = factories.participant(room)
    participants.bar_participant(room.owner, room.id, removed.id, "")

    for who in (guide, removed):
        with pytest.raises(Conflict):
            facilitations.share_facilitation(room.owner, room.id, who.id)


@pytest.mark.parametrize("tier", [Tier.COMPANY, Tier.HALL])
def test_a_proxy_cannot_become_a_facilitator(room, tier):
    proxy = factories.participant(room)
    proxy.row.tier = tier
    db.session.commit()

    with pytest.raises(NotFound):
        facilitations.share_facilitation(room.owner, room.id, proxy.id)


def test_a_removed_facilitator_cannot_steer_and_stays_one_no_longer(room, guide, recorded):
    participants.bar_participant(room.owner, room.id, guide.id, "")

    assert not facilitates(room, guide)
    assert FacilitationChanged(room.id, guide.actor.person_id) in recorded
    with pytest.raises(Forbidden):
        rounds.step_to_phase(guide.actor, room.round_id, 1)
    participants.readmit_participant(room.owner, room.id, guide.id)
    assert not facilitates(room, guide)
    assert db.session.scalars(db.select(Facilitation)).all() == []


def facilitating_persons(room: factories.Room) -> set[int]:
    db.session.rollback()
    return set(db.session.scalars(db.select(Facilitation.person_id).filter_by(challenge_id=room.id)))


def test_the_journal_records_the_end_of_facilitation_on_a_removal(room, guide):
    other = factories.participant(room)
    participants.bar_participant(room.owner, room.id, other.id, "spam")
    assert "unshare" not in kinds(room)

    participants.bar_participant(room.owner, room.id, guide.id, "spam")

    assert kinds(room)[-2:] == ["bar", "unshare"]
    assert factories.journal_holds() == []


def kinds(room: factories.Room) -> list[str]:
    query = db.select(JournalEntry.kind).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq)
    return list(db.session.scalars(query))


def test_a_facilitating_guest_keeps_facilitation_on_the_first_sign_in(room, guide):
    account_id = new_account()

    person_id = guests.adopt_guest(guide.actor.person_id, account_id)

    assert policy.facilitates(db.session(), Actor(person_id, account_id), room.round.challenge)


def new_account():
    """An account to which no person belongs yet."""
    with factories.write() as transaction:
        return factories.accounts.add_account(transaction, "lea@example.org", "x").id


@pytest.mark.parametrize("takes_part", [True, False])
def test_a_facilitating_guest_passes_facilitation_to_their_account(room, guide, takes_part, recorded):
    account = factories.account()
    if takes_part:
        factories.participant(room, "Holder", account)

    guests.adopt_guest(guide.actor.person_id, account.account_id)

    assert facilitating_persons(room) == {account.person_id}
    assert FacilitationChanged(room.id, account.person_id) in recorded
    rounds.step_to_phase(account, room.round_id, 1)


def test_two_facilitations_of_one_person_become_one(room, guide):
    holder = factories.participant(room, "Holder", factories.account())
    facilitations.share_facilitation(room.owner, room.id, holder.id)
    assert len(facilitating_persons(room)) == 2

    guests.adopt_guest(guide.actor.person_id, holder.actor.account_id)

    assert facilitating_persons(room) == {holder.actor.person_id}


def test_a_sign_in_does_not_lift_a_removal(room, guide):
    holder = factories.participant(room, "Holder", factories.account())
    participants.bar_participant(room.owner, room.id, holder.id, "spam")

    guests.adopt_guest(guide.actor.person_id, holder.actor.account_id)

    assert facilitating_persons(room) == set()


def test_the_list_of_facilitators_agrees_with_the_single_check(room, guide, noise):
    moderator = factories.member(room.organisation_id, room.owner)
    others = [factories.participant(room).actor, factories.account(), noise.room.owner]
    challenge = room.round.challenge

    found = policy.facilitators_of(db.session(), {room.id})

    for actor in (room.owner, guide.actor, moderator, *others):
        assert ((room.id, actor.person_id) in found) == policy.facilitates(db.session(), actor, challenge)
    assert len(found) == 3
