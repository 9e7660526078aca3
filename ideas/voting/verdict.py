"""The verdict: the order in which crowd and jury decide together.

All numbers are whole numbers or fractions, so a tie is exact and anybody can count again.

- On a criterion, the jury gives an idea the median of its grades; of two middle grades it is their mean. "Can't say" is
  no grade. As a share of the best grade it lies between 0 and 1.
- The *jury's score* of an idea is the mean of these shares over the criteria, by their weights. An idea needs the
  grades of two jurors on every criterion; otherwise it has no score, because a mean over other criteria would
  compare different things, and the grade of a single juror would be the jury's.
- A side (crowd, jury) is turned into the share of the other ideas that an idea beats; a tie counts half. The *combined*
  number is the mean of both shares by the weight of each side, and equal numbers tie.
- An idea without a score has no place in a verdict in which the jury has a part. It neither beats nor loses against
  others: shares are counted among the ideas that have a score.
- Where the jury's weight is 0, every idea has a place, and the order is the crowd's.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from ideas.voting.rules import NO_GRADE

# Fewer jurors give an idea no score.
JURORS = 2

# Crowd and jury are far apart on an idea if its shares differ by at least this.
APART = Fraction(1, 3)

WHOLE = 100

Key = TypeVar("Key", int, Fraction)


@dataclass(frozen=True)
class Criterion:
    """The jury's grades on one criterion. `values`: `{entry: {grade: number of jurors}}`; `steps` grades, 0 the worst;
    `weight` is relative to the other criteria.
    """

    values: Mapping[int, Mapping[int, int]]
    steps: int
    weight: int = 1


@dataclass(frozen=True)
class Scored:
    """An idea in the eyes of the jury. `jurors` is the number of grades on the criterion with the fewest.

    `twice_medians`: twice the median on each criterion, a whole number; None where fewer than two jurors graded.
    `score`: a share 0..1, None without one.
    """

    entry: int
    jurors: int
    twice_medians: tuple[int | None, ...]
    score: Fraction | None


@dataclass(frozen=True)
class Decided:
    """An idea in the verdict. `place` is None if it has none; `jury_place` and the shares are None without a score.

    `crowd_place` is that of the crowd's ranking, among all ideas. `combined` is the number by which places go.
    """

    entry: int
    place: int | None
    crowd_place: int
    jury_place: int | None = None
    score: Fraction | None = None
    crowd_share: Fraction | None = None
    jury_share: Fraction | None = None
    combined: Fraction | None = None
    jurors: int = 0
    twice_medians: tuple[int | None, ...] = ()

    @property
    def apart(self) -> Fraction:
        """The jury's share less the crowd's: above 0 the jury thinks more of the idea; 0 without a score."""
        if self.jury_share is None or self.crowd_share is None:
            return Fraction(0)
        return self.jury_share - self.crowd_share

    @property
    def is_apart(self) -> bool:
        """Whether crowd and jury are far apart on it."""
        return abs(self.apart) >= APART


def scored(criteria: Sequence[Criterion], entries: Collection[int]) -> list[Scored]:
    """The jury's scores of the given ideas, in their order."""
    return [_scored(criteria, entry) for entry in entries]


def _scored(criteria: Sequence[Criterion], entry: int) -> Scored:
    given = [grades_of(criterion.values.get(entry, {})) for criterion in criteria]
    twice = tuple(twice_median(grades) if len(grades) >= JURORS else None for grades in given)
    jurors = min(map(len, given), default=0)
    total = sum(criterion.weight for criterion in criteria)
    if jurors < JURORS or total == 0:
        return Scored(entry, jurors, twice, None)
    shares = (c.weight * Fraction(m or 0, 2 * (c.steps - 1)) for c, m in zip(criteria, twice, strict=True))
    return Scored(entry, jurors, twice, sum(shares, Fraction(0)) / total)


def grades_of(values: Mapping[int, int]) -> list[int]:
    """The single grades, the worst first, of `{grade: number of jurors}`."""
    return sorted(grade for grade, n in values.items() if grade != NO_GRADE for _ in range(n))


def twice_median(grades: Sequence[int]) -> int:
    """Twice the median of grades in order: the sum of the two middle ones, or twice the single middle one."""
    return grades[(len(grades) - 1) // 2] + grades[len(grades) // 2]


def decide(crowd: Mapping[int, int], jury: Sequence[Scored], percent: int) -> list[Decided]:
    """The ideas in the order that decides, best first; those without a place are last.

    The order within a place has no meaning: the crowd's place, then the lower id come first.

    :param crowd: `{entry: place}` of the crowd's ranking, 1 the best.
    :param jury: one entry for each idea of `crowd`.
    :param percent: the weight of the jury, 0..100; the rest is the crowd's.
    """
    of = {row.entry: row for row in jury}
    score = {row.entry: row.score for row in jury if row.score is not None}
    jury_share = beaten(score)
    jury_places = places_of(score)
    # Where the jury has no weight, nobody needs its score.
    crowd_share = beaten({entry: -place for entry, place in crowd.items() if percent == 0 or entry in score})
    combined = {
        entry: (percent * jury_share.get(entry, Fraction(0)) + (WHOLE - percent) * share) / WHOLE
        for entry, share in crowd_share.items()
    }
    places = places_of(combined)
    compared = beaten({entry: -place for entry, place in crowd.items() if entry in score})
    found = [
        Decided(
            entry=entry,
            place=places.get(entry),
            crowd_place=crowd_place,
            jury_place=jury_places.get(entry),
            score=score.get(entry),
            crowd_share=compared.get(entry),
            jury_share=jury_share.get(entry),
            combined=combined.get(entry),
            jurors=of[entry].jurors,
            twice_medians=of[entry].twice_medians,
        )
        for entry, crowd_place in crowd.items()
    ]
    return sorted(found, key=lambda row: (row.place is None, row.place or 0, row.crowd_place, row.entry))


def beaten(keys: Mapping[int, Key]) -> dict[int, Fraction]:
    """`{entry: share of the other entries with a lower key}`; an equal key counts half.

    An entry without others has 1: nothing stands above it.
    """
    ordered, others = sorted(keys.values()), len(keys) - 1
    if not others:
        return dict.fromkeys(keys, Fraction(1))
    return {
        entry: Fraction(bisect_left(ordered, key) + bisect_right(ordered, key) - 1, 2 * others)
        for entry, key in keys.items()
    }


def places_of(keys: Mapping[int, Key]) -> dict[int, int]:
    """`{entry: place}`, 1 for the highest key; equal keys share a place (1, 2, 2, 4)."""
    ordered = sorted(keys.values())
    return {entry: 1 + len(ordered) - bisect_right(ordered, key) for entry, key in keys.items()}


def far_apart(found: Sequence[Decided], at_most: int) -> list[Decided]:
    """The ideas on which crowd and jury are far apart, the farthest first."""
    apart = [row for row in found if row.is_apart]
    return sorted(apart, key=lambda row: (-abs(row.apart), row.place or len(found), row.entry))[:at_most]
