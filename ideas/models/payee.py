"""Payees: the legal name and the address of people to whom something is or was owed, for the statements only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model


class Payee(Model):
    """What a person typed about themselves, encrypted (`ideas/encryption.py`). It goes with the account."""

    __tablename__ = "payee"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    encrypted: Mapped[str] = mapped_column(Text)  # {"name", "address"} as JSON
    saves: Mapped[int] = mapped_column(default=0)  # the version that an editor saw
    saved_at: Mapped[datetime] = mapped_column(Instant)
