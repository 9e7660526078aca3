"""Times that people type: local to them, UTC to us."""

from datetime import UTC, datetime, timedelta

# No zone is further from UTC than this.
OFFSET_MAX_MINUTES = 15 * 60


def instant_of(typed: str, utc_offset: str) -> datetime | None:
    """What `<input type="datetime-local">` sent, None if nothing was typed.

    `utc_offset` says how many minutes the typist's clock is ahead of UTC at that time; a script fills it in, without
    one it is 0 and the field is labelled UTC.

    :raise ValueError: if this is no date.
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
