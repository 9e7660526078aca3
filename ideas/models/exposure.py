"""The exposure ledger: what the fair feed dealt to whom, and how often each entry; and whether votes are enough."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Exposure(Model):
    """A subject (an entry, or a pair of entries as in `Mark`) that was dealt to a participant: a read of each entry."""

    __tablename__ = "exposure"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    versus: Mapped[int] = mapped_column(primary_key=True, default=0)
    turn: Mapped[int]  # of the participant on this question, counted from 0: what was dealt first comes first
    dealt_at: Mapped[datetime] = mapped_column(Instant)


class Reads(Model):
    """How often an entry was dealt: a counter, moved with the ledger, so that a deal need not count the ledger."""

    __tablename__ = "reads"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    n: Mapped[int]


class Readiness(Model):
    """Whether a question has enough votes, as it was last worked out; figures without an entry's name."""

    __tablename__ = "readiness"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    marks_at: Mapped[int]  # the latest mark's number when it was worked out, and …
    entries_at: Mapped[int]  # … how many entries were shown: nothing new, nothing to work out
    people_missing: Mapped[int]
    reads_missing: Mapped[int]
    stability: Mapped[int]  # ppm of the bootstrap runs with the same winners
    marks_missing: Mapped[int | None]  # None: more than can be estimated
    settled: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Instant)
