"""The one clock. Time is aware UTC everywhere in the domain; zones are for display."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def from_ms(ms: int) -> datetime:
    """The instant `ms` milliseconds after the epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded to the nearest."""
    return round(instant.timestamp() * 1000)
