"""Results: the counts, frozen at the close, and their uncertainty, computed right afterwards."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Result(Model):
    """`body` is the frozen ranking (canonical JSON, ids and figures only); `digest` its SHA-256.

    `counts_digest` is that of the part that may be published (`ideas.queries.counts.published`); None in results of
    earlier versions.
    """

    __tablename__ = "result"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    counts_digest: Mapped[str | None] = mapped_column(String(64))
    frozen_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def shown_digest(self) -> str:
        """The digest for pages and files."""
        return self.counts_digest or self.digest


class Assessment(Model):
    """The uncertainty of a frozen result. `body`: places, intervals and chances (canonical JSON, integers only).

    It is a function of the frozen marks and of a seed from the result's digest, so it may be computed after the close.
    The bootstrap takes seconds for a large crowd, and the close must not hold the one writer so long. A newer method
    adds a row and leaves the earlier one, whose digest is in the journal.
    """

    __tablename__ = "assessment"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    method: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    assessed_at: Mapped[datetime] = mapped_column(Instant)
