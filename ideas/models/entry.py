"""Entries: an idea in a round. Status and tallies belong to the entry, so no round changes another."""

from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Text, UniqueConstraint, and_, false
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Model, Word
from ideas.models.idea import Idea, IdeaVersion
from ideas.models.round import Round


class EntryStatus(StrEnum):
    PENDING = "pending"
    VISIBLE = "visible"
    HIDDEN = "hidden"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


RANKED_AMONG_ALL = (EntryStatus.VISIBLE, EntryStatus.PENDING, EntryStatus.HIDDEN)


class IdeaGroup(Model):
    """Entries of a round that are shown as one card. Each keeps its own marks and place."""

    __tablename__ = "idea_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    name: Mapped[str] = mapped_column(Text, default="")
    seq: Mapped[int]  # the number of its latest change in the journal

    @property
    def handle(self) -> str:
        return f"group-{self.id}"


class Entry(Model):
    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("round_id", "idea_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    idea_id: Mapped[int] = mapped_column(ForeignKey("idea.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("idea_version.id"))
    status: Mapped[EntryStatus] = mapped_column(Word(EntryStatus))
    # Written while others' ideas were hidden, and not revealed yet: only its author sees it, not even facilitators.
    sealed: Mapped[bool] = mapped_column(default=False)

    # Of a merged idea: the entry into which it was merged, the number of the merge in the journal, and the entry that
    # stands for both now. The author may withdraw it, and a facilitator may erase it; the marks stay combined.
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    merged_seq: Mapped[int | None]
    counted_as: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)

    group_id: Mapped[int | None] = mapped_column(ForeignKey("idea_group.id"), index=True)

    round: Mapped[Round] = relationship()
    idea: Mapped[Idea] = relationship()
    version: Mapped[IdeaVersion] = relationship()

    @hybrid_property
    def shown(self) -> bool:
        """Whether the room sees it: its status is visible, and it is revealed."""
        return self.status == EntryStatus.VISIBLE and not self.sealed

    @shown.inplace.expression
    @classmethod
    def _shown(cls) -> ColumnElement[bool]:
        return and_(cls.status == EntryStatus.VISIBLE, cls.sealed == false())
