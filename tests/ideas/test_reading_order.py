"""The order of arguments is fair: every argument is the first of its side equally often, and both sides alternate."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideas.reading_order import both_in_turn, in_turn, reading_of

SIDES = st.integers(0, 40)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20, 60])
def test_each_argument_is_the_first_of_its_side_equally_often(n):
    readers = 60 * n
    firsts = Counter(in_turn(range(n), reading_of(reader, 5))[0] for reader in range(1000, 1000 + readers))

    assert set(firsts) == set(range(n))
    assert min(firsts.values()) >= 55
    assert max(firsts.values()) <= 65


def test_half_of_the_readers_begin_with_each_side():
    begins = Counter(reading_of(reader, 5).begins_with_second for reader in range(1000))

    assert abs(begins[True] - 500) < 20


def test_the_first_of_the_page_is_every_argument_equally_often():
    firsts = Counter(both_in_turn(range(5), range(5, 10), reading_of(reader, 9))[0] for reader in range(2000))

    assert min(firsts.values()) > 180
    assert max(firsts.values()) < 220


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.integers(1, 10**9), st.integers(1, 10**9))
def test_both_sides_alternate_as_long_as_both_last_and_nothing_is_lost(pro, contra, reader, idea):
    first, second = list(range(pro)), list(range(100, 100 + contra))

    found = both_in_turn(first, second, reading_of(reader, idea))

    assert sorted(found) == first + second
    both = [number >= 100 for number in found[: 2 * min(pro, contra)]]
    assert all(a != b for a, b in pairwise(both))
    assert found == both_in_turn(first, second, reading_of(reader, idea)), "the same at every visit"


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 200), st.integers(1, 10**6))
def test_the_latest_arguments_stand_near_the_top_of_their_side(n, reader):
    found = in_turn(range(n), reading_of(reader, 3))

    assert found.index(n - 1) <= 1
    assert found.index(n - 2) <= 3


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 10**6))
def test_a_new_argument_moves_the_beginning_by_one_place_at_most(n, reader):
    before, after = (in_turn(range(size), reading_of(reader, 3))[0] for size in (n, n + 1))

    assert after - before in (0, 1)
