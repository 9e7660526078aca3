"""Mechanics of the exposure ledger: reads per entry, and merging the exposures of two participants of one person, or of
two entries that were merged.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock
from ideas.database import insertion
from ideas.models import Exposure, Question, Reads
from ideas.queries.ballots import exposed_to
from ideas.statements import SQLITE, at_once
from ideas.voting.rules import Pair


def lock_ledger(session: Session, question_ids: Iterable[int]) -> None:
    """Lock the ledger of these questions for the rest of the transaction.

    Every change of deals and reads takes this lock first, after that of the challenge if it takes both. A deal takes
    no lock of a challenge. SQLite has a single writer. Marks refer to the row of their question and do not wait
    (FOR NO KEY UPDATE).
    """
    if session.get_bind().dialect.name != SQLITE:
        rows = select(Question.id).where(Question.id.in_([*question_ids])).order_by(Question.id)
        session.execute(rows.with_for_update(key_share=True))


def move_reads(session: Session, question_id: int, changes: Mapping[int, int]) -> None:
    """Change the counters of reads: `{entry: difference}`."""
    rows = [{"question_id": question_id, "entry_id": entry, "n": n} for entry, n in changes.items() if n]
    if rows:
        session.execute(insertion(Reads, adding=("n",)), rows)


def combine_exposures(session: Session, question_id: int, guest_id: int, staying_id: int) -> None:
    """Merge the exposures of two participants. A subject that was dealt to both counts as one read."""
    of_guest, of_staying = (exposed_to(session, question_id, p) for p in (guest_id, staying_id))
    ledger = (Exposure.question_id == question_id) & (Exposure.participant_id == guest_id)
    twice = set(of_guest).intersection(of_staying)
    for subject, versus in twice:
        session.execute(delete(Exposure).where(ledger, Exposure.subject == subject, Exposure.versus == versus))
    move_reads(session, question_id, Counter({e: -n for e, n in _entries(twice).items()}))
    moved = {"participant_id": staying_id, "turn": Exposure.turn + len(of_staying)}
    session.execute(update(Exposure).where(ledger).values(moved))


def deal_in_place(session: Session, question_id: int, gone: int, into: int) -> None:
    """Deal the entry that stays to everybody to whom the merged one was dealt, at the same turn: it lies in the same
    decks and nobody is dealt it once more. Its reads are then those of the people to whom one of the two was dealt.
    """
    known = {(row.participant_id, _key(row)) for row in _dealt(session, question_id, into)}
    rows = []
    for row in _dealt(session, question_id, gone):
        key = _in_place(row, gone, into)
        if key and (row.participant_id, key) not in known:
            known.add((row.participant_id, key))
            rows.append((question_id, row.participant_id, *key, row.turn, clock.to_ms(row.dealt_at)))
    with at_once(session) as statements:
        statements.insert(Exposure, rows)
    move_reads(session, question_id, {into: len(rows)})


def take_back_deals(session: Session, question_id: int, gone: int, above: Iterable[int]) -> None:
    """Undo `deal_in_place` in the entries that stood for one, when its merge ends."""
    dealt = _dealt(session, question_id, gone)
    for entry in above:
        added = {(row.participant_id, row.turn, _in_place(row, gone, entry)) for row in dealt}
        rows = [r for r in _dealt(session, question_id, entry) if (r.participant_id, r.turn, _key(r)) in added]
        for row in rows:
            session.delete(row)
        move_reads(session, question_id, {entry: -len(rows)})
    session.flush()


def _in_place(row: Exposure, gone: int, into: int) -> Pair | None:
    """The subject of a deal with the entry that stays in the place of the merged one; None between the two."""
    if not row.versus:
        return into, 0
    other = row.versus if row.subject == gone else row.subject
    return None if other == into else (min(into, other), max(into, other))


def _dealt(session: Session, question_id: int, entry: int) -> Sequence[Exposure]:
    of = or_(Exposure.subject == entry, Exposure.versus == entry)
    return session.scalars(select(Exposure).where(Exposure.question_id == question_id, of)).all()


def _key(row: Exposure) -> Pair:
    return row.subject, row.versus


def _entries(keys: Iterable[Pair]) -> Counter[int]:
    return Counter(entry for key in keys for entry in key if entry)
