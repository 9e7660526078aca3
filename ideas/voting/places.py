"""Places: competition ranks ("1, 2, 2, 4") of keys. A tie is a tie, never broken by id or time."""

import numpy as np

from ideas.voting.profiles import Floats, Ints

# Two keys closer than this are the same key: floating point is no reason to rank.
SAME = 1e-12


def places(keys: Floats, same: float = SAME) -> Ints:
    """The place of each entry, 1 for the highest key; along the last axis, so `keys[run, entry]` works too.

    A key ties with the next higher one when it is at most `same` below it.
    """
    order, starts = _groups(keys, same)
    found = np.empty(keys.shape, dtype=np.int64)
    np.put_along_axis(found, order, starts + 1, axis=-1)
    return found


def snapped(keys: Floats, same: float) -> Floats:
    """The keys with those that tie at `same` made equal: for keys that come out of an iteration."""
    order, starts = _groups(keys, same)
    ordered = np.take_along_axis(keys, order, axis=-1)
    found = np.empty_like(keys)
    np.put_along_axis(found, order, np.take_along_axis(ordered, starts, axis=-1), axis=-1)
    return found


def ties(keys: Floats) -> list[Ints]:
    """The groups of two and more entries that share a place, best first."""
    found = places(keys)
    return [np.flatnonzero(found == place) for place in np.unique(found) if np.count_nonzero(found == place) > 1]


def _groups(keys: Floats, same: float) -> tuple[Ints, Ints]:
    """How to sort the keys, best first, and at each position of that order where its group of ties starts."""
    order = np.argsort(-keys, axis=-1, kind="stable")
    ordered = np.take_along_axis(keys, order, axis=-1)
    with np.errstate(invalid="ignore"):  # of two infinite keys the difference is no number, and they tie
        new = ordered[..., :-1] - ordered[..., 1:] > same
    starts = np.zeros(keys.shape, dtype=np.int64)
    starts[..., 1:] = np.where(new, np.arange(1, keys.shape[-1]), 0)
    return order, np.maximum.accumulate(starts, axis=-1)
