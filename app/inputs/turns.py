"""Inputs of a discussion in turns: the ideas that are put under discussion, and the words of a turn."""

import uuid
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.inputs.arguments import op, typed_text
from app.inputs.console import number_of
from app.platform.errors import TooMany, messages_of
from ideas.errors import Invalid, NumberReused, Refusal
from ideas.services.turns import Chosen, TurnsForm


@dataclass(frozen=True)
class TurnDraft:
    """The words that were typed for a turn, with the errors; empty on a fresh page."""

    turn_id: int = 0
    text: str = ""
    op: str = field(default_factory=lambda: str(uuid.uuid4()))
    errors: dict[str, str] = field(default_factory=dict)


def draft_after(turn_id: int, error: Refusal | TooMany) -> TurnDraft:
    """The form as sent, with its errors."""
    errors = messages_of(error)
    number = {} if not op() or "op" in errors or isinstance(error, NumberReused) else {"op": op()}
    return TurnDraft(turn_id, typed_text(), errors=errors, **number)


def turns_form(form: MultiDict[str, str]) -> TurnsForm:
    """`chosen` is `all`, `fewest-5` or `group-3`.

    :raise Invalid: `{"chosen": "unknown"}`, or for a number that is none.
    """
    kind, _, n = form.get("chosen", "").partition("-")
    chosen = next((known for known in Chosen if known == kind), None)
    if chosen is None or (n and not n.isdecimal()) or len(n) > 18:
        raise Invalid(chosen="unknown")
    return TurnsForm(chosen, number_of(form, "seconds"), int(n or 0))
