"""How one ballot goes along with the places of the group."""

import pytest

from ideas.voting.agreement import Agreement, agreement_of, front_of
from ideas.voting.rules import NO_GRADE, Approval, Grades, Pairwise, Points, Ranked, Stars

PLACES = {entry: entry for entry in range(1, 9)}  # entry 1 is on place 1, …


@pytest.mark.parametrize(
    ("rule", "marks", "found"),
    [
        (Approval(), {1: 1, 2: -1, 3: 0, 4: 1, 8: 1}, Agreement(5, 3, 2, 4)),
        (Points(), {1: 5, 7: 3, 8: 0}, Agreement(2, 2, 1, 4)),
        (Grades(), {1: 4, 2: 4, 3: 2, 8: 4, 5: NO_GRADE}, Agreement(5, 3, 2, 4)),
        (Grades(), {1: 0, 2: NO_GRADE}, Agreement(2, 0, 0, 4)),
        (Stars(), {1: 1, 6: 1, 2: -1}, Agreement(3, 2, 1, 4)),
        (Ranked(), {1: 2, 3: 1, 8: 3}, Agreement(3, 3, 2, 4)),
    ],
    ids=["approval", "points", "grades", "grades, worst only", "stars", "ranked"],
)
def test_the_best_of_a_ballot_are_compared_with_the_first_places(rule, marks, found):
    assert agreement_of(rule, marks, PLACES) == found


def test_by_pairs_the_chosen_one_is_compared_with_the_other_one():
    marks = {(1, 2): 1, (3, 4): -1, (5, 6): 0, (1, 9): 1}

    assert agreement_of(Pairwise(), marks, PLACES) == Agreement(4, 2, 1, 0)


def test_pairs_on_one_place_say_nothing():
    assert agreement_of(Pairwise(), {(1, 2): 1}, {1: 1, 2: 1}) == Agreement(1, 0, 0, 0)


def test_entries_without_a_place_are_left_out():
    assert agreement_of(Approval(), {1: 1, 99: 1}, PLACES).backed == 1


@pytest.mark.parametrize(("entries", "front"), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 3), (8, 4), (60, 10)])
def test_a_front_is_the_upper_half_and_at_most_ten(entries, front):
    assert front_of(Approval(top=3), entries) == front


def test_a_front_holds_all_that_are_looked_for():
    assert front_of(Approval(top=9), 12) == 9
    assert front_of(Approval(top=1), 3) == 2
