"""Steering a round: step through its phases, by hand or by the clock, and close it once and for all."""

import hashlib
import logging
from datetime import datetime, timedelta

from sqlalchemy import select, true
from sqlalchemy.orm import Session, joinedload

from ideas import clock, journal, leases
from ideas.actor import Actor
from ideas.database import db, write
from ideas.errors import NotFound
from ideas.events import IdeasRevealed, PhaseEntered, RoundClosed
from ideas.models import Challenge, Entry, EntryStatus, Phase, Result, Reveal, Round
from ideas.queries.counts import counted
from ideas.queries.hands import counted_hands
from ideas.round_lock import SHARED_LANES, facilitated_round, locked_round, require_same_phase
from ideas.services.assessing import assess_after_close

log = logging.getLogger(__name__)

# How late another process goes on with the clock after this one died. Advancing a round checks in its transaction that
# it is due, so a run that takes longer does no harm.
CLOCK_LEASE_SECONDS = 5

# Withdrawn before anybody saw it: nobody will.
REVEALED = (EntryStatus.VISIBLE, EntryStatus.PENDING, EntryStatus.HIDDEN)

# Why a round closed by itself.
SETTLED = "settled"
DUE = "due"


def step_to_phase(actor: Actor, round_id: int, position: int, *, since: int | None = None) -> None:
    """Go to a phase of the round, forward or back, until it is closed. Marks and texts stay.

    A phase in which others' ideas are visible reveals what was hidden so far; stepping back hides nothing again.

    `since` is the phase in which the actor decided: where somebody (or the clock) was faster, nothing is stepped over.

    :raise NotFound: for a phase that is not there; the closed one is reached by `close_round` alone.
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


def close_round(actor: Actor, round_id: int, why: str = "") -> None:
    """End the round and freeze its counts. Final: what was acknowledged before counts, nothing after it does.

    How sure the ranking is follows right after, outside of the transaction (`ideas.services.assessing`).

    :param why: a word for the journal where no facilitator decided it: `SETTLED`.

    :raise RoundIsClosed: if it is closed already. :raise Forbidden: :raise Conflict: if the challenge is a draft.
    """
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        seq = _close(chain, round, clock.now(), actor, why)
        chain.act("close", round.handle, actor, "", seq)
    assess_after_close(round_id)


def due_rounds(session: Session) -> list[int]:
    """The rounds whose phase is over and goes on by itself."""
    return list(
        session.scalars(
            select(Round.id)
            .join(Phase, (Phase.round_id == Round.id) & (Phase.position == Round.position))
            .join(Challenge, Challenge.id == Round.challenge_id)
            .where(
                Round.closed_at.is_(None),
                Challenge.published_at.is_not(None),
                Phase.advances == true(),
                Phase.paused_at.is_(None),
                Phase.ends_at <= clock.now(),
            )
            .order_by(Round.id)
        )
    )


def advance_round(round_id: int) -> int:
    """Go on where the clock says so, by every phase that fell due, each from the end of the one before.

    Any number of processes may call it at any time: whether it is due is asked again under the lock.

    :return: how many phases it went on by; 0 if nothing was due (any more).
    """
    with write() as transaction:
        chain, round = locked_round(transaction, round_id)
        steps = 0
        if chain.challenge.published_at is None:
            return 0
        while not round.is_closed and round.phase.advances and round.phase.is_over(clock.now()):
            at = round.phase.ends_at
            assert at is not None
            if round.position == len(round.phases) - 2:
                _close(chain, round, at, None, DUE)
            else:
                _enter(chain, round, round.position + 1, at, None)
            steps += 1
        is_closed = round.is_closed
    if steps and is_closed:
        assess_after_close(round_id)
    return steps


def advance_due_rounds() -> int:
    """Advance all rounds that are due, unless another process does it just now.

    :return: how many phases were ended.
    """
    due = due_rounds(db.session())
    db.session.rollback()
    if not due:
        return 0
    with leases.held("clock", CLOCK_LEASE_SECONDS) as lease:
        return sum(_advance_guarded(round_id) for round_id in due) if lease else 0


def _advance_guarded(round_id: int) -> int:
    """Advance a round; one that fails must not stop the clock of all others."""
    try:
        return advance_round(round_id)
    except Exception:
        log.exception("round %s could not be advanced", round_id)
        return 0


def _enter(chain: journal.Chain, round: Round, position: int, at: datetime, actor: Actor | None) -> int:
    """Make a phase the current one, from the instant `at` on. `actor` is None for the clock."""
    round.phase.paused_at = None
    round.position = position
    start_phase(round.phase, at)
    seq = chain.append("phase", {"position": position, "clock": int(actor is None)}, round)
    chain.touch(seq, [round.handle], SHARED_LANES)
    chain.transaction.record(PhaseEntered(round.challenge_id, round.id, position, actor))
    if round.phase.others_visible:
        _reveal(chain, round, at, actor)
    chain.transaction.session.flush()
    return seq


def start_phase(phase: Phase, at: datetime) -> None:
    """Let its time begin at the instant `at`."""
    phase.started_at, phase.paused_at = at, None
    if phase.seconds is not None:
        phase.ends_at = at + timedelta(seconds=phase.seconds)
    elif phase.is_over(at):
        phase.ends_at = None  # gone back to, or reached late: a date behind it must not end what only begins


def _reveal(chain: journal.Chain, round: Round, at: datetime, actor: Actor | None) -> None:
    """Show what everybody wrote alone, all at once; where ideas are approved first, the facilitators get them now."""
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


def _close(chain: journal.Chain, round: Round, at: datetime, actor: Actor | None, why: str) -> int:
    """The end. What was still hidden is revealed: a result names every idea in it."""
    round.phase.paused_at = None
    round.position = len(round.phases) - 1
    round.closed_at = round.phase.started_at = at
    round.spotlight_id, round.notice, round.notice_at = None, "", None  # nobody could take them away any more
    seq = chain.append("close", {"why": why} if why else {}, round)
    _reveal(chain, round, at, actor)
    chain.transaction.session.flush()
    result = _frozen(chain.transaction.session, round)
    last = chain.append("result", {"digest": result.digest}, round)
    chain.touch(last, [round.handle, "figures"], SHARED_LANES)
    chain.transaction.record(RoundClosed(round.challenge_id, round.id, actor, why))
    return seq


def _frozen(session: Session, round: Round) -> Result:
    body = journal.canonical(counted(session, round) | counted_hands(session, round))
    result = Result(round_id=round.id, body=body, digest=hashlib.sha256(body).hexdigest(), frozen_at=clock.now())
    session.add(result)
    return result
