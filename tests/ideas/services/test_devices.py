"""One phone, several persons: each keeps their identity, and nobody acts as somebody else by accident."""

import pytest
from sqlalchemy import func, select

from ideas.actor import Actor
from ideas.database import db
from ideas.devices import device_by_token
from ideas.errors import Barred, ChallengeFull, Forbidden, Invalid, NameTaken, NotFound, RoundIsClosed
from ideas.events import DeviceSignedOut
from ideas.models import Device, DevicePerson, Participant, Person
from ideas.queries.devices import companions_of
from ideas.services import accounts, devices, guests, participants
from tests import factories


@pytest.fixture
def first(room):
    return factories.participant(room, "First")


@pytest.fixture
def phone(first):
    """The secret of the phone with which the first person joined."""
    return accounts.new_device(first.actor.person_id)


def holder_of(token):
    """The actor of a browser."""
    device = device_by_token(token)
    return Actor(device.person_id, device.person.account_id) if device else None


def participant_of(token, room):
    return db.session.scalar(select(Participant).filter_by(challenge_id=room.id, person_id=holder_of(token).person_id))


def companions(token, room):
    device = device_by_token(token)
    return [(row.name, row.has_account) for row in companions_of(db.session(), device, room.id)]


def test_a_handover_makes_a_new_person_in_the_same_room(room, first, phone):
    second = devices.hand_over(phone, room.id, "Second")

    joined = participant_of(second, room)
    assert (joined.name, joined.tier) == ("Second", "open")
    assert joined.person_id != first.actor.person_id
    assert companions(second, room) == [("First", False)]
    assert factories.journal_holds() == []


def test_a_handover_changes_the_secret_and_ends_the_old_sockets(room, phone, recorded):
    device_id = device_by_token(phone).id

    second = devices.hand_over(phone, room.id, "Second")

    assert device_by_token(phone) is None
    assert DeviceSignedOut(device_id) in recorded
    with pytest.raises(NotFound):
        devices.hand_over(phone, room.id, "Third")
    devices.hand_over(second, room.id, "Third")


def test_an_earlier_guest_returns_as_the_same_person(room, first, phone):
    second = devices.hand_over(phone, room.id, "Second")
    third = devices.hand_over(second, room.id, "Third")
    assert companions(third, room) == [("First", False), ("Second", False)]

    back = devices.switch_person(third, room.id, first.id)

    assert holder_of(back) == first.actor
    assert companions(back, room) == [("Second", False), ("Third", False)]
    assert device_by_token(third) is None


def test_the_ballot_of_the_earlier_person_stays_unchanged(room, first, phone):
    author = factories.participant(room)
    idea = factories.idea(room, author)
    factories.mark(room, first, {idea: 1})
    second = participant_of(devices.hand_over(phone, room.id, "Second"), room)

    factories.mark(room, factories.Somebody(Actor(second.person_id), second.id, "Second"), {idea: -1})

    marks = dict(db.session.execute(db.text("select participant_id, value from mark where participant_id > 0")).all())
    assert (marks[first.id], marks[second.id]) == (1, -1)


def test_only_persons_who_held_the_phone_can_be_chosen(room, first, phone):
    stranger = factories.participant(room, "Stranger")
    second = devices.hand_over(phone, room.id, "Second")

    for somebody in (stranger.id, 10**9):
        with pytest.raises(NotFound):
            devices.switch_person(second, room.id, somebody)

    devices.switch_person(second, room.id, first.id)  # the first person held the phone


def test_an_earlier_guest_cannot_be_chosen_in_another_challenge(room, first, phone):
    other = factories.room()
    second = devices.hand_over(phone, room.id, "Second")

    with pytest.raises(NotFound):
        devices.switch_person(second, other.id, first.id)
    with pytest.raises((Forbidden, NotFound)):
        devices.hand_over(second, other.id, "Third")


def test_an_account_holder_returns_only_by_signing_in(room):
    owner = factories.participant(room, "Lea", factories.account())
    second = devices.hand_over(accounts.new_device(owner.actor.person_id), room.id, "Second")
    assert companions(second, room) == [("Lea", True)]
    assert holder_of(second).account_id is None

    with pytest.raises(Forbidden):
        devices.switch_person(second, room.id, owner.id)


def test_a_guest_who_got_an_account_is_no_longer_offered(room, first, phone):
    """The adoption cuts the link from the phone to the person, in whichever browser it happened."""
    second = devices.hand_over(phone, room.id, "Second")
    account = factories.account()
    elsewhere = guests.adopt_guest(first.actor.person_id, account.account_id)
    assert elsewhere == account.person_id

    assert companions(second, room) == []
    with pytest.raises(NotFound):
        devices.switch_person(second, room.id, first.id)


def test_a_removed_person_neither_hands_over_nor_returns(room, first, phone):
    second = devices.hand_over(phone, room.id, "Second")
    participants.bar_participant(room.owner, room.id, first.id, "spam")

    assert companions(second, room) == []
    with pytest.raises(Barred):
        devices.switch_person(second, room.id, first.id)
    participants.bar_participant(room.owner, room.id, participant_of(second, room).id, "spam")
    with pytest.raises(Barred):
        devices.hand_over(second, room.id, "Third")

    participants.readmit_participant(room.owner, room.id, first.id)
    assert holder_of(devices.switch_person(second, room.id, first.id)) == first.actor


def test_a_handover_checks_names_capacity_and_the_close_as_joining_does(app, noise):
    room = factories.room(capacity=3)
    first = factories.participant(room, "First")
    phone = accounts.new_device(first.actor.person_id)
    people = db.session.scalar(select(func.count()).select_from(Person))

    with pytest.raises(NameTaken):
        devices.hand_over(phone, room.id, "first")
    with pytest.raises(Invalid):
        devices.hand_over(phone, room.id, " ")
    assert holder_of(phone) == first.actor
    assert db.session.scalar(select(func.count()).select_from(Person)) == people

    third = devices.hand_over(devices.hand_over(phone, room.id, "Second"), room.id, "Third")
    with pytest.raises(ChallengeFull):
        devices.hand_over(third, room.id, "Fourth")
    factories.close(room)
    with pytest.raises(RoundIsClosed):
        devices.hand_over(third, room.id, "Fourth")
    # so that the first person can read the result
    assert holder_of(devices.switch_person(third, room.id, first.id)) == first.actor


def test_a_person_who_only_facilitates_cannot_hand_over(room):
    laptop = accounts.new_device(room.owner.person_id)

    with pytest.raises(Forbidden):
        devices.hand_over(laptop, room.id, "Second")


def test_a_sign_out_forgets_the_persons_of_the_phone(room, first, phone):
    second = devices.hand_over(phone, room.id, "Second")
    assert db.session.scalar(select(func.count()).select_from(DevicePerson)) == 2

    accounts.sign_out_device(second)

    assert db.session.scalar(select(func.count()).select_from(DevicePerson)) == 0
    assert db.session.scalar(select(func.count()).select_from(Device)) == 0
