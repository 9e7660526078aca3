"""Inputs of the composer and the editing page: title, text, one picture."""

import uuid
from dataclasses import dataclass, field

from flask import request

from app import labels
from app.inputs.pictures import had_picture, uploaded_picture
from app.platform.errors import TooMany, messages_of
from ideas.entries import IdeaForm
from ideas.errors import Invalid, NumberReused, Refusal

# A record's number has no more.
DIGITS_MAX = 18


@dataclass(frozen=True)
class IdeaDraft:
    """The content of the form: empty, an idea to edit, or as typed together with the errors.

    `errors` maps fields to sentences; problems of the whole form are under "".
    """

    title: str = ""
    text: str = ""
    op: str = field(default_factory=lambda: str(uuid.uuid4()))
    errors: dict[str, str] = field(default_factory=dict)
    had_image: bool = False  # a browser does not send a picture again by itself
    version: int | None = None  # the version that an edit began with
    parents: tuple[int, ...] = ()  # the ideas from which it grows

    @property
    def is_typed(self) -> bool:
        return bool(self.title or self.text)


def idea_form() -> IdeaForm:
    return IdeaForm(
        title=request.form.get("title", ""),
        text=request.form.get("text", ""),
        image=uploaded_picture(),
        drop_image=request.form.get("drop_image") == "1",
        seen=request.form.get("version", type=int),
        parents=numbers_in(request.form.get("parents", "")),
        rights=request.form.get("rights", type=int),
    )


def numbers_in(text: str) -> tuple[int, ...]:
    """The numbers of ideas in a list with commas, each once; what is no number of a record is left out."""
    return tuple(
        dict.fromkeys(int(word) for word in text.split(",")[:20] if word.isdecimal() and len(word) <= DIGITS_MAX)
    )


def op() -> str:
    """The id of the command; the domain refuses an invalid one."""
    return request.form.get("op", "")


def draft_after(error: Refusal | TooMany) -> IdeaDraft:
    """The form as sent, with its errors."""
    errors = messages_of(error)
    if isinstance(error, Invalid) and error.problems.get("image") == "missing":
        errors["image"] = labels.problem("picture_missing")
    # An invalid or used number would refuse the same words every time: the form gets a new one.
    number = {} if not op() or "op" in errors or isinstance(error, NumberReused) else {"op": op()}
    return IdeaDraft(
        title=request.form.get("title", ""),
        text=request.form.get("text", ""),
        parents=numbers_in(request.form.get("parents", "")),
        errors=errors,
        had_image=had_picture(),
        version=request.form.get("version", type=int),
        **number,
    )
