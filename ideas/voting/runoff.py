"""Instant-runoff, a comparison to Schulze's method: the last entry is eliminated until one has more than half.

The rules are those of single-seat elections since Ware 1871 (Tideman 1995, "The single transferable vote", J. Economic
Perspectives 9(1):27-38). In each round a ballot counts for the highest remaining entry that it places. A ballot is
exhausted if it places none of them or ties several at its top.

If several entries share the last place, each of them may be eliminated, and every entry that can then win is a winner
("parallel universes": Conitzer, Rognlie and Xia 2009, "Preference functions that score rankings and maximum likelihood
estimation", IJCAI 21:109-115, section 5). No lot is drawn. Entries that together have fewer ballots than the next one
are eliminated at once, since every order would eliminate all of them.
"""

from dataclasses import dataclass

from ideas.voting.arrays import Bools, Floats, Ints, np
from ideas.voting.profiles import UNPLACED, OrderProfile
from ideas.voting.ranked import weights_of
from ideas.voting.weights import totals

# The count stops after this many sets of remaining entries: with so many ties for the last place it says little.
UNIVERSES = 500


@dataclass(frozen=True)
class RunoffRound:
    """One round: the ballots of each remaining entry, the eliminated entries, and the exhausted ballots."""

    counts: dict[int, float]
    exhausted: float
    out: tuple[int, ...]


@dataclass(frozen=True)
class Runoff:
    """`winners` has several entries if ties decide, and is empty if there are too many ties. `rounds` are one possible
    course.
    """

    winners: tuple[int, ...]
    rounds: tuple[RunoffRound, ...]


def instant_runoff(profile: OrderProfile, weights: Floats | None = None) -> Runoff:
    """Count every round, and try every way to resolve ties for the last place."""
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
    """The groups that may be eliminated: one group if that is certain, else each last entry alone. Empty if decided."""
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
    """Combine equal ballots."""
    ranks, ballot = np.unique(profile.ranks, axis=0, return_inverse=True)
    return ranks, totals(ballot.reshape(-1), weight, len(ranks))


def _count(ranks: Ints, weight: Floats, remaining: list[int]) -> tuple[dict[int, float], float]:
    """The ballots of each remaining entry, and the exhausted ones, by weight."""
    kept = ranks[:, remaining]
    best = kept.min(axis=1, keepdims=True)
    speaks = ((kept == best).sum(axis=1) == 1) & (best[:, 0] < UNPLACED)
    counts = totals(kept[speaks].argmin(axis=1), weight[speaks], len(remaining))
    return dict(zip(remaining, counts.tolist(), strict=True)), float(weight[~speaks].sum())
