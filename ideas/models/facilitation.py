"""Facilitation that was given to a participant, who need not belong to the organisation."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model
from ideas.models.person import Person


class Facilitation(Model):
    """A person who facilitates one challenge while the row exists. Members of the organisation need no row."""

    __tablename__ = "facilitation"

    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(Instant)
    name: Mapped[str] = mapped_column(String(40), default="")  # of somebody who came by an invitation; "" for others

    person: Mapped[Person] = relationship()
