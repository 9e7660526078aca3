"""Discussion in turns: put ideas under discussion, take a seat, take or pass a turn, offer to answer for an idea."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock, journal, operations, policy
from ideas.actor import Actor
from ideas.arguing import CheckedWords, add_argument
from ideas.attempts import attempt
from ideas.database import db, require, write
from ideas.dealing import respondents_for
from ideas.errors import Conflict, Invalid, NotFound, TurnOver
from ideas.events import TurnsStarted
from ideas.models import (
    Activity,
    Argument,
    Entry,
    EntryStatus,
    Exchange,
    Round,
    Seat,
    Turn,
    TurnRole,
    TurnState,
)
from ideas.queries.electorate import people_of, takes_part
from ideas.queries.rounds import current_round
from ideas.round_lock import facilitated_round, locked_round, require_same_phase
from ideas.texts import ARGUMENT_MAX, cleaned
from ideas.turns import STAYS, Plan, end_turns, offer_answer, people_at_table, plan_of, runs, settle, sit, table_now

# How long a turn may last: a minute or two in a room, a day or two in a contest without a clock.
SECONDS_MIN, SECONDS_MAX = 30, 7 * clock.DAY_SECONDS

TOP_MAX = 200  # ideas of "those with the fewest arguments"

# At a larger table the loop deals to those who come, once a second for all: a deal costs more the larger the table is,
# and a hall opens its pages at the same moment.
DEALT_AT_ONCE_MAX = 30


class Chosen(StrEnum):
    """The ideas that a facilitator puts under discussion."""

    ALL = "all"
    GROUP = "group"
    FEWEST = "fewest"  # those with the fewest arguments


@dataclass(frozen=True)
class TurnsForm:
    """`n` is the number of ideas, or the group."""

    chosen: Chosen
    seconds: int
    n: int = 0


def start_turns(actor: Actor, round_id: int, form: TurnsForm, *, since: int | None = None) -> int:
    """Put ideas that the room sees under discussion, those left out that are under discussion already.

    :return: the number of ideas.
    :raise Invalid: `{"seconds": "out_of_range"}`, `{"n": "out_of_range"}`, or `{"chosen": "nothing_left"}`.
    :raise PhaseForbids: :raise RoundIsClosed: :raise Forbidden: :raise Conflict: if the round left the phase `since`.
    """
    if not SECONDS_MIN <= form.seconds <= SECONDS_MAX:
        raise Invalid(seconds="out_of_range")
    if form.chosen == Chosen.FEWEST and not 1 <= form.n <= TOP_MAX:
        raise Invalid(n="out_of_range")
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        policy.require_permits(round, Activity.TURNS)
        entries = _chosen(session, round, form)
        if not entries:
            raise Invalid(chosen="nothing_left")
        wanted = respondents_for(len(entries), _people(session, round))
        for entry in entries:
            session.add(
                Exchange(round_id=round.id, entry_id=entry, wanted=wanted, seconds=form.seconds, begun_at=clock.now())
            )
        seq = chain.append("turns", {"entries": entries, "seconds": form.seconds}, round)
        chain.act("turns", round.handle, actor, "", seq)
        chain.touch(seq, [round.handle], [journal.FACILITATORS])
        chain.touch(seq, ["figures"], [journal.ROOM])
        transaction.record(TurnsStarted(round.challenge_id, round.id, actor))
        settle(chain, round, also=people_at_table(session, round))
        return len(entries)


def _chosen(session: Session, round: Round, form: TurnsForm) -> list[int]:
    """The entries that are put under discussion, in the order of their ideas."""
    begun = select(Exchange.entry_id).where(Exchange.round_id == round.id)
    query = select(Entry.id).where(Entry.round_id == round.id, Entry.shown, Entry.id.not_in(begun))
    if form.chosen == Chosen.GROUP:
        query = query.where(Entry.group_id == form.n)
    if form.chosen == Chosen.FEWEST:
        said = select(func.count()).where(
            Argument.idea_id == Entry.idea_id,
            Argument.status == EntryStatus.VISIBLE,
            Argument.reply_to_id.is_(None),
        )
        query = query.order_by(said.correlate(Entry).scalar_subquery(), Entry.id).limit(form.n)
    return sorted(session.scalars(query))


def _people(session: Session, round: Round) -> int:
    people = people_of(round.challenge_id).with_only_columns(func.count()).where(takes_part(round))
    return session.scalar(people) or 0


def take_seat(actor: Actor, challenge_id: int, *, again: bool = False) -> None:
    """Sit down at the table, or stay there for a while longer. At a large table the turn follows within a second.

    :param again: the person says so. A page that is only open does not bring back somebody whose time ran out.
    :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise Forbidden: :raise NotFound:
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_participant(session, actor, challenge_id)
        round = current_round(session, challenge_id)
        policy.require_permits(round, Activity.TURNS)
        table = table_now(session, round, participant.id)
        if table.is_away and not again:
            return
        sit(session, round, participant.id, table, clock.now() + _stay(table.longest))
        if table.seats + (table.here_until is None) <= DEALT_AT_ONCE_MAX:
            settle(chain, round)


def _stay(longest: int | None) -> timedelta:
    """How long a person stays at the table of whom nothing is heard, where the longest turn has so many seconds: by
    days a visit counts for a whole turn.
    """
    return timedelta(seconds=longest) if longest and longest >= clock.DAY_SECONDS else STAYS


def leave_table(challenge_id: int, participant_ids: Collection[int]) -> None:
    """Take people away from the table whose pages are gone, so that others get their turns. By days nobody is."""
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        round = current_round(session, challenge_id)
        longest = session.scalar(select(func.max(Exchange.seconds)).where(Exchange.round_id == round.id))
        if _stay(longest) > STAYS:
            return
        now = clock.now()
        gone = update(Seat).where(Seat.round_id == round.id, Seat.participant_id.in_([*participant_ids]))
        gone = gone.where(Seat.here_until > now).values(here_until=now)
        if session.execute(gone.execution_options(synchronize_session=False)).rowcount:  # type: ignore[attr-defined]
            settle(chain, round)


def keep_at_table(challenge_id: int, participant_ids: Collection[int]) -> None:
    """Let people stay at the table whose pages are open."""
    with write() as transaction:
        session = transaction.session
        round = current_round(session, challenge_id)
        until = clock.now() + STAYS
        stay = update(Seat).where(Seat.round_id == round.id, Seat.participant_id.in_([*participant_ids]))
        stay = stay.where(Seat.here_until > clock.now(), Seat.here_until < until).values(here_until=until)
        session.execute(stay.execution_options(synchronize_session=False))


def write_turn(actor: Actor, turn_id: int, text: str, op: str) -> int:
    """Take one's turn: the text becomes an argument for or against the idea, or its answer; a repeated `op` changes
    nothing.

    :return: the argument's id.
    :raise TurnOver: :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise Invalid:
    :raise NotFound: if it does not exist or is not the actor's. :raise NumberReused: if `op` was another argument.
    """
    op = operations.checked_op(op)
    text = cleaned("text", text, ARGUMENT_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        turn = require(session, Turn, turn_id)
        entry = turn.exchange.entry
        chain = journal.locked(transaction, entry.idea.challenge_id)
        participant = policy.require_participant(session, actor, chain.challenge.id)
        if turn.participant_id != participant.id:
            raise NotFound
        digest = operations.digest_of(participant.secret, turn_id, "turn", text)
        before = operations.answer_before(session, participant, op, "argument", digest)
        if before is not None:
            return before
        round = session.get_one(Round, turn.round_id)
        policy.require_permits(round, Activity.TURNS)
        if turn.state != TurnState.OPEN or not entry.shown:
            raise TurnOver
        words = CheckedWords(turn.stance, text, for_idea=turn.role == TurnRole.ANSWER)
        argument = add_argument(chain, round, entry, participant, words)
        turn.state, turn.open_for, turn.argument_id = TurnState.DONE, None, argument.id
        operations.remember(session, participant, op, "argument", argument.id, digest)
        settle(chain, round, also=[participant.id], about=turn.exchange_id)
        return argument.id


def pass_turn(actor: Actor, turn_id: int) -> None:
    """Give a turn up: somebody else is asked. A turn that is over stays as it is.

    :raise PhaseForbids: :raise RoundIsClosed: :raise Barred:
    :raise NotFound: if it does not exist or is not the actor's.
    """
    with write() as transaction:
        session = transaction.session
        turn = require(session, Turn, turn_id)
        chain = journal.locked(transaction, turn.exchange.entry.idea.challenge_id)
        participant = policy.require_participant(session, actor, chain.challenge.id)
        if turn.participant_id != participant.id:
            raise NotFound
        round = session.get_one(Round, turn.round_id)
        policy.require_permits(round, Activity.TURNS)
        if turn.state == TurnState.OPEN:
            end_turns(session, [turn.id], TurnState.PASSED)
            session.expire(turn)
            settle(chain, round, also=[participant.id], about=turn.exchange_id)


def defend(actor: Actor, exchange_id: int) -> None:
    """Offer to answer for an idea whose respondents had their say, while nobody else does.

    :raise Conflict: if somebody answers or answered, or if the actor has a turn already.
    :raise NotFound: if the room does not see the idea, or it waits for no answer. :raise PhaseForbids:
    :raise RoundIsClosed: :raise Barred: :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        exchange = require(session, Exchange, exchange_id)
        chain = journal.locked(transaction, exchange.entry.idea.challenge_id)
        participant = policy.require_participant(session, actor, chain.challenge.id)
        round = session.get_one(Round, exchange.round_id)
        policy.require_permits(round, Activity.TURNS)
        if not exchange.entry.shown or exchange.asks_all:
            raise NotFound
        own = select(Turn.id).where(Turn.round_id == round.id, Turn.open_for == participant.id)
        if session.scalar(own) is not None:
            raise Conflict
        states = select(Turn.role, Turn.state).where(Turn.exchange_id == exchange_id)
        held = {(role, state) for role, state in session.execute(states)}
        if (TurnRole.RESPOND, TurnState.DONE) not in held or (TurnRole.RESPOND, TurnState.OPEN) in held:
            raise NotFound
        if held & {(TurnRole.ANSWER, TurnState.OPEN), (TurnRole.ANSWER, TurnState.DONE)}:
            raise Conflict
        ends_at = offer_answer(session, round, exchange, participant.id)
        sit(session, round, participant.id, table_now(session, round, participant.id), ends_at + STAYS)
        settle(chain, round, also=[participant.id])


# The loop


def run_turns() -> int:
    """Do what fell due in all discussions: deadlines, phases that began or ended, ideas and people that went.

    :return: the number of rounds in which anything happened.
    """
    session = db.session()
    due, again_at = [], None
    for round in _discussions(session):
        plan = plan_of(session, round)
        if plan:
            due.append(round.id)
        elif plan.next_at is not None:
            again_at = min(plan.next_at, again_at or plan.next_at)
    session.rollback()
    done = [attempt(_settle_round, round_id, "turns could not be dealt in round") for round_id in due]
    for plan in filter(None, done):
        if plan.next_at is not None:
            again_at = min(plan.next_at, again_at or plan.next_at)
    _due.at = again_at
    return len(due)


class _DueAt:
    """When this process has to look again though nothing is committed; after a start the first look finds it."""

    at: datetime | None = None


_due = _DueAt()


def are_turns_due() -> bool:
    """Whether something in a discussion falls due now though nothing was committed."""
    return _due.at is not None and _due.at <= clock.now()


def _discussions(session: Session) -> list[Round]:
    """The rounds with ideas under discussion whose phase is there for turns, or with turns whose clock runs."""
    has_ideas = select(Exchange.round_id).where(Exchange.round_id == Round.id).exists()
    is_running = select(Turn.id).where(Turn.round_id == Round.id, Turn.open_for.is_not(None))
    query = select(Round).where(has_ideas, or_(Round.closed_at.is_(None), is_running.exists())).order_by(Round.id)
    found = session.scalars(query).all()
    running = select(Turn.round_id).where(Turn.round_id.in_([round.id for round in found]), Turn.ends_at.is_not(None))
    stopped = set(session.scalars(running.where(Turn.open_for.is_not(None)))) if found else set()
    return [round for round in found if runs(round) or round.is_closed or round.id in stopped]


def _settle_round(round_id: int) -> Plan:
    with write() as transaction:
        chain, round = locked_round(transaction, round_id)
        return settle(chain, round)
