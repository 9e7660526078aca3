"""Named links to a challenge, so that a company learns which of its ways of asking brought people."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class ShareLink(Model):
    """The link to a join page under a label that the company alone reads. It opens nothing by itself: the code does.

    A retired link still leads to the room, and nobody who follows it is counted for it any more.
    """

    __tablename__ = "share_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"), index=True)
    token: Mapped[str] = mapped_column(String(16), unique=True)
    label: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
