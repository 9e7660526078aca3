"""Inputs of a report: a kind of reason, and words."""

import uuid
from dataclasses import dataclass, field

from flask import request

from app.platform.errors import TooMany, messages_of
from ideas.errors import Invalid, NumberReused, Refusal
from ideas.models import FlagKind
from ideas.services.flags import FlagForm


@dataclass(frozen=True)
class FlagDraft:
    """The content of the form: empty, or as typed together with the errors."""

    kind: str = ""
    words: str = ""
    op: str = field(default_factory=lambda: str(uuid.uuid4()))
    errors: dict[str, str] = field(default_factory=dict)


def flag_form() -> FlagForm:
    """:raise Invalid: `{"kind": "unknown"}`."""
    try:
        kind = FlagKind(request.form.get("kind", ""))
    except ValueError as error:
        raise Invalid(kind="unknown") from error
    return FlagForm(kind, request.form.get("words", ""))


def draft_after(error: Refusal | TooMany) -> FlagDraft:
    """The form as sent, with its errors."""
    errors, number = messages_of(error), request.form.get("op", "")
    same = {} if not number or isinstance(error, NumberReused) else {"op": number}
    return FlagDraft(request.form.get("kind", ""), request.form.get("words", ""), errors=errors, **same)
