"""Mechanics of the exposure ledger: reads per entry, and merging the exposures of two participants of one person."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from ideas.database import insertion
from ideas.models import Exposure, Reads
from ideas.queries.ballots import exposed_to
from ideas.voting.rules import Pair


def move_reads(session: Session, question_id: int, changes: Mapping[int, int]) -> None:
    """Change the counters of reads: `{entry: difference}`."""
    rows = [{"question_id": question_id, "entry_id": entry, "n": n} for entry, n in changes.items()]
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


def _entries(keys: Iterable[Pair]) -> Counter[int]:
    return Counter(entry for key in keys for entry in key if entry)
