"""Places: competition ranks ("1, 2, 2, 4") of keys. Neither id nor time breaks a tie."""

from ideas.voting.arrays import Floats, Ints, np

# Two keys that differ by less than this are equal: rounding errors of floating point must not rank entries.
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
    """The keys, with keys that tie at `same` made equal. For keys that an iteration computed."""
    order, starts = _groups(keys, same)
    ordered = np.take_along_axis(keys, order, axis=-1)
    found = np.empty_like(keys)
    np.put_along_axis(found, order, np.take_along_axis(ordered, starts, axis=-1), axis=-1)
    return found


def ties(keys: Floats) -> list[Ints]:
    """The groups of two or more entries that share a place, best first."""
    found = places(keys)
    return [np.flatnonzero(found == place) for place in np.unique(found) if np.count_nonzero(found == place) > 1]


def _groups(keys: Floats, same: float) -> tuple[Ints, Ints]:
    """The order that sorts the keys, best first, and for each position of that order the start of its group of ties."""
    order = np.argsort(-keys, axis=-1, kind="stable")
    ordered = np.take_along_axis(keys, order, axis=-1)
    with np.errstate(invalid="ignore"):  # the difference of two infinite keys is not a number, and they tie
        new = ordered[..., :-1] - ordered[..., 1:] > same
    starts = np.zeros(keys.shape, dtype=np.int64)
    starts[..., 1:] = np.where(new, np.arange(1, keys.shape[-1]), 0)
    return order, np.maximum.accumulate(starts, axis=-1)
