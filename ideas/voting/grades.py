"""Grades: majority judgement after Balinski and Laraki.

Sources: Balinski and Laraki 2007, "A theory of measuring, electing, and ranking", PNAS 104(21):8720-8725; the same,
2010, Majority Judgment: Measuring, Ranking, and Electing, MIT Press. Their words: majority-grade, -value and -gauge.

- The *majority grade* of an entry is its middle grade, or the lower one of two middle grades.
- *Usual* tie-breaking, for many voters, uses the majority gauge (p, grade, q). p is the share above the grade, q the
  share below it. If p > q, the grade gets a plus and a larger p is better. Otherwise it gets a minus and a smaller q is
  better. As one number this is `grade + p` or `grade - q`, the `score`. Only the larger share counts.
- *Refined* tie-breaking determines the places. It uses the majority value: remove one middle grade, look at the middle
  of the remaining ones, and so on; the first difference decides. It never contradicts the gauge, and separates all
  entries except those with equal shares of grades. (The "usual judgment" of Fabre 2021, Social Choice and Welfare
  56:101-124, is another rule.)

Not everybody reads every entry, so entries are compared by shares. The majority value of each entry is taken as if its
grades were copied until all entries have the same number of grades. This changes nothing if the numbers are equal.
"""

from collections.abc import Sequence

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.arrays import Floats, np
from ideas.voting.combining import Given, latest
from ideas.voting.profiles import Counted, ScoreProfile, Sums

# The six of Balinski and Laraki's experiment in Orsay 2007, worst first: grade 0 is "reject".
NAMES = ("reject", "poor", "acceptable", "good", "very good", "excellent")

# This is more than `places.SAME`, and far less than the difference of two gauges of a few thousand voters can be.
HAIR = 1e-11


def tally(profile: ScoreProfile, weights: Floats | None = None) -> Counted:
    """Count once. `score` is the majority gauge as one number (see above), in steps of one from grade to grade.

    `low` and `high` are the gauge at the upper and the lower Wilson bounds of the share up to each grade. An entry
    without grades is last, and its three numbers are NaN.
    """
    levels = _levels(profile)
    counts = np.stack([by_weight.sums(profile, _is(profile, level), weights) for level in levels], axis=-1)
    n = counts.sum(axis=-1)
    fewest, most = intervals.wilson(np.cumsum(counts, axis=-1)[..., :-1], n[:, None])
    key, score = _key(counts, levels)
    low, high = (np.where(n > 0, _number(values_of(up_to), levels), np.nan) for up_to in (most, fewest))
    return Counted(score, low, high, key)


def keys(profile: ScoreProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run."""
    levels = _levels(profile)
    return _key(_counts_of_runs(profile, levels, weights), levels)[0]


def sums(profile: ScoreProfile, numbers: Floats, _people: float) -> Sums:
    """`[entry, grade]`, with the grades that were given; see `CountingMethod.sums`."""
    levels = _levels(profile)

    def of_runs(of: ScoreProfile, weights: Floats) -> Floats:
        return _counts_of_runs(of, levels, weights)

    def keys(counts: Floats) -> Floats:
        return _key(np.maximum(0.0, counts), levels)[0]  # sums with negative weights may be below 0

    return Sums(of_runs(profile, numbers[None])[0], of_runs, keys, keys)


def _counts_of_runs(profile: ScoreProfile, levels: Floats, weights: Floats) -> Floats:
    """`[run, entry, grade]`."""
    return np.stack([by_weight.sums_of_runs(profile, _is(profile, level), weights) for level in levels], axis=-1)


def combined(marks: Sequence[Given]) -> Given:
    """Of one person's grades for merged entries the latest counts, "can't say" too."""
    return latest(marks)


def values_of(up_to: Floats) -> Floats:
    """`[..., entry, :]`: the majority values, compared from left to right; larger is better.

    The first column is the majority grade, as the number of grades below it. The next columns follow the way out from
    the middle, nearest first: -q if a share q of the voters falls below a further grade, p if a share p rises above
    one. The second column is therefore the majority gauge.

    :param up_to: `[..., entry, grade]`: share of voters with at most this grade, for all grades but the best.
    """
    below = up_to < 0.5
    signed = np.where(below, -up_to, 1 - up_to)
    # At equal distance from the middle, the fall comes before the rise: the lower of two middle grades is removed
    # first.
    order = np.lexsort((signed > 0, -np.round(np.abs(signed), 12)), axis=-1)
    return np.concatenate([below.sum(axis=-1, keepdims=True), np.take_along_axis(signed, order, axis=-1)], axis=-1)


def _number(values: Floats, levels: Floats) -> Floats:
    """The gauge as one number: the majority grade plus or minus the larger share."""
    grade: Floats = levels[values[..., 0].astype(np.int64)]
    return grade + values[..., 1] if values.shape[-1] > 1 else grade


def _key(counts: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """The key of `counts[..., entry, grade]`, and the gauge as one number.

    The key is the gauge. Among entries with the same gauge, each lower majority value adds a tiny amount to the key.
    """
    n = counts.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        values = np.round(values_of(np.cumsum(counts, axis=-1)[..., :-1] / n[..., None]), 12)
    number = np.round(_number(values, levels), 12)
    order = np.lexsort((*np.moveaxis(values, -1, 0)[::-1], number), axis=-1)
    ordered = np.take_along_axis(values, order[..., None], axis=-2)
    sorted_number = np.take_along_axis(number, order, axis=-1)
    new_value, new_number = np.zeros(order.shape, dtype=bool), np.zeros(order.shape, dtype=bool)
    new_value[..., 1:] = np.any(ordered[..., 1:, :] != ordered[..., :-1, :], axis=-1)
    new_number[..., 1:] = sorted_number[..., 1:] != sorted_number[..., :-1]
    below = np.cumsum(new_value, axis=-1)
    hairs = below - np.maximum.accumulate(np.where(new_number, below, 0), axis=-1)
    key = np.empty(order.shape)
    np.put_along_axis(key, order, sorted_number + HAIR * hairs, axis=-1)
    return np.where(n > 0, key, levels.min(initial=0) - 1.0), np.where(n > 0, number, np.nan)


def _levels(profile: ScoreProfile) -> Floats:
    """The grades that were given, ascending; one arbitrary grade if none was given."""
    return np.unique(profile.value) if len(profile.value) else np.zeros(1)


def _is(profile: ScoreProfile, level: float) -> Floats:
    return np.asarray(profile.value == level, dtype=np.float64)
