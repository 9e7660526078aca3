"""Results: what was counted, frozen at the close, and how sure it is, worked out of it right after."""

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


class Assessment(Model):
    """How sure a frozen result is. `body`: places, intervals, chances and bands (canonical JSON, integers only).

    It is a function of the marks that were frozen and of a seed taken from the result's digest, so it may come after
    the close: the bootstrap takes seconds where the crowd is large, and the close must not hold the one writer so long.
    """

    __tablename__ = "assessment"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    assessed_at: Mapped[datetime] = mapped_column(Instant)
