"""Other methods for the same ballots, shown next to a ranking, and the doubts that they leave. Computed from the
counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ideas.voting import pairs, ranked
from ideas.voting.arrays import np
from ideas.voting.places import places
from ideas.voting.profiles import OrderProfile, PairProfile
from ideas.voting.rules import BallotRule
from ideas.voting.runoff import instant_runoff
from ideas.voting.scores import Counts, profile_of

# Every round of a runoff reads every ballot, and each tie for the last place doubles the rounds. Everybody may open the
# page, so the runoff is omitted for more entries than this.
COMPARED_MAX = 60


@dataclass(frozen=True)
class Comparison:
    """Ranked ballots counted by three methods.

    `wins[a, b]` is the number of people who place a above b. `above` is the number of entries that Schulze's method
    places above an entry. `borda` holds points, 0 for the last place on every ballot. `runoff` holds the winners of an
    instant runoff: several if ties for the last place decide, none if there are too many ties.
    """

    borda: Mapping[int, float]
    borda_places: Mapping[int, int]
    runoff: tuple[int, ...]
    wins: Mapping[tuple[int, int], float]
    above: Mapping[int, int]


def comparison(rule: BallotRule, entries: Collection[int], counts: Counts) -> Comparison | None:
    """Count the same orders by other methods; None for other rules, for no orders, and for too many entries."""
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
    """The groups of entries that answers to pairs connect, the largest first. A sound vote has one group.

    The list is empty for other rules.
    """
    if not rule.is_paired or not entries:
        return []
    profile, _ = profile_of(rule, entries, counts)
    assert isinstance(profile, PairProfile)
    ids = sorted(entries)
    return [[ids[int(n)] for n in group] for group in pairs.parts(profile)]


def strengths(rule: BallotRule, entries: Collection[int], counts: Counts) -> dict[int, float]:
    """`{entry: strength}` by the model of Bradley and Terry, with mean 0; empty for other rules."""
    if not rule.is_paired or not entries:
        return {}
    profile, weights = profile_of(rule, entries, counts)
    assert isinstance(profile, PairProfile)
    found = pairs.fit(pairs.duels(profile, weights))
    return {entry: float(np.round(found[n], 6)) for n, entry in enumerate(sorted(entries))}
