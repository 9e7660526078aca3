"""Announcements: what operators tell the people of the installation, for a time."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model, Word


class Readers(StrEnum):
    """Who sees an announcement."""

    ALL = "all"
    SIGNED_IN = "signed_in"  # account holders and guests whom this browser knows


class Announcement(Model):
    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, str]] = mapped_column(JSON)  # by language; none is empty
    readers: Mapped[Readers] = mapped_column(Word(Readers))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
