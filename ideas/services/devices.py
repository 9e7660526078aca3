"""A shared browser: a phone that several persons use in turn. One person is active; the others can come back.

Every change of the active person gives the browser a new secret and ends the old one with its sockets. A page that the
previous person left open therefore cannot act as the next one.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, db, write
from ideas.devices import add_device, device_by_token, end_device
from ideas.errors import AccountDisabled, Barred, Forbidden, NotFound
from ideas.models import Account, Device, DevicePerson, Participant, Person, Tier
from ideas.names import display_name
from ideas.people import admit, new_person
from ideas.queries.rounds import current_round


def hand_over(token: str, challenge_id: int, name: str, network: str = "") -> str:
    """Let a new person take part on a participant's browser; they join under `name` and become active.
    `network` as of `ideas.people.admit`.

    :return: the browser's new secret.
    :raise Forbidden: :raise Barred: if the browser's person does not take part (any more).
    :raise RoundIsClosed: :raise ChallengeFull: :raise NameTaken: :raise Invalid: `{"name": …}`.
    """
    name = display_name(name)
    with write() as transaction:
        session = transaction.session
        device = _device(token)
        chain = journal.locked(transaction, challenge_id)
        policy.require_participant(session, Actor(device.person_id, device.person.account_id), challenge_id)
        policy.require_open(current_round(session, challenge_id))
        person_id = new_person(session).id
        admit(chain, person_id, name, Tier.OPEN, network)
        return _change_hands(transaction, device, person_id, {*_sharing(session, device), device.person_id})


def switch_person(token: str, challenge_id: int, participant_id: int) -> str:
    """Make a guest who used this browser before its active person again.

    :return: the browser's new secret.
    :raise NotFound: for a person who never used it in this challenge. :raise Barred: for a removed participant.
    :raise Forbidden: for an account holder, who has to sign in.
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
        if participant.left_at:
            raise NotFound
        if participant.person.account_id is not None:
            raise Forbidden
        return _change_hands(transaction, device, participant.person_id, sharing)


def become(person_id: int, before: str | None, sharing: set[int]) -> str:
    """Sign a browser in as a person. `before` is its previous secret, `sharing` the persons who share it.

    :return: its new secret. :raise AccountDisabled: if an operator keeps the person's account out.
    """
    with write() as transaction:
        account = transaction.session.scalar(
            select(Account).join(Person, Person.account_id == Account.id).where(Person.id == person_id)
        )
        if account is not None and account.disabled_at is not None:
            raise AccountDisabled(account.disabled_reason)
        device = device_by_token(before) if before else None
        return _change_hands(transaction, device, person_id, sharing)


def sharing_of(token: str) -> set[int]:
    """The persons who share a browser, the active one included; empty if only one person uses it."""
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
