"""Properties of every ballot rule: names do not matter, and weighted counts equal plain counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting import approval, grades, intervals, pairs, points, ranked, stars
from ideas.voting.approval import ApprovalCounts, rank
from ideas.voting.places import places
from ideas.voting.profiles import UNPLACED, OrderProfile, PairProfile, ScoreProfile

RULES = {
    "approval": (approval, (1, 0, -1)),
    "points": (points, (0, 1, 2, 5)),
    "quadratic": (points.quadratic, (0, 1, 2, 5)),
    "grades": (grades, (0, 1, 2, 3, 4, 5)),
    "stars": (stars, (1, -1)),
    "pairs": (pairs, (1, 0, -1)),
    "ranked": (ranked, (1, 2, 3, UNPLACED)),
}

seeds = st.integers(0, 2**32)
every_rule = pytest.mark.parametrize("name", RULES)


def drawn(name: str, seed: int):
    """Random ballots of some people on a few entries, with gaps."""
    values = RULES[name][1]
    chance = np.random.default_rng(seed)
    people, entries = int(chance.integers(1, 12)), int(chance.integers(2, 7))
    if name == "ranked":
        return OrderProfile(chance.choice(values, (people, entries)).astype(np.int16))
    if name == "pairs":
        n = int(chance.integers(1, 40))
        left = chance.integers(0, entries, n)
        right = (left + chance.integers(1, entries, n)) % entries
        return PairProfile(people, entries, chance.integers(0, people, n), left, right, chance.choice(values, n))
    participant, subject = np.nonzero(chance.random((people, entries)) < 0.7)
    return ScoreProfile(people, entries, participant, subject, chance.choice(values, len(subject)).astype(float))


def relabelled(profile, people, entries):
    """The same ballots after person i is renamed to `people[i]` and entry i to `entries[i]`, with the rows in another
    order.
    """
    if isinstance(profile, OrderProfile):
        ranks = np.empty_like(profile.ranks)
        ranks[np.ix_(people, entries)] = profile.ranks
        return OrderProfile(ranks)
    rows = np.random.default_rng(1).permutation(len(profile.participant))
    if isinstance(profile, PairProfile):
        left, right = entries[profile.left[rows]], entries[profile.right[rows]]
        return replace(
            profile,
            participant=people[profile.participant[rows]],
            left=left,
            right=right,
            outcome=profile.outcome[rows],
        )
    participant, subject = people[profile.participant[rows]], entries[profile.subject[rows]]
    return replace(profile, participant=participant, subject=subject, value=profile.value[rows])


@every_rule
@given(seed=seeds)
def test_renaming_people_and_entries_changes_nothing(name, seed):
    rule, profile = RULES[name][0], drawn(name, seed)
    chance = np.random.default_rng(seed + 1)
    people, entries = chance.permutation(profile.people), chance.permutation(profile.entries)
    plain, renamed = rule.tally(profile), rule.tally(relabelled(profile, people, entries))

    assert places(renamed.key)[entries].tolist() == places(plain.key).tolist()
    for field in ("score", "low", "high"):
        assert getattr(renamed, field)[entries] == pytest.approx(getattr(plain, field), abs=1e-7, nan_ok=True)


@every_rule
@given(seed=seeds)
def test_a_weight_counts_as_that_many_people(name, seed):
    """Compare weights 0, 1 and 2 with ballots that are repeated as often."""
    rule, profile = RULES[name][0], drawn(name, seed)
    weights = np.random.default_rng(seed).integers(0, 3, profile.people)
    written = copied(profile, weights)
    by_weight = rule.tally(profile, weights.astype(float))

    if weights.any() and (isinstance(profile, OrderProfile) or len(written.participant)):
        assert places(by_weight.key).tolist() == places(rule.tally(written).key).tolist()
        assert by_weight.score == pytest.approx(rule.tally(written).score, abs=1e-7, nan_ok=True)


def copied(profile, weights):
    """The ballot of each person, repeated as often as the weight says, each copy by a person of its own."""
    people = np.repeat(np.arange(profile.people), weights)
    if isinstance(profile, OrderProfile):
        return OrderProfile(profile.ranks[people])
    rows = [(new, row) for new, person in enumerate(people) for row in np.flatnonzero(profile.participant == person)]
    participant, row = np.array(rows, dtype=int).reshape(-1, 2).T
    if isinstance(profile, PairProfile):
        left, right, outcome = profile.left[row], profile.right[row], profile.outcome[row]
        return PairProfile(max(1, len(people)), profile.entries, participant, left, right, outcome)
    return ScoreProfile(max(1, len(people)), profile.entries, participant, profile.subject[row], profile.value[row])


@pytest.mark.parametrize("name", [name for name in RULES if name != "pairs"])
@given(seed=seeds)
def test_weighted_runs_order_the_entries_as_plain_counts_do(name, seed):
    """For pairs this holds approximately: tests/ideas/voting/test_pairs.py."""
    rule, profile = RULES[name][0], drawn(name, seed)
    weights = np.random.default_rng(seed).integers(0, 4, (3, profile.people)).astype(float)

    each = np.stack([places(rule.tally(profile, run).key) for run in weights])
    assert places(rule.keys(profile, weights)).tolist() == each.tolist()


@pytest.mark.parametrize(("name", "value"), [("points", 1), ("points", 3), ("stars", 1), ("stars", -1)])
@given(seed=seeds)
def test_a_ballot_that_treats_all_entries_alike_changes_no_order(name, value, seed):
    rule, profile = RULES[name][0], drawn(name, seed)
    more = replace(
        profile,
        people=profile.people + 1,
        participant=np.append(profile.participant, np.full(profile.entries, profile.people)),
        subject=np.append(profile.subject, np.arange(profile.entries)),
        value=np.append(profile.value, np.full(profile.entries, float(value))),
    )

    assert places(rule.tally(more).key).tolist() == places(rule.tally(profile).key).tolist()


@given(seed=seeds)
def test_a_ballot_of_skips_changes_no_approval(seed):
    profile = drawn("approval", seed)
    more = replace(
        profile,
        people=profile.people + 1,
        participant=np.append(profile.participant, np.full(profile.entries, profile.people)),
        subject=np.append(profile.subject, np.arange(profile.entries)),
        value=np.append(profile.value, np.zeros(profile.entries)),
    )

    assert approval.tally(more).key.tolist() == approval.tally(profile).key.tolist()


@given(seed=seeds)
def test_one_more_yes_never_lowers_a_place(seed):
    profile = drawn("approval", seed)
    more = replace(
        profile,
        people=profile.people + 1,
        participant=np.append(profile.participant, profile.people),
        subject=np.append(profile.subject, 0),
        value=np.append(profile.value, 1.0),
    )

    assert places(approval.tally(more).key)[0] <= places(approval.tally(profile).key)[0]


@given(seed=seeds)
def test_approval_of_arrays_equals_approval_of_counts(seed):
    profile = drawn("approval", seed)
    counts = [
        ApprovalCounts(entry, *(int(np.sum((profile.subject == entry) & (profile.value == v))) for v in (1, -1, 0)))
        for entry in range(profile.entries)
    ]
    counted = approval.tally(profile)

    for score in rank(counts):
        found = (counted.score[score.entry], counted.low[score.entry], counted.high[score.entry])
        assert found == pytest.approx((score.score, score.low, score.high), abs=1e-15)
        assert places(counted.key)[score.entry] == score.place


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_wilsons_interval_of_arrays_equals_that_of_numbers(yes, no):
    low, high = intervals.wilson(np.array([float(yes)]), np.array([float(yes + no)]))

    assert (low[0], high[0]) == approval.wilson(yes, no)
