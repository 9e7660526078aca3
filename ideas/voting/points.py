"""Points: everybody spreads a budget over the entries; the sum counts.

With the quadratic cost, v points on an entry cost v * v of the budget: a strong wish is possible and dear, so that
points grow in proportion to how much it means (Lalley and Weyl 2018, "Quadratic Voting: How Mechanism Design Can
Radicalize Democracy", AEA Papers and Proceedings 108:33-37; Posner and Weyl 2018, Radical Markets, chapter 2). The
marks are the points, not what they cost, so both kinds are summed alike and differ in what a ballot may hold.
`Quadratic` is for ballots that noted the cost instead.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.places import SAME, snapped
from ideas.voting.profiles import Counted, Floats, ScoreProfile


def cost(points: Iterable[int]) -> int:
    """What a ballot takes from the budget when each point costs one."""
    return sum(points)


def quadratic_cost(points: Iterable[int]) -> int:
    """What it takes when v points on an entry cost v * v."""
    return sum(v * v for v in points)


def tally(profile: ScoreProfile, weights: Floats | None = None, people: float | None = None) -> Counted:
    """`score` is the sum of the points; `low` and `high` its interval over people; places go by the sum.

    Whoever gave any points counts as giving 0 to every other entry.

    :param people: how many voted, where a row of `profile` stands for many people.
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


class Quadratic:
    """The same for marks that are the credits spent on an entry: c credits are worth the square root of c points."""

    def tally(self, profile: ScoreProfile, weights: Floats | None = None) -> Counted:
        counted = tally(_worth(profile), weights)
        return replace(counted, key=_settled(counted.key))

    def keys(self, profile: ScoreProfile, weights: Floats) -> Floats:
        return _settled(keys(_worth(profile), weights))


quadratic = Quadratic()


def _worth(profile: ScoreProfile) -> ScoreProfile:
    return replace(profile, value=np.sqrt(profile.value))


def _settled(sums: Floats) -> Floats:
    """Sums of roots depend on the order of adding in their last digits: those are no reason to rank."""
    return snapped(sums, SAME * max(1.0, float(sums.max(initial=0))))
