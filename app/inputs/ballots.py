"""Inputs of a ballot form: one mark, or a whole ballot.

One mark: `entry` (and `versus`, the higher id, for a pair) with `value`. A whole ballot: a field `mark-<subject>` for
each subject, `mark-12` or `mark-12-15`; an empty field means 0.
"""

import re
import uuid

from flask import request

from ideas.errors import Invalid, Problems
from ideas.marks import Cast
from ideas.voting.rules import VALUE_MAX, Subject, written

_ID = r"[1-9]\d{0,17}"
_ENTRY = re.compile(_ID)
_SUBJECT = re.compile(rf"({_ID})(?:-({_ID}))?")
_FIELD = re.compile(rf"mark-({_ID})(?:-({_ID}))?")
_OWNER = re.compile(rf"({_ID})-({_ID})")
_COUNTER = re.compile(r"\d{1,15}")
_VALUE = re.compile(r"-?\d{1,4}")


def cast_form() -> Cast:
    """The cast of a form, without its participant and its round (0). :raise Invalid: with a problem per field."""
    form = request.form
    problems = Problems()
    marks = _whole(problems) if is_whole() else _single(problems)
    question = form.get("question", "")
    if question and not _ENTRY.fullmatch(question):
        problems["question"] = "unknown"
    if not _COUNTER.fullmatch(form.get("n", "")):
        problems["n"] = "out_of_range"
    for name in ("op", "client"):
        if not _is_uuid(form.get(name, "")):
            problems[name] = "characters"
    problems.refuse()
    return Cast(
        participant_id=0,
        round_id=0,
        op=str(uuid.UUID(form["op"])),
        client=str(uuid.UUID(form["client"])),
        n=int(form["n"]),
        marks=marks,
        question_id=int(question) if question else None,
        blanks=frozenset(filter(_is_blank, marks)) if is_whole() else None,
    )


def kept_form() -> Cast:
    """The cast of a form that gives a mark again, still without it. :raise Invalid: without a number or a question."""
    op, question = request.form.get("op", ""), request.form.get("question", "")
    if not _is_uuid(op) or not _ENTRY.fullmatch(question):
        raise Invalid(op="characters")
    number = str(uuid.UUID(op))
    return Cast(0, 0, number, number, 1, {}, int(question))


def owner_named(challenge_id: int) -> int | None:
    """The participant whose browser kept the cast, as `owner` names it; None without it, 0 for another challenge."""
    owner = request.form.get("owner", "")
    match = _OWNER.fullmatch(owner)
    if not owner:
        return None
    return int(match[2]) if match and int(match[1]) == challenge_id else 0


def is_whole() -> bool:
    """Whether the form holds a whole ballot."""
    return any(map(_FIELD.fullmatch, request.form))


def _is_blank(subject: Subject) -> bool:
    """Whether the field of a subject was sent without a value."""
    return not request.form.get(f"mark-{written(subject)}", "").strip()


def subject_of(text: str) -> Subject | None:
    """Parse the output of `ideas.voting.rules.written`; None if it is no subject."""
    match = _SUBJECT.fullmatch(text)
    return _subject(match) if match else None


def _subject(match: re.Match[str]) -> Subject:
    return (int(match[1]), int(match[2])) if match[2] else int(match[1])


def _single(problems: dict[str, str]) -> dict[Subject, int]:
    form = request.form
    entry, versus, value = form.get("entry", ""), form.get("versus", ""), _value(form.get("value", ""))
    if not _ENTRY.fullmatch(entry) or (versus and not _ENTRY.fullmatch(versus)):
        problems["entry"] = "unknown"
    if value is None:
        problems["value"] = "unknown"
    if problems or value is None:
        return {}
    return {(int(entry), int(versus)) if versus else int(entry): value}


def _whole(problems: dict[str, str]) -> dict[Subject, int]:
    marks: dict[Subject, int] = {}
    for name, typed in request.form.items():
        match, value = _FIELD.fullmatch(name), _value(typed.strip() or "0")
        if match is None:
            continue
        if value is None:
            problems["value"] = "unknown"
        else:
            marks[_subject(match)] = value
    return marks


def _value(typed: str) -> int | None:
    if not _VALUE.fullmatch(typed) or abs(int(typed)) > VALUE_MAX:
        return None
    return int(typed)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
