"""Flagged texts that wait for a moderator, and the flags of one person.

`flagged_texts` is the list for moderators. The queue shows its rows beside ideas that wait for approval, with two acts:

- keep: `queue.approve_texts` with `ChosenText(row.handle, row.version, row.until)`;
- hide with a reason: `queue.reject_texts`. This upholds the flags. `row.is_merged`: the idea is part of another one and
  can't be hidden until it is separated.

`queue.undo_act` takes either back, and the flags wait again.

After each flag and each decision the facilitators' lane names the handle of the text, so a part of the console with
`on="content"` is drawn anew. While `challenge.flags` is 0 there was no flag ever, and `flagged_texts` asks nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from ideas.database import alias_of
from ideas.models import (
    Argument,
    Entry,
    EntryStatus,
    Flag,
    FlagKind,
    FlagState,
    Idea,
    IdeaVersion,
    Participant,
    Round,
)
from ideas.queries.ideas import is_debated
from ideas.voting.flags import is_doubtful, weight_of

# Words of flags that a list shows for each text.
WORDS_SHOWN = 10


@dataclass(frozen=True)
class FlaggedText:
    """A text with open flags, without anything about who gave them.

    `kinds` counts the flags by kind. `words` are typed by the flags' authors, at most `WORDS_SHOWN`, in the order of
    the alphabet; `more_words` are those beyond. `doubtful` flags come from people whose flags were often rejected, so
    they count less in `weight` (`ideas.voting.flags`). `earlier` flags are about words that the author has changed.
    """

    handle: str
    idea_id: int  # of the idea, or of the one that the argument is on
    argument_id: int | None
    title: str  # of the idea
    text: str  # of the idea or the argument
    version: int  # of the idea; 0 of an argument
    is_merged: bool  # the idea was merged into another one
    language: str  # of the challenge
    flags: int
    doubtful: int
    weight: float
    earlier: int
    until: int  # the highest id of its flags
    kinds: dict[FlagKind, int] = field(hash=False)
    words: tuple[str, ...] = ()
    more_words: int = 0

    @property
    def is_argument(self) -> bool:
        return self.argument_id is not None


def flagged_texts(session: Session, round: Round) -> list[FlaggedText]:
    """The texts of a round that wait with open flags, the heaviest first, then the one that was flagged first.

    Two statements for any number of texts and flags, or none where nothing was ever flagged; none after the close.
    """
    if round.is_closed or not round.challenge.flags:
        return []
    doubts = _rejected_of(session, round)
    by_text: dict[tuple[int | None, int | None], list[Row[Any]]] = {}
    for row in session.execute(_waiting(round)):
        by_text.setdefault((row.idea_id, row.argument_id), []).append(row)
    found = [_text(rows, doubts, round.challenge.language) for rows in by_text.values()]
    return sorted(found, key=lambda text: -text.weight)


def flagged_count(session: Session, round: Round) -> int:
    """The number of texts that wait with open flags."""
    if round.is_closed or not round.challenge.flags:
        return 0
    texts = _waiting(round).with_only_columns(Flag.idea_id, Flag.argument_id).order_by(None).distinct().subquery()
    return session.scalar(select(func.count()).select_from(texts)) or 0


def waits(session: Session, round: Round, text: Idea | Argument) -> bool:
    """Whether a text waits with open flags."""
    of = Flag.idea_id == text.id if isinstance(text, Idea) else Flag.argument_id == text.id
    query = _waiting(round).with_only_columns(Flag.id).order_by(None).where(of)
    return session.scalar(query.limit(1)) is not None


def _waiting(round: Round) -> Select[Any]:
    return waiting_flags(Entry.round_id == round.id)


def waiting_flags(of: ColumnElement[bool]) -> Select[Any]:
    """The open flags of texts that the room sees, the first one first. `of` is a condition on the round of `Entry`.

    Those of removed people stay: a number that falls when somebody is removed would tell who gave the flag.
    """
    return (
        select(
            Flag.id,
            Flag.idea_id,
            Flag.argument_id,
            Flag.participant_id,
            Flag.version,
            Flag.kind,
            Flag.words,
            Entry.idea_id.label("on"),
            Entry.status,
            IdeaVersion.title,
            IdeaVersion.text,
            IdeaVersion.n,
            Argument.text.label("said"),
        )
        .join(Argument, Argument.id == Flag.argument_id, isouter=True)
        .join(Entry, Entry.idea_id == func.coalesce(Flag.idea_id, Argument.idea_id))
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(of, Flag.state == FlagState.OPEN, is_debated())
        .where(
            or_(
                and_(Flag.idea_id.is_not(None), IdeaVersion.redacted_at.is_(None)),
                and_(Argument.status == EntryStatus.VISIBLE, Argument.redacted_at.is_(None)),
            )
        )
        .order_by(Flag.id)
    )


def _rejected_of(session: Session, round: Round) -> dict[int, int]:
    """`{participant: the number of their rejected flags in the challenge}`, of those who have open ones."""
    mine, rounds = alias_of(Flag, "mine"), select(Round.id).where(Round.challenge_id == round.challenge_id)
    has_open = select(mine.id).where(mine.participant_id == Flag.participant_id, mine.state == FlagState.OPEN)
    query = select(Flag.participant_id, func.count()).where(Flag.round_id.in_(rounds), has_open.exists())
    query = query.where(Flag.state == FlagState.REJECTED).group_by(Flag.participant_id)
    return dict(session.execute(query).tuples().all())


def _text(rows: Sequence[Row[Any]], rejected: dict[int, int], language: str) -> FlaggedText:
    first, until = rows[0], max(row.id for row in rows)
    # One person may have flagged an earlier version, too.
    rows = [*{row.participant_id: row for row in rows}.values()]
    is_idea = first.idea_id is not None
    doubts = [rejected.get(row.participant_id, 0) for row in rows]
    words = sorted({row.words for row in rows if row.words})
    return FlaggedText(
        handle=f"idea-{first.idea_id}" if is_idea else f"argument-{first.argument_id}",
        idea_id=first.on,
        argument_id=first.argument_id,
        title=first.title,
        text=first.text if is_idea else first.said,
        version=first.n if is_idea else 0,
        is_merged=is_idea and first.status == EntryStatus.MERGED,
        language=language,
        flags=len(rows),
        doubtful=sum(map(is_doubtful, doubts)),
        weight=weight_of(doubts),
        earlier=sum(row.version != first.n for row in rows) if is_idea else 0,
        until=until,
        kinds=dict(Counter(row.kind for row in rows).most_common()),
        words=tuple(words[:WORDS_SHOWN]),
        more_words=max(0, len(words) - WORDS_SHOWN),
    )


@dataclass(frozen=True)
class OwnFlags:
    """The texts on the page of an idea that one person has flagged, and whether a moderator may still decide."""

    idea: bool = False  # the idea itself
    arguments: frozenset[int] = frozenset()

    @property
    def handles(self) -> list[str]:
        return [f"argument-{key}" for key in sorted(self.arguments)]


def own_flags_on(session: Session, participant: Participant, idea_id: int) -> OwnFlags:
    """The open flags of one person on an idea and the arguments on it. Only that person may see them."""
    query = (
        select(Flag.idea_id, Flag.argument_id)
        .join(Argument, Argument.id == Flag.argument_id, isouter=True)
        .where(Flag.participant_id == participant.id, Flag.state == FlagState.OPEN)
        .where(or_(Flag.idea_id == idea_id, Argument.idea_id == idea_id))
    )
    rows = session.execute(query).all()
    is_idea = any(row.idea_id is not None for row in rows)
    return OwnFlags(is_idea, frozenset(row.argument_id for row in rows if row.argument_id is not None))


def has_open_flag(session: Session, participant: Participant, text: Idea | Argument) -> bool:
    """Whether one person's flag of a text waits."""
    of = {"idea_id": text.id} if isinstance(text, Idea) else {"argument_id": text.id}
    query = select(Flag.id).filter_by(participant_id=participant.id, state=FlagState.OPEN, **of)
    return session.scalar(query.limit(1)) is not None
