"""What a ballot's form sends: one mark on one entry."""

import re
import uuid

from flask import request

from ideas.errors import Invalid
from ideas.services.ballots import Cast
from ideas.voting import approval

_ENTRY = re.compile(r"[1-9]\d{0,17}")
_COUNTER = re.compile(r"\d{1,15}")
_VALUES = {str(value): value for value in approval.VALUES}


def cast_form(participant_id: int, round_id: int) -> Cast:
    """:raise Invalid: with a problem per field."""
    form = request.form
    problems: dict[str, str] = {}
    if not _ENTRY.fullmatch(form.get("entry", "")):
        problems["entry"] = "unknown"
    if form.get("value", "") not in _VALUES:
        problems["value"] = "unknown"
    if not _COUNTER.fullmatch(form.get("n", "")):
        problems["n"] = "out_of_range"
    for name in ("op", "client"):
        if not _is_uuid(form.get(name, "")):
            problems[name] = "characters"
    if problems:
        raise Invalid(**problems)
    return Cast(
        participant_id=participant_id,
        round_id=round_id,
        op=str(uuid.UUID(form["op"])),
        client=str(uuid.UUID(form["client"])),
        n=int(form["n"]),
        marks={int(form["entry"]): _VALUES[form["value"]]},
    )


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
