"""What a facilitator says with an act: a reason, a name, a step."""

from dataclasses import dataclass
from typing import Self

from werkzeug.datastructures import MultiDict

from ideas.errors import Invalid


@dataclass(frozen=True)
class ReasonForm:
    """One of the suggested reasons, or own words, which win over it. The author of what is hidden reads it."""

    suggestion: str = ""
    words: str = ""

    @classmethod
    def read(cls, form: MultiDict[str, str]) -> Self:
        return cls(form.get("suggestion", ""), form.get("words", ""))

    def reason(self) -> str:
        """:raise Invalid: `{"words": "missing"}` if nothing was said."""
        said = self.words.strip() or self.suggestion.strip()
        if not said:
            raise Invalid(words="missing")
        return said


def position_of(form: MultiDict[str, str]) -> int:
    """The phase to step to.

    :raise Invalid: if it is no number.
    """
    try:
        return int(form.get("position", ""))
    except ValueError as error:
        raise Invalid(position="unknown") from error
