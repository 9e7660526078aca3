"""Inputs of the argument form: a stance and a reason."""

import uuid
from dataclasses import dataclass, field

from flask import request
from werkzeug.datastructures import MultiDict

from app.inputs.lists import asked_of
from app.platform.errors import TooMany, messages_of
from ideas.errors import Invalid, NumberReused, Refusal
from ideas.models import STANDS
from ideas.services.arguments import ArgumentForm
from ideas.texts import NAME_MAX

NUMBER_DIGITS = 18  # more are no id of a record


@dataclass(frozen=True)
class DebateQuery:
    """Which page of the arguments on an idea is asked for: its number, or the argument that must stand on it (or 0)."""

    page: int = 1
    argument: int = 0


FIRST_PAGE = DebateQuery()


def debate_query(query: MultiDict[str, str]) -> DebateQuery:
    """The page that an address asks for (`arguments=2`, `argument=7`); an invalid number means the first page."""
    argument = query.get("argument", "")
    is_number = argument.isdecimal() and len(argument) <= NUMBER_DIGITS
    return DebateQuery(asked_of(query, "arguments", 1).page, int(argument) if is_number else 0)


@dataclass(frozen=True)
class ArgumentDraft:
    """The content of the form: empty, or as typed together with the errors."""

    stance: str = ""
    text: str = ""
    name: str = ""  # of somebody who takes part from now on
    op: str = field(default_factory=lambda: str(uuid.uuid4()))
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_typed(self) -> bool:
        return bool(self.text)


def argument_form() -> ArgumentForm:
    """:raise Invalid: `{"stance": "unknown"}`."""
    stance = next((stance for stance in STANDS if stance == request.form.get("stance")), None)
    if stance is None:
        raise Invalid(stance="unknown")
    return ArgumentForm(stance, typed_text())


def typed_text() -> str:
    return request.form.get("text", "")


def typed_name() -> str:
    return request.form.get("name", "")


def was_marked() -> bool | None:
    """Whether the argument was marked where the button was pressed; None without a script."""
    return {"marked": True, "unmarked": False}.get(request.form.get("was", ""))


def op() -> str:
    """The id of the command; the domain refuses an invalid one."""
    return request.form.get("op", "")


def draft_after(error: Refusal | TooMany) -> ArgumentDraft:
    """The form as sent, with its errors."""
    errors = messages_of(error)
    number = {} if not op() or "op" in errors or isinstance(error, NumberReused) else {"op": op()}
    return ArgumentDraft(
        stance=request.form.get("stance", ""),
        text=typed_text(),
        name=typed_name()[: NAME_MAX * 5],
        errors=errors,
        **number,
    )
