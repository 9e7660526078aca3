"""Stars and lemons: each person gives a few of each to the best and the worst of a sample; stars minus lemons count.

Lemons give more information than stars if most entries are mediocre: Klein and Garcia 2015, "High-speed idea filtering
with the bag of lemons", Decision Support Systems 78:39-50. That method counts lemons alone. Subtracting them from stars
is our addition: an entry that divides the room lands in the middle.
"""

from collections.abc import Sequence

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.arrays import Floats, np
from ideas.voting.combining import Given, latest_of_given
from ideas.voting.profiles import Counted, ScoreProfile, Sums

STAR, LEMON = 1, -1


def tally(profile: ScoreProfile, weights: Floats | None = None, people: float | None = None) -> Counted:
    """Count once. `score` is stars minus lemons, `low` and `high` its interval over people; the score determines the
    places.

    A person who gave any star or lemon counts as giving neither to every other entry.

    :param people: the number of voters, if a row of `profile` stands for many people.
    """
    net = by_weight.sums(profile, profile.value, weights)
    marks = by_weight.sums(profile, profile.value**2, weights)
    n = by_weight.voters(profile, weights) if people is None else people
    low, high = intervals.of_sums(net, marks, n, (LEMON, STAR))
    return Counted(net, low, high, key=net)


def keys(profile: ScoreProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run."""
    return by_weight.sums_of_runs(profile, profile.value, weights)


def sums(profile: ScoreProfile, numbers: Floats, _people: float) -> Sums:
    """`[entry]`; see `CountingMethod.sums`."""
    return Sums(keys(profile, numbers[None])[0], keys, np.array, np.array)


def combined(marks: Sequence[Given]) -> Given:
    """Of one person's stars and lemons on merged entries the latest counts; one that was taken back says nothing."""
    return latest_of_given(marks)
