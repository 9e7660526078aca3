"""Accounts: sign up, confirm, sign in, reset. Links are one-time; only their digest is kept."""

from sqlalchemy import delete, exists, select

from ideas import clock
from ideas.actor import Actor
from ideas.database import db, write
from ideas.devices import add_device, digest_of, end_device, end_devices
from ideas.errors import AccountDisabled, Invalid, WrongCredentials
from ideas.events import PasswordReset
from ideas.installation import is_reserved
from ideas.locales import UNKNOWN, Locale
from ideas.mail_queue import queue
from ideas.models import Account, AccountToken, Device, MailKind, Person
from ideas.models.account import TokenPurpose
from ideas.passwords import decoy, hash_of, is_right
from ideas.people import add_account, add_account_without_password, new_person
from ideas.texts import NAME_MAX, one_line
from ideas.tokens import add_token, live_token, spend_token


def sign_up(email: str, password: str, locale: Locale = UNKNOWN) -> int:
    """Open an account and queue the mail that confirms its address. `email` is normalised and checked at the edge.

    :return: the account's id.
    :raise EmailTaken: :raise Invalid: for a bad password.
    """
    password_hash = hash_of(password)
    with write() as transaction:
        account = add_account(transaction, email.lower(), password_hash, locale)
        queue(transaction.session, MailKind.CONFIRM, account.id, locale)
        return account.id


def open_confirmed_account(email: str) -> int:
    """Open an account for the operator; its owner signs in by a link. :return: its id. :raise EmailTaken:"""
    with write() as transaction:
        account = add_account_without_password(transaction, email)
        account.confirmed_at = clock.now()
        return account.id


def ask_sign_up(email: str, locale: Locale = UNKNOWN) -> None:
    """Queue the sign-up mail to an address. The answer is the same for every address, with or without an account."""
    more = {"time_zone": locale.time_zone} if locale.time_zone else {}
    with write() as transaction:
        queue(transaction.session, MailKind.SIGN_UP, email.lower(), locale, **more)


def ask_reset(email: str, locale: Locale = UNKNOWN) -> None:
    """Queue the mail that resets a password. The answer is the same for every address, with or without an account."""
    with write() as transaction:
        queue(transaction.session, MailKind.RESET, email.lower(), locale)


def ask_confirmation(account_id: int, locale: Locale = UNKNOWN) -> None:
    """Queue the mail that confirms an account's address once more."""
    with write() as transaction:
        queue(transaction.session, MailKind.CONFIRM, account_id, locale)


def change_locale(account_id: int, locale: Locale) -> None:
    """Store an account holder's language and time zone."""
    with write() as transaction:
        account = transaction.session.get_one(Account, account_id)
        account.language, account.time_zone = locale.language, locale.time_zone


def choose_name(account_id: int, name: str) -> None:
    """Store the name under which members see an account holder; "" for none. :raise Invalid: `{"name": …}`."""
    name = one_line("name", name, NAME_MAX)
    if "@" in name:
        raise Invalid(name="no_address")  # facilitators who are no members do not learn addresses
    with write() as transaction:
        transaction.session.get_one(Account, account_id).name = name


def choose_seal_mails(account_id: int, *, wanted: bool) -> None:
    """Store whether an account holder gets the heads of journals by mail."""
    with write() as transaction:
        transaction.session.get_one(Account, account_id).seal_mails = wanted


def change_language(actor: Actor, language: str) -> None:
    """Store the chosen language: in the account of an account holder, in the person of a guest."""
    if actor.person_id is None:
        return
    with write() as transaction:
        person = transaction.session.get_one(Person, actor.person_id)
        (person.account or person).language = language


def authenticate(email: str, password: str) -> int:
    """Check address and password. :return: the account's id.

    :raise WrongCredentials:
    """
    account = db.session.scalar(select(Account).filter_by(email=email.lower()))
    account_id, stored = (account.id, account.password_hash) if account else (None, None)
    db.session.rollback()  # hold no read transaction while the hash is computed
    if not is_right(stored, password) or account_id is None:
        raise WrongCredentials
    return account_id


def issue_token(account_id: int, purpose: TokenPurpose) -> str:
    """Make a one-time link's secret."""
    with write() as transaction:
        return add_token(transaction.session, account_id, purpose)


def account_by_email(email: str) -> int | None:
    """The id of the account with this address, if there is one."""
    return db.session.scalar(select(Account.id).filter_by(email=email.lower()))


def confirm_email(token: str) -> int:
    """Confirm the address that the link was sent to. An address of OPERATORS also gets a link for a new password.

    :return: the account's id. :raise TokenSpent:
    """
    with write() as transaction:
        session = transaction.session
        account = spend_token(session, token, TokenPurpose.CONFIRM)
        if account.confirmed_at is None and is_reserved(account.email):
            # It becomes an operator's, and a stranger may have opened it: only the mailbox counts from here on.
            account.password_hash = decoy()
            for person_id in session.scalars(select(Person.id).filter_by(account_id=account.id)).all():
                end_devices(transaction, person_id)
            queue(session, MailKind.RESET, account.email, Locale(account.language, account.time_zone))
        account.confirmed_at = account.confirmed_at or clock.now()
        return account.id


def sign_in_by_token(token: str) -> int:
    """The account that a one-time sign-in link is for. :raise TokenSpent:"""
    with write() as transaction:
        return spend_token(transaction.session, token, TokenPurpose.SIGN_IN).id


def reset_password(token: str, password: str) -> int:
    """Set a new password; every browser that was signed in is signed out.

    :return: the account's id. :raise TokenSpent: :raise Invalid:
    """
    password_hash = hash_of(password)
    with write() as transaction:
        session = transaction.session
        account = spend_token(session, token, TokenPurpose.RESET)
        account.password_hash = password_hash
        # The link came by mail, so its user can read the mailbox.
        account.confirmed_at = account.confirmed_at or clock.now()
        session.execute(delete(AccountToken).filter_by(account_id=account.id))  # older links must not work any more
        for person_id in session.scalars(select(Person.id).filter_by(account_id=account.id)).all():
            end_devices(transaction, person_id)
        transaction.record(PasswordReset(account.id))
        return account.id


def require_enabled(account_id: int) -> None:
    """:raise AccountDisabled: if an operator keeps this account out."""
    account = db.session.get(Account, account_id)
    if account is not None and account.disabled_at is not None:
        raise AccountDisabled(account.disabled_reason)


def require_token(token: str, purpose: TokenPurpose) -> None:
    """Look whether a one-time link would still work, without spending it. :raise TokenSpent:"""
    live_token(db.session(), token, purpose)


def is_new_account(token: str) -> bool:
    """Whether the link for a password is for an account that nobody has used yet. :raise TokenSpent:"""
    session = db.session()
    account = live_token(session, token, TokenPurpose.RESET).account
    used = exists().where(Person.account_id == account.id, Device.person_id == Person.id)
    return account.confirmed_at is None and not session.scalar(select(used))


def new_device(person_id: int) -> str:
    """Give a browser an identity. :return: the secret for its cookie."""
    with write() as transaction:
        _device, token = add_device(transaction.session, person_id)
    return token


def sign_out_device(token: str) -> None:
    """Take a browser's identity away; its open sockets end."""
    with write() as transaction:
        device = transaction.session.scalar(select(Device).filter_by(token_digest=digest_of(token)))
        if device:
            end_device(transaction, device)


def person_of_account(account_id: int) -> int:
    """The person behind an account, made if there is none yet."""
    with write() as transaction:
        session = transaction.session
        person = session.scalar(select(Person).filter_by(account_id=account_id))
        if person is None:
            person = new_person(session)
            person.account_id = account_id
        return person.id
