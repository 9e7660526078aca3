"""Points: sums as in participatory budgets, the cost of a ballot, and the interval of a sum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting import intervals, points
from ideas.voting.places import places
from tests.conversations import needs_full_data
from tests.ideas.voting import profiles_of

BUDGETS = ("pb-pl-czestochowa-podjasnogorska-2024", "pb-zurich-2023-s5d10", "pb-pl-krakow-bienczyce-2019")

tables = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 10), min_size=n, max_size=n), min_size=1, max_size=12)
)


@needs_full_data
@pytest.mark.parametrize("name", BUDGETS)
def test_the_points_of_a_participatory_budget_give_its_scores_and_places(name):
    """Exactly as recounted and published."""
    projects, ballots = profiles_of.budget(name)
    profile = profiles_of.scores([[ballot.get(str(p["project_id"])) for p in projects] for ballot in ballots])
    counted = points.tally(profile)

    assert counted.score.tolist() == [p["score"] for p in projects]
    assert places(counted.key).tolist() == [1 + sum(o["score"] > p["score"] for o in projects) for p in projects]


def test_the_cost_of_a_ballot_is_a_sum_or_a_sum_of_squares():
    assert points.cost([3, 0, 1]) == 4
    assert points.quadratic_cost([3, 0, 1]) == 10


def test_quadratic_credits_count_with_their_square_roots():
    """Four people with one credit each outweigh one person with nine; sixteen credits make them equal."""
    profile = profiles_of.scores([[9, 1, 16], [0, 1, 0], [0, 1, 0], [0, 1, 0]])
    counted = points.quadratic.tally(profile)

    assert counted.score.tolist() == [3, 4, 4]
    assert places(counted.key).tolist() == [3, 1, 1]
    assert places(points.tally(profile).key).tolist() == [2, 3, 1]


def test_the_order_of_adding_roots_breaks_no_tie():
    table = [[2.0, 2.0], [3.0, 3.0], [5.0, 5.0], [7.0, 11.0], [11.0, 7.0]]
    total = points.quadratic.tally(profiles_of.scores(table))
    assert total.score[0] != total.score[1], "no dust: this test shows nothing"

    assert places(total.key).tolist() == [1, 1]


@given(tables)
def test_scores_are_sums_within_their_intervals(table):
    counted = points.tally(profiles_of.scores(table))

    assert counted.score.tolist() == [sum(column) for column in zip(*table, strict=True)]
    assert (counted.low <= counted.score).all()
    assert (counted.score <= counted.high).all()
    assert (counted.low >= 0).all()


def test_a_missing_mark_counts_as_zero_points():
    """The interval includes all three people, though two of them left the entry out."""
    left_out, zero = [[5, 1], [None, 1], [None, 1]], [[5, 1], [0, 1], [0, 1]]

    assert (
        points.tally(profiles_of.scores(left_out)).high.tolist() == points.tally(profiles_of.scores(zero)).high.tolist()
    )


def test_the_interval_of_zeros_and_ones_is_agresti_and_coulls_plus_four():
    low, high = intervals.of_sums(np.array([3.0]), np.array([3.0]), 20, (0.0, 1.0))
    share = 5 / 24
    margin = intervals.Z95 * (share * (1 - share) / 24) ** 0.5

    assert (low[0], high[0]) == pytest.approx((20 * (share - margin), 20 * (share + margin)))


def test_an_entry_without_points_has_an_upper_bound_above_zero():
    counted = points.tally(profiles_of.scores([[5, 0]] * 10))

    assert counted.score[1] == counted.low[1] == 0
    assert counted.high[1] > 0


@pytest.mark.parametrize("people", [15, 60, 240])
def test_the_interval_covers_the_true_sum_at_the_stated_rate(people):
    """95 % of 4,000 sums within 3 %: the crowds are small and most people give nothing."""
    chance = np.random.default_rng(people)
    given = chance.choice([0.0, 1.0, 2.0, 5.0, 10.0], p=[0.6, 0.15, 0.1, 0.1, 0.05], size=(people, 4000))
    low, high = intervals.of_sums(given.sum(axis=0), (given**2).sum(axis=0), people, (0.0, 10.0))
    truth = people * (0.15 + 0.2 + 0.5 + 0.5)

    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.03)


def test_weighted_runs_are_counted_as_each_run_alone():
    profile = profiles_of.scores([[3, 0, None], [1, 1, 2], [None, 4, 4]])
    weights = np.array([[1.0, 1, 1], [3, 0, 0], [0, 2, 1]])

    assert points.keys(profile, weights).tolist() == [[4, 5, 6], [9, 0, 0], [2, 6, 8]]


def test_large_profiles_are_counted_without_a_table(monkeypatch):
    profile = profiles_of.scores([[3, 0, None], [1, 1, 2], [None, 4, 4]])
    weights = np.array([[1.0, 1, 1], [3, 0, 0], [0, 2, 1]])
    with_table = points.keys(profile, weights).tolist()
    monkeypatch.setattr("ideas.voting.weights.TABLE", 8)

    assert points.keys(profile, weights).tolist() == with_table


@needs_full_data
def test_real_ballots_stay_within_their_budget():
    """Zürich 2023: at most ten points on each ballot."""
    assert max(points.cost(map(int, ballot.values())) for ballot in profiles_of.budget("pb-zurich-2023-s5d10")[1]) == 10
