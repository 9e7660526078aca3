"""Instant-runoff, beside Schulze's method for comparison: the last one goes, until somebody has more than half.

As in elections with one seat since Ware 1871 (Tideman 1995, "The single transferable vote", J. Economic Perspectives
9(1):27-38). Each round a ballot is for the highest of the remaining entries that it places; it is exhausted when it
places none of them or ties several at its top. When several share the last place every one of them may go, and whoever
can then win is a winner ("parallel universes": Conitzer, Rognlie and Xia 2009, "Preference functions that score
rankings and maximum likelihood estimation", IJCAI 21:109-115, section 5): no lot is drawn. Those that together have
fewer than the next one go at once, since in any order all of them would.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ideas.voting.profiles import UNPLACED, Floats, Ints, OrderProfile
from ideas.voting.ranked import weights_of
from ideas.voting.weights import totals

Bools: TypeAlias = NDArray[np.bool_]

# More sets of remaining entries than this are not looked at: a count with so many ties for the last place says little.
UNIVERSES = 500


@dataclass(frozen=True)
class RunoffRound:
    """What each remaining entry has, which go, and what was exhausted."""

    counts: dict[int, float]
    exhausted: float
    out: tuple[int, ...]


@dataclass(frozen=True)
class Runoff:
    """`winners` has several when ties decide, and is empty when there are too many ties. `rounds` are one way there."""

    winners: tuple[int, ...]
    rounds: tuple[RunoffRound, ...]


def instant_runoff(profile: OrderProfile, weights: Floats | None = None) -> Runoff:
    """Count every round, and with ties for the last place every way they may fall."""
    ranks, weight = _distinct(profile, weights_of(profile, weights))
    tied = _tied(ranks)
    winners: set[int] = set()
    seen: set[frozenset[int]] = set()
    first: list[RunoffRound] = []
    waiting = [(frozenset(range(profile.entries)), True)]
    while waiting:
        remaining, is_first = waiting.pop()
        if remaining in seen:
            continue
        if len(seen) == UNIVERSES:
            return Runoff((), tuple(first))
        seen.add(remaining)
        counts, exhausted = _count(ranks, weight, sorted(remaining))
        ways = _ways(counts, tied)
        if is_first:
            first.append(RunoffRound(counts, exhausted, ways[0] if ways else ()))
        if not ways and remaining:
            winners |= {entry for entry, count in counts.items() if count == max(counts.values())}
        waiting += [(remaining - set(out), is_first and out is ways[0]) for out in reversed(ways)]
    return Runoff(tuple(sorted(winners)), tuple(first))


def _ways(counts: dict[int, float], tied: Bools) -> list[tuple[int, ...]]:
    """Who may go: one group when that is beyond doubt, else each of the last by itself. None when it is decided."""
    lowest, most, total = min(counts.values()), max(counts.values()), sum(counts.values())
    if 2 * most > total or not total or (len(counts) == 2 and lowest == most):
        return []
    last = tuple(entry for entry, count in counts.items() if count == lowest)
    next_one = min((count for count in counts.values() if count > lowest), default=0)
    go_at_once = lowest * len(last) < next_one and not tied[np.ix_(last, list(counts))].any()
    return [last] if go_at_once else [(entry,) for entry in last]


def _tied(ranks: Ints) -> Bools:
    """`[a, b]`: whether any ballot places a and b, and both alike."""
    entries = ranks.shape[1]
    tied = np.zeros((entries, entries), dtype=bool)
    for entry in range(entries):
        own = ranks[:, entry, None]
        tied[entry] = ((own == ranks) & (own < UNPLACED)).any(axis=0)
    np.fill_diagonal(tied, False)
    return tied


def _distinct(profile: OrderProfile, weight: Floats) -> tuple[Ints, Floats]:
    """Equal ballots together."""
    ranks, ballot = np.unique(profile.ranks, axis=0, return_inverse=True)
    return ranks, totals(ballot.reshape(-1), weight, len(ranks))


def _count(ranks: Ints, weight: Floats, remaining: list[int]) -> tuple[dict[int, float], float]:
    """What each of the remaining has, and what was exhausted."""
    kept = ranks[:, remaining]
    best = kept.min(axis=1, keepdims=True)
    speaks = ((kept == best).sum(axis=1) == 1) & (best[:, 0] < UNPLACED)
    counts = totals(kept[speaks].argmin(axis=1), weight[speaks], len(remaining))
    return dict(zip(remaining, counts.tolist(), strict=True)), float(weight[~speaks].sum())
