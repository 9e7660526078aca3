"""Ranked ballots: Schulze's own examples, two real elections, and properties of any set of ballots."""

import itertools
import json
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideas.voting import ranked, runoff
from ideas.voting.places import places
from ideas.voting.profiles import UNPLACED, OrderProfile
from tests.conversations import full, needs_full_data
from tests.ideas.voting import profiles_of

REAL = ("ballots-burlington-2006", "ballots-tshirt")

ballots = st.integers(1, 5).flatmap(
    lambda m: st.lists(
        st.lists(st.sampled_from([1, 2, 3, UNPLACED]), min_size=m, max_size=m), min_size=1, max_size=12
    ).map(lambda rows: OrderProfile(np.array(rows, dtype=np.int16)))
)


def examples() -> list[dict]:
    return json.loads((full("ballots-schulze-examples") / "cases.json").read_text())


def election(name: str) -> tuple[list[str], OrderProfile, dict]:
    """The alternatives, which the file numbers from 1, its ballots, and the expected result."""
    folder = full(name)
    expected = json.loads((folder / "expected.json").read_text())
    rows = []
    for line in next(folder.glob("ballots.*")).read_text().splitlines():
        if not line.startswith("#"):
            count, order = line.split(":")
            rows.append((float(count), [tier.strip("{}").split(",") for tier in re.findall(r"\{[^}]*\}|\d+", order)]))
    numbers = list(expected["alternatives"])
    return list(expected["alternatives"].values()), profiles_of.orders(numbers, rows), expected


def tiers(names: list[str], profile: OrderProfile) -> list[list[str]]:
    found = places(ranked.tally(profile).key)
    return [sorted(names[entry] for entry in np.flatnonzero(found == place)) for place in np.unique(found)]


@needs_full_data
def test_schulzes_examples_have_their_published_results():
    for case in examples():
        profile = profiles_of.orders(case["candidates"], [(b["count"], b["order"]) for b in case["ballots"]])
        expected = case["our_full_result"]
        wins = ranked.pairwise(profile)
        found = tiers(case["candidates"], profile)
        winners = [case["candidates"][entry] for entry in runoff.instant_runoff(profile).winners]

        assert found[0] == sorted(case["published_winners"]["schulze_winning"]), case["name"]
        assert found == [sorted(tier) for tier in expected["schulze_winning_ranking"]], case["name"]
        assert dict(zip(case["candidates"], ranked.borda(wins, profile.weight.sum()), strict=True)) == expected["borda"]
        assert expected["irv_winner"] in winners, case["name"]


@needs_full_data
@pytest.mark.parametrize("name", REAL)
def test_a_recount_of_a_real_election_agrees(name):
    """Exactly: pairwise preferences, Schulze's order, Borda's points, first preferences, the winner of the runoff."""
    names, profile, expected = election(name)
    wins = ranked.pairwise(profile)
    result = runoff.instant_runoff(profile)

    for a, row in expected["pairwise"].items():
        assert {b: wins[int(a) - 1, int(b) - 1] for b in row} == row
    assert tiers(names, profile) == [sorted(tier) for tier in expected["schulze_winning_ranking"]]
    assert dict(zip(names, ranked.borda(wins, profile.weight.sum()), strict=True)) == expected["borda"]
    assert {names[e]: n for e, n in result.rounds[0].counts.items()} == expected["first_preferences"]
    assert [names[entry] for entry in result.winners] == [expected["irv_winner"]]


@needs_full_data
def test_each_round_of_burlington_2006_agrees():
    """In the last round Kiss has 4763 votes and Miller 3991. The official count reads some ballots differently: 4761
    and 3986.
    """
    names, profile, expected = election("ballots-burlington-2006")
    result = runoff.instant_runoff(profile)

    assert {names[e]: n for e, n in result.rounds[-1].counts.items()} == {"Bob Kiss": 4763, "Hinda Miller": 3991}
    assert result.rounds[-1].exhausted == expected["irv_rounds"][-1]["exhausted"]
    by_remaining = {frozenset(round["counts"]): round for round in expected["irv_rounds"]}
    for found in result.rounds:
        round = by_remaining[frozenset(str(entry + 1) for entry in found.counts)]
        assert {str(entry + 1): n for entry, n in found.counts.items()} == round["counts"]
        assert found.exhausted == round["exhausted"]


def test_ballots_without_a_preference_tie_all_entries():
    counted = ranked.tally(OrderProfile(np.full((2, 3), UNPLACED, dtype=np.int16)))

    assert places(counted.key).tolist() == [1, 1, 1]
    assert counted.score.tolist() == [0.5] * 3
    assert runoff.instant_runoff(OrderProfile(np.full((2, 3), UNPLACED, dtype=np.int16))).winners == (0, 1, 2)


def test_missing_entries_are_last_and_tied():
    """a > b with c and d missing counts as a > b > c = d."""
    written = profiles_of.orders("abcd", [(1, ["a", "b"])])
    whole = profiles_of.orders("abcd", [(1, ["a", "b", ["c", "d"]])])

    assert ranked.tally(written).score.tolist() == ranked.tally(whole).score.tolist()
    assert ranked.tally(whole).score.tolist() == pytest.approx([1, 2 / 3, 1 / 6, 1 / 6])
    assert places(ranked.tally(written).key).tolist() == [1, 2, 3, 3]


def test_a_weight_of_three_counts_as_three_people():
    once = profiles_of.orders("abc", [(3, ["a", "b"]), (1, ["c", "b"])])
    thrice = profiles_of.orders("abc", [(1, ["a", "b"])] * 3 + [(1, ["c", "b"])])

    assert ranked.pairwise(once).tolist() == ranked.pairwise(thrice).tolist()
    assert ranked.tally(once).score.tolist() == ranked.tally(thrice).score.tolist()


def test_a_cycle_of_equal_strength_is_a_tie():
    profile = profiles_of.orders("abc", [(1, "abc"), (1, "bca"), (1, "cab")])

    assert places(ranked.tally(profile).key).tolist() == [1, 1, 1]
    assert runoff.instant_runoff(profile).winners == (0, 1, 2)


def test_every_possible_winner_of_a_tied_runoff_is_a_winner():
    """b and c share the last place. Without b, a wins; without c, b wins."""
    profile = profiles_of.orders("abc", [(3, "abc"), (2, "bac"), (2, "cba")])
    result = runoff.instant_runoff(profile)

    assert result.rounds[0].counts == {0: 3, 1: 2, 2: 2}
    assert result.winners == (0, 1)


def test_a_runoff_with_too_many_ties_has_no_winner(monkeypatch):
    monkeypatch.setattr(runoff, "UNIVERSES", 5)
    rows = [(1, [chr(97 + (k + i) % 8) for i in range(8)]) for k in range(8)]

    assert runoff.instant_runoff(profiles_of.orders("abcdefgh", rows)).winners == ()


@given(ballots)
def test_a_condorcet_winner_is_alone_on_the_first_place(profile):
    wins = ranked.pairwise(profile)
    for entry in range(profile.entries):
        others = [other for other in range(profile.entries) if other != entry]
        if all(wins[entry, other] > wins[other, entry] for other in others):
            assert places(ranked.tally(profile).key).tolist().count(1) == 1
            assert places(ranked.tally(profile).key)[entry] == 1


@given(ballots)
def test_the_strongest_path_is_the_best_of_all_paths(profile):
    """An oracle that tries every path."""
    wins = ranked.pairwise(profile)
    paths = ranked.strongest_paths(wins)
    for a, b in itertools.permutations(range(profile.entries), 2):
        between = [entry for entry in range(profile.entries) if entry not in (a, b)]
        ways = [(a, *via, b) for length in range(len(between) + 1) for via in itertools.permutations(between, length)]
        steps = [[(wins[i, j] if wins[i, j] > wins[j, i] else 0) for i, j in itertools.pairwise(way)] for way in ways]
        assert paths[a, b] == max(min(way) for way in steps)


@given(ballots)
def test_a_ballot_that_ties_all_entries_changes_no_place(profile):
    indifferent = OrderProfile(np.vstack([profile.ranks, np.ones((1, profile.entries), dtype=np.int16)]))

    assert places(ranked.tally(indifferent).key).tolist() == places(ranked.tally(profile).key).tolist()


# Two entries have no first place; one of them gets the tied vote as soon as the other is eliminated.
@example(OrderProfile(np.array([[3, 1, UNPLACED, 2], [1, 2, 1, 3], [UNPLACED, 2, UNPLACED, 1]], dtype=np.int16)))
@given(ballots)
def test_the_winners_of_a_runoff_agree_with_a_count_by_hand(profile):
    def by_hand(remaining: frozenset[int]) -> set[int]:
        counts = dict.fromkeys(sorted(remaining), 0)
        for ranks in profile.ranks.tolist():
            best = min(ranks[entry] for entry in remaining)
            at_best = [entry for entry in remaining if ranks[entry] == best]
            if best < UNPLACED and len(at_best) == 1:
                counts[at_best[0]] += 1
        if not sum(counts.values()) or (len(set(counts.values())) == 1 and len(counts) <= 2):
            return set(remaining)
        if 2 * max(counts.values()) > sum(counts.values()):
            return {max(counts, key=counts.__getitem__)}
        last = [entry for entry in counts if counts[entry] == min(counts.values())]
        return set().union(*(by_hand(remaining - {entry}) for entry in last))

    assert set(runoff.instant_runoff(profile).winners) == by_hand(frozenset(range(profile.entries)))


@given(ballots)
def test_borda_distributes_all_its_points(profile):
    m = profile.entries
    points = ranked.borda(ranked.pairwise(profile), profile.people)

    assert points.sum() == profile.people * m * (m - 1) / 2
    if m > 1:
        assert ranked.tally(profile).score == pytest.approx(points / profile.people / (m - 1))


@given(ballots)
def test_the_interval_contains_the_score(profile):
    counted = ranked.tally(profile)
    if profile.entries > 1:
        assert (counted.low <= counted.score + 1e-12).all()
        assert (counted.score <= counted.high + 1e-12).all()
        assert ((counted.low >= 0) & (counted.high <= 1)).all()


@given(ballots, st.integers(0, 2**32))
def test_weighted_runs_are_counted_as_each_run_alone(profile, seed):
    weights = np.random.default_rng(seed).integers(0, 3, (4, profile.people)).astype(float)

    assert ranked.keys(profile, weights).tolist() == [ranked.tally(profile, run).key.tolist() for run in weights]
