"""Inputs of a facilitator's acts: a reason, a name, a step."""

from dataclasses import dataclass, field
from typing import Self

from werkzeug.datastructures import MultiDict

from app.inputs.ideas import IdeaDraft
from ideas.errors import Invalid

NUMBER_MAX = 10**18  # as in an address
NO_PHASE = -2  # the lobby is -1


@dataclass(frozen=True)
class ReasonForm:
    """One of the suggested reasons, or own words, which take precedence. The author of the hidden record reads the
    reason.
    """

    suggestion: str = ""
    words: str = ""

    @classmethod
    def read(cls, form: MultiDict[str, str]) -> Self:
        return cls(form.get("suggestion", ""), form.get("words", ""))

    def reason(self) -> str:
        """:raise Invalid: `{"words": "no_reason"}` if there is none."""
        said = self.words.strip() or self.suggestion.strip()
        if not said:
            raise Invalid(words="no_reason")
        return said


@dataclass(frozen=True)
class Drafts:
    """The content of the console's own forms: empty, or as typed together with the errors."""

    hall: IdeaDraft = field(default_factory=IdeaDraft)
    notice: str | None = None  # None: the present message
    notice_error: str = ""


def position_of(form: MultiDict[str, str]) -> int:
    """The phase to step to.

    :raise Invalid: if it is no number.
    """
    return number_of(form, "position")


def since_of(form: MultiDict[str, str]) -> int:
    """The phase in which the facilitator decided, as the page showed it. If it is absent or no number, `NO_PHASE`: the
    service refuses it as it refuses a phase that is over, after it has asked for the permission.
    """
    try:
        return number_of(form, "since")
    except Invalid:
        return NO_PHASE


def others_of(form: MultiDict[str, str]) -> list[str]:
    """The handles of the author's other texts that the act includes: those that the page showed, if it was chosen."""
    return form.get("others", "").split()


def number_of(form: MultiDict[str, str], name: str) -> int:
    """:raise Invalid: if it is no number, or one that exceeds every id and count."""
    try:
        n = int(form.get(name, ""))
    except ValueError as error:
        raise Invalid(**{name: "unknown"}) from error
    if abs(n) >= NUMBER_MAX:
        raise Invalid(**{name: "out_of_range"})
    return n
