"""How a live ranking stands, for everybody inside: drawn anew at most every few seconds, and once for all of them."""

from dataclasses import dataclass
from threading import Lock
from time import monotonic

from flask import render_template
from flask_babel import get_locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.pages.results import section_of
from ideas import journal, policy
from ideas.errors import NotClosed
from ideas.models import Challenge, Round, StreamItem
from ideas.queries.rankings import live_ranking_of

# No mark shows sooner than this, so that a room of 1,000 costs one count in as many seconds and not 1,000.
PAUSE_SECONDS = 4.0

# Of each question; the whole is in the result.
PLACES_SHOWN = 15


@dataclass(frozen=True)
class _Drawn:
    seen: int
    at: float
    html: str


_drawn: dict[tuple[str, str, int, str], _Drawn] = {}
_lock = Lock()


def live_ranking_part(session: Session, challenge: Challenge, round: Round) -> str:
    """The part of a page that shows the running standings.

    :raise NotClosed: where counts are sealed, which is everywhere but in a live ranking.
    """
    if round.is_closed or not policy.sees_counts(round):
        raise NotClosed
    key = (str(session.get_bind().engine.url), challenge.epoch, round.id, str(get_locale()))
    seen = _last_change(session, challenge)
    with _lock:
        found = _drawn.get(key)
    if found is None or found.seen != seen or monotonic() - found.at > PAUSE_SECONDS:
        sections = [section_of(live_ranking_of(session, round, question.id)) for question in round.questions]
        voted = sections[0].turnout_said
        html = render_template(
            "results/ranking.html", challenge=challenge, sections=sections, shown=PLACES_SHOWN, voted=voted
        )
        found = _Drawn(seen, monotonic(), html)
        with _lock:
            _drawn[key] = found
            _forget()
    return found.html


def _forget() -> None:
    """Drop what is too old to be shown again."""
    for key in [key for key, drawn in _drawn.items() if monotonic() - drawn.at > PAUSE_SECONDS]:
        del _drawn[key]


def _last_change(session: Session, challenge: Challenge) -> int:
    """The number of the last change that the room heard of, marks apart: what was hidden since is not shown again."""
    query = select(func.max(StreamItem.seq)).where(
        StreamItem.chain_id == challenge.chain_id, StreamItem.lane == journal.ROOM, StreamItem.handle != "figures"
    )
    return session.scalar(query) or 0
