"""Outcomes: what the organisation decided for an idea, with the reason that its author reads."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Model, Word


class Decision(StrEnum):
    """What the organisation does with an idea, from the best answer to the worst."""

    CHOSEN = "chosen"
    TAKEN_FURTHER = "taken_further"
    NOT_NOW = "not_now"
    NO = "no"


# The ideas that go on: a later round may begin with them.
SHORTLIST = (Decision.CHOSEN, Decision.TAKEN_FURTHER)


class Outcome(Model):
    """A decision for an entry of a closed round. The latest counts; earlier ones stay as its history.

    `seq` is the journal number of the act, which says who decided and when. The reason is not in the journal, so it
    can be erased.
    """

    __tablename__ = "outcome"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"), index=True)
    decision: Mapped[Decision] = mapped_column(Word(Decision))
    reason: Mapped[str] = mapped_column(Text)
