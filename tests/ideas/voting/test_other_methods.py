"""Other counting methods for the same ballots, checked by hand and against the main count."""

import pytest

from ideas.voting.other_methods import comparison, groups, strengths
from ideas.voting.rules import rule_of
from ideas.voting.scores import Counts, scores

RANKED, PAIRS = rule_of("ranked", {}), rule_of("pairs", {})

# The capital of Tennessee, in hundredths: Memphis 1, Nashville 2, Chattanooga 3, Knoxville 4. The methods disagree.
ORDERS = [(42, "1234"), (26, "2341"), (15, "3421"), (17, "4321")]


def counts_of(orders) -> Counts:
    return Counts(100, [], [(n, tuple((int(e), at) for at, e in enumerate(o, 1))) for n, o in orders])


def test_three_methods_count_the_same_orders():
    found = comparison(RANKED, [1, 2, 3, 4], counts_of(ORDERS))

    assert found.wins[2, 1] == 58
    assert found.above == {1: 3, 2: 0, 3: 1, 4: 2}
    assert found.borda == {1: 126, 2: 194, 3: 173, 4: 107}
    assert found.borda_places == {1: 3, 2: 1, 3: 2, 4: 4}
    assert found.runoff == (4,)


def test_the_schulze_order_agrees_with_the_places():
    found = comparison(RANKED, [1, 2, 3, 4], counts_of(ORDERS))

    assert {s.entry: s.place - 1 for s in scores(RANKED, [1, 2, 3, 4], counts_of(ORDERS))} == found.above


def test_other_rules_no_orders_and_too_many_entries_are_not_compared():
    assert comparison(RANKED, [1, 2, 3, 4], counts_of(ORDERS)) is not None
    assert comparison(PAIRS, [1, 2], Counts(1, [(1, 2, 1, 1)])) is None
    assert comparison(RANKED, [1, 2], Counts(0, [])) is None
    assert comparison(RANKED, range(1, 100), counts_of(ORDERS)) is None


def test_groups_are_the_entries_connected_by_answers():
    rows = [(1, 2, 1, 3), (2, 3, -1, 1), (5, 6, 1, 2), (6, 7, 0, 4)]

    assert groups(PAIRS, [1, 2, 3, 5, 6, 7], Counts(5, rows)) == [[1, 2, 3], [5, 6], [7]]
    assert groups(PAIRS, [1, 2, 3], Counts(5, rows)) == [[1, 2, 3]]
    assert groups(rule_of("approval", {}), [1, 2], Counts(5, rows)) == []


def test_strengths_solve_the_model_and_have_mean_zero():
    found = strengths(PAIRS, [1, 2], Counts(10, [(1, 2, 1, 6), (1, 2, -1, 4)]))

    # At the optimum, 10 (0.6 - 1 / (1 + exp(-2 b))) = 0.2 b.
    b = found[1]
    assert found[2] == -b
    assert 10 * (0.6 - 1 / (1 + 2.718281828459045 ** (-2 * b))) == pytest.approx(0.2 * b, abs=1e-5)
