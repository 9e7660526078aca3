"""Waves: many people who joined from one network within minutes, and the marks that are left out with them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model
from ideas.models.ballot import Ballot, Mark


class Wave(Model):
    """Ten or more people who joined from one network within two minutes. `people` is set when they are left out."""

    __tablename__ = "wave"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    # The round from which it is left out, since when, and how many people.
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    excluded_at: Mapped[datetime | None] = mapped_column(Instant)
    people: Mapped[int] = mapped_column(default=0)

    @property
    def handle(self) -> str:
        return f"wave-{self.id}"


class Arrival(Model):
    """How a participant came. `network` is a keyed digest and is dropped after two minutes. So is the row of a person
    who is in no wave; all others are dropped at the close.
    """

    __tablename__ = "arrival"
    __table_args__ = (Index("ix_arrival_challenge_id_network", "challenge_id", "network"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"))
    network: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    was_barred: Mapped[bool] = mapped_column(default=False)  # before the wave was left out


class ExcludedMark(Model):
    """A mark that is left out with a wave; the columns are those of `Mark`."""

    __tablename__ = "excluded_mark"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    versus: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]
    seq: Mapped[int]
    client: Mapped[str] = mapped_column(String(36))
    n: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)


class ExcludedBallot(Model):
    """A ballot that is left out with a wave; the columns are those of `Ballot`."""

    __tablename__ = "excluded_ballot"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


# The tables of what counts, and where it waits while it does not.
LEFT_OUT: tuple[tuple[type[Mark] | type[Ballot], type[ExcludedMark] | type[ExcludedBallot]], ...] = (
    (Mark, ExcludedMark),
    (Ballot, ExcludedBallot),
)
