"""What a hall's big screen shows besides the figures of its room: nothing sealed, and no tally before the close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.models import STAND_INS, Argument, Entry, EntryStatus, Idea, JournalEntry, Participant, Reveal, Round
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows

DIGITS = 16  # of a head: enough to tell two histories apart, short enough to write down


@dataclass(frozen=True)
class Head:
    """Where a journal stood: the number of an entry and its link."""

    seq: int
    h: bytes

    @property
    def digits(self) -> str:
        """Its first 16 hex digits in groups of four."""
        digits = self.h.hex()[:DIGITS]
        return " ".join(digits[at : at + 4] for at in range(0, DIGITS, 4))


def head_of(session: Session, round: Round) -> Head | None:
    """The journal's head at the opening, while the first phase runs, and at the close, once there is a result.

    It stays the same all the while, so that a photograph of any minute of it will do. None in between.
    """
    if not round.is_closed and round.position > 0:
        return None
    kind = "result" if round.is_closed else "open"
    found = session.execute(
        select(JournalEntry.seq, JournalEntry.h)
        .filter_by(challenge_id=round.challenge_id, round_id=round.id, kind=kind)
        .order_by(JournalEntry.seq.desc())
        .limit(1)
    ).first()
    return Head(*found) if found else None


def writers_of(session: Session, round: Round) -> int:
    """How many people have an idea in a round, sealed ones included; only ever told as a number."""
    return (
        session.scalar(
            select(func.count(Idea.author_id.distinct()))
            .select_from(Entry)
            .join(Idea, Idea.id == Entry.idea_id)
            .join(Participant, Participant.id == Idea.author_id)
            .where(
                Entry.round_id == round.id,
                Entry.status.in_(policy.EDITABLE),
                Participant.tier.not_in(STAND_INS),
                Participant.barred_at.is_(None),
            )
        )
        or 0
    )


def latest_argument(session: Session, round: Round) -> ArgumentRow | None:
    """What was said last on an idea that the room sees."""
    latest = (
        select(func.max(Argument.id))
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(
            Entry.round_id == round.id,
            Entry.shown,
            Argument.status == EntryStatus.VISIBLE,
            Argument.redacted_at.is_(None),
        )
    )
    rows = argument_rows(session, round, ids=[i for i in session.scalars(latest) if i is not None])
    return rows[0] if rows else None


def revealed_at(session: Session, round: Round) -> datetime | None:
    """When hidden ideas became visible last."""
    return session.scalar(select(func.max(Reveal.at)).filter_by(round_id=round.id))


def wall_of(round: Round, ideas: Sequence[IdeaRow], revealed: datetime | None, most: int) -> list[IdeaRow]:
    """At most `most` of `ideas` for a wall of cards: those revealed together shuffled, so that none is first.

    What came after the reveal follows as it came. On a full wall it takes the place of one card; the others stay.
    """
    together = [row for row in ideas if revealed is not None and row.written_at <= revealed]
    together.sort(key=lambda row: journal.shuffle_key(round.key, row.id))
    later = sorted((row for row in ideas if revealed is None or row.written_at > revealed), key=lambda row: row.id)
    wall: dict[int, IdeaRow] = {}
    for n, row in enumerate([*together, *later]):
        wall[n % most] = row
    return [wall[place] for place in sorted(wall)]
