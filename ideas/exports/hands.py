"""Shows of hands as rows: separate from marks in every format, since nobody can recount a hall."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ideas.errors import NotClosed
from ideas.models import Entry, EntryStatus, Round
from ideas.queries.hands import frozen_hands

HANDS = ("entry", "idea", "title", "value", "n", "question")

WHAT_THEY_ARE = (
    "How many hands went up in the hall for a value (1 yes, -1 no; by other rules than approval "
    "1 alone, for the idea), as a facilitator counted them. They are in no tally, no ranking and no turnout, and "
    "cannot be recounted."
)


@dataclass(frozen=True)
class ExportedHands:
    """One count: the number of hands for a value on an entry, on one question."""

    entry: int
    idea: int
    title: str
    value: int
    n: int
    question: int

    @property
    def cells(self) -> tuple[int, int, str, int, int, int]:
        return self.entry, self.idea, self.title, self.value, self.n, self.question


def exported_hands(session: Session, round: Round) -> list[ExportedHands]:
    """Every frozen count, without the words of withdrawn ideas.

    :raise NotClosed: while the round is open.
    """
    if not round.is_closed:
        raise NotClosed
    counted = frozen_hands(session, round)
    entries = {entry_id: session.get_one(Entry, entry_id) for hands in counted.values() for entry_id in hands}
    return [
        ExportedHands(entry_id, entries[entry_id].idea_id, _title(entries[entry_id]), value, n, question_id)
        for question_id, hands in counted.items()
        for entry_id, values in hands.items()
        for value, n in values.items()
    ]


def _title(entry: Entry) -> str:
    return "" if entry.status == EntryStatus.WITHDRAWN else entry.version.title
