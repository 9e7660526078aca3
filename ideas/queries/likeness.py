"""Ideas that are like a text. Only what this person may see is compared.

The texts that a room shows are kept in memory for each challenge. What was touched since the last look is read again,
so the index follows every edit, hiding and erasing, by whichever process. A restored database begins anew.
"""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal
from ideas.models import Challenge, Entry, EntryStatus, Idea, IdeaVersion, Participant, Round, StreamItem
from ideas.offload import PIECE
from ideas.similarity import HINT_SCORE, TextIndex

# The indexes of all challenges hold at most so many texts; the ones that were used last stay.
TEXTS_KEPT = 50_000

HINTS = 3


@dataclass(frozen=True)
class SimilarIdea:
    """An idea that is like a text, with how much (0 to 1)."""

    id: int
    title: str
    score: float
    is_own: bool
    is_shown: bool  # the whole room sees it


@dataclass
class _Kept:
    """The shown texts of a round up to a number of the room's lane."""

    epoch: str
    round_id: int
    seq: int = 0
    index: TextIndex = field(default_factory=TextIndex)
    lock: Lock = field(default_factory=Lock)


_kept: OrderedDict[int, _Kept] = OrderedDict()


def similar_ideas(
    session: Session, round: Round, viewer: Participant, words: tuple[str, str], but: Collection[int] = ()
) -> list[SimilarIdea]:
    """Up to `HINTS` ideas that are like a title and a text, the most alike first, without those of `but`."""
    title, text = words
    own = _own_apart(session, round, viewer)
    apart = TextIndex()
    for idea_id, (own_title, own_text) in own.items():
        apart.add(idea_id, own_title, own_text)
    index = index_of(session, round)
    found = [
        match
        for where in (index, apart)
        for match in where.similar(title, text, most=HINTS, at_least=HINT_SCORE, but=but)
    ]
    found = sorted(found, key=lambda match: -match.score)[:HINTS]
    titles = _titles(session, round, [match.key for match in found])
    return [
        SimilarIdea(match.key, title, match.score, author == viewer.id, is_shown)
        for match in found
        if match.key in titles
        for title, author, is_shown in [titles[match.key]]
    ]


def index_of(session: Session, round: Round) -> TextIndex:
    """The texts that the room shows now."""
    challenge = round.challenge
    kept = _kept.get(challenge.id)
    if kept is None or (kept.epoch, kept.round_id) != (challenge.epoch, round.id):
        kept = _kept[challenge.id] = _Kept(challenge.epoch, round.id)
    _kept.move_to_end(challenge.id)
    with kept.lock:
        # Whoever waited here may have an older picture of the database than the one before.
        if kept.seq < challenge.seq:
            _catch_up(session, round, kept, challenge)
    while len(_kept) > 1 and sum(len(one.index) for one in _kept.values()) > TEXTS_KEPT:
        _kept.popitem(last=False)
    return kept.index


def _catch_up(session: Session, round: Round, kept: _Kept, challenge: Challenge) -> None:
    # The number before the texts: what is read may be newer than it, never older.
    seq, since = challenge.seq, kept.seq
    touched = None if not since else _touched_since(session, challenge.id, since)
    shown = dict(_shown(session, round, touched)) if touched is None or touched else {}
    gone = set(kept.index.keys if touched is None else touched) - shown.keys()
    for key in gone:
        kept.index.remove(key)
    for n, (key, (title, text)) in enumerate(shown.items()):
        kept.index.add(key, title, text)
        if n % PIECE == PIECE - 1:
            time.sleep(0)  # let others run: ten thousand texts take a second or two
    kept.seq = seq


def _touched_since(session: Session, challenge_id: int, since: int) -> list[int]:
    query = select(StreamItem.handle).where(
        StreamItem.challenge_id == challenge_id,
        StreamItem.lane == journal.ROOM,
        StreamItem.seq > since,
        StreamItem.handle.like("idea-%"),
    )
    return [int(handle.removeprefix("idea-")) for handle in session.scalars(query)]


def _shown(session: Session, round: Round, ids: list[int] | None) -> Iterable[tuple[int, tuple[str, str]]]:
    query = (
        select(Entry.idea_id, IdeaVersion.title, IdeaVersion.text)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Entry.shown, IdeaVersion.redacted_at.is_(None))
    )
    if ids is not None:
        query = query.where(Entry.idea_id.in_(ids))
    for idea_id, title, text in session.execute(query.order_by(Entry.idea_id)).all():
        yield idea_id, (title, text)


def _own_apart(session: Session, round: Round, viewer: Participant) -> dict[int, tuple[str, str]]:
    """The viewer's ideas that the room does not show (yet)."""
    query = (
        select(Entry.idea_id, IdeaVersion.title, IdeaVersion.text)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Idea.author_id == viewer.id, ~Entry.shown, IdeaVersion.redacted_at.is_(None))
        .where(Entry.status.in_((EntryStatus.VISIBLE, EntryStatus.PENDING)))
    )
    return {idea_id: (title, text) for idea_id, title, text in session.execute(query)}


def _titles(session: Session, round: Round, ids: list[int]) -> dict[int, tuple[str, int, bool]]:
    """`{idea: (title, author, whether the room sees it)}` as they are now."""
    if not ids:
        return {}
    query = (
        select(Entry.idea_id, IdeaVersion.title, Idea.author_id, Entry.shown)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Entry.idea_id.in_(ids))
    )
    return {idea_id: (title, author, shown) for idea_id, title, author, shown in session.execute(query)}
