"""Sums by entry of what people gave, each person as often as their weight says: once, or for many runs together."""

import numpy as np

from ideas.voting.forms import Floats, Ints, Scores

# People times entries up to which a table of all marks is made for many runs: 160 MB of float64.
TABLE = 20_000_000


def totals(of: Ints, value: Floats, size: int) -> Floats:
    """`[0..size-1]`: the sum of the values of each number in `of`."""
    return np.asarray(np.bincount(of, value, size), dtype=np.float64)


def sums(form: Scores, value: Floats, weights: Floats | None) -> Floats:
    """`[entry]`: the sum of `value[row]` times the weight of the row's person."""
    if weights is not None:
        value = value * weights[form.participant]
    return totals(form.subject, value, form.entries)


def sums_of_runs(form: Scores, value: Floats, weights: Floats) -> Floats:
    """`[run, entry]`: the same for `weights[run, person]`."""
    if form.people * form.entries > TABLE:
        return np.stack([sums(form, value, run) for run in weights])
    cell = form.participant.astype(np.int64) * form.entries + form.subject
    table = totals(cell, value, form.people * form.entries).reshape(form.people, form.entries)
    found: Floats = weights.astype(np.float64) @ table
    return found


def voters(form: Scores, weights: Floats | None) -> float:
    """How many people gave a mark, by weight."""
    marked = np.bincount(form.participant, minlength=form.people) > 0
    return float(np.count_nonzero(marked) if weights is None else weights[marked].sum())
