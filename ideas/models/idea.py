"""Ideas, their versions and their images."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.participant import Participant


class Image(Model):
    """An uploaded picture as it was encoded again. Kept in the database: one file is the whole backup."""

    __tablename__ = "image"

    id: Mapped[int] = mapped_column(primary_key=True)
    media_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class Idea(Model):
    __tablename__ = "idea"
    __table_args__ = (UniqueConstraint("challenge_id", "source_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    source_id: Mapped[str | None] = mapped_column(String(40))  # its id in the files of an import
    created_at: Mapped[datetime] = mapped_column(Instant)
    # The words on rights under which it was given, for good; None if the rights stay with the author.
    rights_text_id: Mapped[int | None] = mapped_column(ForeignKey("rights_text.id"), index=True)

    author: Mapped[Participant] = relationship()
    versions: Mapped[list["IdeaVersion"]] = relationship(order_by="IdeaVersion.n")

    @property
    def handle(self) -> str:
        return f"idea-{self.id}"


class IdeaVersion(Model):
    """One version of an idea's text. `salt` keeps a short text from being guessed by its digest in the journal."""

    __tablename__ = "idea_version"
    __table_args__ = (
        UniqueConstraint("idea_id", "n"),
        Index("ix_idea_version_image_id", "image_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    idea_id: Mapped[int] = mapped_column(ForeignKey("idea.id"))
    n: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="")
    image_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    is_correction: Mapped[bool] = mapped_column(default=False)  # a facilitator corrected the author's words
    written_at: Mapped[datetime] = mapped_column(Instant)
    redacted_at: Mapped[datetime | None] = mapped_column(Instant)
    # The room saw it until the next version replaced it; nobody else read what was replaced before the reveal.
    was_shown: Mapped[bool] = mapped_column(default=False)
    # Moderators took it out of the versions that the room reads, after it was replaced.
    is_withheld: Mapped[bool] = mapped_column(default=False)


class EdgeKind(StrEnum):
    BUILD_ON = "build_on"  # the idea names one other
    COMBINE = "combine"  # it names several


class IdeaEdge(Model):
    """An idea grew from an older one. A parent is always older, so the edges of a challenge form no circle."""

    __tablename__ = "idea_edge"
    __table_args__ = (CheckConstraint("parent_id < child_id", name="parent_is_older"),)

    child_id: Mapped[int] = mapped_column(ForeignKey("idea.id"), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("idea.id"), primary_key=True, index=True)
    kind: Mapped[EdgeKind] = mapped_column(Word(EdgeKind))
