"""Ranked: each person orders a shortlist, ties allowed; entries that a person did not place are tied below the placed
ones.

Places follow Schulze's method with winning votes: Schulze 2011, "A new monotonic, clone-independent, reversal
symmetric, and condorcet-consistent single-winner election method", Social Choice and Welfare 36:267-303, section 2.
Entry a beats b directly if more people place a above b than b above a; the strength is the number of people who place a
above b. A path is as strong as its weakest step. Entry a is above b if its strongest path to b is stronger than b's
strongest path to a. An entry that beats each other entry is first.

Two more methods serve comparison: Borda (here) and instant-runoff (`ideas.voting.runoff`).
"""

from collections.abc import Sequence

from ideas.voting import intervals
from ideas.voting.arrays import Floats, np
from ideas.voting.combining import Given
from ideas.voting.profiles import Counted, OrderProfile, Sums

# The number of cells (people by pairs of entries) of the table that is built at once for many runs.
CELLS = 4_000_000


def tally(profile: OrderProfile, weights: Floats | None = None) -> Counted:
    """Places follow Schulze's method. `key` is minus the number of entries above this one, equal for ties.

    `score` is the Borda count as a share, 0..1: the mean share of the other entries that a person placed below this
    one, ties counted half. `low` and `high` are its interval over people.
    """
    weight = weights_of(profile, weights)
    return Counted(*_means_of_shares(profile, weight), key=-above(pairwise(profile, weights)))


def keys(profile: OrderProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run."""
    return -above(pairwise_of_runs(profile, weights))


def sums(profile: OrderProfile, numbers: Floats, _people: float) -> Sums:
    """`[a, b]`, as `pairwise`; see `CountingMethod.sums`. The scale is that of Borda counts: places have none."""
    total = pairwise(profile, numbers)
    return Sums(total, pairwise_of_runs, lambda wins: -above(wins), _net_wins, is_by_entry=False)


def _net_wins(wins: Floats) -> Floats:
    """`[run, entry]`: what Borda counts differ by, from `[run, a, b]`."""
    found: Floats = (wins - np.swapaxes(wins, -1, -2)).sum(axis=-1)
    return found


def combined(marks: Sequence[Given]) -> Given:
    """Of one person's places of merged entries the better one counts."""
    return min((mark for mark in marks if mark.value), key=lambda mark: mark.value, default=marks[0])


def pairwise_of_runs(profile: OrderProfile, weights: Floats) -> Floats:
    """`[run, a, b]`: `pairwise(profile, weights[run])`."""
    m = profile.entries
    each = np.asarray(weights, dtype=np.float64) * (1.0 if profile.weight is None else profile.weight)
    wins = np.zeros((len(each), m * m))
    size = max(1, CELLS // (m * m or 1))
    for begin in range(0, profile.people, size):
        ranks = profile.ranks[begin : begin + size]
        beats = (ranks[:, :, None] < ranks[:, None, :]).reshape(len(ranks), m * m)
        wins += each[:, begin : begin + size] @ beats.astype(np.float64)
    return wins.reshape(len(each), m, m)


def weights_of(profile: OrderProfile, weights: Floats | None = None) -> Floats:
    """`[person]`: the weight of each order."""
    own = np.ones(profile.people) if profile.weight is None else profile.weight
    return own if weights is None else own * weights


def pairwise(profile: OrderProfile, weights: Floats | None = None) -> Floats:
    """`[a, b]`: the number of people who place a above b, by weight."""
    weight = weights_of(profile, weights)
    ranks = np.ascontiguousarray(profile.ranks.T)
    more = weight != 1  # nearly all orders count once: counting is several times faster than adding weights
    others, extra = np.ascontiguousarray(ranks[:, more]), weight[more] - 1
    wins = np.empty((profile.entries, profile.entries))
    for entry in range(profile.entries):
        wins[entry] = np.count_nonzero(ranks[entry] < ranks, axis=1) + (others[entry] < others) @ extra
    return wins


def above(wins: Floats) -> Floats:
    """`[..., entry]`: the number of entries above this one by Schulze's method, from one or many results of `pairwise`.

    "Above" is transitive. An entry above another one therefore has fewer entries above itself, and equal numbers are
    ties.
    """
    paths = strongest_paths(wins)
    return np.asarray(np.count_nonzero(paths > np.swapaxes(paths, -1, -2), axis=-2), dtype=np.float64)


def strongest_paths(wins: Floats) -> Floats:
    """`[..., a, b]`: the strength of the strongest path from a to b, by winning votes (Schulze 2011, section 2.3.1)."""
    paths = np.where(wins > np.swapaxes(wins, -1, -2), wins, 0.0)
    for via in range(paths.shape[-1]):
        np.maximum(paths, np.minimum(paths[..., :, via, None], paths[..., None, via, :]), out=paths)
    return paths


def borda(wins: Floats, total: float) -> Floats:
    """`[entry]`: m - 1 points for a first place among m entries, down to 0; tied entries share their points equally.

    Borda 1784; with ties as in Black 1976, "Partial justification of the Borda count", Public Choice 28:1-15: one point
    for each entry below, half a point for each tied entry.

    :param total: the weight of all ballots.
    """
    points: Floats = ((wins + total - wins.T) / 2).sum(axis=1) - total / 2
    return points


def borda_shares(profile: OrderProfile) -> Floats:
    """`[person, entry]`: the share of the other entries that the person placed below this one, ties counted half."""
    shares = np.empty(profile.ranks.shape)
    for entry in range(profile.entries):
        own = profile.ranks[:, entry, None]
        shares[:, entry] = (own < profile.ranks).sum(axis=1) + ((own == profile.ranks).sum(axis=1) - 1) / 2
    return shares / (profile.entries - 1)


def _means_of_shares(profile: OrderProfile, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """The mean of each person's share, low, high."""
    nothing = np.full(profile.entries, np.nan)
    total = weight.sum()
    if not total or profile.entries < 2:
        return nothing, nothing, nothing
    shares = borda_shares(profile)
    # Rounded, so that equal scores are equal in whatever order the people were added.
    mean, square = np.round(weight @ shares / total, 12), weight @ shares**2 / total
    # Kish 1965, Survey Sampling, section 11.7: unequal weights are worth this many equal ones.
    people = total**2 / float(weight @ weight) if profile.weight is not None else total
    low, high = intervals.of_sums(mean * people, square * people, people, (0.0, 1.0))
    return mean, low / people, high / people
