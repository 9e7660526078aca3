"""Minds changed: who moved in which direction, and the floors below which nothing is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting.minds import Minds, minds_on
from ideas.voting.rules import RULES, Approval, Grades, Points, Ranked, Stars, rule_of

YES, NO, SKIP = 1, -1, 0


def marks(*values):
    return dict(enumerate(values))


def test_people_move_up_and_down_and_stay():
    first, last = marks(NO, NO, YES, YES, NO), marks(YES, YES, NO, YES, NO)

    assert minds_on(Approval(), first, last) == Minds(up=2, down=1, stayed=2)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (marks(NO, NO, YES, YES), marks(YES, YES, YES, YES)),  # four people
        (marks(NO, NO, NO, NO, YES), marks(YES, NO, NO, NO, YES)),  # one moved
        (marks(NO, NO, NO, NO, YES), marks(YES, YES, YES, YES, YES)),  # one stayed
        (marks(NO, NO, NO, NO, NO), marks(YES, YES, YES, YES, YES)),
        (marks(NO, NO, NO, NO, NO), marks(NO, NO, NO, NO, NO)),
        (marks(NO, NO, YES, YES, SKIP), marks(YES, YES, YES, YES, YES)),  # one took no side before
        ({1: NO, 2: NO, 3: NO, 4: NO, 5: NO}, {6: YES, 7: YES, 8: NO, 9: NO, 10: NO}),  # other people
    ],
)
def test_figures_of_too_few_people_stay_hidden(first, last):
    assert minds_on(Approval(), first, last) is None


@pytest.mark.parametrize(
    ("rule", "worse", "better"),
    [
        (Approval(), -1, 1),
        (Points(), 2, 3),
        (Grades(), 0, 5),
        (Stars(), -1, 1),
        (Ranked(), 3, 1),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_better_mark_is_a_move_up_by_every_rule(rule, worse, better):
    first = marks(worse, worse, worse, better, better)

    assert minds_on(rule, first, marks(better, better, worse, better, better)) == Minds(2, 0, 3)
    assert minds_on(rule, marks(better, better, worse, better, better), first) == Minds(0, 2, 3)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_without_comparable_marks_has_no_level(name):
    rule = rule_of(name, {})

    levels = {rule.level(value) for value in range(-1, 3) if rule.takes(value)} - {None}

    assert bool(levels) == rule.compares_marks


def test_an_argument_stands_beside_where_five_of_those_who_moved_found_it_good():
    first, last = marks(*[NO] * 6, YES, YES), marks(*[YES] * 6, YES, YES)
    good = {11: {0, 1, 2, 3, 4}, 12: {0, 1, 2, 3, 6, 7}, 13: {0, 1, 2, 3, 4, 5, 6}}

    found = minds_on(Approval(), first, last, good)

    assert found is not None
    assert found.arguments == (11, 13)


ballots = st.dictionaries(st.integers(0, 12), st.sampled_from([YES, NO, SKIP]), max_size=13)


@given(ballots, ballots, st.dictionaries(st.integers(1, 4), st.sets(st.integers(0, 12)), max_size=4))
def test_nothing_below_the_floors_is_ever_told(first, last, good):
    found = minds_on(Approval(), first, last, good)

    both = [p for p in first.keys() & last.keys() if first[p] and last[p]]
    moved = {p for p in both if first[p] != last[p]}
    assert (found is not None) == (len(both) >= 5 and len(moved) >= 2 and len(both) - len(moved) >= 2)
    if found:
        assert (found.both, found.moved) == (len(both), len(moved))
        assert found.up == sum(last[p] == YES for p in moved)
        assert found.arguments == tuple(sorted(a for a, people in good.items() if len(people & moved) >= 5))
