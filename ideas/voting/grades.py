"""Grades: majority judgement after Balinski and Laraki.

Sources: Balinski and Laraki 2007, "A theory of measuring, electing, and ranking", PNAS 104(21):8720-8725; the same,
2010, Majority Judgment: Measuring, Ranking, and Electing, MIT Press. Their words: majority-grade, -value and -gauge.

- The *majority grade* of an entry is its middle grade, of two middle grades the lower one.
- *Usual* tie-breaking, for many voters: the majority gauge (p, grade, q). p is the share above the grade, q below it.
  With p > q the grade gets a plus and more p is better, else a minus and less q is better. As one number, `grade + p`
  or `grade - q`: this is `score`. Only the larger of the two shares speaks.
- *Refined*, and what places go by: the majority value. Take one middle grade away, look at the middle of what is left,
  and so on; the first difference decides. It never contradicts the gauge and tells apart all but equal shares of
  grades. (What Fabre 2021, Social Choice and Welfare 56:101-124, calls "usual judgment" is another rule, not this
  one.)

Not everybody reads every entry, so the entries are compared by shares: the majority value of each is taken as if its
grades were copied until all have equally many, which changes nothing where they have equally many.
"""

import numpy as np

from ideas.voting import intervals
from ideas.voting import weights as by_weight
from ideas.voting.profiles import Counted, Floats, ScoreProfile

# The six of Balinski and Laraki's experiment in Orsay 2007, worst first: grade 0 is "reject".
NAMES = ("reject", "poor", "acceptable", "good", "very good", "excellent")

# More than `places.SAME`, and far less than two gauges of a few thousand voters can differ.
HAIR = 1e-11


def tally(profile: ScoreProfile, weights: Floats | None = None) -> Counted:
    """`score` is the majority gauge as one number (above), in steps of one from grade to grade.

    `low` and `high` are the gauge when the share up to each grade is as large, and as small, as its Wilson interval
    allows. An entry without any grade is last and its three numbers are NaN.
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
    counts = [by_weight.sums_of_runs(profile, _is(profile, level), weights) for level in levels]
    return _key(np.stack(counts, axis=-1), levels)[0]


def values_of(up_to: Floats) -> Floats:
    """`[..., entry, :]`: the majority values, to be compared from left to right, larger is better.

    First the majority grade, as how many grades lie below it; then what one meets on the way out from the middle, the
    nearest first: -q when q of the voters fall below a further grade, p when p rise above one. In the second column
    thus stands the majority gauge.

    :param up_to: `[..., entry, grade]`: share of voters with at most this grade, for all grades but the best.
    """
    below = up_to < 0.5
    signed = np.where(below, -up_to, 1 - up_to)
    # At the same distance from the middle the fall comes before the rise: the lower of two middle grades goes first.
    order = np.lexsort((signed > 0, -np.round(np.abs(signed), 12)), axis=-1)
    return np.concatenate([below.sum(axis=-1, keepdims=True), np.take_along_axis(signed, order, axis=-1)], axis=-1)


def _number(values: Floats, levels: Floats) -> Floats:
    """The gauge as one number: the majority grade, and the larger share up or down."""
    grade: Floats = levels[values[..., 0].astype(np.int64)]
    return grade + values[..., 1] if values.shape[-1] > 1 else grade


def _key(counts: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """The key of `counts[..., entry, grade]`, and the gauge as one number.

    The key is that number, and where several have the same, a hair more for each majority value below one's own.
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
    """The grades that were given, ascending; one that matters to nobody when none was."""
    return np.unique(profile.value) if len(profile.value) else np.zeros(1)


def _is(profile: ScoreProfile, level: float) -> Floats:
    return np.asarray(profile.value == level, dtype=np.float64)
