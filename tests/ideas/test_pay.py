"""The pay line against a slow oracle, and the sentences of its design as figures."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideas.pay import (
    AVERAGE_FROM,
    MINUTES_MAX,
    Effort,
    Pay,
    Times,
    clamped,
    contest_line,
    interval_rank,
    job_line,
    rate,
    reading_minutes,
    times_expected,
    times_of,
    top_up,
)

CLOSE = datetime(2026, 3, 1, tzinfo=UTC)
reports = st.lists(st.integers(1, 600), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("cents", "minutes", "an_hour"), [(350, 20, 1050), (350, 34, 617), (350, 60, 350), (350, 25, 840), (1, 61, 0)]
)
def test_a_rate_is_rounded_down(cents, minutes, an_hour):
    assert rate(cents, minutes) == an_hour


@pytest.mark.parametrize(
    ("n", "k"),
    [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, 1),
        (4, 1),
        (5, 1),
        (6, 2),
        (7, 2),
        (8, 2),
        (9, 3),
        (10, 3),
        (12, 4),
        (15, 5),
        (20, 7),
    ],
)
def test_the_rank_of_the_interval_is_that_of_the_table(n, k):
    assert interval_rank(n) == k


def chance_to_hold_the_median(n: int, k: int) -> Fraction:
    """By counting all ways in which n values can lie below or above the median."""
    held = sum(k <= sum(below) <= n - k for below in product((0, 1), repeat=n))
    return Fraction(held, 2**n)


@pytest.mark.parametrize("n", range(3, 13))
def test_the_interval_holds_the_median_as_often_as_it_says_and_a_smaller_one_does_not(n):
    k = interval_rank(n)

    assert chance_to_hold_the_median(n, k) >= Fraction(3, 4)
    assert chance_to_hold_the_median(n, k + 1) < Fraction(3, 4)


def test_twenty_thousand_reports_have_an_interval_around_their_middle():
    assert 9_900 < interval_rank(20_000) < 10_000


@given(reports)
@settings(max_examples=150)
def test_times_say_what_is_true_of_the_reports(minutes):
    times = times_of(minutes)

    assert times.reports == len(minutes)
    if len(minutes) < AVERAGE_FROM:
        assert times.median is None
        assert times.low <= min(minutes) <= max(minutes) <= times.high
        assert times.low in {1, *range(0, 605, 5)}
        assert times.high % 5 == 0
    else:
        assert 2 * sum(each >= times.median for each in minutes) >= len(minutes)
        assert 2 * sum(each > times.median for each in minutes) <= len(minutes)
        assert times.low <= times.median <= times.high
        k = interval_rank(len(minutes))
        assert (times.low, times.high) == (sorted(minutes)[k - 1], sorted(minutes, reverse=True)[k - 1])


@given(
    st.integers(1, 10**7),
    st.none() | st.builds(Effort, st.integers(1, 500), st.integers(1, 600)),
    st.lists(st.integers(1, 600), max_size=9),
    st.integers(1, 500),
    st.none() | st.integers(1, 3000),
)
@settings(max_examples=150)
def test_a_line_agrees_with_fractions_and_never_mixes_the_estimate(cents, expected, minutes, people, floor):
    line = contest_line(cents, expected, minutes, people, floor)

    def an_hour(each):
        return int(Fraction(cents * 60, people * each))

    without = contest_line(cents, None, minutes, people, floor)
    assert (line.slow, line.typical, line.fast, line.times) == (without.slow, without.typical, without.fast, line.times)
    if expected:
        assert line.expected_rate == int(Fraction(cents * 60, expected.people * expected.minutes))
    if not minutes:
        assert line.kind == (Pay.ESTIMATE if expected else Pay.UNKNOWN)
        judged = line.expected_rate
    elif len(minutes) < AVERAGE_FROM:
        assert (line.kind, line.typical) == (Pay.FEW, None)
        assert line.slow <= an_hour(max(minutes)) <= an_hour(min(minutes)) <= line.fast
        judged = line.expected_rate
    else:
        middle = sorted(minutes)[len(minutes) // 2]
        assert (line.kind, line.typical) == (Pay.AVERAGE, an_hour(middle))
        assert line.slow <= line.typical <= line.fast
        judged = line.typical
    assert line.is_below == (None if judged is None or floor is None else judged < floor)


def test_the_figures_of_the_design():
    three = contest_line(350, Effort(1, 20), [25, 40, 60], 1, 1390)
    eight = contest_line(350, Effort(1, 20), [12, 26, 30, 33, 34, 40, 51, 90], 1, 1390)

    assert (three.slow, three.fast) == (350, 840)
    assert three.expected_rate == 1050
    assert eight.times == Times(8, 26, 51, 34)
    assert (eight.typical, eight.is_below) == (617, True)


def test_reports_of_the_same_minutes_never_change_the_rate():
    rates = {contest_line(30_000, None, [37] * n, 40, None).typical for n in range(5, 30)}

    assert rates == {30_000 * 60 // (40 * 37)}


def test_a_contest_without_prize_is_for_fun_and_one_without_amount_is_not_judged():
    assert contest_line(None, Effort(10, 30), [], 0, 1390).kind == Pay.FUN
    assert contest_line(0, Effort(10, 30), [1] * 9, 9, 1390).kind == Pay.UNPRICED


def test_a_prize_at_the_floor_is_not_below_it():
    assert contest_line(1390, Effort(1, 60), [], 0, 1390).is_below is False
    assert contest_line(1389, Effort(1, 60), [], 0, 1390).is_below is True
    assert contest_line(1389, Effort(1, 60), [], 0, None).is_below is None


@pytest.mark.parametrize(
    ("typed", "passed", "kept"),
    [(0, 90, 1), (-5, 90, 1), (30, 90, 30), (9999, 90, 90), (5, 0, 1), (10**9, 10**9, MINUTES_MAX)],
)
def test_minutes_are_clamped(typed, passed, kept):
    assert clamped(typed, CLOSE - timedelta(minutes=min(passed, 10**6)), CLOSE) == kept


@pytest.mark.parametrize(("typed", "passed", "kept"), [(1, 90, 3), (4, 90, 4), (1, 2, 2), (1, 0, 1)])
def test_nobody_needed_less_time_than_reading_takes_unless_they_came_later(typed, passed, kept):
    least = reading_minutes("word " * 501)

    assert least == 3
    assert clamped(typed, CLOSE - timedelta(minutes=passed), CLOSE, least) == kept


def test_a_short_text_is_read_in_a_minute():
    assert [reading_minutes("word " * n) for n in (0, 1, 250, 251)] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("ratios", "tenths"),
    [
        (["3", "3"], None),
        (["1/2", "17/10", "9"], 17),
        (["1", "1", "1"], None),
        (["1/3", "1/2", "2"], None),
        (["104/100", "104/100", "9"], None),
        (["105/100", "105/100", "9"], 11),
        (["1", "2", "3", "9"], 25),
    ],
)
def test_earlier_contests_tell_how_many_times_the_expected_time_they_took(ratios, tenths):
    assert times_expected([Fraction(each) for each in ratios]) == tenths


def test_the_lower_rate_of_an_estimate_is_judged_until_there_is_an_average():
    none, few = (contest_line(350, Effort(1, 20), minutes, 1, 620, 17) for minutes in ([], [20]))
    many = contest_line(350, Effort(1, 20), [20] * 5, 1, 620, 17)

    assert (none.expected_rate, none.longer_rate, none.is_below) == (1050, 617, True)
    assert (few.longer_rate, few.is_below) == (617, True)
    assert (many.longer_rate, many.typical, many.is_below) == (None, 1050, False)
    assert contest_line(350, None, [], 0, 620, 17).longer_rate is None


class TestJobs:
    """The lines of a job of 3.50 for 20 minutes against a floor of 13.90, as its design has them."""

    def test_before_anybody_did_it_there_is_only_the_estimate(self):
        line = job_line(350, 20, [], 1390)

        assert (line.kind, line.expected_rate, line.times, line.is_below) == (Pay.ESTIMATE, 1050, None, True)

    def test_earlier_jobs_count_where_they_took_longer(self):
        line = job_line(350, 20, [], 1000, tenths=17)

        assert (line.longer_rate, line.is_below) == (617, True)
        assert job_line(350, 20, [], 1000).is_below is False

    def test_few_reports_are_a_range_and_the_estimate_is_judged(self):
        line = job_line(350, 20, [25, 40, 60], 1390)

        assert (line.kind, line.slow, line.fast, line.typical) == (Pay.FEW, 350, 840, None)
        assert line.is_below, "by the estimate, which is never mixed with the reports"
        assert job_line(350, 20, [60, 60, 60, 60], 1000).is_below is False

    def test_from_five_reports_on_the_median_is_judged(self):
        line = job_line(350, 20, [20, 26, 30, 34, 34, 40, 51, 60], 700)

        assert (line.kind, line.times.median, line.typical) == (Pay.AVERAGE, 34, 617)
        assert (line.times.low, line.times.high, line.is_below) == (26, 51, True)

    def test_without_a_price_there_is_no_line(self):
        assert job_line(None, 20, [], 1390).kind == Pay.UNPRICED

    def test_a_top_up_reaches_the_floor_and_not_a_cent_less(self):
        assert (top_up(350, 34, 1390), top_up(788, 34, 1390)) == (438, 0)
        assert top_up(1390, 60, 1390) == 0
