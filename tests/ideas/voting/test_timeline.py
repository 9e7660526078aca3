"""When people voted: parts of at least five people, whatever the times are."""

from hypothesis import given
from hypothesis import strategies as st

from ideas.voting.timeline import DAY, HOUR, LEAST, MINUTE, STEPS_MAX, TimelinePart, timeline_of


def test_neighbouring_steps_are_joined_until_five_people_are_in_a_part():
    """Two in the first minute, four in the second, five in the fourth, three in the last of ten minutes."""
    times = [1.0, 2.0, 61.0, 62.0, 63.0, 64.0, *[200.0] * 5, *[599.0] * 3]

    found = timeline_of(times, 10 * MINUTE)

    assert found.step == MINUTE
    assert found.parts == (TimelinePart(2 * MINUTE, 6), TimelinePart(10 * MINUTE, 8))


def test_the_last_part_ends_with_the_vote_and_not_with_the_last_vote():
    found = timeline_of([0.0] * 5 + [90.0] * 5, 9.5 * MINUTE)

    assert [part.until for part in found.parts] == [MINUTE, 10 * MINUTE]


def test_a_single_part_is_not_told():
    assert timeline_of([0.0] * 4 + [500.0] * 5, 600).parts == ()
    assert timeline_of([0.0] * 5, 600).parts == ()
    assert timeline_of([], 600).parts == ()
    assert timeline_of([], 0).parts == ()


def test_a_vote_of_two_weeks_is_told_in_days():
    found = timeline_of([n * HOUR * 12 for n in range(28)], 14 * DAY)

    assert found.step == DAY
    assert [part.people for part in found.parts] == [6, 6, 6, 10]
    assert found.until_half() == 9 * DAY


def test_times_outside_of_the_vote_count_at_its_ends():
    found = timeline_of([-50.0] * 5 + [1e9] * 5, 600)

    assert [part.people for part in found.parts] == [5, 5]


@given(st.lists(st.floats(-1e4, 2e6), max_size=60), st.floats(0, 1e6))
def test_no_part_tells_of_fewer_than_five_people(times, seconds):
    found = timeline_of(times, seconds)

    assert all(part.people >= LEAST for part in found.parts)
    assert found.people in (0, len(times))
    assert len(found.parts) != 1
    assert len(found.parts) <= STEPS_MAX + 1
    assert [part.until for part in found.parts] == sorted({part.until for part in found.parts})
    assert all(part.until % found.step == 0 for part in found.parts)
