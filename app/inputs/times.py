"""Times that people type: local to them, UTC to us."""

from datetime import UTC, datetime, timedelta

from werkzeug.datastructures import MultiDict

from ideas.errors import Invalid

# No zone is further from UTC than this.
OFFSET_MAX_MINUTES = 15 * 60


def instant_of(form: MultiDict[str, str], field: str, offset_field: str = "utc_offset") -> datetime | None:
    """What `<input type="datetime-local">` sent, None if nothing was typed.

    `offset_field` says how many minutes the typist's clock is ahead of UTC at that time; a script fills it in, without
    one it is 0 and the field is labelled UTC.

    :raise Invalid: `{field: "date"}`.
    """
    typed = form.get(field, "").strip()
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed).replace(tzinfo=UTC)
        offset = int(form.get(offset_field) or 0)
        if abs(offset) > OFFSET_MAX_MINUTES:
            raise ValueError
        return local - timedelta(minutes=offset)
    except (ValueError, OverflowError) as error:
        raise Invalid(**{field: "date"}) from error
