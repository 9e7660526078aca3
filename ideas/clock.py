"""The one clock. Time is aware UTC everywhere in the domain; zones are for display."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_SECONDS = 24 * 3600


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def from_ms(ms: int) -> datetime:
    """The instant `ms` milliseconds after the epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded to the nearest."""
    return round(instant.timestamp() * 1000)


def later(at: datetime, seconds: int, time_zone: str | None) -> datetime:
    """The instant so much later. Whole days end at the same hour of the zone, also over a change to summer time."""
    days, rest = divmod(seconds, DAY_SECONDS)
    if rest or not days:
        return at + timedelta(seconds=seconds)
    try:
        zone = ZoneInfo(time_zone or "UTC")
    except (ValueError, ZoneInfoNotFoundError):
        zone = ZoneInfo("UTC")
    return (at.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
