"""Typed times: people type local time, the domain uses UTC."""

from datetime import UTC, datetime, timedelta

from ideas.errors import Problems

# No time zone is further from UTC than this.
OFFSET_MAX_MINUTES = 15 * 60


def wall_clock(instant: datetime | None) -> str:
    """The value of `<input type="datetime-local">` for an instant, in UTC; "" for none."""
    return instant.strftime("%Y-%m-%dT%H:%M") if instant else ""


def instant_of(typed: str, utc_offset: str) -> datetime | None:
    """Parse the value of `<input type="datetime-local">`; None if it is empty.

    `utc_offset` is the number of minutes that the typist's clock is ahead of UTC at that time. A script fills it in;
    without a script it is 0 and the field is labelled UTC.

    :raise ValueError: if the value is no date.
    """
    if not typed.strip():
        return None
    offset = int(utc_offset or 0)
    if abs(offset) > OFFSET_MAX_MINUTES:
        raise ValueError
    try:
        return datetime.fromisoformat(typed.strip()).replace(tzinfo=UTC) - timedelta(minutes=offset)
    except OverflowError as error:
        raise ValueError from error


def required_instant(field: str, typed: str, utc_offset: str, unread: Problems) -> datetime | None:
    """Parse a time that has to be there. An empty or unreadable one is noted in `unread` under its field."""
    try:
        found = instant_of(typed, utc_offset)
    except ValueError:
        unread[field] = "date"
        return None
    if found is None:
        unread[field] = "missing"
    return found
