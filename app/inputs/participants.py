"""Inputs of the join page and the page about oneself: a display name."""

from dataclasses import dataclass, field, replace

from flask import request

from app.platform.errors import messages_of
from ideas.errors import Invalid, NameTaken
from ideas.texts import NAME_MAX

VIA_MAX = 16  # characters of the token of a named link


@dataclass(frozen=True)
class NameDraft:
    """The name in the form: suggested, one's own, or as typed together with the errors.

    `free` is an unused name, if the typed one is taken.
    """

    name: str
    errors: dict[str, str] = field(default_factory=dict)
    free: str = ""


def typed_name() -> str:
    return request.form.get("name", "")


def followed_link() -> str:
    """The token of the named link that the visitor followed, "" for none."""
    return request.values.get("via", "")[:VIA_MAX]


def draft_after(error: Invalid) -> NameDraft:
    """The form as sent; a name as long as a page is cut."""
    return replace(draft_as_typed(), errors=messages_of(error))


def draft_as_typed() -> NameDraft:
    """The form as sent, without an error."""
    return NameDraft(typed_name()[: NAME_MAX * 5])


def draft_taken(error: NameTaken, free: str) -> NameDraft:
    return NameDraft(typed_name(), messages_of(error), free)
