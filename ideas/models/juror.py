"""Jurors: invited experts who score the ideas of one round apart from the crowd."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model
from ideas.models.participant import Participant
from ideas.models.person import Person


class Juror(Model):
    """A person on the jury of a round. They need not take part, nor belong to the organisation.

    `seat` holds the marks: a participant that is no person, so that nothing tells which participant a juror is. `name`
    is what they told the moderators; "" once it is erased.
    """

    __tablename__ = "juror"
    __table_args__ = (UniqueConstraint("round_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    invited_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    digest: Mapped[str] = mapped_column(String(64), index=True)  # of the link that was used: it leads back to the page

    person: Mapped[Person] = relationship()
    seat: Mapped[Participant] = relationship()


class JurorInvitation(Model):
    """A link that seats one person on the jury of a round, once. `email`: the address to which it was sent, "" if a
    moderator passes it on. A mail that is tried again has a link of its own for each attempt.
    """

    __tablename__ = "juror_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class ScoreSheet(Model):
    """What a juror keeps about an entry beside the marks: a conflict of interest, and a note that nobody else reads."""

    __tablename__ = "score_sheet"

    juror_id: Mapped[int] = mapped_column(ForeignKey("juror.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, index=True)
    conflict_at: Mapped[datetime | None] = mapped_column(Instant)  # None: no conflict
    note: Mapped[str] = mapped_column(Text, default="")
