"""Mechanics of marks: a cast, the rows of its marks, and the tallies that move with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ideas import journal
from ideas.database import insertion
from ideas.models import Mark, Participant, Round, Tally
from ideas.voting.rules import Pair, Subject


@dataclass(frozen=True)
class Cast:
    """One command: a participant's marks on subjects of one question.

    `op` is unique per participant; `client` and `n` order the casts of one page load (TRUST: protocol).
    `marks` maps entry ids, or pairs of them with the lower first, to values of the question's rule.
    `blanks` is set for the form of a whole ballot: the subjects whose fields have no value, and 0 in `marks`. Only the
    fields that change a ballot count as marks.
    """

    participant_id: int
    round_id: int
    op: str
    client: str
    n: int
    marks: Mapping[Subject, int]
    question_id: int | None = None
    blanks: frozenset[Subject] | None = None


@dataclass(slots=True)
class LatestMark:
    """A mark in the form of its future row; see `ideas.models.Mark`."""

    question_id: int
    participant_id: int
    subject: int
    versus: int
    value: int
    seq: int
    client: str
    n: int
    at: datetime

    @property
    def key(self) -> Pair:
        return self.subject, self.versus


# (question, subject, versus, value)
TallyKey = tuple[int, int, int, int]


def mark_body(round: Round, participant: Participant, question_id: int, cast: Cast) -> journal.Body:
    """The journal's body of a cast: no time, no address, no name.

    `m` holds `[entry, value]`, for pairs `[lower, higher, value]`.
    """
    marks = cast.marks
    return {
        "p": journal.pseudonym(round.key, participant.secret),
        "q": question_id,
        "m": sorted([s, v] if isinstance(s, int) else [*s, v] for s, v in marks.items()),
        "c": cast.client,
        "n": cast.n,
        "t": str(participant.tier),
    }


# The columns of a mark.
COLUMNS = ("question_id", "participant_id", "subject", "versus", "value", "seq", "client", "n", "at")


def store_marks(session: Session, marks: Iterable[LatestMark]) -> None:
    """Insert marks or replace the previous ones."""
    rows = [{c: getattr(mark, c) for c in COLUMNS} for mark in marks]
    if not rows:
        return
    session.execute(insertion(Mark, replacing=("value", "seq", "client", "n", "at")), rows)


def store_tallies(session: Session, changes: Mapping[TallyKey, int]) -> None:
    """Move the counters: `{(question, subject, versus, value): difference}`."""
    rows = [
        {"question_id": question, "subject": subject, "versus": versus, "value": value, "n": difference}
        for (question, subject, versus, value), difference in changes.items()
        if difference
    ]
    if not rows:
        return
    session.execute(insertion(Tally, adding=("n",)), rows)
