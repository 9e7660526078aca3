"""What belongs to mails about news: the digests, the choices against them, the addresses of guests, the reminders."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Digest(Model):
    """The mail with a person's news of one day. The row makes it one a day: `day` is the date where the person is."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("person_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)


class SwitchedOff(Model):
    """A topic of which a person wants no news, in one challenge or, without one, everywhere.

    The topic `MAILS` stands for all mails about news. Only what differs from the default has a row.
    """

    __tablename__ = "switched_off"
    __table_args__ = (Index("ix_switched_off_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    topic: Mapped[str] = mapped_column(String(20))


# The topic of all mails about news; the other topics are those of `ideas.reasons`.
MAILS = "mails"


class GuestAddress(Model):
    """The address to which a guest wants mails. Without `confirmed_at` nothing but the question is sent there."""

    __tablename__ = "guest_address"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)


class Reminder(Model):
    """Something that the clock told people once. `occasion` says of what, in the words of its reason."""

    __tablename__ = "reminder"

    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(30), primary_key=True)
    occasion: Mapped[str] = mapped_column(String(60), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
