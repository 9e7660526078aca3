"""Organisations, their members, and the links that make one a member."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.account import Account


class Role(StrEnum):
    OWNER = "owner"
    MODERATOR = "moderator"
    VIEWER = "viewer"  # reads the dashboard and results, steers nothing


# The roles that a check of membership means; no check asks for membership alone.
OWNING = frozenset({Role.OWNER})
STEERING = frozenset({Role.OWNER, Role.MODERATOR})
READING = frozenset(Role)


class Organisation(Model):
    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    # Reasons for outcomes that its members use again, one a line; "" for the suggestions of the pages.
    reasons: Mapped[str] = mapped_column(Text, default="")
    # The same for ideas and arguments that facilitators reject or hide.
    refusals: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    imprint: Mapped[str] = mapped_column(Text, default="")  # who it is and how it is reached, on its jobs
    colour: Mapped[str] = mapped_column(String(7), default="")  # "#rrggbb"; "" for the product's own
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"))

    @property
    def look(self) -> str:
        """The colour and the logo in one word, to notice that a colleague changed them."""
        return f"{self.colour}/{self.logo_id or ''}"


class Member(Model):
    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("organisation_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(Word(Role))
    joined_at: Mapped[datetime] = mapped_column(Instant)

    organisation: Mapped[Organisation] = relationship()
    account: Mapped[Account] = relationship()


class Invitation(Model):
    """A link that makes one person a member, once. Without an organisation it only permits a sign-up."""

    __tablename__ = "invitation"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[Role] = mapped_column(Word(Role))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    organisation: Mapped[Organisation | None] = relationship()
