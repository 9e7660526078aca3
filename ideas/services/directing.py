"""What a facilitator directs for every screen at once: a message, an idea in focus, locked writing, the places."""

from sqlalchemy import func, select

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import require, write
from ideas.entries import entry_of
from ideas.errors import NotClosed, NotFound
from ideas.events import NoticeChanged, PlacesShown, SpotlightMoved, WritingLocked, WritingUnlocked
from ideas.models import Entry, Idea, Round
from ideas.round_lock import SHARED_LANES, facilitated_round, locked_round
from ideas.texts import cleaned

NOTICE_MAX = 280  # characters: it has to be read from the back row


def say_to_all(actor: Actor, round_id: int, text: str) -> None:
    """Put a message on every screen; an empty one takes it away.

    :raise Invalid: `{"text": …}`. :raise RoundIsClosed: :raise Forbidden:
    """
    text = cleaned("text", text, NOTICE_MAX)
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        if text != round.notice:
            round.notice, round.notice_at = text, clock.now() if text else None
            _tell(chain, round, actor, "notice", {"said": int(bool(text))})
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
            _tell(chain, round, actor, "lock", {"locked": int(is_locked)})
            kind = WritingLocked if is_locked else WritingUnlocked
            transaction.record(kind(round.challenge_id, round_id, actor))


def focus_on(actor: Actor, round_id: int, idea_id: int) -> None:
    """Have every screen scroll to one idea that the room sees.

    :raise NotFound: for one that it does not. :raise RoundIsClosed: :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_round(transaction, actor, round_id)
        idea = require(session, Idea, idea_id)
        entry = entry_of(session, round, idea)
        if not entry.shown:
            raise NotFound
        round.spotlight_id = idea.id
        _tell(chain, round, actor, "focus", {"entry": entry.id})
        transaction.record(SpotlightMoved(round.challenge_id, round_id, idea.id, actor))


def release_focus(actor: Actor, round_id: int) -> None:
    """Let everybody look where they like. :raise RoundIsClosed: :raise Forbidden:"""
    with write() as transaction:
        chain, round = facilitated_round(transaction, actor, round_id)
        if round.spotlight_id is not None:
            round.spotlight_id = None
            _tell(chain, round, actor, "focus", {"entry": None})
            transaction.record(SpotlightMoved(round.challenge_id, round_id, None, actor))


def show_places(actor: Actor, round_id: int, places: int) -> None:
    """How many ideas of the result the big screen shows, from the last place up; 0 begins anew.

    A further question's numbers follow: of `n` ideas, `n` + 1 shows what the second one asks, what is above its places.

    :raise NotClosed: while there is no result. :raise NotFound: for more than it has. :raise Forbidden:
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
            _tell(chain, round, actor, "places", {"shown": places})
            transaction.record(PlacesShown(round.challenge_id, round_id, places, actor))


def _tell(chain: journal.Chain, round: Round, actor: Actor, kind: str, body: journal.Body) -> None:
    seq = chain.append(kind, body, round)
    chain.act(kind, round.handle, actor, "", seq)
    chain.touch(seq, [round.handle], SHARED_LANES)
