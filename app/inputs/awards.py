"""Inputs of the forms that correct awards, mark arguments as decisive, and put a name under an award."""

from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.inputs.outcomes import seen_of


@dataclass(frozen=True)
class CorrectionDraft:
    """A correction as its form shows it. `seen`: the latest act on awards that the page had shown."""

    entry: int = 0
    reason: str = ""
    seen: int = 0
    errors: dict[str, str] = field(default_factory=dict)


def correction_in(form: MultiDict[str, str]) -> CorrectionDraft:
    entry = form.get("entry", "")
    number = int(entry) if entry.isascii() and entry.isdecimal() and len(entry) < 18 else 0
    return CorrectionDraft(number, form.get("reason", ""), seen_of(form))


@dataclass(frozen=True)
class NameUnderAward:
    """A name as its form shows it."""

    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)
