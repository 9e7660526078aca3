"""Time is aware UTC, exact to the millisecond."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ideas import clock


def test_now_is_aware_utc():
    assert clock.now().utcoffset() == UTC.utcoffset(None)


@given(st.integers(0, 4_102_444_800_000))
def test_milliseconds_survive_the_conversion_in_both_directions(ms):
    assert clock.to_ms(clock.from_ms(ms)) == ms


def test_an_instant_is_the_milliseconds_since_the_epoch():
    assert clock.to_ms(datetime(2026, 11, 23, 19, 0, 0, 250_000, UTC)) == 1_795_460_400_250
