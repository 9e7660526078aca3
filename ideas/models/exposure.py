"""The exposure ledger: the subjects that the fair feed dealt to each participant, the reads of each entry, and
readiness.
"""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Exposure(Model):
    """A subject (an entry, or a pair of entries as in `Mark`) that was dealt to a participant: a read of each entry."""

    __tablename__ = "exposure"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    versus: Mapped[int] = mapped_column(primary_key=True, default=0)
    turn: Mapped[int]  # the participant's deal on this question, counted from 0: the page shows earlier deals first
    dealt_at: Mapped[datetime] = mapped_column(Instant)


class Reads(Model):
    """The number of times that an entry was dealt. The ledger updates this counter, so that a deal need not count the
    ledger.
    """

    __tablename__ = "reads"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    n: Mapped[int]


class Readiness(Model):
    """Whether a question has enough votes, as last computed.

    `settled_people` and `settled_winners` are the first settled look with the present winners, if there is one;
    `confirmed`: a later look found the same winners (`ideas.voting.closing`). No page shows the winners.
    """

    __tablename__ = "readiness"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    changed_at: Mapped[int]  # the journal's number of the latest act at that time that can change what counts
    people_at: Mapped[int]  # the number of people in the electorate: without a change, nothing is computed again
    people_missing: Mapped[int]
    reads_missing: Mapped[int]
    stability: Mapped[int]  # ppm of the bootstrap runs with the same winners
    marks_missing: Mapped[int | None]  # None: more than can be estimated
    sampled: Mapped[int | None]  # the number of voters on whom it rests; None: all of them
    settled: Mapped[bool]
    settled_people: Mapped[int | None]
    settled_winners: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    confirmed: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Instant)
