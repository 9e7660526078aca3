"""Discussion in turns: what one person has to do, and how far the ideas under discussion are."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, func, join, select
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.models import (
    Entry,
    Exchange,
    IdeaGroup,
    IdeaVersion,
    Image,
    Participant,
    Round,
    Seat,
    Stance,
    Turn,
    TurnRole,
    TurnState,
)
from ideas.queries.ideas import ImageRow


@dataclass(frozen=True)
class AskedIdea:
    """The idea that a turn asks about, in its present version."""

    id: int
    title: str
    text: str
    image: ImageRow | None
    language: str


@dataclass(frozen=True)
class OwnTurn:
    """The open turn of a participant. `ends_at` is None while its clock stands; `left_ms` is then what is left.

    `asks_all`: everybody is asked about the idea.
    """

    idea: AskedIdea
    id: int
    role: TurnRole
    stance: Stance
    exchange_id: int
    seconds: int
    asks_all: bool
    offered_at: datetime
    ends_at: datetime | None
    left_ms: int | None

    @property
    def is_answer(self) -> bool:
        return self.role == TurnRole.ANSWER


@dataclass(frozen=True)
class OwnSeat:
    """The seat of a participant, and the turn that they have now on an idea that the room sees."""

    here_until: datetime
    is_away: bool
    turn: OwnTurn | None


def own_seat(session: Session, round: Round, participant: Participant) -> OwnSeat | None:
    """None before the participant sat down for the first time; nobody without a seat has a turn."""
    row = session.execute(_own_seat(), {"round": round.id, "participant": participant.id}).first()
    if row is None:
        return None
    here_until, is_away, *turn, idea_id, title, text, image_id, width, height = row
    if turn[0] is None:
        return OwnSeat(here_until, is_away, None)
    image = ImageRow(image_id, width, height) if image_id else None
    idea = AskedIdea(idea_id, title, text, image, round.challenge.language)
    return OwnSeat(here_until, is_away, OwnTurn(idea, *turn))


@cache
def _own_seat() -> Select[Any]:
    """Built once: in a hall everybody asks for it at the same moment."""
    round_id, person = bindparam("round", type_=Integer), bindparam("participant", type_=Integer)
    asked = join(Turn, Exchange, Exchange.id == Turn.exchange_id)
    asked = join(asked, Entry, and_(Entry.id == Exchange.entry_id, Entry.shown))
    asked = join(asked, IdeaVersion, IdeaVersion.id == Entry.version_id)
    return (
        select(Seat.here_until, Seat.is_away, Turn.id, Turn.role, Turn.stance, Turn.exchange_id)
        .add_columns(Exchange.seconds, Exchange.asks_all, Turn.offered_at, Turn.ends_at, Turn.left_ms)
        .add_columns(Entry.idea_id, IdeaVersion.title, IdeaVersion.text, Image.id, Image.width, Image.height)
        .select_from(Seat)
        .outerjoin(asked, and_(Turn.round_id == Seat.round_id, Turn.open_for == Seat.participant_id))
        .outerjoin(Image, Image.id == IdeaVersion.image_id)
        .where(Seat.round_id == round_id, Seat.participant_id == person)
    )


def has_turn(session: Session, round: Round, participant: Participant) -> bool:
    """Whether a participant has a turn now, on an idea that the room sees."""
    seat = own_seat(session, round, participant)
    return seat is not None and seat.turn is not None


def responses_on(session: Session, exchange_id: int) -> list[int]:
    """The arguments of an idea's respondents."""
    said = select(Turn.argument_id).filter_by(exchange_id=exchange_id, role=TurnRole.RESPOND, state=TurnState.DONE)
    return [argument for argument in session.scalars(said.order_by(Turn.id)) if argument is not None]


@dataclass(frozen=True)
class DiscussedIdea:
    """How far an idea under discussion is. `given_up`: turns that were passed or whose time ran out."""

    exchange_id: int
    idea_id: int
    title: str
    wanted: int
    asks_all: bool
    done: int
    open: int
    given_up: int
    answered: int
    answering: int

    @property
    def waits_for_answer(self) -> bool:
        """Whether anybody may offer to answer for it."""
        return bool(self.done and not (self.open or self.answered or self.answering or self.asks_all))

    @property
    def is_discussed(self) -> bool:
        """Whether its respondents had their say, and somebody answered."""
        is_answered = self.answered or (self.asks_all and self.done)
        return bool(is_answered and not (self.open or self.answering))


def discussed_ideas(session: Session, round: Round) -> list[DiscussedIdea]:
    """The ideas of a round that are under discussion in turns, and that the room sees."""
    return [DiscussedIdea(*row) for row in session.execute(_discussed_ideas(), {"round": round.id})]


@cache
def _discussed_ideas() -> Select[Any]:
    def number(role: TurnRole, *states: TurnState) -> ColumnElement[int]:
        return func.count(case((and_(Turn.role == role, Turn.state.in_(states)), 1)))

    return (
        select(Exchange.id, Entry.idea_id, IdeaVersion.title, Exchange.wanted, Exchange.asks_all)
        .add_columns(
            number(TurnRole.RESPOND, TurnState.DONE),
            number(TurnRole.RESPOND, TurnState.OPEN),
            number(TurnRole.RESPOND, TurnState.PASSED, TurnState.LAPSED),
            number(TurnRole.ANSWER, TurnState.DONE),
            number(TurnRole.ANSWER, TurnState.OPEN),
        )
        .join(Entry, Entry.id == Exchange.entry_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .outerjoin(Turn, Turn.exchange_id == Exchange.id)
        .where(Exchange.round_id == bindparam("round", type_=Integer), Entry.shown)
        .group_by(Exchange.id, Entry.idea_id, IdeaVersion.title, Exchange.wanted, Exchange.asks_all)
        .order_by(Exchange.id)
    )


def names_at_turn(session: Session, round: Round) -> list[str]:
    """The names of the respondents who have a turn now, for everybody to see: none where authors are hidden.

    Nobody is named who answers: an answer is signed for the idea, whoever gives it.
    """
    if not policy.sees_authors(round.challenge.anonymity, is_closed=False):
        return []
    query = (
        select(Participant.name)
        .join(Turn, Turn.open_for == Participant.id)
        .join(Exchange, Exchange.id == Turn.exchange_id)
        .join(Entry, Entry.id == Exchange.entry_id)
        .where(Turn.round_id == round.id, Turn.role == TurnRole.RESPOND, Entry.shown)
    )
    return list(session.scalars(query.order_by(Turn.offered_at, Participant.name)))


@dataclass(frozen=True)
class AtTurn:
    """An open turn as moderators see it: what is asked for, and the name of whoever has it.

    `name` is empty where authors are hidden, and for an answer, which is signed for the idea.
    """

    role: TurnRole
    stance: Stance
    name: str

    @property
    def is_answer(self) -> bool:
        return self.role == TurnRole.ANSWER


def open_turns(session: Session, round: Round) -> dict[int, list[AtTurn]]:
    """`{exchange: its open turns}` for the moderators of a round, without those of people who went.

    An idea about which everybody is asked has none here: to tell its author's turn from the others would tell who
    wrote it.
    """
    named = policy.sees_authors(round.challenge.anonymity, is_closed=False)
    query = (
        select(Turn.exchange_id, Turn.role, Turn.stance, Participant.name)
        .join(Participant, Participant.id == Turn.open_for)
        .join(Exchange, Exchange.id == Turn.exchange_id)
        .where(Turn.round_id == round.id, Participant.is_here, ~Exchange.asks_all)
    )
    found = defaultdict[int, list[AtTurn]](list)
    # Without names in the order of what is asked for: no order may tell one person from another.
    by = (Turn.offered_at, Turn.id) if named else (Turn.role, Turn.stance)
    for exchange, role, stance, name in session.execute(query.order_by(Turn.exchange_id, *by)):
        found[exchange].append(AtTurn(role, stance, name if named and role == TurnRole.RESPOND else ""))
    return dict(found)


@dataclass(frozen=True)
class Startable:
    """The ideas of a round that are not under discussion yet, and `(group, name, ideas)` of each group among them."""

    ideas: int
    groups: list[tuple[int, str, int]]


def startable_ideas(session: Session, round: Round) -> Startable:
    begun = select(Exchange.entry_id).where(Exchange.round_id == round.id)
    query = select(Entry.group_id, IdeaGroup.name, func.count()).join(
        IdeaGroup, IdeaGroup.id == Entry.group_id, isouter=True
    )
    query = query.where(Entry.round_id == round.id, Entry.shown, Entry.id.not_in(begun))
    rows = session.execute(query.group_by(Entry.group_id, IdeaGroup.name).order_by(Entry.group_id)).tuples().all()
    groups = [(group, name or "", n) for group, name, n in rows if group is not None]
    return Startable(sum(n for *_, n in rows), groups)


def people_at_tables(session: Session, challenge_ids: Collection[int]) -> dict[int, set[int]]:
    """`{challenge: the people at the table of its open round}`, of those among these challenges that have one."""
    query = select(Round.challenge_id, Seat.participant_id).join(Seat, Seat.round_id == Round.id)
    query = query.where(Round.challenge_id.in_(challenge_ids), Round.closed_at.is_(None))
    found = defaultdict[int, set[int]](set)
    for challenge_id, person in session.execute(query.where(Seat.here_until > clock.now(), ~Seat.is_away)):
        found[challenge_id].add(person)
    return dict(found)
