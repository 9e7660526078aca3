"""The clock of a phase: more time, less time, pause, go on. All of it by the server's clock.

`since` is the phase in which the facilitator decided: a minute that comes too late is not the next phase's.
"""

from datetime import timedelta

from ideas import clock, journal
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import Conflict, Invalid
from ideas.events import PhaseTimed
from ideas.models import Phase, Round
from ideas.round_lock import SHARED_LANES, facilitated_round, require_same_phase

# A shift by more than this is a date to be edited, not a minute to be given.
SHIFT_MAX_SECONDS = 3600


def shift_end(actor: Actor, round_id: int, seconds: int, *, since: int | None = None) -> None:
    """Give the current phase more time, or less (a negative number); its end never lies in the past.

    A phase whose time is up goes on for `seconds` from now; one without an end gets one.

    :raise Invalid: `{"seconds": "out_of_range"}`. :raise Conflict: for less time where there is no end, or if
        the round left the phase `since`. :raise RoundIsClosed: :raise Forbidden:
    """
    if not 0 < abs(seconds) <= SHIFT_MAX_SECONDS:
        raise Invalid(seconds="out_of_range")
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        phase, now = round.phase, clock.now()
        if phase.ends_at is None and seconds < 0:
            raise Conflict
        stands_at = phase.paused_at or now
        end = max(phase.ends_at or stands_at, stands_at) + timedelta(seconds=seconds)
        phase.ends_at = max(end, stands_at)
        _tell(chain, round, phase, actor)


def pause_phase(actor: Actor, round_id: int, *, since: int | None = None) -> None:
    """Stop the clock; what the phase permits stays permitted.

    :raise Conflict: if it stands still already, has no end, or its time is up, or if the round left the phase `since`.
    :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        phase, now = round.phase, clock.now()
        if phase.paused_at or phase.ends_at is None or phase.is_over(now):
            raise Conflict
        phase.paused_at = now
        _tell(chain, round, phase, actor)


def resume_phase(actor: Actor, round_id: int, *, since: int | None = None) -> None:
    """Let the clock run on with what was left.

    :raise Conflict: if it runs already, or if the round left the phase `since`. :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        phase = round.phase
        if phase.paused_at is None or phase.ends_at is None:
            raise Conflict
        phase.ends_at += clock.now() - phase.paused_at
        phase.paused_at = None
        _tell(chain, round, phase, actor)


def _tell(chain: journal.Chain, round: Round, phase: Phase, actor: Actor) -> None:
    body = {"position": phase.position, "ends": clock.to_ms(phase.ends_at) if phase.ends_at else None}
    seq = chain.append("time", body | {"paused": int(phase.paused_at is not None)}, round)
    chain.act("time", round.handle, actor, "", seq)
    chain.touch(seq, [round.handle], SHARED_LANES)
    chain.transaction.record(PhaseTimed(round.challenge_id, round.id, phase.position, actor))
