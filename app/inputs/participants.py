"""Inputs of the join page and the page about oneself: a display name."""

from dataclasses import dataclass, field

from flask import request

from app.platform.errors import TooMany, messages_of
from ideas.errors import Invalid, NameTaken
from ideas.texts import NAME_MAX


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


def draft_after(error: Invalid | TooMany) -> NameDraft:
    """The form as sent; a name as long as a page is cut."""
    return NameDraft(typed_name()[: NAME_MAX * 5], messages_of(error))


def draft_taken(error: NameTaken, free: str) -> NameDraft:
    return NameDraft(typed_name(), messages_of(error), free)
