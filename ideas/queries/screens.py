"""Data of a hall's big screen beyond the figures of its room. No sealed ideas, and no tally before the close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import journal
from ideas.models import Argument, Entry, EntryStatus, JournalEntry, Reveal, Round, Turn
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows, is_debated

DIGITS = 16  # of a head: enough to distinguish two histories, and short enough to write down


@dataclass(frozen=True)
class Head:
    """The head of a journal at some time: the number of an entry and its link."""

    seq: int
    h: bytes

    @property
    def digits(self) -> str:
        """Its first 16 hex digits in groups of four."""
        digits = self.h.hex()[:DIGITS]
        return " ".join(digits[at : at + 4] for at in range(0, DIGITS, 4))


def head_of(session: Session, round: Round) -> Head | None:
    """The journal's head at the publication, in the lobby; at the start, during the first phase; and at the close, once
    there is a result.

    It stays the same during that time, so a photograph from any minute shows it. In between it is None.
    """
    if not round.is_closed and round.position > 0:
        return None
    kind = "result" if round.is_closed else "open" if round.is_in_lobby else "phase"
    found = session.execute(
        select(JournalEntry.seq, JournalEntry.h)
        .filter_by(chain_id=round.challenge.chain_id, round_id=round.id, kind=kind)
        .order_by(JournalEntry.seq)
        .limit(1)
    ).first()
    return Head(*found) if found else None


def latest_argument(session: Session, round: Round, *, in_turns: bool = False) -> ArgumentRow | None:
    """The latest visible argument on an idea that the room sees; `in_turns`: of those of a discussion in turns."""
    latest = (
        select(func.max(Argument.id))
        .join(Entry, Entry.idea_id == Argument.idea_id)
        .where(
            Entry.round_id == round.id,
            is_debated(),
            Argument.status == EntryStatus.VISIBLE,
            Argument.redacted_at.is_(None),
            Argument.reply_to_id.is_(None),
        )
    )
    if in_turns:
        latest = latest.join(Turn, Turn.argument_id == Argument.id)
    rows = argument_rows(session, round, ids=[i for i in session.scalars(latest) if i is not None])
    return rows[0] if rows else None


def revealed_at(session: Session, round: Round) -> datetime | None:
    """The time of the latest reveal."""
    return session.scalar(select(func.max(Reveal.at)).filter_by(round_id=round.id))


def wall_of(round: Round, ideas: Sequence[IdeaRow], revealed: datetime | None, most: int) -> list[IdeaRow]:
    """At most `most` of `ideas` for a wall of cards. Ideas that were revealed together are shuffled, so that none is
    first.

    Later ideas follow in the order of their arrival. On a full wall a later idea replaces one card; the others stay.
    """
    together = [row for row in ideas if revealed is not None and row.written_at <= revealed]
    together.sort(key=lambda row: journal.shuffle_key(round.key, row.id))
    later = sorted((row for row in ideas if revealed is None or row.written_at > revealed), key=lambda row: row.id)
    wall: dict[int, IdeaRow] = {}
    for n, row in enumerate([*together, *later]):
        wall[n % most] = row
    return [wall[place] for place in sorted(wall)]
