"""Operators: make one at the command line, and what one does to accounts. Each act stands in their log."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import OPERATOR, Actor
from ideas.database import Transaction, db, require, write
from ideas.devices import end_devices
from ideas.errors import Conflict, NotFound
from ideas.installation import is_reserved
from ideas.locales import Locale
from ideas.mail_queue import queue
from ideas.models import Account, AccountToken, DevicePerson, Mail, MailKind, MailState, OperatorAct, Person
from ideas.models.account import TokenPurpose
from ideas.operator_log import note_act
from ideas.passwords import decoy
from ideas.people import add_account_without_password
from ideas.texts import one_line
from ideas.tokens import add_token

REASON_MAX = 200

# The time for which the log keeps an act.
KEPT_DAYS = 365


def make_operator(email: str) -> str | None:
    """Make an account an operator, and open it if there is none. For the command line.

    An address that nobody confirmed may have been typed by anybody: the account is signed out, and gets a new password
    by a link that only the caller sees.

    :return: the secret of that link; None if the address was confirmed before. :raise Conflict: for a disabled account.
    """
    with write() as transaction:
        session = transaction.session
        account = session.scalar(select(Account).filter_by(email=email))
        if account is None:
            account = add_account_without_password(transaction, email)
        is_known = account.confirmed_at is not None
        if not is_known:
            account.password_hash, account.confirmed_at = decoy(), clock.now()
            session.execute(delete(AccountToken).filter_by(account_id=account.id))
            _sign_out(transaction, account.id)
        if account.disabled_at is not None:
            raise Conflict
        account.operator_since = account.operator_since or clock.now()
        note_act(transaction, OPERATOR, "make_operator", account.id)
        return None if is_known else add_token(session, account.id, TokenPurpose.RESET)


def unmake_operator(email: str) -> None:
    """Take an account's operation away. For the command line. :raise NotFound: if it was not given there."""
    with write() as transaction:
        account = transaction.session.scalar(select(Account).filter_by(email=email))
        if account is None or account.operator_since is None:
            raise NotFound
        account.operator_since = None
        note_act(transaction, OPERATOR, "unmake_operator", account.id)


def confirm_address(email: str) -> bool:
    """Confirm the address of an account without a mail: the caller vouches for its owner. For the command line.

    :return: False if it was confirmed before.
    :raise NotFound: without an account. :raise Conflict: for an address of OPERATORS, whose confirmation makes an
        operator: `make_operator` takes a password that a stranger may have set.
    """
    with write() as transaction:
        account = transaction.session.scalar(select(Account).filter_by(email=email))
        if account is None:
            raise NotFound
        if account.confirmed_at is not None:
            return False
        if is_reserved(account.email):
            raise Conflict
        account.confirmed_at = clock.now()
        note_act(transaction, OPERATOR, "confirm_address", account.id)
        return True


def disable_account(actor: Actor, account_id: int, reason: str) -> None:
    """Keep an account out: every browser is signed out, and its owner reads the reason at the next sign-in.

    :raise NotFound: :raise Invalid: `{"reason": …}`. :raise Conflict: for an operator, and for a disabled account.
    """
    reason = one_line("reason", reason, REASON_MAX, required=True)
    with write() as transaction:
        account = _account(transaction.session, actor, account_id)
        if account.disabled_at is not None or policy.is_operator(account):
            raise Conflict
        account.disabled_at, account.disabled_reason = clock.now(), reason
        transaction.session.execute(delete(AccountToken).filter_by(account_id=account.id))
        _sign_out(transaction, account.id)
        note_act(transaction, actor, "disable", account.id, reason=reason)


def enable_account(actor: Actor, account_id: int) -> None:
    """Let a disabled account in again. :raise NotFound: :raise Conflict: if it is not disabled."""
    with write() as transaction:
        account = _account(transaction.session, actor, account_id)
        if account.disabled_at is None:
            raise Conflict
        account.disabled_at, account.disabled_reason = None, ""
        note_act(transaction, actor, "enable", account.id)


def send_reset(actor: Actor, account_id: int) -> str:
    """Queue the mail with a link for a new password; nobody but its receiver sees the link.

    :return: the address. :raise NotFound: :raise Conflict: for a disabled account.
    """
    with write() as transaction:
        account = _account(transaction.session, actor, account_id)
        if account.disabled_at is not None:
            raise Conflict
        queue(transaction.session, MailKind.RESET, account.email, Locale(account.language, account.time_zone))
        note_act(transaction, actor, "send_reset", account.id)
        return account.email


def retry_mail(actor: Actor, mail_id: int) -> None:
    """Let a mail be tried again now, with all its attempts.

    :raise NotFound: :raise Conflict: if it is being sent, was sent, or has lost its receiver by its age.
    """
    with write() as transaction:
        mail = _unsent(transaction.session, actor, mail_id)
        if mail.account_id is None and mail.address is None:
            raise Conflict
        mail.state, mail.attempts, mail.error, mail.next_at = MailState.WAITING, 0, None, clock.now()
        note_act(transaction, actor, "retry_mail", mail=mail.id, mail_kind=str(mail.kind))


def drop_mail(actor: Actor, mail_id: int) -> None:
    """Delete a mail, so that it is never sent. :raise NotFound: :raise Conflict: if it is being sent or was sent."""
    with write() as transaction:
        mail = _unsent(transaction.session, actor, mail_id)
        transaction.session.delete(mail)
        note_act(transaction, actor, "drop_mail", mail=mail.id, mail_kind=str(mail.kind))


def _unsent(session: Session, actor: Actor, mail_id: int) -> Mail:
    policy.require_operator(session, actor)
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFound
    is_claimed = mail.state == MailState.SENDING and mail.lease_until is not None and mail.lease_until >= clock.now()
    if is_claimed or mail.state == MailState.SENT:
        raise Conflict
    return mail


def prune_log() -> None:
    """Delete the acts that the log need not keep any longer."""
    old = OperatorAct.at < clock.now() - timedelta(days=KEPT_DAYS)
    found = db.session.scalar(select(OperatorAct.id).where(old).limit(1))
    db.session.rollback()
    if found is not None:
        with write() as transaction:
            transaction.session.execute(delete(OperatorAct).where(old))


def _account(session: Session, actor: Actor, account_id: int) -> Account:
    policy.require_operator(session, actor)
    return require(session, Account, account_id)


def _sign_out(transaction: Transaction, account_id: int) -> None:
    """Sign an account out everywhere, also on browsers that others use now."""
    session = transaction.session
    for person_id in session.scalars(select(Person.id).filter_by(account_id=account_id)).all():
        end_devices(transaction, person_id)
        session.execute(delete(DevicePerson).filter_by(person_id=person_id))
