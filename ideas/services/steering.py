"""Steering during a phase: the clock, a message to all, the spotlight, a lock of writing, and the places of the result
on the big screen.

All times are the server's. `since` is the phase in which the facilitator decided: an act that arrives after the round
has left that phase is refused.
"""

from datetime import timedelta

from sqlalchemy import func, select

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.entries import entry_of
from ideas.errors import Conflict, Invalid, NotClosed, NotFound
from ideas.events import NoticeChanged, PhaseTimed, PlacesShown, SpotlightMoved, WritingLocked, WritingUnlocked
from ideas.models import Entry, Idea, Phase, Round
from ideas.round_lock import SHARED_LANES, facilitated_round, locked_round, require_same_phase
from ideas.texts import cleaned

NOTICE_MAX = 280  # characters: the back row of the hall must be able to read it

# A longer shift is a matter for the phase editor.
SHIFT_MAX_SECONDS = 3600


def shift_end(actor: Actor, round_id: int, seconds: int, *, since: int | None = None) -> None:
    """Give the current phase more time, or less (a negative number); its end is never moved into the past.

    A phase whose time is up continues for `seconds` from now; a phase without an end gets one.

    :raise Invalid: `{"seconds": "out_of_range"}`. :raise Conflict: for less time if there is no end, or if the round
        left the phase `since`. :raise RoundIsClosed: :raise Forbidden:
    """
    if not 0 < abs(seconds) <= SHIFT_MAX_SECONDS:
        raise Invalid(seconds="out_of_range")
    with write() as transaction:
        chain, round = _timed_round(transaction, actor, round_id, since)
        phase, now = round.phase, clock.now()
        if phase.ends_at is None and seconds < 0:
            raise Conflict
        stands_at = phase.paused_at or now
        end = max(phase.ends_at or stands_at, stands_at) + timedelta(seconds=seconds)
        phase.ends_at = max(end, stands_at)
        _record_time(chain, round, phase, actor)


def pause_phase(actor: Actor, round_id: int, *, since: int | None = None) -> None:
    """Pause the clock; the permitted activities stay permitted.

    :raise Conflict: if it is paused already, has no end, or its time is up, or if the round left the phase `since`.
    :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        chain, round = _timed_round(transaction, actor, round_id, since)
        phase, now = round.phase, clock.now()
        if phase.paused_at or phase.ends_at is None or phase.is_over(now):
            raise Conflict
        phase.paused_at = now
        _record_time(chain, round, phase, actor)


def resume_phase(actor: Actor, round_id: int, *, since: int | None = None) -> None:
    """Resume the clock with the remaining time.

    :raise Conflict: if it runs already, or if the round left the phase `since`. :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        chain, round = _timed_round(transaction, actor, round_id, since)
        phase = round.phase
        if phase.paused_at is None or phase.ends_at is None:
            raise Conflict
        phase.ends_at += clock.now() - phase.paused_at
        phase.paused_at = None
        _record_time(chain, round, phase, actor)


def _timed_round(
    transaction: Transaction, actor: Actor, round_id: int, since: int | None
) -> tuple[journal.Chain, Round]:
    """A round whose clock can be steered. :raise Conflict: in the lobby: its end is the start time, which a revision
    moves; and as `require_same_phase`.
    """
    chain, round = facilitated_round(transaction, actor, round_id)
    require_same_phase(round, since)
    if round.is_in_lobby:
        raise Conflict
    return chain, round


def _record_time(chain: journal.Chain, round: Round, phase: Phase, actor: Actor) -> None:
    body = {"position": phase.position, "ends": clock.to_ms(phase.ends_at) if phase.ends_at else None}
    seq = chain.append("time", body | {"paused": int(phase.paused_at is not None)}, round)
    chain.act("time", round.handle, actor, "", seq)
    chain.touch(seq, [round.handle], SHARED_LANES)
    chain.transaction.record(PhaseTimed(round.challenge_id, round.id, phase.position, actor))


def announce(actor: Actor, round_id: int, text: str, *, since: int | None = None) -> None:
    """Show a message on every screen until the phase ends; an empty text removes it.

    :raise Invalid: `{"text": …}`. :raise Conflict: if the round left the phase `since`. :raise RoundIsClosed:
    :raise Forbidden:
    """
    text = cleaned("text", text, NOTICE_MAX)
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        if text != round.notice:
            round.notice, round.notice_at = text, clock.now() if text else None
            _record_act(chain, round, actor, "notice", {"said": int(bool(text))})
            transaction.record(NoticeChanged(round.challenge_id, round_id, actor))


def lock_writing(actor: Actor, round_id: int) -> None:
    """Pause writing and arguing until `unlock_writing`; votes are still taken.

    :raise RoundIsClosed: :raise Forbidden:
    """
    _lock(actor, round_id, is_locked=True)


def unlock_writing(actor: Actor, round_id: int) -> None:
    """:raise RoundIsClosed: :raise Forbidden:"""
    _lock(actor, round_id, is_locked=False)


def _lock(actor: Actor, round_id: int, *, is_locked: bool) -> None:
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        if round.writing_locked != is_locked:
            round.writing_locked = is_locked
            _record_act(chain, round, actor, "lock", {"locked": int(is_locked)})
            kind = WritingLocked if is_locked else WritingUnlocked
            transaction.record(kind(round.challenge_id, round_id, actor))


def spotlight_idea(actor: Actor, round_id: int, idea_id: int, *, since: int | None = None) -> None:
    """Lead every screen to one idea that the room sees, until the phase ends.

    :raise NotFound: for an idea that the room does not see. :raise Conflict: if the round left the phase `since`.
    :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_round(transaction, actor, round_id)
        require_same_phase(round, since)
        idea = require(session, Idea, idea_id)
        entry = entry_of(session, round, idea)
        if not entry.shown:
            raise NotFound
        round.spotlight_id = idea.id
        _record_act(chain, round, actor, "spotlight", {"entry": entry.id})
        transaction.record(SpotlightMoved(round.challenge_id, round_id, idea.id, actor))


def end_spotlight(actor: Actor, round_id: int) -> None:
    """End the spotlight on all screens. :raise RoundIsClosed: :raise Forbidden:"""
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        if round.spotlight_id is not None:
            round.spotlight_id = None
            _record_act(chain, round, actor, "spotlight", {"entry": None})
            transaction.record(SpotlightMoved(round.challenge_id, round_id, None, actor))


def show_places(actor: Actor, round_id: int, places: int) -> None:
    """Set the number of ideas of the result on the big screen, from the last place up; 0 starts again.

    A second question continues the numbers: with `n` ideas, `n` + 1 shows the second question, and higher numbers its
    places.

    :raise NotClosed: while there is no result. :raise NotFound: for more ideas than the result has. :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        chain, round = locked_round(transaction, round_id)
        policy.require_facilitator(session, actor, round.challenge_id)
        if not round.is_closed:
            raise NotClosed
        shown = select(func.count()).select_from(Entry).where(Entry.round_id == round_id, Entry.shown)
        if not 0 <= places < len(round.questions) * ((session.scalar(shown) or 0) + 1):
            raise NotFound
        if places != round.places_shown:
            round.places_shown = places
            _record_act(chain, round, actor, "places", {"shown": places})
            transaction.record(PlacesShown(round.challenge_id, round_id, places, actor))


def _record_act(chain: journal.Chain, round: Round, actor: Actor, kind: str, body: journal.Body) -> None:
    seq = chain.append(kind, body, round)
    chain.act(kind, round.handle, actor, "", seq)
    chain.touch(seq, [round.handle], SHARED_LANES)
