"""Discussion in turns: ideas under discussion, the turns that people were dealt, and the people at the table."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ideas.database import Instant, Model, Word
from ideas.models.argument import Stance
from ideas.models.entry import Entry


class Exchange(Model):
    """One idea under discussion in turns. `asks_all`: everybody is asked about it, since too few people are left to
    hide its author.
    """

    __tablename__ = "exchange"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), unique=True)
    wanted: Mapped[int]  # respondents
    seconds: Mapped[int]  # of a turn
    asks_all: Mapped[bool] = mapped_column(default=False)
    begun_at: Mapped[datetime] = mapped_column(Instant)

    entry: Mapped[Entry] = relationship()


class TurnRole(StrEnum):
    RESPOND = "respond"  # with an objection or with support
    ANSWER = "answer"  # for the idea


class TurnState(StrEnum):
    OPEN = "open"
    DONE = "done"
    PASSED = "passed"  # the person said nothing
    LAPSED = "lapsed"  # time was up, or the person went
    VOID = "void"  # the idea went, or the round closed


class Turn(Model):
    """A duty that one person was dealt. Only that person is shown it: no page, lane or export of others, no act and no
    entry of the journal tells who was dealt what.

    `place` is that of the turn among those of its idea and role while it is open or done, so that no two people hold
    one. `open_for` is the person while it is open: nobody has two at once. While the clock of the phase stands,
    `ends_at` is empty and `left_ms` is the time that is left.
    """

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("exchange_id", "role", "place"),
        UniqueConstraint("round_id", "open_for"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    role: Mapped[TurnRole] = mapped_column(Word(TurnRole))
    stance: Mapped[Stance] = mapped_column(Word(Stance))  # the one that is asked for
    state: Mapped[TurnState] = mapped_column(Word(TurnState), default=TurnState.OPEN)
    place: Mapped[int | None]
    open_for: Mapped[int | None]
    offered_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    left_ms: Mapped[int | None] = mapped_column(BigInteger)
    argument_id: Mapped[int | None] = mapped_column(ForeignKey("argument.id"), index=True)

    exchange: Mapped[Exchange] = relationship()

    @property
    def handle(self) -> str:
        return f"turn-{self.id}"


class Seat(Model):
    """A person at the table of a round. `load`: how many turns they were dealt, counted from the fewest that anybody
    there had when they came. `is_away`: their time ran out, and they have not said since that they are there.
    """

    __tablename__ = "seat"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True, index=True)
    load: Mapped[int]
    here_until: Mapped[datetime] = mapped_column(Instant)
    is_away: Mapped[bool] = mapped_column(default=False)
