"""Rounds, their phases and their questions. Phases are rows: the permitted activities are data, not code."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from ideas import clock
from ideas.database import Instant, Model, Word
from ideas.models.account import Account
from ideas.models.ballot import Ballot
from ideas.models.challenge import Challenge
from ideas.voting.rules import BallotRule, rule_of


class Activity(StrEnum):
    """The names of the activities that services are about; `ideas.activities` says what each is like."""

    WRITE = "write"
    LOOK = "look"
    DEBATE = "debate"
    TURNS = "turns"
    VOTE = "vote"


# The position of a round before its first phase starts, and the name of that state.
LOBBY = -1
LOBBY_NAME = "lobby"


class Origin(StrEnum):
    """The origin of a round's marks."""

    LIVE = "live"
    IMPORT = "import"
    REHEARSAL = "rehearsal"


class Round(Model):
    __tablename__ = "round"
    __table_args__ = (UniqueConstraint("challenge_id", "n"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenge.id"))
    n: Mapped[int] = mapped_column(default=1)
    origin: Mapped[Origin] = mapped_column(Word(Origin), default=Origin.LIVE)
    position: Mapped[int] = mapped_column(default=LOBBY)  # of the current phase
    starts_at: Mapped[datetime | None] = mapped_column(Instant)  # None: a facilitator starts the first phase
    starts_at_once: Mapped[bool] = mapped_column(default=False)  # the publication starts the first phase
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))  # of pseudonyms and receipts; empty once they are forgotten
    live_ranking: Mapped[bool] = mapped_column(default=False)  # everybody sees the live ranking
    auto_close: Mapped[bool] = mapped_column(default=False)  # closes by itself once further votes would change nothing
    jury_percent: Mapped[int] = mapped_column(
        default=0
    )  # the weight of the jury in the decision; the rest is the crowd's

    # The state that a facilitator steers for everybody at once.
    writing_locked: Mapped[bool] = mapped_column(default=False)
    notice: Mapped[str] = mapped_column(Text, default="")  # a message to all, "" for none
    notice_at: Mapped[datetime | None] = mapped_column(Instant)
    spotlight_id: Mapped[int | None] = mapped_column(BigInteger)  # the idea that every screen scrolls to
    places_shown: Mapped[int] = mapped_column(default=0)  # of the result on the big screen, from the last place up

    if TYPE_CHECKING:
        turnout: Mapped[int]  # participants who gave a mark; see below

    challenge: Mapped[Challenge] = relationship()
    phases: Mapped[list["Phase"]] = relationship(order_by="Phase.position", cascade="all, delete-orphan")
    # All questions: `questions`, `criteria` and `first_look` are the parts; nothing else tells them apart.
    asked: Mapped[list["Question"]] = relationship(
        order_by="Question.position, Question.id", cascade="all, delete-orphan"
    )

    @property
    def handle(self) -> str:
        return f"round-{self.id}"

    @property
    def questions(self) -> list["Question"]:
        """The questions of the vote, which everybody in the room answers."""
        return [q for q in self.asked if q.audience == Audience.EVERYBODY and not q.is_first_look]

    @property
    def criteria(self) -> list["Question"]:
        """The questions that the jury alone answers; empty in a round without a jury."""
        return [question for question in self.asked if question.audience == Audience.JURY]

    @property
    def first_look(self) -> "Question | None":
        """The question that everybody answers before the discussion; its marks never count for the result."""
        return next((question for question in self.asked if question.is_first_look), None)

    @property
    def polled(self) -> list["Question"]:
        """The questions that everybody in the room answers: those of the vote, then the first look."""
        return [*self.questions, *([self.first_look] if self.first_look else [])]

    @property
    def at_hand(self) -> list["Question"]:
        """Those of `polled` that the present phase is about; the questions of the vote if it is about none."""
        return [q for q in self.polled if q.activity in self.phase.activities] or self.questions

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @hybrid_property
    def is_forgotten(self) -> bool:
        """Whether nobody can know any more who cast which ballot (`ideas.forgetting`)."""
        return not self.key

    @is_forgotten.inplace.expression
    @classmethod
    def _is_forgotten(cls) -> ColumnElement[bool]:
        return func.length(cls.key) == 0

    @property
    def is_in_lobby(self) -> bool:
        """Whether the first phase has not started, as in every draft."""
        return self.position == LOBBY and not self.is_closed

    @property
    def phase(self) -> "Phase":
        """The current phase. In the lobby it is no row: a phase without activities that ends at the start time."""
        if self.position == LOBBY:
            return Phase(position=LOBBY, name=LOBBY_NAME, activities=[], others_visible=True, ends_at=self.starts_at)
        return self.phases[self.position]

    @property
    def phase_key(self) -> tuple[int, int, int]:
        """One entering of a phase: round, position, the instant it began (ms); entered again it has another key."""
        began = self.phase.started_at
        return self.id, self.position, clock.to_ms(began) if began else 0

    def end_signals(self) -> None:
        """End what facilitators show for one phase: the spotlight and the message to all."""
        self.spotlight_id, self.notice, self.notice_at = None, "", None


Time = TypeVar("Time", datetime, int)


@dataclass(frozen=True)
class PhaseClock(Generic[Time]):
    """What a phase permits, and until when, in instants or in milliseconds."""

    activities: Collection[str]
    ends_at: Time | None
    paused_at: Time | None

    def is_over(self, at: Time) -> bool:
        """Whether its time is up at `at`."""
        return self.ends_at is not None and self.paused_at is None and at >= self.ends_at

    def permits(self, activity: str, at: Time) -> bool:
        return activity in self.activities and not self.is_over(at)


class Phase(Model):
    """A step of a round. The last phase is the closed round, which permits nothing."""

    __tablename__ = "phase"
    __table_args__ = (UniqueConstraint("round_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))  # a word the edge translates ("write"), or the company's own
    activities: Mapped[list[str]] = mapped_column(JSON)
    others_visible: Mapped[bool] = mapped_column(default=True)  # False: each person sees only their own ideas
    # the length of the phase; None: it lasts until `ends_at`, or until a facilitator continues
    seconds: Mapped[int | None]
    advances: Mapped[bool] = mapped_column(default=False)  # the round continues by itself at the end
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)  # while set, the clock stands still

    def is_over(self, at: datetime) -> bool:
        """Whether its time is up at the instant `at`."""
        return self._clock.is_over(at)

    def permits(self, activity: str, at: datetime) -> bool:
        """Whether `activity` may be done in this phase at the instant `at`."""
        return self._clock.permits(activity, at)

    @property
    def _clock(self) -> PhaseClock[datetime]:
        return PhaseClock(self.activities, self.ends_at, self.paused_at)


class Reveal(Model):
    """The moment at which hidden ideas became visible. A reveal is final: rows never change."""

    __tablename__ = "reveal"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    position: Mapped[int]  # of the phase that it opened
    entries: Mapped[int]  # the number of ideas that became visible to the room or to the facilitators
    at: Mapped[datetime] = mapped_column(Instant)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # both None: the clock
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    account: Mapped[Account | None] = relationship()


class Audience(StrEnum):
    """The people who answer a question: the room, or the jury apart from it."""

    EVERYBODY = "everybody"
    JURY = "jury"


class Question(Model):
    """A question of a vote, and the ballot rule for its answers and their count. One of the jury is a criterion.

    It takes marks in the phases that permit its `activity`, and in no other: `Activity.VOTE`, or `Activity.LOOK` for
    the first look, which has the rule of the first question.
    """

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    rule: Mapped[str] = mapped_column(String(20))
    options: Mapped[dict[str, int | bool]] = mapped_column(JSON, default=dict)
    prompt: Mapped[str] = mapped_column(String(200), default="")
    audience: Mapped[Audience] = mapped_column(Word(Audience), default=Audience.EVERYBODY)
    weight: Mapped[int] = mapped_column(default=1)  # of a criterion, relative to the other criteria
    activity: Mapped[str] = mapped_column(String(20), default=Activity.VOTE)  # the phases with it take its marks

    @hybrid_property
    def is_first_look(self) -> bool:
        return self.activity == Activity.LOOK

    @property
    def ballot_rule(self) -> BallotRule:
        """The rule with its options: it defines the permitted marks and the count."""
        return rule_of(self.rule, self.options)


# The number of participants who gave a mark; jurors and first looks do not count. It is counted when it is asked for: a
# counter would be one more row that every first mark writes.
Round.turnout = column_property(
    select(func.count(Ballot.participant_id.distinct()))
    .join(Question, Question.id == Ballot.question_id)
    .where(Question.round_id == Round.id, Question.audience == Audience.EVERYBODY, ~Question.is_first_look)
    .correlate(Round.__table__)
    .scalar_subquery(),
    deferred=True,
)
