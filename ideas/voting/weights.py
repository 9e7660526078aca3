"""Sums by entry, with each person counted by weight: once, or for many runs together."""

from ideas.voting.arrays import Floats, Ints, np
from ideas.voting.profiles import ScoreProfile

# Up to this size (people times entries), a table of all marks is built for many runs: 160 MB of float64.
TABLE = 20_000_000


def totals(of: Ints, value: Floats, size: int) -> Floats:
    """`[0..size-1]`: the sum of the values for each number in `of`."""
    return np.asarray(np.bincount(of, value, size), dtype=np.float64)


def sums(profile: ScoreProfile, value: Floats, weights: Floats | None) -> Floats:
    """`[entry]`: the sum of `value[row]` times the weight of the row's person."""
    if weights is not None:
        value = value * weights[profile.participant]
    return totals(profile.subject, value, profile.entries)


def sums_of_runs(profile: ScoreProfile, value: Floats, weights: Floats) -> Floats:
    """`[run, entry]`: the same for `weights[run, person]`."""
    if len(weights) == 1 or profile.people * profile.entries > TABLE:
        return np.stack([sums(profile, value, run) for run in weights])
    cell = profile.participant.astype(np.int64) * profile.entries + profile.subject
    table = totals(cell, value, profile.people * profile.entries).reshape(profile.people, profile.entries)
    found: Floats = weights.astype(np.float64) @ table
    return found


def voters(profile: ScoreProfile, weights: Floats | None) -> float:
    """The number of people who gave a mark, by weight."""
    marked = np.bincount(profile.participant, minlength=profile.people) > 0
    return float(np.count_nonzero(marked) if weights is None else weights[marked].sum())
