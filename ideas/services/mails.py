"""Send the queued mails: claim one, make its link, store the result. The caller transports the mail.

A claim is a lease on one mail. It is committed before the mail leaves, so that no two processes send the same mail. If
a process dies between the mail server's answer and the commit, the mail stays claimed. After the lease it is sent once
more, under the same Message-ID.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, func, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock
from ideas.actor import Actor
from ideas.database import Transaction, db, write
from ideas.installation import REGISTRATION, Registration, is_reserved, value_of
from ideas.invitations import is_opted_out
from ideas.jurors import another_link, open_invitation
from ideas.mail_queue import kept_moment
from ideas.models import (
    OF_NEWS,
    Account,
    Challenge,
    Digest,
    GuestAddress,
    Mail,
    MailKind,
    MailState,
    Notification,
    Person,
    PersonalInvitation,
    Round,
)
from ideas.models.account import TokenPurpose
from ideas.people import add_account_without_password
from ideas.queries.jobs import is_invited_to_job
from ideas.queries.news import NewsRow, rows_of
from ideas.queries.rounds import current_round
from ideas.reasons import REASONS
from ideas.receivers import Receiver, receivers, switched_off
from ideas.tokens import add_token

# The time limit of one attempt; `app.mails.transport` stops earlier.
CLAIM_SECONDS = 180
# The pauses double from the first to the longest; all attempts together take about two days.
PAUSE_SECONDS = 30
PAUSE_SECONDS_MAX = 4 * 3600
ATTEMPTS_MAX = 20
# The time for which a sent or failed mail keeps its receiver.
KEPT_SENT = timedelta(days=1)
KEPT_FAILED = timedelta(days=14)


@dataclass(frozen=True)
class ClaimedMail:
    """A mail that this process sends now.

    `target` is the part of its link that depends on the receiver or the record: the secret of a one-time link, made for
    this attempt, or a challenge. `values` are further values of its text; a mail about news has `news` instead.
    """

    id: int
    claim: str
    template: str
    address: str
    language: str
    message_id: str
    target: dict[str, str | int]
    values: dict[str, str | int]
    news: "MailedNews | None" = None


@dataclass(frozen=True)
class MailedNews:
    """The news in a mail, and their receiver."""

    rows: tuple[NewsRow, ...]
    receiver: Receiver


@dataclass(frozen=True)
class _MailContent:
    """The receiver and the text's data of one kind of mail. `purpose` is that of the one-time link, if it has one."""

    template: str
    account: Account | None  # None: the mail goes to an address
    purpose: TokenPurpose | None = None
    address: str | None = None  # if it is not the account's
    target: dict[str, str | int] = field(default_factory=dict)
    values: dict[str, str | int] = field(default_factory=dict)
    news: MailedNews | None = None

    @property
    def receiver(self) -> str:
        return self.address or (self.account.email if self.account else "")


def is_due(session: Session) -> bool:
    """Whether a mail waits to be sent now."""
    return session.scalar(select(Mail.id).where(_due(clock.now())).limit(1)) is not None


def next_due() -> Select[tuple[datetime]]:
    """The query for the moment at which a mail is due next."""
    moment = case((Mail.state == MailState.WAITING, Mail.next_at), else_=Mail.lease_until)
    return select(func.min(moment)).where(Mail.state.in_((MailState.WAITING, MailState.SENDING)))


def claim_mail() -> ClaimedMail | None:
    """Claim the mail that is due longest. :return: None if no mail is due."""
    while True:
        with write() as transaction:
            session, now = transaction.session, clock.now()
            mail = session.scalar(
                select(Mail).where(_due(now)).order_by(Mail.next_at, Mail.id).limit(1).with_for_update(skip_locked=True)
            )
            if mail is None:
                return None
            if mail.attempts >= ATTEMPTS_MAX:  # these attempts had no result: each ended its process
                _fail(mail, "AttemptsUsedUp")
                continue
            content = _CONTENT[mail.kind](transaction, mail)
            if content is None:
                session.delete(mail)
                continue
            mail.state, mail.attempts = MailState.SENDING, mail.attempts + 1
            mail.lease_holder, mail.lease_until = str(uuid.uuid4()), now + timedelta(seconds=CLAIM_SECONDS)
            return ClaimedMail(
                id=mail.id,
                claim=mail.lease_holder,
                template=content.template,
                address=content.receiver,
                language=(content.account and content.account.language) or mail.language,
                message_id=mail.message_id,
                target=_target(session, content),
                values=content.values,
                news=content.news,
            )


def _target(session: Session, content: _MailContent) -> dict[str, str | int]:
    if content.purpose is None or content.account is None:
        return content.target
    return {"token": add_token(session, content.account.id, content.purpose, content.address)}


def is_claimed(mail: ClaimedMail, seconds: float) -> bool:
    """Whether the claim remains valid for `seconds`."""
    query = select(Mail.lease_until).filter_by(id=mail.id, lease_holder=mail.claim, state=MailState.SENDING)
    until = db.session().scalar(query)
    db.session.rollback()
    return until is not None and until >= clock.now() + timedelta(seconds=seconds)


def keep_sent(mail: ClaimedMail) -> None:
    """Note that the mail server took the mail."""
    _settle(mail, lambda row: _set(row, MailState.SENT, sent_at=clock.now()))


def keep_refused(mail: ClaimedMail, error: str) -> None:
    """Note that the mail server refused the mail for good. `error` names the failure without any text of the mail."""
    _settle(mail, lambda row: _fail(row, error))


def try_later(mail: ClaimedMail, error: str) -> None:
    """Note that the mail could not be sent now; after the last attempt it failed for good."""
    _settle(mail, lambda row: _put_off(row, error))


def empty_old_mails() -> int:
    """Take receiver and ids out of mails that are done. :return: how many."""
    now = clock.now()
    old = or_(
        (Mail.state == MailState.SENT) & (Mail.sent_at < now - KEPT_SENT),
        (Mail.state == MailState.FAILED) & (Mail.created_at < now - KEPT_FAILED),
    )
    full = old & or_(Mail.account_id.is_not(None), Mail.address.is_not(None))
    if not db.session().scalar(select(func.count()).select_from(Mail).where(full)):
        return 0
    with write() as transaction:
        ids = list(transaction.session.scalars(select(Mail.id).where(full)))
        transaction.session.execute(update(Mail).where(Mail.id.in_(ids)).values(account_id=None, address=None, ids={}))
        return len(ids)


def _due(now: datetime) -> ColumnElement[bool]:
    waits = (Mail.state == MailState.WAITING) & (Mail.next_at <= now)
    abandoned = (Mail.state == MailState.SENDING) & (Mail.lease_until < now)
    return or_(waits, abandoned)


def _settle(mail: ClaimedMail, settle: Callable[[Mail], None]) -> None:
    """Change a mail if this process still holds its claim."""
    with write() as transaction:
        row = transaction.session.get(Mail, mail.id, with_for_update=True)
        if row is not None and row.lease_holder == mail.claim:
            settle(row)


def _set(row: Mail, state: MailState, sent_at: datetime | None = None, error: str | None = None) -> None:
    row.state, row.error = state, error
    row.sent_at = sent_at and kept_moment(row.kind, sent_at)
    if row.kind in OF_NEWS and state in (MailState.SENT, MailState.FAILED):
        row.next_at = row.created_at
    row.lease_holder = row.lease_until = None


def _fail(row: Mail, error: str) -> None:
    _set(row, MailState.FAILED, error=error)


def _put_off(row: Mail, error: str) -> None:
    if row.attempts >= ATTEMPTS_MAX:
        _fail(row, error)
        return
    _set(row, MailState.WAITING, error=error)
    row.next_at = clock.now() + timedelta(seconds=pause_after(row.attempts))


def pause_after(attempts: int) -> float:
    """Seconds to wait after so many failed attempts: doubled each time, and up to a tenth more by chance."""
    return float(min(PAUSE_SECONDS * 2 ** (attempts - 1), PAUSE_SECONDS_MAX) * random.uniform(1, 1.1))


# The content of each kind of mail. None: there is nothing to send any more.


def _sign_up(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """Open an account for the address, or inform the owner of an existing account.

    The account is looked up here and not in the request, so that the form takes equally long for every address.
    """
    assert mail.address is not None
    account = transaction.session.scalar(select(Account).filter_by(email=mail.address))
    if account is None and not _may_open_account(transaction, mail.address):
        return None  # it was closed since somebody asked, or nobody invited the address
    if account is None:
        account = add_account_without_password(transaction, mail.address)
        account.language, account.time_zone = mail.language, _word(mail, "time_zone")
        mail.ids = mail.ids | {"opened": account.id}
    template = "welcome" if mail.ids.get("opened") == account.id else "known"
    return _MailContent(template, account, TokenPurpose.RESET)


def _may_open_account(transaction: Transaction, address: str) -> bool:
    registration = value_of(REGISTRATION)
    if registration == Registration.INVITE:
        return is_invited_to_job(transaction.session, address)
    return registration == Registration.OPEN


def _reset(transaction: Transaction, mail: Mail) -> _MailContent | None:
    account = transaction.session.scalar(select(Account).filter_by(email=mail.address))
    return _MailContent("reset", account, TokenPurpose.RESET) if account else None


def _confirm(transaction: Transaction, mail: Mail) -> _MailContent | None:
    account = transaction.session.get(Account, mail.account_id)
    if account is None or account.confirmed_at:
        return None
    return _MailContent("confirm", account, TokenPurpose.CONFIRM)


def _move(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """Ask the new address of an account; nothing if it has that address by now."""
    account = transaction.session.get(Account, mail.ids["account"])
    if account is None or account.email == mail.address or is_reserved(mail.address or ""):
        return None
    return _MailContent("move", account, TokenPurpose.MOVE, mail.address)


def _moved(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """Tell the old address, with a link that takes the change back."""
    account = transaction.session.get(Account, mail.ids["account"])
    if account is None or account.email == mail.address:
        return None
    return _MailContent("moved", account, TokenPurpose.MOVE_BACK, mail.address)


def _retention(transaction: Transaction, mail: Mail) -> _MailContent | None:
    session = transaction.session
    account, challenge = session.get(Account, mail.account_id), session.get(Challenge, mail.ids["challenge"])
    if account is None or challenge is None:
        return None
    values = _sender(challenge) | {"act": mail.ids["act"], "at": mail.ids["at"]}
    values["time_zone"] = account.time_zone or "UTC"
    return _MailContent("retention", account, target={"challenge_id": challenge.id}, values=values)


def _seal(transaction: Transaction, mail: Mail) -> _MailContent | None:
    session = transaction.session
    account, challenge = session.get(Account, mail.account_id), session.get(Challenge, mail.ids["challenge"])
    if account is None or challenge is None:
        return None
    values = _sender(challenge)
    values |= {name: str(mail.ids[name]) for name in ("moment", "seq", "h")}
    return _MailContent("seal", account, target={"challenge_id": challenge.id}, values=values)


def _jury(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """Invite somebody to a jury, with a link for this attempt; nothing if the invitation was taken back or used."""
    session, round = transaction.session, transaction.session.get(Round, mail.ids["round"])
    waiting = round and not round.is_closed and open_invitation(session, round.id, mail.address or "")
    if not round or not waiting:
        return None
    token = another_link(session, waiting)
    challenge = round.challenge
    return _MailContent("jury", None, address=mail.address, target={"token": token}, values=_sender(challenge))


def _sender(challenge: Challenge) -> dict[str, str | int]:
    """The challenge that a mail is about, and the organisation in whose colour it is written."""
    organisation = challenge.organisation
    return {"title": challenge.title, "organisation": organisation.name, "colour": organisation.colour}


def _digest(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """The news of a day, as far as they are still true, unread, and to be seen by the receiver."""
    session, digest = transaction.session, transaction.session.get(Digest, mail.ids["digest"])
    if digest is None:
        return None
    query = select(Notification).filter_by(person_id=digest.person_id, digest_id=digest.id, read_at=None)
    return _news(session, mail, digest.person_id, query.order_by(Notification.created_at, Notification.id))


def _notice(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """A piece of news of its own, as `_digest`. The person may have become an account's meanwhile."""
    query = select(Notification).filter_by(id=mail.ids["notification"], read_at=None)
    return _news(transaction.session, mail, int(mail.ids["person"]), query)


def _news(session: Session, mail: Mail, person_id: int, query: Select[tuple[Notification]]) -> _MailContent | None:
    found = [each for each in receivers(session, [person_id]) if each.target in (mail.account_id, mail.address)]
    if not found:
        return None
    off = switched_off(session, person_id)  # perhaps since the mail was queued
    notifications = [
        each
        for each in session.scalars(query.filter_by(person_id=person_id))
        if off.isdisjoint((where, str(REASONS[each.reason].topic)) for where in (None, each.challenge_id))
    ]
    rows = rows_of(session, Actor(person_id, found[0].account_id), notifications)
    if not rows:
        return None
    account = session.get(Account, found[0].account_id) if found[0].account_id else None
    mail.language = found[0].locale.language or mail.language
    return _MailContent(str(mail.kind), account, address=found[0].email, news=MailedNews(tuple(rows), found[0]))


def _address(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """Ask whether the address is that of the guest who typed it; nothing if it was changed or confirmed meanwhile."""
    session = transaction.session
    asked = session.get(GuestAddress, mail.ids["person"])
    if asked is None or asked.email != mail.address or asked.confirmed_at:
        return None
    person = session.get_one(Person, asked.person_id)
    mail.language = person.language or mail.language
    target: dict[str, str | int] = {"person": person.id, "email": asked.email}
    return _MailContent("address", None, address=asked.email, target=target)


def _invitation(transaction: Transaction, mail: Mail) -> _MailContent | None:
    """Invite a person; nothing if the invitation was taken back or used, or the person wants none."""
    session = transaction.session
    invitation = session.get(PersonalInvitation, mail.ids["invitation"])
    if invitation is None or invitation.accepted_at or invitation.expires_at <= clock.now():
        return None
    if is_opted_out(session, invitation.address):
        return None
    challenge = invitation.challenge
    if challenge is not None and current_round(session, challenge.id).is_closed:
        return None
    values: dict[str, str | int] = {"organisation": invitation.organisation.name}
    values["title"] = challenge.title if challenge else ""
    target: dict[str, str | int] = {"nonce": invitation.nonce}
    return _MailContent(f"invited_{invitation.kind}", None, address=invitation.email, target=target, values=values)


def _word(mail: Mail, name: str) -> str | None:
    value = mail.ids.get(name)
    return str(value) if value else None


_CONTENT: dict[MailKind, Callable[[Transaction, Mail], _MailContent | None]] = {
    MailKind.SIGN_UP: _sign_up,
    MailKind.CONFIRM: _confirm,
    MailKind.RESET: _reset,
    MailKind.RETENTION: _retention,
    MailKind.SEAL: _seal,
    MailKind.MOVE: _move,
    MailKind.MOVED: _moved,
    MailKind.JURY: _jury,
    MailKind.ADDRESS: _address,
    MailKind.DIGEST: _digest,
    MailKind.NOTICE: _notice,
    MailKind.INVITATION: _invitation,
}
