"""What stands beside a ranking: other ways to count the same ballots, and what they leave in doubt. From the counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ideas.voting import pairs, ranked
from ideas.voting.places import places
from ideas.voting.profiles import OrderProfile, PairProfile
from ideas.voting.rules import BallotRule
from ideas.voting.runoff import instant_runoff
from ideas.voting.scores import Counts, profile_of

# Every round of a runoff looks at every ballot, and each tie for the last place doubles the rounds: on a page that
# everybody opens, more entries than this are not counted so.
COMPARED_MAX = 60


@dataclass(frozen=True)
class Comparison:
    """Ranked ballots by three methods. `wins[a, b]`: so many place a above b. `above`: how many Schulze puts above.

    `borda`: points, 0 for a last place among all. `runoff`: the winners of an instant runoff, several where ties for
    the last place decide, none where there are too many of these.
    """

    borda: Mapping[int, float]
    borda_places: Mapping[int, int]
    runoff: tuple[int, ...]
    wins: Mapping[tuple[int, int], float]
    above: Mapping[int, int]


def comparison(rule: BallotRule, entries: Collection[int], counts: Counts) -> Comparison | None:
    """How the same orders count otherwise; None for other rules, for no orders, and for too many entries."""
    if not rule.is_ordered or not counts.orders or not 0 < len(entries) <= COMPARED_MAX:
        return None
    profile, weights = profile_of(rule, entries, counts)
    assert isinstance(profile, OrderProfile)
    ids = sorted(entries)
    wins = ranked.pairwise(profile, weights)
    borda = ranked.borda(wins, float(weights.sum()))
    found = places(borda)
    return Comparison(
        borda={entry: float(borda[n]) for n, entry in enumerate(ids)},
        borda_places={entry: int(found[n]) for n, entry in enumerate(ids)},
        runoff=tuple(ids[n] for n in instant_runoff(profile, weights).winners),
        wins={(a, b): float(wins[i, j]) for i, a in enumerate(ids) for j, b in enumerate(ids) if i != j},
        above={entry: int(n) for entry, n in zip(ids, ranked.above(wins), strict=True)},
    )


def groups(rule: BallotRule, entries: Collection[int], counts: Counts) -> list[list[int]]:
    """The entries that answers to pairs connect, the largest group first; one group, and no more, is as it should be.

    Empty for other rules.
    """
    if not rule.is_paired or not entries:
        return []
    profile, _ = profile_of(rule, entries, counts)
    assert isinstance(profile, PairProfile)
    ids = sorted(entries)
    return [[ids[int(n)] for n in group] for group in pairs.parts(profile)]


def strengths(rule: BallotRule, entries: Collection[int], counts: Counts) -> dict[int, float]:
    """`{entry: its strength}` by the model of Bradley and Terry, with mean 0; empty for other rules."""
    if not rule.is_paired or not entries:
        return {}
    profile, weights = profile_of(rule, entries, counts)
    assert isinstance(profile, PairProfile)
    found = pairs.fit(pairs.duels(profile, weights))
    return {entry: float(np.round(found[n], 6)) for n, entry in enumerate(sorted(entries))}
