"""Time is aware UTC, exact to the millisecond."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
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


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("begin", ["2027-03-20", "2026-10-20", "2026-06-01"])
def test_fourteen_days_end_at_the_same_hour(begin):
    at = datetime.fromisoformat(f"{begin}T18:00").replace(tzinfo=BERLIN)

    end = clock.later(at, 14 * clock.DAY_SECONDS, "Europe/Berlin")

    there = end.astimezone(BERLIN)
    assert (there.date() - at.date(), there.hour, there.minute) == (timedelta(days=14), 18, 0)
    assert end.utcoffset() == timedelta(0)


def test_hours_are_hours_also_over_a_change_of_time():
    begin = datetime(2027, 3, 27, 18, tzinfo=BERLIN)

    assert clock.later(begin, 36 * 3600, "Europe/Berlin") - begin == timedelta(hours=36)
    assert clock.later(begin, 90, "Europe/Berlin") - begin == timedelta(seconds=90)


@pytest.mark.parametrize("zone", [None, "UTC", "Nowhere/Else", "../etc/passwd"])
def test_days_of_an_unknown_zone_have_24_hours(zone):
    begin = datetime(2027, 3, 27, 18, tzinfo=UTC)

    assert clock.later(begin, 2 * clock.DAY_SECONDS, zone) - begin == timedelta(days=2)
