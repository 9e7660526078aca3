"""Places: equal entries share a place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting.places import SAME, places, snapped, ties

keys = st.lists(st.integers(-5, 5), min_size=1, max_size=30)


@given(keys)
def test_a_place_is_one_more_than_the_number_of_better_entries(numbers):
    assert places(np.array(numbers, dtype=float)).tolist() == [1 + sum(o > n for o in numbers) for n in numbers]


def test_many_runs_are_placed_as_each_run_alone():
    runs = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 4.0]])

    assert places(runs).tolist() == [places(run).tolist() for run in runs] == [[3, 1, 1], [2, 2, 1]]


def test_a_rounding_error_makes_no_difference_in_place():
    assert places(np.array([0.1 + 0.2, 0.3, 0.3 - 3 * SAME])).tolist() == [1, 1, 3]


def test_infinitely_low_entries_tie_too():
    assert places(np.array([-np.inf, 1.0, -np.inf])).tolist() == [2, 1, 2]


def test_an_empty_list_has_no_places():
    assert places(np.zeros(0)).tolist() == []


def test_snapping_makes_near_values_equal_and_keeps_the_others():
    assert snapped(np.array([1.0, 1.0 + 1e-9, 2.0]), 1e-8).tolist() == [1.0 + 1e-9, 1.0 + 1e-9, 2.0]


def test_ties_are_groups_with_the_best_first():
    assert [group.tolist() for group in ties(np.array([1.0, 5.0, 1.0, 7.0, 5.0]))] == [[1, 4], [0, 2]]
