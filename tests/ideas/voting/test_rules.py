"""What must hold under every ballot rule: nobody's name matters, and counting often is counting each time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting import approval, grades, pairs, points, ranked, shares, stars
from ideas.voting.approval import Counts, rank
from ideas.voting.forms import UNPLACED, Orders, Pairs, Scores
from ideas.voting.places import places

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
    """Some people's ballots on a few entries, with gaps."""
    values = RULES[name][1]
    chance = np.random.default_rng(seed)
    people, entries = int(chance.integers(1, 12)), int(chance.integers(2, 7))
    if name == "ranked":
        return Orders(chance.choice(values, (people, entries)).astype(np.int16))
    if name == "pairs":
        n = int(chance.integers(1, 40))
        left = chance.integers(0, entries, n)
        right = (left + chance.integers(1, entries, n)) % entries
        return Pairs(people, entries, chance.integers(0, people, n), left, right, chance.choice(values, n))
    participant, subject = np.nonzero(chance.random((people, entries)) < 0.7)
    return Scores(people, entries, participant, subject, chance.choice(values, len(subject)).astype(float))


def relabelled(form, people, entries):
    """The same ballots when person i is called `people[i]` and entry i `entries[i]`, their rows in another order."""
    if isinstance(form, Orders):
        ranks = np.empty_like(form.ranks)
        ranks[np.ix_(people, entries)] = form.ranks
        return Orders(ranks)
    rows = np.random.default_rng(1).permutation(len(form.participant))
    if isinstance(form, Pairs):
        left, right = entries[form.left[rows]], entries[form.right[rows]]
        return replace(
            form, participant=people[form.participant[rows]], left=left, right=right, outcome=form.outcome[rows]
        )
    participant, subject = people[form.participant[rows]], entries[form.subject[rows]]
    return replace(form, participant=participant, subject=subject, value=form.value[rows])


@every_rule
@given(seed=seeds)
def test_other_names_for_people_and_entries_change_nothing(name, seed):
    rule, form = RULES[name][0], drawn(name, seed)
    chance = np.random.default_rng(seed + 1)
    people, entries = chance.permutation(form.people), chance.permutation(form.entries)
    plain, renamed = rule.tally(form), rule.tally(relabelled(form, people, entries))

    assert places(renamed.key)[entries].tolist() == places(plain.key).tolist()
    for field in ("score", "low", "high"):
        assert getattr(renamed, field)[entries] == pytest.approx(getattr(plain, field), abs=1e-7, nan_ok=True)


@every_rule
@given(seed=seeds)
def test_a_weight_is_as_many_people(name, seed):
    """Everybody twice and nobody, by weight and by writing their ballots twice."""
    rule, form = RULES[name][0], drawn(name, seed)
    weights = np.random.default_rng(seed).integers(0, 3, form.people)
    written = copied(form, weights)
    by_weight = rule.tally(form, weights.astype(float))

    if weights.any() and (isinstance(form, Orders) or len(written.participant)):
        assert places(by_weight.key).tolist() == places(rule.tally(written).key).tolist()
        assert by_weight.score == pytest.approx(rule.tally(written).score, abs=1e-7, nan_ok=True)


def copied(form, weights):
    """Each person as often as their weight says, as people of their own."""
    people = np.repeat(np.arange(form.people), weights)
    if isinstance(form, Orders):
        return Orders(form.ranks[people])
    rows = [(new, row) for new, person in enumerate(people) for row in np.flatnonzero(form.participant == person)]
    participant, row = np.array(rows, dtype=int).reshape(-1, 2).T
    if isinstance(form, Pairs):
        left, right, outcome = form.left[row], form.right[row], form.outcome[row]
        return Pairs(max(1, len(people)), form.entries, participant, left, right, outcome)
    return Scores(max(1, len(people)), form.entries, participant, form.subject[row], form.value[row])


@pytest.mark.parametrize("name", [name for name in RULES if name != "pairs"])
@given(seed=seeds)
def test_many_runs_order_the_entries_as_each_count_does(name, seed):
    """Under pairs this holds nearly: tests/ideas/voting/test_pairs.py."""
    rule, form = RULES[name][0], drawn(name, seed)
    weights = np.random.default_rng(seed).integers(0, 4, (3, form.people)).astype(float)

    each = np.stack([places(rule.tally(form, run).key) for run in weights])
    assert places(rule.keys(form, weights)).tolist() == each.tolist()


@pytest.mark.parametrize(("name", "value"), [("points", 1), ("points", 3), ("stars", 1), ("stars", -1)])
@given(seed=seeds)
def test_a_ballot_that_treats_all_alike_changes_no_order(name, value, seed):
    rule, form = RULES[name][0], drawn(name, seed)
    more = replace(
        form,
        people=form.people + 1,
        participant=np.append(form.participant, np.full(form.entries, form.people)),
        subject=np.append(form.subject, np.arange(form.entries)),
        value=np.append(form.value, np.full(form.entries, float(value))),
    )

    assert places(rule.tally(more).key).tolist() == places(rule.tally(form).key).tolist()


@given(seed=seeds)
def test_skipping_all_changes_no_approval(seed):
    form = drawn("approval", seed)
    more = replace(
        form,
        people=form.people + 1,
        participant=np.append(form.participant, np.full(form.entries, form.people)),
        subject=np.append(form.subject, np.arange(form.entries)),
        value=np.append(form.value, np.zeros(form.entries)),
    )

    assert approval.tally(more).key.tolist() == approval.tally(form).key.tolist()


@given(seed=seeds)
def test_one_more_yes_never_lowers_a_place(seed):
    form = drawn("approval", seed)
    more = replace(
        form,
        people=form.people + 1,
        participant=np.append(form.participant, form.people),
        subject=np.append(form.subject, 0),
        value=np.append(form.value, 1.0),
    )

    assert places(approval.tally(more).key)[0] <= places(approval.tally(form).key)[0]


@given(seed=seeds)
def test_approval_of_arrays_is_approval_of_counts(seed):
    form = drawn("approval", seed)
    counts = [
        Counts(entry, *(int(np.sum((form.subject == entry) & (form.value == v))) for v in (1, -1, 0)))
        for entry in range(form.entries)
    ]
    counted = approval.tally(form)

    for standing in rank(counts):
        found = (counted.score[standing.entry], counted.low[standing.entry], counted.high[standing.entry])
        assert found == pytest.approx((standing.score, standing.low, standing.high), abs=1e-15)
        assert places(counted.key)[standing.entry] == standing.place


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_wilsons_interval_of_arrays_is_that_of_numbers(yes, no):
    low, high = shares.wilson(np.array([float(yes)]), np.array([float(yes + no)]))

    assert (low[0], high[0]) == approval.wilson(yes, no)
