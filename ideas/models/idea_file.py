"""Files of ideas: uploaded ones, and the ideas that wait for the start of a round."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from ideas.database import Instant, Model


class IdeaFile(Model):
    """An uploaded file, as sent, until a facilitator has chosen its columns. Old ones are deleted."""

    __tablename__ = "idea_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    data: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    uploaded_at: Mapped[datetime] = mapped_column(Instant, index=True)


class WaitingIdeas(Model):
    """The ideas of a file that enter the round at its start. `body` is their JSON, compressed; `digest` is the SHA-256
    (hex) of the file.
    """

    __tablename__ = "waiting_ideas"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))  # "ideas.csv": the name in the journal, which holds no free text
    digest: Mapped[str] = mapped_column(String(64))
    count: Mapped[int]
    body: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
