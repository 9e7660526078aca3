"""Inputs of the conditions in the challenge form: rights, the promised answer, the estimate for the pay line."""

from dataclasses import dataclass
from enum import StrEnum

from app.inputs.times import required_instant
from ideas.conditions import Conditions
from ideas.errors import Problems
from ideas.models import Rights


class Answer(StrEnum):
    """How the promised answer is dated."""

    NONE = ""
    DAYS = "days"
    DATE = "date"


@dataclass(frozen=True)
class ConditionFields:
    """The fields as typed."""

    rights: str
    rights_words: str
    answer: str
    answer_days: str
    answer_on: str
    answer_utc_offset: str
    expected_people: str
    expected_minutes: str
    floor_country: str


def answer_of(conditions: Conditions) -> Answer:
    """The choice of the form for stored conditions."""
    if conditions.answer_at:
        return Answer.DATE
    return Answer.DAYS if conditions.answer_days else Answer.NONE


def typed_number(number: int | None) -> str:
    """A number as its field shows it."""
    return "" if number is None else str(number)


def rights_of(typed: ConditionFields, unread: Problems) -> Conditions:
    """The part of the conditions that may change after the publication."""
    if typed.rights not in list(Rights):
        unread["rights"] = "unknown"
        return Conditions(rights_words=typed.rights_words)
    return Conditions(Rights(typed.rights), typed.rights_words)


def conditions_of(typed: ConditionFields, unread: Problems) -> Conditions:
    """Parse the conditions; the domain checks its own rules. Unreadable fields are noted in `unread`."""
    rights = rights_of(typed, unread)
    if typed.answer not in list(Answer):
        unread["answer"] = "unknown"
    by_date, by_days = typed.answer == Answer.DATE, typed.answer == Answer.DAYS
    return Conditions(
        rights.rights,
        rights.rights_words,
        required_instant("answer_at", typed.answer_on, typed.answer_utc_offset, unread) if by_date else None,
        _number("answer_days", typed.answer_days, unread, required=True) if by_days else None,
        _number("expected_people", typed.expected_people, unread),
        _number("expected_minutes", typed.expected_minutes, unread),
        typed.floor_country,
    )


def minutes_of(typed: str) -> int | None:
    """The minutes of a time report; None if they are no whole number."""
    text = typed.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _number(field: str, typed: str, unread: Problems, *, required: bool = False) -> int | None:
    text = typed.strip()
    if not text:
        if required:
            unread[field] = "missing"
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        unread[field] = "number"
        return None
    return int(text)
