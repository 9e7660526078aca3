"""Grades: majority judgement checked by hand, against published elections, and against its definition."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting import grades
from ideas.voting.places import places
from tests.ideas.voting import profiles_of

# Per cent of the voters in three precincts of Orsay, 22 April 2007, the worst grade ("to reject") first. These and the
# gauges below agree with each other, but were written down without the paper at hand: compare before quoting them.
ORSAY = {
    "Bayrou": (7.4, 8.4, 14.8, 25.1, 30.7, 13.6),
    "Royal": (12.6, 12.2, 16.8, 19.1, 22.7, 16.7),
    "Sarkozy": (28.2, 7.1, 11.5, 14.3, 19.8, 19.1),
    "Voynet": (20.5, 26.1, 23.7, 17.5, 9.3, 2.9),
    "Besancenot": (31.1, 22.6, 16.0, 16.3, 9.9, 4.1),
    "Buffet": (30.4, 26.4, 20.6, 12.5, 7.6, 2.5),
    "Bové": (39.5, 25.7, 16.0, 11.4, 6.0, 1.5),
    "Laguiller": (40.1, 25.9, 16.6, 10.2, 5.3, 2.1),
    "Nihous": (55.0, 26.7, 11.0, 5.3, 1.8, 0.3),
    "de Villiers": (55.5, 15.8, 11.3, 8.7, 6.4, 2.4),
    "Schivardi": (60.4, 24.9, 9.5, 3.9, 1.0, 0.5),
    "Le Pen": (74.4, 5.4, 6.5, 6.2, 4.6, 3.0),
}

# Balinski and Laraki 2016, "Majority Judgment vs Majority Rule", page 14: 737 voters of 2012, the worst grade ("to
# reject") first, in the order of the ranking on that page. Its percentages are given here as numbers of voters; figures
# and page come from the replication files of Fabre 2020, "Tie-breaking the Highest Median".
FRANCE = {
    "Hollande": (105, 105, 109, 86, 121, 119, 92),
    "Bayrou": (64, 88, 148, 186, 160, 72, 19),
    "Sarkozy": (234, 58, 82, 81, 120, 91, 71),
    "Mélenchon": (187, 111, 126, 108, 95, 70, 40),
    "Dupont-Aignan": (250, 188, 149, 83, 44, 19, 4),
    "Joly": (284, 182, 108, 87, 48, 22, 6),
    "Poutou": (337, 207, 92, 57, 33, 10, 1),
    "Le Pen": (351, 46, 103, 69, 70, 54, 44),
    "Arthaud": (368, 186, 97, 48, 28, 10, 0),
    "Cheminade": (383, 198, 86, 43, 18, 6, 3),
}

panels = st.integers(1, 9).flatmap(
    lambda judges: st.lists(st.lists(st.integers(0, 4), min_size=judges, max_size=judges), min_size=1, max_size=8)
)
uneven = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=9), min_size=1, max_size=8)


def of(entries: list[list[int]]):
    return profiles_of.graded([[row.count(grade) for grade in range(5)] for row in entries])


def majority_value(row: list[int]) -> list[int]:
    """By definition: take the middle grade away, of two middle grades the lower, and repeat."""
    left, value = sorted(row, reverse=True), []
    while left:
        value.append(left.pop(len(left) // 2))
    return value


def test_the_election_of_orsay_2007_has_its_published_gauges():
    """Balinski and Laraki 2007, "Election by Majority Judgement: Experimental Evidence", École polytechnique 2007-28.

    The majority gauges to the digit that rounded percentages allow (0.2 %): Bayrou 44.3 % good+ 30.6 %, Royal 39.4 %
    good- 41.5 %, Sarkozy 38.9 % good- 46.9 %, Voynet 29.8 % acceptable- 46.6 %, Besancenot 46.3 % poor+ 31.2 %,
    Buffet 43.2 % poor+ 30.5 %.
    """
    profile = profiles_of.graded([[round(10 * share) for share in row] for row in ORSAY.values()])
    counted = grades.tally(profile)

    assert places(counted.key).tolist() == list(range(1, 13))
    assert counted.score[:6] == pytest.approx(
        [3 + 0.443, 3 - 0.415, 3 - 0.469, 2 - 0.466, 1 + 0.463, 1 + 0.432], abs=2e-3
    )


def test_france_2012_agrees_with_a_count_by_hand():
    """The middle of 737 grades is the 369th.

    Hollande: 319 grades are below "good" (3) and 405 are good or worse, so the majority grade is good; 332 are above,
    more than below: good+ with 332/737 = 45.05 %. Bayrou: 300 are below good, 486 are good or worse, 251 are above:
    good- with 300/737 = 40.71 %. Le Pen: 351 are below "poor" (1), 397 are poor or worse, 340 are above: poor- with
    351/737 = 47.63 %.
    """
    gauges = {
        "Hollande": 3 + 332 / 737,
        "Bayrou": 3 - 300 / 737,
        "Sarkozy": 2 + 363 / 737,
        "Mélenchon": 2 + 313 / 737,
        "Dupont-Aignan": 1 + 299 / 737,
        "Joly": 1 - 284 / 737,
        "Poutou": 1 - 337 / 737,
        "Le Pen": 1 - 351 / 737,
        "Arthaud": 1 - 368 / 737,
        "Cheminade": 0 + 354 / 737,
    }

    counted = grades.tally(profiles_of.graded(list(FRANCE.values())))

    assert dict(zip(FRANCE, counted.score, strict=True)) == pytest.approx(gauges)
    assert places(counted.key).tolist() == list(range(1, 11))


def test_the_grades_of_five_judges_agree_with_a_count_by_hand():
    """1 2 2 3 3 unfolds as 2 2 3 1 3, and 2 2 2 3 3 as 2 2 3 2 3: the fourth grade decides."""
    assert majority_value([1, 2, 2, 3, 3]) == [2, 2, 3, 1, 3]
    assert majority_value([2, 2, 2, 3, 3]) == [2, 2, 3, 2, 3]

    assert places(grades.tally(of([[1, 2, 2, 3, 3], [2, 2, 2, 3, 3]])).key).tolist() == [2, 1]


def test_the_grades_of_six_judges_agree_with_a_count_by_hand():
    """0 2 2 3 3 4 unfolds as 2 3 2 3 0 4, and 1 2 2 3 3 3 as 2 3 2 3 1 3: the fifth grade decides."""
    assert majority_value([0, 2, 2, 3, 3, 4]) == [2, 3, 2, 3, 0, 4]

    assert places(grades.tally(of([[0, 2, 2, 3, 3, 4], [1, 2, 2, 3, 3, 3]])).key).tolist() == [2, 1]


def test_the_score_uses_the_larger_share_around_the_majority_grade():
    """Two grades above and one below the middle: 2+ with p = 0.4; one above, two below: 2- with q = 0.4."""
    counted = grades.tally(of([[1, 2, 2, 3, 4], [0, 1, 2, 2, 3]]))

    assert counted.score.tolist() == [2.4, 1.6]


def test_equal_shares_above_and_below_count_as_minus():
    assert grades.tally(of([[1, 2, 3]])).score[0] == pytest.approx(2 - 1 / 3)


@given(panels)
def test_places_follow_the_majority_value(entries):
    """Every entry has equally many grades: an oracle that shares nothing with the product."""
    values = [majority_value(row) for row in entries]

    assert places(grades.tally(of(entries)).key).tolist() == [1 + sum(o > v for o in values) for v in values]


@given(uneven)
def test_different_numbers_of_grades_are_compared_as_if_copied_to_one_number(entries):
    many = int(np.lcm.reduce([len(row) for row in entries]))
    copied = [row * (many // len(row)) for row in entries]
    values = [majority_value(row) for row in copied]

    assert places(grades.tally(of(entries)).key).tolist() == [1 + sum(o > v for o in values) for v in values]


@given(uneven)
def test_the_refined_tie_breaking_never_contradicts_the_usual_one(entries):
    def gauge(row):
        n, grade = len(row), majority_value(row)[0]
        p, q = Fraction(sum(g > grade for g in row), n), Fraction(sum(g < grade for g in row), n)
        return grade, (p if p > q else -q)

    counted, gauges = grades.tally(of(entries)), [gauge(row) for row in entries]

    assert counted.score == pytest.approx([float(grade + share) for grade, share in gauges], abs=1e-11)
    for key, one in zip(counted.key, gauges, strict=True):
        assert all(key > other_key for other_key, other in zip(counted.key, gauges, strict=True) if one > other)


@given(uneven)
def test_the_interval_contains_the_score(entries):
    counted = grades.tally(of(entries))

    assert (counted.low <= counted.score + 1e-11).all()
    assert (counted.score <= counted.high + 1e-11).all()


@given(panels, st.data())
def test_a_better_grade_never_lowers_a_place(entries, data):
    lucky = data.draw(st.integers(0, len(entries) - 1))
    judge = data.draw(st.integers(0, len(entries[lucky]) - 1))
    before = places(grades.tally(of(entries)).key)[lucky]
    entries[lucky][judge] = min(4, entries[lucky][judge] + 1)

    assert places(grades.tally(of(entries)).key)[lucky] <= before


def test_an_entry_without_grades_is_last_and_has_no_score():
    profile = profiles_of.scores([[0, None, 4], [1, None, None]])
    counted = grades.tally(profile)

    assert places(counted.key).tolist() == [2, 3, 1]
    assert np.isnan([counted.score[1], counted.low[1], counted.high[1]]).all()


def test_the_same_grade_for_all_entries_is_a_tie():
    counted = grades.tally(profiles_of.scores([[3, 3], [3, None]]))

    assert places(counted.key).tolist() == [1, 1]
    assert counted.score.tolist() == [3, 3]


def test_the_interval_covers_the_true_value_at_the_stated_rate():
    """95 % of 2,000 crowds of 60, for an electorate with a known gauge, within 1.5 %."""
    chance = np.random.default_rng(5)
    shares = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
    truth = 2 + 0.4  # 40 % above grade 2, 30 % below
    crowds = grades.tally(profiles_of.graded(chance.multinomial(60, shares, 2000).tolist()))

    assert np.mean((crowds.low <= truth) & (truth <= crowds.high)) == pytest.approx(0.95, abs=0.015)
