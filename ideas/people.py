"""Mechanics of accounts, persons and participants, shared by the services that create them."""

import secrets

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction
from ideas.errors import ChallengeFull, EmailTaken, NameTaken
from ideas.events import AccountOpened, FacilitationChanged, ParticipantJoined, ParticipantRenamed
from ideas.locales import UNKNOWN, Locale
from ideas.models import (
    PROXIES,
    Account,
    Facilitation,
    Participant,
    Person,
    Tier,
)
from ideas.names import display_name, look_key
from ideas.passwords import decoy
from ideas.queries.ideas import VisibleHandles, visible_handles_of
from ideas.queries.rounds import current_round
from ideas.texts import name_key
from ideas.waves import note_arrival

# The kind of the act in the log.
RENAME = "rename"


def admit(chain: journal.Chain, person_id: int, name: str, tier: Tier, network: str = "") -> Participant:
    """Make a person a participant of the locked challenge. `network` is the digest of the network they come from.

    :raise ChallengeFull: :raise NameTaken:
    """
    session, challenge = chain.transaction.session, chain.challenge
    if _head_count(session, challenge.id) >= challenge.capacity:
        raise ChallengeFull
    participant = new_participant(challenge.id, person_id, name, tier)
    _insert(session, participant)
    if network:
        note_arrival(chain, participant, network)
    seq = chain.append("join", {"tier": str(tier)})
    chain.touch(seq, ["figures", participant.handle], [journal.ROOM, journal.FACILITATORS])
    chain.transaction.record(ParticipantJoined(challenge.id, participant.id))
    return participant


def new_person(session: Session, locale: Locale = UNKNOWN) -> Person:
    """Add a person. Only the language and the time zone may be known."""
    person = Person(return_nonce=new_nonce(), created_at=clock.now())
    person.language, person.time_zone = locale.language, locale.time_zone
    session.add(person)
    session.flush()
    return person


def new_nonce() -> str:
    """The nonce of a private return link; a new one invalidates earlier links."""
    return secrets.token_urlsafe(16)


def new_participant(challenge_id: int, person_id: int, name: str, tier: Tier) -> Participant:
    """A participant with a secret of its own; not yet added."""
    return Participant(
        challenge_id=challenge_id,
        person_id=person_id,
        name=name,
        name_key=name_key(name),
        look_key=look_key(name),
        tier=tier,
        secret=secrets.token_bytes(16),
        joined_at=clock.now(),
    )


def _head_count(session: Session, challenge_id: int) -> int:
    query = select(func.count()).select_from(Participant)
    query = query.filter_by(challenge_id=challenge_id, merged_into=None, left_at=None)
    return session.scalar(query.where(Participant.tier.not_in(PROXIES))) or 0


def _insert(session: Session, participant: Participant) -> None:
    session.add(participant)
    try:
        session.flush()
    except IntegrityError as error:
        raise NameTaken from error


def rename(chain: journal.Chain, participant: Participant, name: str, *, kind: str = RENAME) -> int:
    """Give a participant another display name. :return: the number of the act. :raise NameTaken: :raise Invalid:"""
    session = chain.transaction.session
    participant.name = display_name(name)
    participant.name_key, participant.look_key = name_key(participant.name), look_key(participant.name)
    try:
        session.flush()
    except IntegrityError as error:
        raise NameTaken from error
    seq = chain.append(kind, {"participant": participant.id})
    round = current_round(session, chain.challenge.id)
    written = VisibleHandles([], [])
    if policy.sees_authors(chain.challenge.anonymity, round.is_closed):
        # Fragments that show the name change with it; if names are hidden, no changed fragment may reveal the author.
        written = visible_handles_of(session, round, participant.id)
    chain.touch(seq, [participant.handle, *written.room], [journal.ROOM])
    chain.touch(seq, [participant.handle, *written.facilitators], [journal.FACILITATORS])
    chain.transaction.record(ParticipantRenamed(chain.challenge.id, participant.id))
    return seq


def take_facilitation(transaction: Transaction, chain: journal.Chain, actor: Actor, participant: Participant) -> bool:
    """Take the facilitation from a participant; the caller holds the lock. :return: whether they had it."""
    given = transaction.session.get(Facilitation, (participant.challenge_id, participant.person_id))
    if given is None:
        return False
    transaction.session.delete(given)
    record_facilitation(transaction, chain, actor, "unshare", participant)
    return True


def record_facilitation(
    transaction: Transaction, chain: journal.Chain, actor: Actor, kind: str, participant: Participant
) -> None:
    seq = chain.append(kind, {"participant": participant.id})
    chain.act(kind, participant.handle, actor, "", seq)
    chain.touch(seq, [participant.handle, "figures"], [journal.FACILITATORS])
    chain.touch(seq, ["figures"], [journal.ROOM])  # a facilitator without a vote is no elector
    chain.touch(seq, [participant.handle], [participant.lane])
    transaction.record(FacilitationChanged(chain.challenge.id, participant.person_id))


def add_account(transaction: Transaction, email: str, password_hash: str, locale: Locale = UNKNOWN) -> Account:
    """:raise EmailTaken:"""
    session = transaction.session
    account = Account(email=email, password_hash=password_hash, created_at=clock.now())
    account.language, account.time_zone = locale.language, locale.time_zone
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    transaction.record(AccountOpened(account.id))
    return account


def add_account_without_password(transaction: Transaction, email: str) -> Account:
    """Add an account whose owner has to choose a password; its present password is random. :raise EmailTaken:"""
    return add_account(transaction, email, decoy())
