"""The course of a round: step through its phases, by hand or by the clock, and close it."""

import hashlib
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, and_, case, func, select, true
from sqlalchemy.orm import Session, joinedload

from ideas import clock, journal, leases, policy
from ideas.actor import Actor
from ideas.attempts import attempt
from ideas.brought import bring_waiting_ideas
from ideas.database import db, require, write
from ideas.entries import touch_groups
from ideas.errors import NotFound
from ideas.events import IdeasRevealed, PhaseEntered, RoundClosed
from ideas.freezing import Freezer, end, freezer
from ideas.mail_queue import queue
from ideas.models import (
    LOBBY,
    READING,
    Account,
    Challenge,
    Entry,
    EntryStatus,
    MailKind,
    Member,
    Moment,
    Phase,
    Result,
    Reveal,
    Role,
    Round,
)
from ideas.proxies import bring_seed_ideas
from ideas.round_lock import SHARED_LANES, facilitated_round, locked_round, require_same_phase
from ideas.services.assessing import assess_after_close
from ideas.waves import end_waves

# The delay after which another process takes over the clock of a dead one. The transaction checks that a round is due,
# so a longer run does no harm.
CLOCK_LEASE_SECONDS = 5

# Entries withdrawn before the reveal: nobody ever sees them.
REVEALED = (EntryStatus.VISIBLE, EntryStatus.PENDING, EntryStatus.HIDDEN)

# The reasons of a round that closed by itself.
SETTLED = "settled"
DUE = "due"

S = TypeVar("S", bound=tuple[object, ...])


def step_to_phase(actor: Actor, round_id: int, position: int, *, since: int | None = None) -> None:
    """Go to a phase of the round, forward or back, until it is closed. Marks and texts stay.

    Entering a phase with visible ideas reveals the hidden ones; stepping back does not hide them again.

    `since` is the phase in which the actor decided. If the round left that phase meanwhile, the step is refused.

    From the lobby this is the start of the round.

    :raise NotFound: for an unknown phase; only `close_round` reaches the closed one, and nothing leads back to the
        lobby.
    :raise RoundIsClosed: :raise Forbidden: :raise Conflict: if the challenge is a draft, or left the phase `since`.
    """
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        if not 0 <= position < len(round.phases) - 1:
            raise NotFound
        if position == round.position:
            return
        require_same_phase(round, since)
        seq = _enter(chain, round, position, clock.now(), actor)
        chain.act("phase", round.handle, actor, "", seq)


def close_round(actor: Actor, round_id: int, why: str = "", *, since: int | None = None) -> None:
    """End the round and freeze its counts. This is final: marks acknowledged before count, later ones do not.

    The ranking's uncertainty follows after the transaction (`ideas.services.assessing`).

    :param why: a word for the journal if no facilitator decided it: `SETTLED`.
    :param since: the phase in which the actor decided.

    :raise RoundIsClosed: if it is closed already. :raise Forbidden: :raise Conflict: if the challenge is a draft, or if
        the round left the phase `since`. :raise TaskFailed: if the worker that counts died; the round stays open.
    """
    session = db.session()
    open_round = require(session, Round, round_id)
    policy.require_facilitator(session, actor, open_round.challenge_id)
    policy.require_open(open_round)
    with freezer(session, round_id) as cold, write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        seq = _close(chain, round, clock.now(), actor, why, cold)
        chain.act("close", round.handle, actor, "", seq)
    assess_after_close(round_id)


# When a round starts by itself, and when its present phase ends and continues by itself.
_STARTS_BY_ITSELF = and_(Round.position == LOBBY, Round.starts_at.is_not(None))
_CONTINUES_BY_ITSELF = and_(Phase.advances == true(), Phase.paused_at.is_(None), Phase.ends_at.is_not(None))
_STEPS_AT = case((_STARTS_BY_ITSELF, Round.starts_at), (_CONTINUES_BY_ITSELF, Phase.ends_at))


def due_rounds(session: Session) -> list[int]:
    """The rounds whose start time has come, and those whose phase has ended and continues by itself."""
    query = _by_itself(select(Round.id)).where(clock.now() >= _STEPS_AT).order_by(Round.id)
    return list(session.scalars(query))


def next_step() -> Select[tuple[datetime]]:
    """The query for the moment at which the clock has to step next."""
    return _by_itself(select(func.min(_STEPS_AT)))


def _by_itself(query: Select[S]) -> Select[S]:
    """Ask this of the rounds that the clock has to lead on."""
    return (
        query.select_from(Round)
        .outerjoin(Phase, (Phase.round_id == Round.id) & (Phase.position == Round.position))
        .join(Challenge, Challenge.id == Round.challenge_id)
        .where(Round.closed_at.is_(None), Challenge.published_at.is_not(None))
    )


def advance_round(round_id: int) -> int:
    """Start a round whose start time has come, and advance it by every phase that fell due, each from the end of the
    previous one.

    Any number of processes may call it at any time: it checks under the lock that a phase is due.

    :return: the number of steps; 0 if nothing was due (any more).
    """
    return _advance_in_round(round_id) + _close_if_due(round_id)


def _advance_in_round(round_id: int) -> int:
    """:return: the number of steps, without that into the close."""
    with write() as transaction:
        chain, round = locked_round(transaction, round_id)
        if chain.challenge.published_at is None:
            return 0
        steps = int(_start_if_due(chain, round))
        while _is_due(round) and not _is_last(round):
            at = round.phase.ends_at
            assert at is not None
            _enter(chain, round, round.position + 1, at, None)
            steps += 1
    return steps


def _close_if_due(round_id: int) -> int:
    """Close a round in its own transaction: what another process counts has to be committed."""
    session = db.session()
    round = require(session, Round, round_id)
    if round.challenge.published_at is None or not (_is_due(round) and _is_last(round)):
        return 0
    with freezer(session, round_id) as cold, write() as transaction:
        chain, round = locked_round(transaction, round_id)
        at = round.phase.ends_at
        if at is None or not (_is_due(round) and _is_last(round)):
            return 0
        _close(chain, round, at, None, DUE, cold)
    assess_after_close(round_id)
    return 1


def _is_due(round: Round) -> bool:
    """Whether the phase is over and continues by itself."""
    return not round.is_closed and round.phase.advances and round.phase.is_over(clock.now())


def _is_last(round: Round) -> bool:
    """Whether only the close follows the phase."""
    return round.position == len(round.phases) - 2


def _start_if_due(chain: journal.Chain, round: Round) -> bool:
    """Start the round if its start time has come.

    A first phase that continues by itself keeps the announced times, even if the clock was away at the start. One that
    a facilitator ends gets its whole length from now on: people must not find it over when the clock comes back.
    """
    now = clock.now()
    if not (round.is_in_lobby and round.starts_at and round.starts_at <= now):
        return False
    start_round(chain, round, None, round.starts_at if round.phases[0].advances else now)
    return True


def advance_due_rounds() -> int:
    """Start and advance all rounds that are due, unless another process is doing so.

    :return: the number of steps.
    """
    due = due_rounds(db.session())
    db.session.rollback()
    if not due:
        return 0
    with leases.held("clock", CLOCK_LEASE_SECONDS) as lease:
        if lease is None:
            return 0
        return sum(attempt(advance_round, round_id, "the clock could not advance round") or 0 for round_id in due)


def _enter(chain: journal.Chain, round: Round, position: int, at: datetime, actor: Actor | None) -> int:
    """Make a phase the current one, from the instant `at` on. `actor` is None for the clock."""
    is_start, hid_groups = round.is_in_lobby, policy.hides_groups(round)
    round.phase.paused_at = None
    round.end_signals()  # an idea in the spotlight of a vote would sway it
    round.position = position
    start_phase(round.phase, at, _time_zone_of(chain.transaction.session, round))
    seq = chain.append("phase", {"position": position, "clock": int(actor is None)}, round)
    chain.keep_head(Moment.START if is_start else Moment.PHASE)
    if is_start:
        _mail_seal(chain, Moment.START)
    chain.touch(seq, [round.handle], SHARED_LANES)
    chain.transaction.record(PhaseEntered(round.challenge_id, round.id, position, actor))
    if policy.hides_groups(round) != hid_groups:
        touch_groups(chain, seq, round)
    if round.phase.others_visible:
        _reveal(chain, round, at, actor)
    chain.transaction.session.flush()
    if is_start:
        bring_seed_ideas(chain, round)
        bring_waiting_ideas(chain, round)
    return seq


def start_round(chain: journal.Chain, round: Round, actor: Actor | None, at: datetime | None = None) -> None:
    """Lead a round from its lobby into its first phase, from the instant `at` on, now by default. `actor` is None for
    the clock.
    """
    seq = _enter(chain, round, 0, at or clock.now(), actor)
    if actor is not None:
        chain.act("phase", round.handle, actor, "", seq)


def _time_zone_of(session: Session, round: Round) -> str | None:
    """The time zone of the organisation: that of its first owner who has one."""
    return session.scalar(
        select(Account.time_zone)
        .join(Member, Member.account_id == Account.id)
        .join(Challenge, Challenge.organisation_id == Member.organisation_id)
        .where(Challenge.id == round.challenge_id, Member.role == Role.OWNER, Account.time_zone.is_not(None))
        .order_by(Member.id)
        .limit(1)
    )


def start_phase(phase: Phase, at: datetime, time_zone: str | None) -> None:
    """Start the clock of a phase at the instant `at`; whole days are counted in this zone."""
    phase.started_at, phase.paused_at = at, None
    if phase.seconds is not None:
        phase.ends_at = clock.later(at, phase.seconds, time_zone)
    elif phase.is_over(at):
        phase.ends_at = None  # the phase starts again or late: a past date must not end it at once


def _reveal(chain: journal.Chain, round: Round, at: datetime, actor: Actor | None) -> None:
    """Show all hidden ideas at once; if ideas need approval, the facilitators get them now."""
    session = chain.transaction.session
    entries = session.scalars(
        select(Entry)
        .options(joinedload(Entry.idea))
        .where(Entry.round_id == round.id, Entry.sealed == true(), Entry.status.in_(REVEALED))
    ).all()
    if not entries:
        return
    for entry in entries:
        entry.sealed = False
    session.add(
        Reveal(
            round_id=round.id,
            position=round.position,
            entries=len(entries),
            at=at,
            account_id=actor.account_id if actor else None,
            person_id=actor.person_id if actor else None,
        )
    )
    seq = chain.append("reveal", {"entries": sorted(e.id for e in entries)}, round)
    shown = [e.idea.handle for e in entries if e.shown]
    others = [e.idea.handle for e in entries if not e.shown]
    chain.touch(seq, [round.handle, "figures", *shown], [journal.ROOM])
    chain.touch(seq, [round.handle, "figures", *shown, *others], [journal.FACILITATORS])
    authors = sorted({e.idea.author_id for e in entries})
    chain.touch(seq, [round.handle], [f"participant-{author_id}" for author_id in authors])
    idea_ids = tuple(sorted(e.idea_id for e in entries))
    chain.transaction.record(IdeasRevealed(round.challenge_id, round.id, idea_ids, actor))


def _close(chain: journal.Chain, round: Round, at: datetime, actor: Actor | None, why: str, cold: Freezer) -> int:
    """Close the round. Hidden ideas are revealed: a result names every idea in it."""
    body, counts = cold.freeze(round, at)
    end(round, at)
    seq = chain.append("close", {"at": clock.to_ms(at), **({"why": why} if why else {})}, round)
    _reveal(chain, round, at, actor)
    chain.transaction.session.flush()
    end_waves(chain.transaction.session, round.challenge_id)
    result = _frozen(chain.transaction.session, round, body, counts)
    chain.append("counts", {"digest": result.counts_digest}, round)
    last = chain.append("result", {"digest": result.digest}, round)
    chain.keep_head(Moment.CLOSE)
    _mail_seal(chain, Moment.CLOSE)
    chain.touch(last, [round.handle, "figures"], SHARED_LANES)
    chain.transaction.record(RoundClosed(round.challenge_id, round.id, actor, why))
    return seq


def _mail_seal(chain: journal.Chain, moment: Moment) -> None:
    """Mail the head of the journal to the members who want it: whoever keeps it can show later that history was
    rewritten.
    """
    session, challenge = chain.transaction.session, chain.challenge
    members = (
        select(Account.id)
        .join(Member, Member.account_id == Account.id)
        .where(Member.organisation_id == challenge.organisation_id, Member.role.in_(READING))
        .where(Account.confirmed_at.is_not(None), Account.seal_mails)
        .order_by(Account.id)
    )
    seq, h = challenge.seq, challenge.head.hex()
    for account_id in list(session.scalars(members)):
        queue(session, MailKind.SEAL, account_id, challenge=challenge.id, moment=str(moment), seq=seq, h=h)


def _frozen(session: Session, round: Round, body: bytes, counts: bytes) -> Result:
    result = Result(round_id=round.id, body=body, frozen_at=clock.now())
    result.digest, result.counts_digest = (hashlib.sha256(data).hexdigest() for data in (body, counts))
    session.add(result)
    return result
