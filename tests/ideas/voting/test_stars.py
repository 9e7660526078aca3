"""Stars and lemons."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ideas.voting import stars
from ideas.voting.places import places
from tests.ideas.voting import profiles_of

marks = st.sampled_from([1, -1, None])
tables = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(marks, min_size=n, max_size=n), min_size=1, max_size=12).filter(
        lambda table: any(mark for row in table for mark in row)
    )
)


def test_a_lemon_cancels_a_star():
    counted = stars.tally(profiles_of.scores([[1, 1, None], [1, -1, -1]]))

    assert counted.score.tolist() == [2, 0, -1]
    assert places(counted.key).tolist() == [1, 2, 3]


def test_a_divisive_entry_ties_with_an_ignored_one_and_is_less_certain():
    counted = stars.tally(profiles_of.scores([[1, None, 1], [-1, None, 1], [1, None, 1], [-1, None, 1]]))

    assert places(counted.key).tolist() == [2, 2, 1]
    assert counted.high[0] - counted.low[0] > counted.high[1] - counted.low[1] > 0


@given(tables)
def test_the_interval_contains_the_score_within_the_possible_range(table):
    counted = stars.tally(profiles_of.scores(table))
    voters = sum(any(mark for mark in row) for row in table)

    assert (-voters <= counted.low).all()
    assert (counted.low <= counted.score).all()
    assert (counted.score <= counted.high).all()
    assert (counted.high <= voters).all()


def test_the_interval_covers_the_true_score_at_the_stated_rate():
    """95 % of 4,000 crowds of 40, within 2 %."""
    chance = np.random.default_rng(9)
    given = chance.choice([1, 0, -1], p=[0.25, 0.6, 0.15], size=(4000, 40))
    held = 0
    for crowd in given:
        counted = stars.tally(profiles_of.scores([[mark or None, 1] for mark in crowd.tolist()]))
        held += counted.low[0] <= 40 * 0.1 <= counted.high[0]

    assert abs(held / 4000 - 0.95) < 0.02
