"""One's own account: another address, and the end of the account."""

from sqlalchemy import delete, func, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideas import clock, journal, operations
from ideas.actor import Actor
from ideas.database import Transaction, db, write
from ideas.devices import end_devices
from ideas.errors import EmailTaken, Forbidden, OnlyOwner
from ideas.events import FacilitationChanged, MembershipChanged
from ideas.installation import is_reserved
from ideas.jurors import part_juror
from ideas.locales import UNKNOWN, Locale
from ideas.mail_queue import queue
from ideas.models import (
    Account,
    AccountToken,
    Act,
    Challenge,
    DevicePerson,
    Digest,
    Facilitation,
    HandCount,
    Juror,
    JurorInvitation,
    Mail,
    MailKind,
    Member,
    Notification,
    Operation,
    OperatorAct,
    Organisation,
    Participant,
    Person,
    PersonalInvitation,
    Reveal,
    Role,
    Round,
    WorkOrder,
)
from ideas.models.account import TokenPurpose
from ideas.order_keeping import forget_account_in_orders, forget_worker, person_is_settled, require_settled
from ideas.people import new_nonce
from ideas.receivers import forget_mails
from ideas.services.leaving import Parting, leave
from ideas.stored_files import forget_sender
from ideas.tokens import live_token


def ask_move(account_id: int, email: str, locale: Locale = UNKNOWN) -> None:
    """Queue the mail to the new address of an account. The answer is the same for every address."""
    with write() as transaction:
        queue(transaction.session, MailKind.MOVE, email, locale, account=account_id)


def move(token: str) -> int:
    """Give an account the address to which this link was sent, and tell the old address.

    :return: the account's id. :raise TokenSpent: :raise EmailTaken: if another account has the address by now.
    """
    with write() as transaction:
        session = transaction.session
        account, before = _readdress(session, token, TokenPurpose.MOVE)
        queue(session, MailKind.MOVED, before, Locale(account.language, account.time_zone), account=account.id)
        # Links that were sent to the old address must not work any more, except those that take a change back: a second
        # change by a stranger must not lock the first address out.
        links = delete(AccountToken).filter_by(account_id=account.id)
        session.execute(links.where(AccountToken.purpose != TokenPurpose.MOVE_BACK))
        return account.id


def move_back(token: str) -> int:
    """Take a change of the address back, sign everybody out, and send a link for a new password to the old address.

    Whoever changed the address without permission knows the password.

    :return: the account's id. :raise TokenSpent: :raise EmailTaken:
    """
    with write() as transaction:
        session = transaction.session
        account, _ = _readdress(session, token, TokenPurpose.MOVE_BACK)
        session.execute(delete(AccountToken).filter_by(account_id=account.id))
        for person_id in session.scalars(select(Person.id).filter_by(account_id=account.id)).all():
            end_devices(transaction, person_id)
        queue(session, MailKind.RESET, account.email, Locale(account.language, account.time_zone))
        return account.id


def _readdress(session: Session, token: str, purpose: TokenPurpose) -> tuple[Account, str]:
    """:return: the account with its new address, and its old address."""
    found = live_token(session, token, purpose)
    account, email = found.account, found.email
    assert email is not None
    if purpose == TokenPurpose.MOVE and is_reserved(email):
        raise EmailTaken
    before, account.email = account.email, email
    account.confirmed_at = clock.now()  # the link came by mail
    account.operator_since = None  # it was given to the holder of the old address
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    return account, before


def owned_alone(session: Session, account_id: int) -> list[Organisation]:
    """The organisations that this account alone owns."""
    owners = select(Member.organisation_id).filter_by(role=Role.OWNER)
    alone = owners.group_by(Member.organisation_id).having(func.count() == 1)
    query = select(Organisation).join(Member, Member.organisation_id == Organisation.id)
    query = query.where(Member.account_id == account_id, Member.role == Role.OWNER, Organisation.id.in_(alone))
    return list(session.scalars(query.order_by(Organisation.name)))


def close_account(actor: Actor, parting: Parting) -> None:
    """Delete an account: it leaves every room as `parting` says, every organisation and every browser.

    What others rely on stays without a name: acts of facilitators, counted marks, texts if they may stay.

    :raise Forbidden: without an account. :raise OnlyOwner: while an organisation would have no owner. :raise WorkOpen:
        while orders are running, or somebody owes the person something.
    """
    if actor.account_id is None:
        raise Forbidden
    challenges = _challenges_of(actor)  # those of juries, too: they are all locked in one order
    with write() as transaction:
        session = transaction.session
        if owned_alone(session, actor.account_id):
            raise OnlyOwner
        require_settled(is_settled=person_is_settled(session, actor.person_id or 0))
        for challenge_id in challenges:
            _leave(transaction, challenge_id, actor, parting)
        _leave_juries(transaction, actor)
        forget_worker(transaction, actor)
        _leave_organisations(transaction, actor.account_id)
        forget_account_in_orders(session, actor.account_id)
        _forget_acts(session, actor)
        _forget_account(transaction, session.get_one(Account, actor.account_id))


def _challenges_of(actor: Actor) -> list[int]:
    rooms = select(Participant.challenge_id).filter_by(person_id=actor.person_id, merged_into=None)
    juries = select(Round.challenge_id).join(Juror).where(Juror.person_id == actor.person_id)
    found = sorted(db.session.scalars(union(rooms, juries)))
    db.session.rollback()
    return found


def _leave(transaction: Transaction, challenge_id: int, actor: Actor, parting: Parting) -> None:
    chain = journal.locked(transaction, challenge_id)
    query = select(Participant).filter_by(challenge_id=challenge_id, person_id=actor.person_id, merged_into=None)
    participant = transaction.session.scalar(query)
    if participant is not None:
        leave(transaction, chain, actor, participant, parting)


def _leave_juries(transaction: Transaction, actor: Actor) -> None:
    session = transaction.session
    rounds = select(Juror.round_id).filter_by(person_id=actor.person_id).order_by(Juror.round_id)
    for round_id in session.scalars(rounds).all():
        chain = journal.locked(transaction, session.get_one(Round, round_id).challenge_id)
        part_juror(chain, session.scalars(select(Juror).filter_by(round_id=round_id, person_id=actor.person_id)).one())


def _leave_organisations(transaction: Transaction, account_id: int) -> None:
    for member in transaction.session.scalars(select(Member).filter_by(account_id=account_id)).all():
        transaction.record(MembershipChanged(member.organisation_id, account_id))
        transaction.session.delete(member)


def _forget_acts(session: Session, actor: Actor) -> None:
    """Take the actor out of what they did; the acts stay."""
    of = actor.account_id
    session.execute(update(Challenge).where(Challenge.created_by == of).values(created_by=None))
    session.execute(update(HandCount).where(HandCount.account_id == of).values(account_id=None))
    session.execute(update(OperatorAct).where(OperatorAct.account_id == of).values(account_id=None))
    session.execute(update(OperatorAct).where(OperatorAct.concerns == of).values(concerns=None, details={}))
    for table in (Act, Reveal):
        session.execute(update(table).where(table.account_id == of).values(account_id=None))
        session.execute(update(table).where(table.person_id == actor.person_id).values(person_id=None))


def _forget_account(transaction: Transaction, account: Account) -> None:
    session = transaction.session
    session.execute(delete(Mail).where((Mail.account_id == account.id) | (Mail.address == account.email)))
    session.execute(delete(JurorInvitation).filter_by(email=account.email))
    session.execute(delete(PersonalInvitation).filter_by(email=account.email))
    others = Operation.op != operations.current_op()  # a repetition of this command is still answered
    session.execute(delete(Operation).where(Operation.owner == f"account-{account.id}", others))
    for person in session.scalars(select(Person).filter_by(account_id=account.id)).all():
        end_devices(transaction, person.id)
        forget_person(transaction, person)
    session.flush()
    session.delete(account)


def forget_person(transaction: Transaction, person: Person) -> None:
    """Empty a person. The row stays as long as participants refer to it; nothing in it tells who it was."""
    session = transaction.session
    session.execute(delete(DevicePerson).filter_by(person_id=person.id))
    session.execute(delete(Notification).filter_by(person_id=person.id))
    session.execute(delete(Digest).filter_by(person_id=person.id))
    forget_mails(session, [person.id])
    session.execute(delete(PersonalInvitation).filter_by(person_id=person.id))
    for given in session.scalars(select(Facilitation).filter_by(person_id=person.id)).all():
        transaction.record(FacilitationChanged(given.challenge_id, person.id))
        session.delete(given)
    forget_sender(session, person.id)
    person.account_id = person.language = person.time_zone = None
    person.return_nonce = new_nonce()
    session.flush()
    refers = (select(table.id).filter_by(person_id=person.id).limit(1) for table in (Participant, WorkOrder))
    if all(session.scalar(query) is None for query in refers):
        session.delete(person)
