"""Assess a frozen result: compute places, intervals and chances of every entry from all marks.

Stored numbers are integers (a unit has `SCALE` steps), so an assessment has exactly one serialisation and one digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ideas.voting.arrays import np
from ideas.voting.profiles import OrderProfile
from ideas.voting.rules import BallotRule, Marks
from ideas.voting.scores import Chance, Counts, Score, in_order, is_few, ordered, values_of
from ideas.voting.uncertainty import RUNS, bootstrap, marks_of

# The number of this method. 1: bands of places instead of lines, chances as plain shares of the runs, and intervals of
# pairs from independent answers. 2: possible places of pairs from the strengths of the runs, and chances by
# grades and orders from fewer people.
METHOD = 3

# Stored numbers are integers in billionths.
SCALE = 1_000_000_000

# Ranked ballots with more entries than this get no chances: each run compares every path between any two entries.
ORDERED_MAX = 60

Row = list[int | None]


@dataclass(frozen=True)
class Assessed:
    """A question's result with its uncertainty. `runs` is 0 if no chances were computed.

    `lines` are the numbers of entries above which every entry is distinguishable from every entry below.
    """

    seed: int
    runs: int
    top: int
    people: int
    stability: float
    scores: list[Score]
    lines: list[int] = field(default_factory=list)


def assess(rule: BallotRule, entries: Sequence[int], marks: Marks, counts: Counts, seed: int) -> Assessed:
    """Count the marks and run the bootstrap. `entries[n]` is the entry with number n in `marks`; `counts` are of the
    same marks.
    """
    profile = rule.profile(marks)
    counted = rule.tally(profile, None, float(counts.voters))
    placed = int(np.count_nonzero(marks_of(profile))) if isinstance(profile, OrderProfile) else 0
    if placed > ORDERED_MAX or not entries:
        found = ordered(rule, entries, counted, values_of(rule, counts.rows), counts)
        return Assessed(seed, 0, rule.top, counts.voters, 0.0, found)
    drawn = bootstrap(profile, rule.counting, RUNS, seed, rule.top)
    chances = {
        entry: Chance(float(drawn.p_top[n]), (int(drawn.places_low[n]), int(drawn.places_high[n])))
        for n, entry in enumerate(entries)
    }
    found = ordered(rule, entries, counted, values_of(rule, counts.rows), counts, chances)
    return Assessed(seed, drawn.runs, rule.top, drawn.people, drawn.stability, found, drawn.lines)


def stored(found: Assessed) -> dict[str, object]:
    """Convert the assessment to integers.

    Each row of `entries` holds the entry, place, score, low, high, p_top, and the range of places.
    """
    return {
        "seed": found.seed,
        "runs": found.runs,
        "top": found.top,
        "people": found.people,
        "stability": _whole(found.stability),
        "lines": found.lines,
        "entries": [_row(score) for score in found.scores],
    }


def read(rule: BallotRule, body: Mapping[str, object], counts: Counts) -> Assessed:
    """Read the output of `stored`. The number of people per value comes from `counts`.

    The first method stored a band of places at the end of each row, and no lines.
    """
    rows: list[Row] = body["entries"]  # type: ignore[assignment]
    values = values_of(rule, counts.rows)
    found = [_score(rule, row, values, counts, len(rows)) for row in rows]
    seed, runs, top, people = (int(str(body[name])) for name in ("seed", "runs", "top", "people"))
    stability = int(str(body["stability"])) / SCALE
    lines: list[int] = body.get("lines", [])  # type: ignore[assignment]
    return Assessed(seed, runs, top, people, stability, sorted(found, key=in_order), lines)


def _row(s: Score) -> Row:
    numbers = [_whole(s.score), _whole(s.low), _whole(s.high)]
    if s.chance is None:
        return [s.entry, s.place, *numbers]
    return [s.entry, s.place, *numbers, _whole(s.chance.p_top), *s.chance.places]


def _score(rule: BallotRule, row: Row, values: Mapping[int, Mapping[int, int]], counts: Counts, entries: int) -> Score:
    entry, place, score, low, high, *rest = row
    assert entry is not None
    assert place is not None
    chance = None
    if rest:
        p_top, first, last = (number or 0 for number in rest[:3])
        chance = Chance(p_top / SCALE, (first, last))
    own = values.get(entry, {})
    numbers = (_unit(score), _unit(low), _unit(high))
    return Score(entry, place, own, *numbers, is_few(rule, sum(own.values()), counts, entries), chance)


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number * SCALE)


def _unit(number: int | None) -> float | None:
    return None if number is None else number / SCALE
