"""Flags: a person tells the moderators that a text may break the rules."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model, Word


class FlagKind(StrEnum):
    """The reason for a flag."""

    OFF_TOPIC = "off_topic"
    INSULTING = "insulting"
    PRIVATE_DATA = "private_data"
    ADVERTISING = "advertising"
    REPEAT = "repeat"
    OTHER = "other"


class FlagState(StrEnum):
    OPEN = "open"  # no moderator decided
    UPHELD = "upheld"  # a moderator hid or erased the text
    REJECTED = "rejected"  # a moderator kept the text
    OUTDATED = "outdated"  # a moderator kept the text, whose author had changed it after the flag


class Flag(Model):
    """One person's flag of one version of a text: of an idea, or of an argument, which has one version (0).

    The flag's author is shown to nobody. `flagged_at` is the full hour, since a finer time beside the list of people
    could tell who it was. The words can be erased, so they are not in the journal.
    """

    __tablename__ = "flag"
    __table_args__ = (
        UniqueConstraint("participant_id", "idea_id", "version"),
        UniqueConstraint("participant_id", "argument_id", "version"),
        CheckConstraint("(idea_id IS NULL) <> (argument_id IS NULL)", name="one_text"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    idea_id: Mapped[int | None] = mapped_column(ForeignKey("idea.id"), index=True)
    argument_id: Mapped[int | None] = mapped_column(ForeignKey("argument.id"), index=True)
    version: Mapped[int]
    kind: Mapped[FlagKind] = mapped_column(Word(FlagKind))
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[FlagState] = mapped_column(Word(FlagState), default=FlagState.OPEN)
    decided_seq: Mapped[int | None]  # the journal number of the decision
    flagged_at: Mapped[datetime] = mapped_column(Instant)
