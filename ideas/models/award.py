"""Awards: a prize given to an idea, its parts along the family tree, and the names that authors put under it."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.argument import Argument
from ideas.voting.awards import PartKind


class Award(Model):
    """A prize of the challenge for an entry of a closed round. It is never changed, only withdrawn and given anew.

    `prizes` are the numbers of the challenge's prizes, several if tied entries share them; `cents` is None without an
    amount. `seq` is the journal number of the act, `withdrawn_seq` that of the act that ended it. `replaces_id` is the
    withdrawn award whose prize this one is.
    """

    __tablename__ = "award"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    prizes: Mapped[list[int]] = mapped_column(JSON)
    cents: Mapped[int | None] = mapped_column(BigInteger)
    is_shared: Mapped[bool]
    is_drawn: Mapped[bool]
    seq: Mapped[int]
    withdrawn_seq: Mapped[int | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("award.id"), unique=True)

    parts: Mapped[list["AwardPart"]] = relationship(order_by="AwardPart.id")

    @property
    def handle(self) -> str:
        return f"award-{self.id}"


class AwardPart(Model):
    """A part of an award for one author of an idea or argument.

    `participant_id` is None for a part that stays with the organisation.
    """

    __tablename__ = "award_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    award_id: Mapped[int] = mapped_column(ForeignKey("award.id"), index=True)
    kind: Mapped[PartKind] = mapped_column(Word(PartKind))
    idea_id: Mapped[int | None] = mapped_column(ForeignKey("idea.id"), index=True)
    argument_id: Mapped[int | None] = mapped_column(ForeignKey("argument.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    cents: Mapped[int | None] = mapped_column(BigInteger)

    argument: Mapped["Argument | None"] = relationship(viewonly=True)


class AwardClaim(Model):
    """A name that an author whose name is hidden for good typed under an award. It is shown there and nowhere else."""

    __tablename__ = "award_claim"

    award_id: Mapped[int] = mapped_column(ForeignKey("award.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True, index=True)
    name: Mapped[str] = mapped_column(String(40))
    claimed_at: Mapped[datetime] = mapped_column(Instant)
