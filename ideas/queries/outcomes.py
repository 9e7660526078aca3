"""Outcomes of a closed round: the one that counts for each entry, its history, and the ideas that still wait."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from ideas.database import alias_of
from ideas.journal import chain_of
from ideas.models import Account, Act, Decision, Entry, EntryStatus, IdeaVersion, Outcome, Round

# The ideas that get an answer: in the room at the close, or never approved. A hidden idea got its reason when it was
# hidden, and a withdrawn one was its author's decision.
ANSWERED = (EntryStatus.VISIBLE, EntryStatus.PENDING)


@dataclass(frozen=True)
class OutcomeRow:
    """An outcome of an entry: `seq` is the journal number of its act."""

    entry_id: int
    seq: int
    decision: Decision
    reason: str


@dataclass(frozen=True)
class PastOutcome:
    """An outcome with who set it and when. `by` is None if that is not known any more, or for a deleted account."""

    outcome: OutcomeRow
    at: datetime
    by: str | None


def outcomes_of(session: Session, round_id: int) -> dict[int, OutcomeRow]:
    """`{entry: the outcome that counts}`; entries without one are left out."""
    query = select(Outcome.entry_id, Outcome.seq, Outcome.decision, Outcome.reason).where(Outcome.round_id == round_id)
    return {row.entry_id: OutcomeRow(*row) for row in session.execute(query.order_by(Outcome.seq))}


def outcomes_of_entries(session: Session, entry_ids: Collection[int]) -> dict[int, OutcomeRow]:
    """`{entry: the outcome that counts}` of entries of any rounds."""
    query = select(Outcome.entry_id, Outcome.seq, Outcome.decision, Outcome.reason).where(
        Outcome.entry_id.in_(entry_ids)
    )
    return {row.entry_id: OutcomeRow(*row) for row in session.execute(query.order_by(Outcome.seq))}


def outcome_history(session: Session, round: Round) -> dict[int, list[PastOutcome]]:
    """`{entry: all its outcomes}`, the earliest first."""
    rows = session.execute(
        select(Outcome.entry_id, Outcome.seq, Outcome.decision, Outcome.reason, Act.at, Account.shown_name)
        .join_from(Outcome, Act, (Act.chain_id == chain_of(round.challenge_id)) & (Act.seq == Outcome.seq))
        .outerjoin(Account, Account.id == Act.account_id)
        .where(Outcome.round_id == round.id)
        .order_by(Outcome.seq)
    )
    found: dict[int, list[PastOutcome]] = defaultdict(list)
    for entry_id, seq, decision, reason, at, by in rows:
        found[entry_id].append(PastOutcome(OutcomeRow(entry_id, seq, decision, reason), at, by))
    return found


def last_outcome(session: Session, round_id: int) -> int:
    """The journal number of the latest act on outcomes of a round, 0 for none."""
    return session.scalar(select(func.max(Outcome.seq)).where(Outcome.round_id == round_id)) or 0


def waits_for_outcome() -> ColumnElement[bool]:
    """Whether the author of an `Entry` with its `IdeaVersion`, in a closed round, still waits for an answer.

    Of an erased idea nobody waits: its words are gone, and its author with them or by their wish. An idea that went on
    into a later round waits there.
    """
    later = alias_of(Entry, "in_later_round")
    answered = exists().where(Outcome.entry_id == Entry.id)
    went_on = exists().where(later.idea_id == Entry.idea_id, later.id > Entry.id)
    return and_(Entry.status.in_(ANSWERED), IdeaVersion.redacted_at.is_(None), ~answered, ~went_on)


def waiting_entries(session: Session, round_id: int) -> set[int]:
    """The entries of a closed round whose authors still wait."""
    query = select(Entry.id).join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    return set(session.scalars(query.where(Entry.round_id == round_id, waits_for_outcome())))


@dataclass(frozen=True)
class Waiting:
    """The ideas of a challenge whose authors still wait, and the number of the first round with any."""

    ideas: int
    round_n: int


def waiting_in(session: Session, challenge_ids: Collection[int]) -> dict[int, Waiting]:
    """`{challenge: who waits in its closed rounds}`; finished ones are left out."""
    query = (
        select(Round.challenge_id, func.count(), func.min(Round.n))
        .join(Entry, Entry.round_id == Round.id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .where(Round.challenge_id.in_(challenge_ids), Round.closed_at.is_not(None), waits_for_outcome())
        .group_by(Round.challenge_id)
    )
    return {challenge_id: Waiting(ideas, n) for challenge_id, ideas, n in session.execute(query)}
