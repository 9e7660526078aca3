"""Results: the ranking as it was frozen at the close."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Result(Model):
    """`body` is the frozen ranking (canonical JSON, ids and figures only); `digest` its SHA-256."""

    __tablename__ = "result"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime] = mapped_column(Instant)
