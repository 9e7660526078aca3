"""Accounts: an e-mail login, and the one-time links sent to it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word


class Account(Model):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    language: Mapped[str | None] = mapped_column(String(10))  # e.g. "de"; None where it was never known
    time_zone: Mapped[str | None] = mapped_column(String(64))  # e.g. "Europe/Berlin"
    seal_mails: Mapped[bool] = mapped_column(default=True)  # whether it gets the heads of journals by mail
    operator_since: Mapped[datetime | None] = mapped_column(Instant)  # made one at the command line
    # Since when an operator keeps it out, and the reason that its owner reads.
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    disabled_reason: Mapped[str] = mapped_column(String(200), default="")


class TokenPurpose(StrEnum):
    CONFIRM = "confirm"
    RESET = "reset"
    SIGN_IN = "sign_in"
    MOVE = "move"  # to another address
    MOVE_BACK = "move_back"


class AccountToken(Model):
    """A link that works once; only its digest is kept."""

    __tablename__ = "account_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[TokenPurpose] = mapped_column(Word(TokenPurpose))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    email: Mapped[str | None] = mapped_column(String(254))  # the address that the account gets by this link

    account: Mapped[Account] = relationship()
