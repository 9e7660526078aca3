"""Accounts: an e-mail login, and the one-time links sent to it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, case
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word


class Account(Model):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(40), default="")  # members see it in place of the address; "" for none
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

    @hybrid_property
    def shown_name(self) -> str:
        """The name under which members know the account: the chosen one, else the address."""
        return self.name or self.email

    @shown_name.inplace.expression
    @classmethod
    def _shown_name(cls) -> ColumnElement[str]:
        return case((cls.name != "", cls.name), else_=cls.email)


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
