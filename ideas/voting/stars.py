"""Stars and lemons: a few of each, for the best and the worst of a sample; stars less lemons count.

Lemons tell more than stars do when most entries are middling: Klein and Garcia 2015, "High-speed idea filtering with
the bag of lemons", Decision Support Systems 78:39-50. There they are counted alone; that they are set off against
stars here is our step, so that an entry which divides the room stands in the middle.
"""

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.profiles import Counted, Floats, ScoreProfile

STAR, LEMON = 1, -1


def tally(profile: ScoreProfile, weights: Floats | None = None, people: float | None = None) -> Counted:
    """`score` is stars less lemons; `low` and `high` its interval over people; places go by the score.

    Whoever gave any of them counts as giving neither to every other entry.

    :param people: how many voted, where a row of `profile` stands for many people.
    """
    net = by_weight.sums(profile, profile.value, weights)
    marks = by_weight.sums(profile, profile.value**2, weights)
    n = by_weight.voters(profile, weights) if people is None else people
    low, high = intervals.of_sums(net, marks, n, (LEMON, STAR))
    return Counted(net, low, high, key=net)


def keys(profile: ScoreProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run."""
    return by_weight.sums_of_runs(profile, profile.value, weights)
