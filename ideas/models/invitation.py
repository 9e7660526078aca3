"""Invitations of one person each, with a link that can be copied again, and the addresses that want none."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.challenge import Challenge
from ideas.models.mail import Mail
from ideas.models.organisation import Organisation, Role


class InvitationKind(StrEnum):
    MEMBER = "member"  # of the organisation
    MODERATOR = "moderator"  # of one challenge, without membership
    PARTICIPANT = "participant"  # a place in one room, which its link opens on any device


class PersonalInvitation(Model):
    """An invitation of one person. `email` is "" for a link that is passed on by hand.

    The link's secret is made from `nonce` with the key of the installation, so that a page can show it again; the row
    itself opens nothing. `address` is the keyed digest of the e-mail, "" without one.
    """

    __tablename__ = "personal_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[InvitationKind] = mapped_column(Word(InvitationKind))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenge.id"), index=True)
    role: Mapped[Role | None] = mapped_column(Word(Role))  # of a member
    email: Mapped[str] = mapped_column(String(254), default="")
    name: Mapped[str] = mapped_column(String(40), default="")
    nonce: Mapped[str] = mapped_column(String(22))
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of the link's secret
    address: Mapped[str] = mapped_column(String(64), default="")
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)

    organisation: Mapped[Organisation] = relationship()
    challenge: Mapped[Challenge | None] = relationship()
    mail: Mapped[Mail | None] = relationship()


class OptOut(Model):
    """An address to which no invitation is sent any more, as a keyed digest."""

    __tablename__ = "opt_out"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
