"""Ballots, their marks and the running tallies."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Ballot(Model):
    """One participant's marks on one question. Turnout counts these rows."""

    __tablename__ = "ballot"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    done_at: Mapped[datetime | None] = mapped_column(Instant)  # "I am done": no further marks until it is reopened


class Mark(Model):
    """The latest answer of a participant on a subject. No page shows it with a name.

    A subject is an entry (`versus` is 0) or a pair of entries (`subject` < `versus`).
    """

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_question_subject", "question_id", "subject"),)

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    versus: Mapped[int] = mapped_column(primary_key=True, default=0)
    value: Mapped[int]
    seq: Mapped[int]  # the journal entry that holds it
    client: Mapped[str] = mapped_column(String(36))  # the page load that sent the mark
    n: Mapped[int]  # the mark's number in that page load: the highest one wins, even if it arrives late
    at: Mapped[datetime] = mapped_column(Instant)

    @property
    def key(self) -> tuple[int, int]:
        """Its subject, in the form of `ideas.voting.rules.key_of`."""
        return self.subject, self.versus


class MergedMark(Model):
    """A mark as it was cast that another row of `Mark` stands for since its entry was merged, or that does not count
    until the merge ends (`ideas.merging`). The columns are those of `Mark`.
    """

    __tablename__ = "merged_mark"
    __table_args__ = (Index("ix_merged_mark_question_subject", "question_id", "subject"),)

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    versus: Mapped[int] = mapped_column(primary_key=True, default=0)
    value: Mapped[int]
    seq: Mapped[int]
    client: Mapped[str] = mapped_column(String(36))
    n: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)


class Tally(Model):
    """The number of participants whose latest mark on a subject has this value."""

    __tablename__ = "tally"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True)
    versus: Mapped[int] = mapped_column(primary_key=True, default=0)
    value: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


class HandCount(Model):
    """A show of hands on an entry, as a facilitator counted it. It is separate from marks, because nobody can recount a
    hall.
    """

    __tablename__ = "hand_count"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, index=True)
    value: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(Instant)
