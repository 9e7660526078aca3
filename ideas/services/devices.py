"""One browser, several persons: a phone that goes from hand to hand. One of them is active; the others can come back.

Every change of hands gives the browser a new secret and ends the old one with its open sockets, so that a page that
the one before left open can't act as the next.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, db, write
from ideas.devices import add_device, device_by_token, end_device
from ideas.errors import Barred, Forbidden, NotFound
from ideas.models import Device, DevicePerson, Participant, Tier
from ideas.people import admit, new_person
from ideas.queries.rounds import current_round
from ideas.texts import NAME_MAX, one_line


def hand_over(token: str, challenge_id: int, name: str) -> str:
    """Let somebody new take part on a participant's browser: joined under `name`, and active from now on.

    :return: the browser's new secret.
    :raise Forbidden: :raise Barred: if its person does not take part (any more).
    :raise RoundIsClosed: :raise ChallengeFull: :raise NameTaken: :raise Invalid: `{"name": …}`.
    """
    name = one_line("name", name, NAME_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        device = _device(token)
        chain = journal.locked(transaction, challenge_id)
        policy.require_participant(session, Actor(device.person_id, device.person.account_id), challenge_id)
        policy.require_open(current_round(session, challenge_id))
        person_id = new_person(session).id
        admit(chain, person_id, name, Tier.OPEN)
        return _change_hands(transaction, device, person_id, {*_sharing(session, device), device.person_id})


def switch_person(token: str, challenge_id: int, participant_id: int) -> str:
    """Let a guest who was here before take part on this browser again.

    :return: the browser's new secret.
    :raise NotFound: for somebody who was never handed it in this challenge. :raise Barred: who was removed from it.
    :raise Forbidden: who has an account: they sign in.
    """
    with write() as transaction:
        session = transaction.session
        device = _device(token)
        sharing = _sharing(session, device)
        participant = session.get(Participant, participant_id)
        if participant is None or participant.challenge_id != challenge_id or participant.merged_into:
            raise NotFound
        if participant.person_id not in sharing:
            raise NotFound
        if participant.barred_at:
            raise Barred
        if participant.person.account_id is not None:
            raise Forbidden
        return _change_hands(transaction, device, participant.person_id, sharing)


def become(person_id: int, before: str | None, sharing: set[int]) -> str:
    """Make a browser somebody. `before` is its secret so far, `sharing` the persons who share it.

    :return: its new secret.
    """
    with write() as transaction:
        device = device_by_token(before) if before else None
        return _change_hands(transaction, device, person_id, sharing)


def sharing_of(token: str) -> set[int]:
    """The persons who share a browser, the active one included; empty for a browser of one person alone."""
    device = device_by_token(token)
    return _sharing(db.session(), device) if device else set()


def _device(token: str) -> Device:
    device = device_by_token(token)
    if device is None:
        raise NotFound
    return device


def _sharing(session: Session, device: Device) -> set[int]:
    return set(session.scalars(select(DevicePerson.person_id).filter_by(device_id=device.id)))


def _change_hands(transaction: Transaction, before: Device | None, person_id: int, sharing: set[int]) -> str:
    session = transaction.session
    device, token = add_device(session, person_id)
    if sharing:
        session.add_all(DevicePerson(device_id=device.id, person_id=p) for p in sorted({*sharing, person_id}))
    if before is not None:
        end_device(transaction, before)
    session.flush()
    return token
