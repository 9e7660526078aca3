"""Ideas that are like a text. Only what this person may see is compared, and in a silent phase only what they wrote.

The texts that a room shows are kept in memory for each challenge. Ideas that were touched since the last look are read
again, so the index follows every edit, hiding and erasing, by whichever process. An index that nobody asks is forgotten
after `KEPT_SECONDS`: another process may have erased its texts or deleted its challenge. A restored database begins
anew.
"""

import random
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.events import ChallengeDeleted, subscribe
from ideas.models import Challenge, Entry, EntryStatus, Idea, IdeaVersion, Participant, Round, StreamItem
from ideas.offload import in_pieces
from ideas.similarity import HINT_SCORE, TextIndex
from ideas.statements import one_of

# The indexes of so many challenges are kept, with at most so many texts; the ones that were used last stay.
CHALLENGES_KEPT, TEXTS_KEPT = 200, 50_000

# An index stays so long after the latest question to it.
KEPT_SECONDS = 600.0

HINTS = 3

# Ideas far from one's own: so many, drawn from so many that are compared with each other. So many of one's own latest
# ideas are looked at, and the far ones are this share of the others that is least like them.
FAR, DRAWN, OWN_LOOKED_AT, FAR_SHARE = 3, 12, 5, 0.5

# For somebody who looks for an idea that says the same: so many, from this likeness on.
ALIKE, ALIKE_SCORE = 5, 0.15


@dataclass(frozen=True)
class SimilarIdea:
    """An idea that is like a text, with how much (0 to 1)."""

    id: int
    title: str
    score: float
    is_own: bool


@dataclass
class _Kept:
    """The shown texts of a round up to a number of the room's lane."""

    epoch: str
    round_id: int
    seq: int = 0
    index: TextIndex = field(default_factory=TextIndex)
    lock: Lock = field(default_factory=Lock)
    used_at: float = 0.0  # monotonic seconds


_kept: OrderedDict[int, _Kept] = OrderedDict()


def alike_among_shown(session: Session, round: Round, words: tuple[str, str], but: Collection[int]) -> list[int]:
    """Up to `ALIKE` ideas of the room that are like a title and a text, the most alike first, without `but`."""
    found = index_of(session, round).similar(*words, most=ALIKE, at_least=ALIKE_SCORE, but=but)
    return [match.key for match in found]


def similar_ideas(
    session: Session,
    round: Round,
    viewer: Participant,
    words: tuple[str, str],
    but: Collection[int] = (),
    *,
    most: int = HINTS,
    at_least: float = HINT_SCORE,
) -> list[SimilarIdea]:
    """Up to `most` ideas that are like a title and a text, the most alike first, without those of `but`."""
    title, text = words
    is_silent = policy.writes_sealed(round)
    own = TextIndex()
    for idea_id, (own_title, own_text) in _own_texts(session, round, viewer, with_shown=is_silent).items():
        own.add(idea_id, own_title, own_text)
    found = [
        match
        for where in ((own,) if is_silent else (index_of(session, round), own))
        for match in where.similar(title, text, most=most, at_least=at_least, but=but)
    ]
    found = sorted(found, key=lambda match: -match.score)[:most]
    titles = _titles(session, round, viewer, [match.key for match in found])
    return [
        SimilarIdea(match.key, title, match.score, author == viewer.id)
        for match in found
        if match.key in titles
        for title, author in [titles[match.key]]
    ]


def far_ideas(session: Session, round: Round, viewer: Participant, lot: random.Random) -> list[int]:
    """Up to `FAR` ideas of others that the room shows, far from the viewer's own and from each other, by their words.

    They are drawn by lot, whatever anybody thinks of them; without own ideas among all. There are none while everybody
    writes alone.
    """
    if policy.writes_sealed(round):
        return []
    index, own = index_of(session, round), _own_texts(session, round, viewer, with_shown=True)
    others = [key for key in index.keys if key not in own]
    lot.shuffle(others)
    near: dict[int, float] = {}
    for title, text in [*own.values()][-OWN_LOOKED_AT:]:
        for match in index.similar(title, text, most=len(others), but=own.keys()):
            near[match.key] = max(near.get(match.key, 0.0), match.score)
    others.sort(key=lambda key: near.get(key, 0.0))
    far = others[: max(FAR, int(len(others) * FAR_SHARE))] if own else others
    drawn = lot.sample(far, min(DRAWN, len(far)))
    texts = dict(_shown(session, round, drawn)) if drawn else {}
    return _apart(index, {key: texts[key] for key in drawn if key in texts})


def _apart(index: TextIndex, texts: dict[int, tuple[str, str]]) -> list[int]:
    """Up to `FAR` of these texts: each next one is least like those before it."""
    found: list[int] = []
    likest = dict.fromkeys(texts, 0.0)  # how like the likest one of `found` is
    while likest and len(found) < FAR:
        key = min(likest, key=lambda each: likest[each])
        found.append(key)
        del likest[key]
        title, text = texts[key]
        alike = {match.key: match.score for match in index.similar(title, text, most=len(index.keys), but=(key,))}
        likest = {other: max(score, alike.get(other, 0.0)) for other, score in likest.items()}
    return found


def index_of(session: Session, round: Round) -> TextIndex:
    """The texts that the room shows now."""
    challenge = round.challenge
    kept = _kept.get(challenge.id)
    if kept is None or (kept.epoch, kept.round_id) != (challenge.epoch, round.id):
        kept = _kept[challenge.id] = _Kept(challenge.epoch, round.id)
    kept.used_at = time.monotonic()
    _kept.move_to_end(challenge.id)
    with kept.lock:
        # A request that waited here may see an older state of the database than the one before it.
        if kept.seq < challenge.seq:
            _catch_up(session, round, kept, challenge)
    _make_room()
    return kept.index


def _make_room() -> None:
    while len(_kept) > CHALLENGES_KEPT or (len(_kept) > 1 and _texts_kept() > TEXTS_KEPT):
        _kept.popitem(last=False)


def forget_unused() -> None:
    """Forget the indexes that nobody asked for a while. The one that was asked last is the last one."""
    before = time.monotonic() - KEPT_SECONDS
    while _kept and next(iter(_kept.values())).used_at < before:
        _kept.popitem(last=False)


def _texts_kept() -> int:
    return sum(len(one.index) for one in _kept.values())


def _forget(event: ChallengeDeleted) -> None:
    _kept.pop(event.challenge_id, None)


subscribe(ChallengeDeleted, _forget)


def _catch_up(session: Session, round: Round, kept: _Kept, challenge: Challenge) -> None:
    # The number is read before the texts, so they may be newer than it, never older.
    seq, since = challenge.seq, kept.seq
    touched = None if not since else _touched_since(session, challenge.id, since)
    shown = dict(_shown(session, round, touched)) if touched is None or touched else {}
    gone = set(kept.index.keys if touched is None else touched) - shown.keys()
    for key in gone:
        kept.index.remove(key)
    for key, (title, text) in in_pieces(shown.items()):  # ten thousand texts take a second or two
        kept.index.add(key, title, text)
    kept.seq = seq


def _touched_since(session: Session, challenge_id: int, since: int) -> list[int]:
    query = select(StreamItem.handle).where(
        StreamItem.chain_id == journal.chain_of(challenge_id),
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
        query = query.where(one_of(session, Entry.idea_id, ids))
    for idea_id, title, text in session.execute(query.order_by(Entry.idea_id)).all():
        yield idea_id, (title, text)


def _own_texts(session: Session, round: Round, viewer: Participant, *, with_shown: bool) -> dict[int, tuple[str, str]]:
    """The viewer's ideas that the room does not show (yet), or all of them."""
    query = (
        select(Entry.idea_id, IdeaVersion.title, IdeaVersion.text)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Idea.author_id == viewer.id, IdeaVersion.redacted_at.is_(None))
        .where(Entry.status.in_((EntryStatus.VISIBLE, EntryStatus.PENDING)))
    )
    if not with_shown:
        query = query.where(~Entry.shown)
    return {idea_id: (title, text) for idea_id, title, text in session.execute(query)}


def _titles(session: Session, round: Round, viewer: Participant, ids: list[int]) -> dict[int, tuple[str, int]]:
    """`{idea: (title, author)}` as they are now, without those that were hidden or erased since they were compared."""
    if not ids:
        return {}
    query = (
        select(Entry.idea_id, IdeaVersion.title, Idea.author_id)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Entry.round_id == round.id, Entry.idea_id.in_(ids), IdeaVersion.redacted_at.is_(None))
        .where(or_(Entry.shown, Idea.author_id == viewer.id))
    )
    return {idea_id: (title, author) for idea_id, title, author in session.execute(query)}
