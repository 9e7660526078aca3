"""The words on rights, version by version, and the consent of each participant."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Instant, Model, Word
from ideas.models.challenge import Rights


class RightsText(Model):
    """One version of the words on rights of a challenge. It is never changed; a change makes the next version."""

    __tablename__ = "rights_text"
    __table_args__ = (UniqueConstraint("challenge_id", "n"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    n: Mapped[int]
    rights: Mapped[Rights] = mapped_column(Word(Rights))
    words: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime] = mapped_column(Instant)


class RightsConsent(Model):
    """A participant agreed to a version of the words, with their first idea under it."""

    __tablename__ = "rights_consent"

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    rights_text_id: Mapped[int] = mapped_column(ForeignKey("rights_text.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Instant)
