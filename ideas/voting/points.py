"""Points: each person distributes a budget over the entries; the sum of the points counts.

With the quadratic cost, v points on an entry cost v * v of the budget. Points then grow in proportion to the strength
of a wish (Lalley and Weyl 2018, "Quadratic Voting: How Mechanism Design Can Radicalize Democracy", AEA Papers and
Proceedings 108:33-37; Posner and Weyl 2018, Radical Markets, chapter 2). Marks hold points, not costs. Both kinds are
therefore summed alike and differ only in the limit of a ballot. `Quadratic` counts ballots that hold costs instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.arrays import Floats, np
from ideas.voting.combining import Given
from ideas.voting.places import SAME, snapped
from ideas.voting.profiles import Counted, ScoreProfile, Sums


def cost(points: Iterable[int]) -> int:
    """The cost of a ballot if each point costs one."""
    return sum(points)


def quadratic_cost(points: Iterable[int]) -> int:
    """The cost of a ballot if v points on an entry cost v * v."""
    return sum(v * v for v in points)


def tally(profile: ScoreProfile, weights: Floats | None = None, people: float | None = None) -> Counted:
    """Count once. `score` is the sum of the points, `low` and `high` its interval over people; the sum determines the
    places.

    A person who gave any points counts as giving 0 to every other entry.

    :param people: the number of voters, if a row of `profile` stands for many people.
    """
    total = by_weight.sums(profile, profile.value, weights)
    squares = by_weight.sums(profile, profile.value**2, weights)
    scale = (0.0, float(profile.value.max(initial=0)))
    n = by_weight.voters(profile, weights) if people is None else people
    low, high = intervals.of_sums(total, squares, n, scale)
    return Counted(total, low, high, key=total)


def keys(profile: ScoreProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run."""
    return by_weight.sums_of_runs(profile, profile.value, weights)


def sums(profile: ScoreProfile, numbers: Floats, _people: float) -> Sums:
    """`[entry]`; see `CountingMethod.sums`."""
    return Sums(keys(profile, numbers[None])[0], keys, np.array, np.array)


def combined(marks: Sequence[Given]) -> Given:
    """Of one person's points on merged entries the larger number counts; the other points are free again."""
    return max(marks, key=lambda mark: mark.value)


class Quadratic:
    """The same for marks that hold the credits spent on an entry: c credits are worth the square root of c points."""

    def tally(self, profile: ScoreProfile, weights: Floats | None = None) -> Counted:
        counted = tally(_worth(profile), weights)
        return replace(counted, key=_settled(counted.key))

    def keys(self, profile: ScoreProfile, weights: Floats) -> Floats:
        return _settled(keys(_worth(profile), weights))

    def sums(self, profile: ScoreProfile, numbers: Floats, people: float) -> Sums:
        """`[entry]`; see `CountingMethod.sums`."""
        found = sums(_worth(profile), numbers, people)
        return replace(found, of_runs=lambda of, weights: keys(_worth(of), weights), keys=_settled)


quadratic = Quadratic()


def _worth(profile: ScoreProfile) -> ScoreProfile:
    return replace(profile, value=np.sqrt(profile.value))


def _settled(sums: Floats) -> Floats:
    """Round sums of roots: their last digits depend on the order of adding, which must not rank entries."""
    return snapped(sums, SAME * max(1.0, float(sums.max(initial=0))))
