"""Participants: a person in a challenge, under a display name."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, UniqueConstraint, and_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.person import Person


class Tier(StrEnum):
    """The effort that a cheater needs for a second vote as such a participant."""

    OPEN = "open"
    SIGNED_IN = "signed_in"
    IMPORTED = "imported"
    # Proxies: the authors of the company's seed ideas, of ideas that people without devices call out, and those whom a
    # file of ideas names. They are no persons.
    COMPANY = "company"
    HALL = "hall"
    CREDITED = "credited"
    # The seat of a juror, which holds the juror's marks and nothing else. The person is that of `Juror`.
    JURY = "jury"


PROXIES = (Tier.COMPANY, Tier.HALL, Tier.CREDITED, Tier.JURY)
# The authors of ideas that the company brought.
BROUGHT = (Tier.COMPANY, Tier.CREDITED)


class Participant(Model):
    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("challenge_id", "person_id"),
        UniqueConstraint("challenge_id", "name_key"),
        UniqueConstraint("challenge_id", "look_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(80))  # two names are the same if their keys are equal
    look_key: Mapped[str] = mapped_column(String(80))  # two names look alike if their keys are equal
    tier: Mapped[Tier] = mapped_column(Word(Tier))
    # The source of pseudonyms. It belongs to the participant, not to the person, so a guest who signs in keeps it.
    secret: Mapped[bytes] = mapped_column(LargeBinary(16))
    joined_at: Mapped[datetime] = mapped_column(Instant)
    barred_at: Mapped[datetime | None] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)  # left by themselves; joining again undoes it
    # Asked that the texts written until then be erased; None again when it is done.
    erasing_since: Mapped[datetime | None] = mapped_column(Instant)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("share_link.id"), index=True)  # the link they came by

    person: Mapped[Person] = relationship()

    @property
    def handle(self) -> str:
        return f"participant-{self.id}"

    @hybrid_property
    def is_here(self) -> bool:
        """Whether they take part: neither removed nor gone."""
        return self.barred_at is None and self.left_at is None

    @is_here.inplace.expression
    @classmethod
    def _is_here(cls) -> ColumnElement[bool]:
        return and_(cls.barred_at.is_(None), cls.left_at.is_(None))

    @property
    def lane(self) -> str:
        return self.handle
