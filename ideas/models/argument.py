"""Arguments: a remark on an idea with a stance, and the marks of people who find one good."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.entry import EntryStatus
from ideas.models.idea import Idea
from ideas.models.participant import Participant
from ideas.texts import ARGUMENT_MAX, REPLY_MAX


class Stance(StrEnum):
    FOR = "for"
    AGAINST = "against"
    QUESTION = "question"
    REPLY = "reply"  # of a remark on another argument


# The stances among which people choose; all arguments but replies have one of them.
STANDS = (Stance.FOR, Stance.AGAINST, Stance.QUESTION)


class Kindness(StrEnum):
    """What became of the request for kinder words that the author of an idea may make once for each argument."""

    ASKED = "asked"
    REWORDED = "reworded"
    DECLINED = "declined"  # told to nobody


class Argument(Model):
    """A remark with a stance. It is visible, hidden or withdrawn; arguments never wait for approval.

    `reply_to` is set for a reply, and no reply has replies. The room sees a reply as long as it sees that argument.
    """

    __tablename__ = "argument"

    id: Mapped[int] = mapped_column(primary_key=True)
    idea_id: Mapped[int] = mapped_column(ForeignKey("idea.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    stance: Mapped[Stance] = mapped_column(Word(Stance))
    text: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    status: Mapped[EntryStatus] = mapped_column(Word(EntryStatus), default=EntryStatus.VISIBLE)
    written_at: Mapped[datetime] = mapped_column(Instant)
    redacted_at: Mapped[datetime | None] = mapped_column(Instant)
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("argument.id"), index=True)
    edited_at: Mapped[datetime | None] = mapped_column(Instant)
    # Only its author and the author of the idea may learn of it.
    kinder: Mapped[Kindness | None] = mapped_column(Word(Kindness))
    for_idea: Mapped[bool] = mapped_column(default=False)  # the answer of a discussion in turns; nobody is named for it
    # The organisation marked it as decisive: the journal number of that act, and the reason.
    decisive_seq: Mapped[int | None]
    decisive_reason: Mapped[str] = mapped_column(Text, default="")

    idea: Mapped[Idea] = relationship()
    author: Mapped[Participant] = relationship()
    reply_to: Mapped["Argument | None"] = relationship(remote_side=[id])

    @property
    def handle(self) -> str:
        return f"argument-{self.id}"

    @property
    def text_max(self) -> int:
        """The most characters that it may have."""
        return ARGUMENT_MAX if self.reply_to_id is None else REPLY_MAX


class ArgumentAtClose(Model):
    """The status that an argument had when a round closed, if it changed in a later round."""

    __tablename__ = "argument_at_close"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    argument_id: Mapped[int] = mapped_column(ForeignKey("argument.id"), primary_key=True)
    status: Mapped[EntryStatus] = mapped_column(Word(EntryStatus))


class GoodPoint(Model):
    """One person finds an argument good, in one round: a closed round keeps its counts.

    It has no time: beside the list of people that could tell who it was. `participant_id` goes with the
    ballots (`ideas.forgetting`), and the count stays. `is_excluded`: the person is left out with a wave.
    """

    __tablename__ = "good_point"
    __table_args__ = (UniqueConstraint("round_id", "argument_id", "participant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    argument_id: Mapped[int] = mapped_column(ForeignKey("argument.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    is_excluded: Mapped[bool] = mapped_column(default=False)
