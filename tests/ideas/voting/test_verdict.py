"""The verdict of crowd and jury: exact, and the same as a slow count by definition."""

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting.verdict import Criterion, Scored, beaten, decide, far_apart, grades_of, scored, twice_median

HALF = Fraction(1, 2)


def jury_of(**scores):
    """`a=Fraction(…)`: the jury's view of entry 1 and so on; None for no score."""
    return [Scored(n, 2, (), score) for n, score in enumerate(scores.values(), start=1)]


def crowd_of(*places):
    return dict(enumerate(places, start=1))


def order_of(found):
    return [(row.entry, row.place) for row in found]


# --- the jury's score ---


@pytest.mark.parametrize(
    ("grades", "median"),
    [([3], 3), ([1, 4], Fraction(5, 2)), ([0, 4, 5], 4), ([0, 1, 4, 5], Fraction(5, 2)), ([2, 2, 2, 5], 2)],
)
def test_of_two_middle_grades_the_median_is_their_mean(grades, median):
    assert Fraction(twice_median(grades), 2) == median


def test_a_score_is_the_weighted_mean_of_the_medians_as_shares_of_the_best_grade():
    useful = Criterion({7: {4: 1, 2: 2}}, steps=6, weight=3)  # median 2 of 5
    doable = Criterion({7: {3: 1, 4: 2}}, steps=5, weight=1)  # median 4 of 4

    [found] = scored([useful, doable], [7])

    assert found == Scored(7, 3, (4, 8), Fraction(3 * Fraction(2, 5) + 1, 4))


@pytest.mark.parametrize(
    ("values", "jurors"),
    [({}, 0), ({5: 1}, 1), ({5: 1, -1: 6}, 1), ({-1: 2}, 0), ({5: 1, 4: 0}, 1)],
)
def test_an_idea_with_fewer_than_two_grades_on_a_criterion_has_no_score(values, jurors):
    full = Criterion({7: {5: 4}}, steps=6)

    [found] = scored([full, Criterion({7: values}, steps=6)], [7])

    assert (found.score, found.jurors, found.twice_medians) == (None, jurors, (10, None))


def test_without_criteria_there_is_no_score():
    assert scored([], [7]) == [Scored(7, 0, (), None)]


# --- both sides together ---


def test_a_tie_counts_half_of_the_others_beaten():
    assert beaten({1: 9, 2: 5, 3: 5, 4: 1}) == {1: 1, 2: HALF, 3: HALF, 4: 0}


def test_equal_means_tie():
    # Each beats two of three others on one side and one on the other.
    found = decide(crowd_of(1, 2, 3), jury_of(a=Fraction(1, 3), b=Fraction(2, 3), c=Fraction(3, 3)), 50)

    assert order_of(found) == [(1, 1), (2, 1), (3, 1)]
    assert {row.combined for row in found} == {HALF}


def test_the_weights_decide_who_is_first():
    jury = jury_of(a=Fraction(1, 4), b=Fraction(3, 4))

    assert order_of(decide(crowd_of(1, 2), jury, 49)) == [(1, 1), (2, 2)]
    assert order_of(decide(crowd_of(1, 2), jury, 50)) == [(1, 1), (2, 1)]
    assert order_of(decide(crowd_of(1, 2), jury, 51)) == [(2, 1), (1, 2)]


def test_an_idea_without_a_score_has_no_place_and_is_last():
    found = decide(crowd_of(1, 2, 3), jury_of(a=None, b=Fraction(1, 4), c=Fraction(3, 4)), 60)

    assert order_of(found) == [(3, 1), (2, 2), (1, None)]
    unscored = found[-1]
    assert (unscored.crowd_place, unscored.jury_place, unscored.combined, unscored.apart) == (1, None, None, 0)


def test_an_idea_without_a_score_is_no_other_idea_that_is_beaten():
    found = decide(crowd_of(1, 2, 3), jury_of(a=Fraction(3, 4), b=None, c=Fraction(1, 4)), 60)

    assert [(row.crowd_share, row.jury_share) for row in found] == [(1, 1), (0, 0), (None, None)]


def test_a_jury_that_scored_nothing_decides_nothing_unless_its_weight_is_0():
    nothing = jury_of(a=None, b=None)

    assert order_of(decide(crowd_of(2, 1), nothing, 100)) == [(2, None), (1, None)]
    assert order_of(decide(crowd_of(2, 1), nothing, 0)) == [(2, 1), (1, 2)]


@pytest.mark.parametrize("percent", [0, 30, 100])
def test_one_idea_alone_is_first(percent):
    [found] = decide(crowd_of(1), jury_of(a=Fraction(0)), percent)

    assert (found.place, found.crowd_share, found.jury_share, found.combined) == (1, 1, 1, 1)


def test_without_ideas_the_verdict_is_empty():
    assert decide({}, [], 40) == []


def test_ideas_on_which_crowd_and_jury_are_far_apart_come_with_the_farthest_first():
    jury = jury_of(a=Fraction(0), b=Fraction(1, 4), c=Fraction(2, 4), d=Fraction(3, 4))
    found = decide(crowd_of(1, 3, 4, 2), jury, 50)

    apart = far_apart(found, 9)

    assert [(row.entry, row.apart) for row in apart] == [(1, -1), (3, Fraction(2, 3)), (4, Fraction(1, 3))]
    assert far_apart(found, 1) == apart[:1]


# --- against a count by definition ---

GRADE = st.integers(-1, 5)
ROWS = st.lists(
    st.tuples(st.integers(1, 4), st.lists(st.lists(GRADE, min_size=2, max_size=2), max_size=4)), max_size=7
)  # of each idea: the crowd's number, and the grades of each juror on two criteria
WEIGHTS = st.tuples(st.integers(0, 3), st.integers(1, 3))
PERCENT = st.integers(0, 100)


def built(rows, weights):
    """`(crowd, criteria)` of ideas numbered from 1."""
    crowd = {n: 1 + sum(other > own for other, _ in rows) for n, (own, _) in enumerate(rows, start=1)}
    criteria = []
    for c, weight in enumerate(weights):
        values = {}
        for n, (_, jurors) in enumerate(rows, start=1):
            for grades in jurors:
                of = values.setdefault(n, {})
                of[grades[c]] = of.get(grades[c], 0) + 1
        criteria.append(Criterion(values, 6, weight))
    return crowd, criteria


def slow(rows, weights, percent):
    """`{idea: (place, combined)}` by the words of the definition, pair by pair."""
    score = {}
    for n, (_, jurors) in enumerate(rows, start=1):
        by_criterion = [[Fraction(grades[c]) for grades in jurors if grades[c] >= 0] for c in range(2)]
        if all(len(grades) >= 2 for grades in by_criterion):
            medians = [statistics.median(grades) / 5 for grades in by_criterion]
            score[n] = sum(w * m for w, m in zip(weights, medians, strict=True)) / sum(weights)
    compared = list(score) if percent else list(range(1, len(rows) + 1))

    def share(of, own):
        others = [n for n in compared if n != own]
        won = sum(1 if of[own] > of[n] else HALF if of[own] == of[n] else 0 for n in others)
        return Fraction(won, len(others)) if others else Fraction(1)

    crowd = {n: own for n, (own, _) in enumerate(rows, start=1)}
    combined = {}
    for n in compared:
        jury = share(score, n) if percent else 0
        combined[n] = Fraction(percent, 100) * jury + Fraction(100 - percent, 100) * share(crowd, n)
    return {n: (1 + sum(other > own for other in combined.values()), own) for n, own in combined.items()}


def decided(rows, weights, percent):
    crowd, criteria = built(rows, weights)
    return decide(crowd, scored(criteria, crowd), percent)


@given(ROWS, WEIGHTS, PERCENT)
def test_it_agrees_with_a_slow_count_by_definition(rows, weights, percent):
    found = decided(rows, weights, percent)

    assert {row.entry: (row.place, row.combined) for row in found if row.place} == slow(rows, weights, percent)
    assert sorted(row.entry for row in found) == list(range(1, len(rows) + 1))


@given(ROWS, WEIGHTS, PERCENT, st.randoms())
def test_the_order_of_ideas_and_jurors_changes_nothing(rows, weights, percent, random):
    before = {row.entry: (row.place, row.combined) for row in decided(rows, weights, percent)}
    order = list(range(len(rows)))
    random.shuffle(order)
    moved = [(own, random.sample(jurors, len(jurors))) for own, jurors in (rows[n] for n in order)]

    after = {order[row.entry - 1] + 1: (row.place, row.combined) for row in decided(moved, weights, percent)}

    assert after == before


@given(ROWS, WEIGHTS, PERCENT, st.data())
def test_a_better_grade_never_makes_a_place_worse(rows, weights, percent, data):
    graded = [(n, j, c) for n, (_, js) in enumerate(rows) for j, g in enumerate(js) for c in (0, 1) if 0 <= g[c] < 5]
    if not graded:
        return
    n, j, c = data.draw(st.sampled_from(graded))
    better = [(own, [list(grades) for grades in jurors]) for own, jurors in rows]
    better[n][1][j][c] += 1

    before, after = (next(row for row in decided(of, weights, percent) if row.entry == n + 1) for of in (rows, better))

    assert (after.score is None) == (before.score is None)
    assert (after.place or 0) <= (before.place or 0)


@given(ROWS, WEIGHTS)
def test_a_side_with_all_the_weight_gives_its_own_order(rows, weights):
    by_crowd, by_jury = decided(rows, weights, 0), decided(rows, weights, 100)

    assert all(row.place == row.crowd_place for row in by_crowd)
    assert all(row.place == row.jury_place for row in by_jury)


@given(ROWS, WEIGHTS, PERCENT)
def test_ideas_that_both_sides_put_level_share_a_place(rows, weights, percent):
    found = decided(rows, weights, percent)
    places = {}
    for row in found:
        if row.score is not None:
            places.setdefault((row.crowd_place, row.score), set()).add(row.place)

    assert all(len(of) == 1 for of in places.values())


@given(st.lists(GRADE))
def test_cant_say_is_no_grade(grades):
    values = {grade: grades.count(grade) for grade in grades}

    assert grades_of(values) == sorted(grade for grade in grades if grade >= 0)
