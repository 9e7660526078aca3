"""The mail queue: mails that wait, are being sent, were sent or failed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model, Word


class MailKind(StrEnum):
    """The kind of a mail. The text is made when the mail is sent."""

    SIGN_UP = "sign_up"  # somebody wants an account under this address; the address may already have one
    CONFIRM = "confirm"
    RESET = "reset"
    RETENTION = "retention"  # to the owners, before a closed challenge is anonymised or deleted
    SEAL = "seal"  # the head of a journal at the start and the close of a round, for the members
    MOVE = "move"  # to the new address of an account, to confirm it
    MOVED = "moved"  # to its old address
    JURY = "jury"  # an invitation to the jury of a round
    INVITATION = "invitation"  # of a member, a moderator of one challenge or a participant
    ADDRESS = "address"  # to a guest who left an address, to confirm it
    DIGEST = "digest"  # the news of a day
    NOTICE = "notice"  # a piece of news that does not wait for the digest


# Mails about news. Their moments would tell the operator what happened to whom, so they are kept by the day.
OF_NEWS = (MailKind.DIGEST, MailKind.NOTICE)


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"  # a process has a lease on it
    SENT = "sent"
    FAILED = "failed"  # for good


class Mail(Model):
    """One mail to one receiver: either an account or an address. A sent one is emptied after a while."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_state_next_at", "state", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[MailKind] = mapped_column(Word(MailKind))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    address: Mapped[str | None] = mapped_column(String(254))
    ids: Mapped[dict[str, int | str]] = mapped_column(JSON)  # the records that the text is made from; no texts
    language: Mapped[str] = mapped_column(String(10))  # of the request; an account's own language takes precedence
    state: Mapped[MailState] = mapped_column(Word(MailState))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Instant)
    lease_holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    message_id: Mapped[str] = mapped_column(String(36), unique=True)  # the part before the @
    error: Mapped[str | None] = mapped_column(String(100))  # class and code of the last failure; no address in it
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
