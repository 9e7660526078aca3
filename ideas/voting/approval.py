"""Approval: each person says yes, no or skip on each entry. The lower bound of the share of yes ranks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.arrays import Floats, np
from ideas.voting.combining import Given, latest
from ideas.voting.intervals import Z95
from ideas.voting.places import places
from ideas.voting.profiles import Counted, ScoreProfile, Sums

YES, SKIP, NO = 1, 0, -1
VALUES = (YES, NO, SKIP)

# The result flags an entry with fewer judgements than this and does not hide it: the interval is wide, too.
FEW = 10


@dataclass(frozen=True)
class ApprovalCounts:
    """The numbers of participants whose latest mark on an entry is yes, no or skip."""

    entry: int
    yes: int = 0
    no: int = 0
    skip: int = 0


@dataclass(frozen=True)
class ApprovalScore:
    """An entry in the ranking. `score`, `low` and `high` are shares 0..1."""

    entry: int
    place: int
    yes: int
    no: int
    skip: int
    judged: int
    score: float
    low: float
    high: float

    @property
    def is_few(self) -> bool:
        return self.judged < FEW


def laplace(yes: int, no: int) -> float:
    """The share of yes with one imagined vote for each side: (yes + 1) / (yes + no + 2).

    Laplace 1774, the rule of succession; the mean of a Beta(1, 1) prior's posterior.
    """
    return (yes + 1) / (yes + no + 2)


def wilson(yes: int, no: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of yes / (yes + no), without continuity correction.

    Wilson 1927, J. Am. Stat. Assoc. 22:209-212; formula as in Newcombe 1998, Stat. Med. 17:857-872, method 3.

    :return: `(low, high)` as shares 0..1; `(0, 1)` when nobody judged.
    """
    n = yes + no
    if n == 0:
        return 0.0, 1.0
    share = yes / n
    centre = share + z * z / (2 * n)
    margin = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    width = 1 + z * z / n
    return max(0.0, (centre - margin) / width), min(1.0, (centre + margin) / width)


def rank(counts: Sequence[ApprovalCounts]) -> list[ApprovalScore]:
    """The ranking of all entries, best first.

    `place` is the competition rank ("1, 2, 2, 4") by `low`. Two bounds that differ by less than `places.SAME` share a
    place.
    The order within a place has no meaning: more yes, then fewer no, then the lower id come first.
    """
    rated = [(c, *wilson(c.yes, c.no)) for c in counts]
    rated.sort(key=lambda r: (-round(r[1], 12), -r[0].yes, r[0].no, r[0].entry))
    found = places(np.array([low for _, low, _ in rated]))
    return [
        ApprovalScore(c.entry, int(place), c.yes, c.no, c.skip, c.yes + c.no + c.skip, laplace(c.yes, c.no), low, high)
        for (c, low, high), place in zip(rated, found, strict=True)
    ]


def tally(profile: ScoreProfile, weights: Floats | None = None) -> Counted:
    """Count arrays as `rank` does: `score` is `laplace`, `low` and `high` are `wilson`, and `low` determines the
    places.
    """
    yes = by_weight.sums(profile, _is(profile, YES), weights)
    no = by_weight.sums(profile, _is(profile, NO), weights)
    low, high = intervals.wilson(yes, yes + no)
    return Counted((yes + 1) / (yes + no + 2), low, high, key=low)


def keys(profile: ScoreProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run."""
    return _lower_bounds(_yes_and_no(profile, weights))


def sums(profile: ScoreProfile, numbers: Floats, _people: float) -> Sums:
    """`[entry, yes or no]`; see `CountingMethod.sums`."""
    return Sums(_yes_and_no(profile, numbers[None])[0], _yes_and_no, _lower_bounds, _lower_bounds)


def _yes_and_no(profile: ScoreProfile, weights: Floats) -> Floats:
    """`[run, entry, yes or no]`."""
    return np.stack([by_weight.sums_of_runs(profile, _is(profile, value), weights) for value in (YES, NO)], axis=-1)


def _lower_bounds(counts: Floats) -> Floats:
    """The lower bound of the share of yes. Sums with negative weights may be below 0."""
    yes, no = np.moveaxis(np.maximum(0.0, counts), -1, 0)
    return intervals.wilson(yes, yes + no)[0]


def combined(marks: Sequence[Given]) -> Given:
    """Of one person's marks on merged entries the latest counts, a skip too."""
    return latest(marks)


def _is(profile: ScoreProfile, value: int) -> Floats:
    return np.asarray(profile.value == value, dtype=np.float64)
