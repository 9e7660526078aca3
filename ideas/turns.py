"""Mechanics of discussions in turns: who holds a turn, whose time is up, and what is dealt next.

Everything is in rows, so a restart loses nothing: `plan_of` reads what has to happen now, `settle` does it. This is
done after every act of a discussion, and by a loop for all else: a deadline, a phase that began, an idea that was
hidden, a person who went. What is dealt says `ideas.dealing`.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from random import Random
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from ideas import clock, journal, offload, policy
from ideas.database import Instant, alias_of, insertion
from ideas.dealing import LEFT_MIN, Dealable, deal, first_load
from ideas.models import (
    Activity,
    Entry,
    Exchange,
    Idea,
    IdeaEdge,
    Participant,
    Round,
    Seat,
    Stance,
    Turn,
    TurnRole,
    TurnState,
)
from ideas.offload import pieces_of

# What was sent in the last second of a turn still arrives.
GRACE = timedelta(seconds=3)

# Where authors are hidden, nothing is dealt to the first few who come to the table: so long others may come.
GATHERING = timedelta(seconds=20)

# A page that nothing was heard of keeps its person at the table for so long.
STAYS = timedelta(minutes=5)

# Nobody loses a turn while the clock stands. Whose page is gone when it goes on has so long to come back.
RETURN = timedelta(seconds=30)

# What the respondents of an idea are asked for, in the order of their places.
ASKED = (Stance.AGAINST, Stance.FOR, Stance.AGAINST)

# So many of those who wait hear at once that an idea waits for anybody's answer. In a hall each page that is renewed
# costs the server as much as a turn.
CALLED_MAX = 12

HELD = (TurnState.OPEN, TurnState.DONE)


@dataclass(frozen=True)
class _Held:
    id: int
    person: int
    role: TurnRole
    state: TurnState
    place: int | None
    ends_at: datetime | None
    left_ms: int | None


@dataclass(frozen=True)
class _Discussed:
    """An idea under discussion with its turns, those that were given up included."""

    id: int
    entry: int
    author: int
    wanted: int
    seconds: int
    asks_all: bool
    begun_at: datetime
    is_shown: bool
    turns: list[_Held] = field(default_factory=list)

    @property
    def is_by_days(self) -> bool:
        return self.seconds >= clock.DAY_SECONDS

    @property
    def gathers_until(self) -> datetime:
        return self.begun_at + (timedelta(seconds=self.seconds) if self.is_by_days else GATHERING)


@dataclass(frozen=True)
class _Dealt:
    """A turn to deal."""

    exchange: int
    person: int
    role: TurnRole
    stance: Stance
    place: int
    seconds: int


@dataclass
class Plan:
    """What has to happen with the turns of a round now. `next_at`: when something falls due if nothing happens."""

    frozen: dict[int, int] = field(default_factory=dict)  # turn: milliseconds that are left
    running: dict[int, datetime] = field(default_factory=dict)  # turn: its end
    ended: dict[int, TurnState] = field(default_factory=dict)
    away: set[int] = field(default_factory=set)
    dealt: list[_Dealt] = field(default_factory=list)
    loads: dict[int, int] = field(default_factory=dict)  # those that change
    stays: dict[int, datetime] = field(default_factory=dict)  # until when people stay at the table
    asks_all: list[int] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)  # the people whose pages change
    next_at: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.frozen or self.running or self.ended or self.dealt or self.asks_all)

    def falls_due(self, at: datetime | None) -> None:
        if at is not None:
            self.next_at = min(at, self.next_at or at)


def runs(round: Round) -> bool:
    """Whether the clocks of turns run: the round permits turns, and its own clock is not paused."""
    return policy.permits(round, Activity.TURNS) and round.phase.paused_at is None


def plan_of(session: Session, round: Round, about: int = 0) -> Plan:
    """What has to happen now; it only reads. `about`: the exchange in which a turn was just done or given up."""
    ideas = _discussed(session, round)
    return _Planner(session, round, ideas).plan(about) if ideas else Plan()


def settle(chain: journal.Chain, round: Round, also: Iterable[int] = (), *, about: int = 0) -> Plan:
    """Do what has to happen, and touch the lanes of the people whose pages change. `also` are more such people;
    `about` as in `plan_of`.

    The journal learns that turns were dealt, not which and not to whom.
    """
    session = chain.transaction.session
    session.flush()
    plan = plan_of(session, round, about)
    _pause_after(plan.touched)
    _store(session, round, plan)
    _pause_after(plan.touched)
    touched = sorted(plan.touched.union(also))
    if plan or touched:
        seq = chain.append("deal", {}, round)
        chain.touch(seq, ["turns"], [f"participant-{person}" for person in touched])
        chain.touch(seq, ["figures"], [journal.FACILITATORS])
        if policy.sees_authors(round.challenge.anonymity, is_closed=False):
            chain.touch(seq, ["figures"], [journal.ROOM])  # the big screen names who is at turn
    return plan


def _pause_after(people: Sized) -> None:
    """Let others run in the middle of a deal to a whole hall."""
    if len(people) > offload.PIECE:
        offload.pause()


def _discussed(session: Session, round: Round) -> list[_Discussed]:
    query = (
        select(Exchange.id, Exchange.entry_id, Idea.author_id, Exchange.wanted, Exchange.seconds, Exchange.asks_all)
        .add_columns(Exchange.begun_at, Entry.shown)
        .join(Entry, Entry.id == Exchange.entry_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .where(Exchange.round_id == round.id)
        .order_by(Exchange.id)
    )
    found = {row[0]: _Discussed(*row) for row in session.execute(query)}
    if found:
        of = (Turn.id, Turn.participant_id, Turn.role, Turn.state, Turn.place, Turn.ends_at, Turn.left_ms)
        turns = select(Turn.exchange_id, *of).where(Turn.round_id == round.id).order_by(Turn.id)
        for exchange, *row in session.execute(turns):
            found[exchange].turns.append(_Held(*row))
    return [*found.values()]


@dataclass(frozen=True)
class _Seated:
    load: int
    here_until: datetime
    is_away: bool


class _Planner:
    def __init__(self, session: Session, round: Round, ideas: list[_Discussed]) -> None:
        self._session, self._round, self._ideas = session, round, ideas
        self._now, self._plan = clock.now(), Plan()
        self._open = {turn.person: turn for idea in ideas for turn in idea.turns if turn.state == TurnState.OPEN}

    def plan(self, about: int = 0) -> Plan:
        if not runs(self._round):
            self._stop()
            return self._plan
        for idea in self._ideas:
            for turn in idea.turns:
                if turn.state == TurnState.OPEN:
                    self._look_at(idea, turn)
        self._free = self._table.keys() - self._open.keys()
        if self._free:
            _pause_after(self._free)
            self._deal_answers([idea for idea in self._ideas if len(self._done(idea)) >= idea.wanted])
            self._deal()
            self._tell_who_waits(about)
        return self._plan

    def _tell_who_waits(self, about: int) -> None:
        """Renew the pages of some of those who have no turn, where an idea waits for anybody's answer from now on, and
        those of all of them, where all is discussed.
        """
        changed = [i for i in self._ideas if i.id == about or any(turn.id in self._plan.ended for turn in i.turns)]
        if changed and all(self._is_discussed(idea) for idea in self._ideas if idea.is_shown):
            self._plan.touched |= self._free
        elif any(self._is_open_to_all(idea) for idea in changed):
            waiting = sorted(self._free)
            self._plan.touched.update(self._chance.sample(waiting, min(CALLED_MAX, len(waiting))))

    def _is_open_to_all(self, idea: _Discussed) -> bool:
        """Whether anybody may offer to answer for it."""
        if not idea.is_shown or idea.asks_all or not self._done(idea) or self._is_in_hands(idea):
            return False
        return not self._of(idea, TurnRole.ANSWER, TurnState.DONE)

    def _is_discussed(self, idea: _Discussed) -> bool:
        said = self._done(idea) if idea.asks_all else []
        answered = self._of(idea, TurnRole.ANSWER, TurnState.DONE)
        return bool(said or answered) and not self._is_in_hands(idea)

    def _is_in_hands(self, idea: _Discussed) -> bool:
        """Whether anybody has a turn on it now."""
        return any(self._state(turn) == TurnState.OPEN for turn in idea.turns) or any(
            turn.exchange == idea.id for turn in self._plan.dealt
        )

    def _stop(self) -> None:
        """Let the clocks of open turns stand; the close ends the turns."""
        for turn in [*self._open.values()]:
            if self._round.is_closed:
                self._end(turn, TurnState.VOID)
            elif turn.ends_at is not None:
                left = max(0, clock.to_ms(turn.ends_at) - clock.to_ms(self._now))
                self._plan.frozen[turn.id] = left
                self._plan.touched.add(turn.person)
                seat = self._seats.get(turn.person)
                if seat is not None and seat.here_until <= turn.ends_at:  # they had not come back from the last break
                    self._plan.stays[turn.person] = self._now

    def _look_at(self, idea: _Discussed, turn: _Held) -> None:
        """End an open turn that cannot be taken any more, or let its clock run."""
        seat, ends_at = self._seats.get(turn.person), turn.ends_at
        is_here = seat is not None and seat.here_until > self._now
        stood = ends_at is None
        if ends_at is None:
            ends_at = self._plan.running[turn.id] = self._now + timedelta(milliseconds=turn.left_ms or 0)
            self._stay(turn.person, ends_at + STAYS if is_here else min(ends_at, self._now + RETURN))
        if not idea.is_shown:
            self._end(turn, TurnState.VOID)
        elif seat is None or not (is_here or stood):
            self._end(turn, TurnState.LAPSED)
        elif ends_at + GRACE <= self._now:
            self._plan.away.add(turn.person)
            self._end(turn, TurnState.LAPSED)
        else:
            here_until = self._plan.stays.get(turn.person, seat.here_until)
            self._plan.falls_due(min(ends_at + GRACE, here_until))

    def _stay(self, person: int, until: datetime) -> None:
        """Let nobody leave the table by silence while they write."""
        self._plan.touched.add(person)
        if person in self._seats:
            self._plan.stays[person] = max(self._seats[person].here_until, until)

    def _end(self, turn: _Held, state: TurnState) -> None:
        self._plan.running.pop(turn.id, None)
        self._plan.ended[turn.id] = state
        self._plan.touched.add(turn.person)
        self._open.pop(turn.person, None)

    @cached_property
    def _seats(self) -> dict[int, _Seated]:
        """The seats of people who take part, those of people who are away for the moment included."""
        query = select(Seat.participant_id, Seat.load, Seat.here_until, Seat.is_away)
        query = query.join(Participant, Participant.id == Seat.participant_id)
        query = query.where(Seat.round_id == self._round.id, Participant.is_here, Participant.merged_into.is_(None))
        return {person: _Seated(*row) for person, *row in self._session.execute(query.order_by(Seat.participant_id))}

    @cached_property
    def _table(self) -> dict[int, int]:
        """`{person: load}` of those who are here."""
        return {
            person: seat.load
            for person, seat in self._seats.items()
            if seat.here_until > self._now and not seat.is_away and person not in self._plan.away
        }

    def _of(self, idea: _Discussed, role: TurnRole, *states: TurnState) -> list[_Held]:
        """The turns of a role on an idea in these states, after what the plan ends."""
        return [turn for turn in idea.turns if turn.role == role and self._state(turn) in states]

    def _state(self, turn: _Held) -> TurnState:
        """The state of a turn after what the plan ends."""
        return self._plan.ended.get(turn.id, turn.state)

    def _done(self, idea: _Discussed) -> list[_Held]:
        return self._of(idea, TurnRole.RESPOND, TurnState.DONE)

    def _deal_answers(self, ideas: Iterable[_Discussed]) -> None:
        """Let the authors of these ideas answer, once all respondents had their say."""
        for idea in ideas:
            if not idea.is_shown or idea.asks_all or not self._done(idea):
                continue
            if self._of(idea, TurnRole.RESPOND, TurnState.OPEN) or self._of(idea, TurnRole.ANSWER, *HELD):
                continue
            asked = {turn.person for turn in idea.turns if turn.role == TurnRole.ANSWER}
            person = next((p for p in self._authors(idea) if p in self._free and p not in asked), None)
            if person is not None:
                self._give(_Dealt(idea.id, person, TurnRole.ANSWER, Stance.FOR, 0, idea.seconds))

    def _deal(self) -> None:
        """Deal what can be dealt evenly now."""
        hides = not policy.sees_authors(self._round.challenge.anonymity, is_closed=False)
        rows, left_over = [], []
        everybody = self._table.keys()
        for idea in self._ideas:
            if not idea.is_shown:
                continue
            row = self._dealable(idea)
            if not row.missing:
                continue
            if hides and not row.asks_all and row.left(everybody) < LEFT_MIN and idea.gathers_until > self._now:
                self._plan.falls_due(idea.gathers_until)
                continue
            rows.append(row)
            if not (hides or row.could(everybody)):
                left_over.append(idea)
        self._deal_answers(left_over)
        _pause_after(self._free)
        dealt = deal(rows, self._table, self._free, self._chance, hides_authors=hides)
        _pause_after(dealt.turns)
        self._plan.asks_all = dealt.asks_all
        self._plan.loads = {p: load for p, load in dealt.loads.items() if load != self._table[p]}
        by_id = {idea.id: idea for idea in self._ideas}
        taken = defaultdict[tuple[int, TurnRole], set[int]](set)
        for key, person in dealt.turns:
            idea = by_id[key]
            asks_all = idea.asks_all or key in dealt.asks_all
            is_own = asks_all and person in self._credited[idea.entry]
            role = TurnRole.ANSWER if is_own else TurnRole.RESPOND
            places = taken[key, role] | {turn.place for turn in self._of(idea, role, *HELD) if turn.place is not None}
            place = next(n for n in range(len(places) + 1) if n not in places)
            taken[key, role].add(place)
            asked = Stance.FOR if is_own else Stance.AGAINST if asks_all else ASKED[place % len(ASKED)]
            self._give(_Dealt(key, person, role, asked, place, idea.seconds))

    @cached_property
    def _chance(self) -> Random:
        """The lot of this deal, the same for everybody who works it out."""
        return Random(self._round.id << 32 | sum(len(idea.turns) for idea in self._ideas))

    def _give(self, turn: _Dealt) -> None:
        self._free = self._free - {turn.person}
        self._plan.dealt.append(turn)
        ends_at = self._now + timedelta(seconds=turn.seconds)
        self._stay(turn.person, ends_at + STAYS)
        self._plan.falls_due(ends_at + GRACE)

    def _dealable(self, idea: _Discussed) -> Dealable:
        roles = (TurnRole.RESPOND, TurnRole.ANSWER) if idea.asks_all else (TurnRole.RESPOND,)
        return Dealable(
            idea.id,
            idea.wanted,
            frozenset(turn.person for role in roles for turn in self._of(idea, role, *HELD)),
            frozenset(turn.person for turn in idea.turns if self._state(turn) != TurnState.VOID),
            self._credited[idea.entry],
            idea.asks_all,
        )

    def _authors(self, idea: _Discussed) -> list[int]:
        """The author of an idea, then those of ideas that were merged into it."""
        return [*dict.fromkeys([idea.author, *self._cards[idea.entry].values()])]

    @cached_property
    def _cards(self) -> Mapping[int, dict[int, int]]:
        """`{entry: {idea: its author}}`, the ideas that were merged into one counted as part of it."""
        query = select(func.coalesce(Entry.counted_as, Entry.id), Idea.id, Idea.author_id)
        query = query.join(Idea, Idea.id == Entry.idea_id).where(Entry.round_id == self._round.id)
        cards = defaultdict[int, dict[int, int]](dict)
        for entry, idea, author in self._session.execute(query.order_by(Entry.id)):
            cards[entry][idea] = author
        return cards

    @cached_property
    def _credited(self) -> dict[int, frozenset[int]]:
        """`{entry: the authors of its ideas, and of all ideas from which these grew}`."""
        ideas = select(Idea.id, Idea.author_id).where(Idea.challenge_id == self._round.challenge_id)
        authors = dict(self._session.execute(ideas).tuples().all())
        parents = defaultdict[int, list[int]](list)
        edges = select(IdeaEdge.child_id, IdeaEdge.parent_id).join(Idea, Idea.id == IdeaEdge.child_id)
        for child, parent in self._session.execute(edges.where(Idea.challenge_id == self._round.challenge_id)):
            parents[child].append(parent)
        found = {}
        for discussed in self._ideas:
            family = [*self._cards[discussed.entry]]
            for idea in family:
                family += [parent for parent in parents[idea] if parent not in family]
            found[discussed.entry] = frozenset(authors[idea] for idea in family)
        return found


def _store(session: Session, round: Round, plan: Plan) -> None:
    if not plan:
        return
    now = clock.now()
    stopped: list[dict[str, Any]] = [
        {"id": turn, "ends_at": None, "left_ms": left} for turn, left in plan.frozen.items()
    ]
    going: list[dict[str, Any]] = [{"id": turn, "ends_at": at, "left_ms": None} for turn, at in plan.running.items()]
    for rows in (stopped, going):
        for some in pieces_of(rows):
            session.execute(update(Turn), some)
    for state in set(plan.ended.values()):
        end_turns(session, [turn for turn, ended in plan.ended.items() if ended == state], state)
    if plan.away:
        away = update(Seat).where(Seat.round_id == round.id, Seat.participant_id.in_(plan.away))
        session.execute(away.values(is_away=True).execution_options(synchronize_session=False))
    if plan.asks_all:
        asking = update(Exchange).where(Exchange.id.in_(plan.asks_all)).values(asks_all=True)
        session.execute(asking.execution_options(synchronize_session=False))
    seat = {"round_id": round.id}
    for column, values in (("load", plan.loads), ("here_until", plan.stays)):
        for people in pieces_of([{**seat, "participant_id": p, column: v} for p, v in values.items()]):
            session.execute(update(Seat), people)
    for dealt in pieces_of(plan.dealt):
        session.execute(insert(Turn), [_row(round, turn, now) for turn in dealt])


def _row(round: Round, turn: _Dealt, now: datetime) -> dict[str, object]:
    return {
        "round_id": round.id,
        "exchange_id": turn.exchange,
        "participant_id": turn.person,
        "role": turn.role,
        "stance": turn.stance,
        "state": TurnState.OPEN,
        "place": turn.place,
        "open_for": turn.person,
        "offered_at": now,
        "ends_at": now + timedelta(seconds=turn.seconds),
    }


def end_turns(session: Session, turn_ids: Iterable[int], state: TurnState) -> None:
    """End open turns without a text; their places are free for others."""
    ended = update(Turn).where(Turn.id.in_([*turn_ids])).values(state=state, place=None, open_for=None)
    session.execute(ended.execution_options(synchronize_session=False))


def offer_answer(session: Session, round: Round, exchange: Exchange, person: int) -> datetime:
    """Give a person the turn to answer for an idea. :return: its end"""
    now = clock.now()
    dealt = _Dealt(exchange.id, person, TurnRole.ANSWER, Stance.FOR, 0, exchange.seconds)
    session.execute(insert(Turn), [_row(round, dealt, now)])
    return now + timedelta(seconds=exchange.seconds)


@dataclass(frozen=True)
class TableNow:
    """The table of a round as one person finds it. `least` is the smallest load there, `longest` the longest turn of an
    idea under discussion in seconds; both are None where there is none. `here_until` is None for somebody who never sat
    there.
    """

    seats: int
    least: int | None
    longest: int | None
    load: int | None
    here_until: datetime | None
    is_away: bool | None


def table_now(session: Session, round: Round, person: int) -> TableNow:
    of = {"round": round.id, "person": person, "now": clock.now()}
    return TableNow(*session.execute(_table_query(), of).one())


@cache
def _table_query() -> Select[Any]:
    """One statement, built once: in a hall everybody sits down at the same moment."""
    round_id, person = bindparam("round", type_=Integer), bindparam("person", type_=Integer)
    own = alias_of(Seat, "own")
    is_here = (Seat.here_until > bindparam("now", type_=Instant), ~Seat.is_away)
    return (
        select(
            select(func.count()).where(Seat.round_id == round_id).scalar_subquery(),
            select(func.min(Seat.load)).where(Seat.round_id == round_id, *is_here).scalar_subquery(),
            select(func.max(Exchange.seconds)).where(Exchange.round_id == round_id).scalar_subquery(),
            own.load,
            own.here_until,
            own.is_away,
        )
        .select_from(Round)
        .outerjoin(own, and_(own.round_id == Round.id, own.participant_id == person))
        .where(Round.id == round_id)
    )


def sit(session: Session, round: Round, person: int, table: TableNow, until: datetime) -> None:
    """Let a person sit at the table until then, or as long as they do anyway."""
    here_until, load = table.here_until, table.load or 0
    if here_until is None or table.is_away or here_until <= clock.now():
        load = first_load(table.least, load)
    row = {"round_id": round.id, "participant_id": person, "load": load, "is_away": False}
    seat = {**row, "here_until": max(until, here_until or until)}
    session.execute(insertion(Seat, replacing=("load", "here_until", "is_away")), seat)


def people_at_table(session: Session, round: Round) -> list[int]:
    """The participants who are at the table now."""
    here = select(Seat.participant_id).where(Seat.round_id == round.id, Seat.here_until > clock.now(), ~Seat.is_away)
    return list(session.scalars(here))


def move_turns(session: Session, guest: Participant, staying: Participant) -> None:
    """Give the turns of a guest to their account. Open ones end: by now the idea may be their own."""
    people = (guest.id, staying.id)
    open_turns = select(Turn.id).where(Turn.participant_id.in_(people), Turn.state == TurnState.OPEN)
    end_turns(session, session.scalars(open_turns).all(), TurnState.LAPSED)
    moved = update(Turn).where(Turn.participant_id == guest.id).values(participant_id=staying.id)
    session.execute(moved.execution_options(synchronize_session=False))
    seated = select(Seat.round_id).where(Seat.participant_id == staying.id)
    seats = update(Seat).where(Seat.participant_id == guest.id, Seat.round_id.not_in(seated))
    session.execute(seats.values(participant_id=staying.id).execution_options(synchronize_session=False))
    left = delete(Seat).where(Seat.participant_id == guest.id)
    session.execute(left.execution_options(synchronize_session=False))
