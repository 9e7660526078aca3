"""Mechanics of marks: a cast, the rows of its marks, and the tallies that move with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from ideas.models import Mark, Tally
from ideas.statements import Statements
from ideas.voting.rules import Pair, Subject


@dataclass(frozen=True, slots=True)
class Sender:
    """The browser that sent a cast, by the digest of its secret.

    `person_id` is the person that it was when it connected, None for whoever it is now. `owner_id` is the participant
    that the page says it is, None if it says nothing: several people may share a browser.
    """

    browser: str
    person_id: int | None = None
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """One command: a participant's marks on subjects of one question.

    A cast with a `sender` names no participant (0): the browser is looked up in the transaction of its marks.

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
    sender: Sender | None = None


@dataclass(slots=True)
class LatestMark:
    """A mark in the form of its future row, with `at` in milliseconds; see `ideas.models.Mark`."""

    question_id: int
    participant_id: int
    subject: int
    versus: int
    value: int
    seq: int
    client: str
    n: int
    at: int

    @property
    def key(self) -> Pair:
        return self.subject, self.versus


# (question, subject, versus, value)
TallyKey = tuple[int, int, int, int]


def mark_body(pseudonym: str, tier: str, question_id: int, cast: Cast) -> dict[str, object]:
    """The journal's body of a cast: no time, no address, no name.

    `m` holds `[entry, value]`, for pairs `[lower, higher, value]`.
    """
    marks = cast.marks
    return {
        "p": pseudonym,
        "q": question_id,
        "m": sorted([s, v] if isinstance(s, int) else [*s, v] for s, v in marks.items()),
        "c": cast.client,
        "n": cast.n,
        "t": str(tier),
    }


# The columns of a mark, in the order of its table.
COLUMNS = ("question_id", "participant_id", "subject", "versus", "value", "seq", "client", "n", "at")

# Those that a later mark on the same subject replaces.
REPLACED = ("value", "seq", "client", "n", "at")

row_of = attrgetter(*COLUMNS)


def store_marks(statements: Statements, marks: Iterable[LatestMark]) -> None:
    """Insert marks or replace the previous ones."""
    statements.insert(Mark, [*map(row_of, marks)], replacing=REPLACED)


def store_tallies(statements: Statements, changes: Mapping[TallyKey, int]) -> None:
    """Move the counters: `{(question, subject, versus, value): difference}`."""
    rows = [(*key, difference) for key, difference in changes.items() if difference]
    statements.insert(Tally, rows, adding=("n",))
