"""The form that answers ideas after the close, and the one of the reasons that members use again."""

from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.inputs.console import NUMBER_MAX, ReasonForm
from ideas.errors import Invalid, Problems
from ideas.models import Decision

# The number of an act that no page has seen: what is decided already is then refused as changed.
NOTHING_SEEN = 0


@dataclass(frozen=True)
class OutcomeDraft:
    """An answer to ideas as its form shows it, with the errors. A group in `groups` stands for those of its ideas that
    still wait; `seen` is the latest act that the page had shown.
    """

    chosen: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    all_waiting: bool = False
    decision: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    seen: int | None = None


def draft_of(form: MultiDict[str, str]) -> OutcomeDraft:
    return OutcomeDraft(
        frozenset(ticked(form, "entry")),
        frozenset(ticked(form, "group")),
        "waiting" in form,
        form.get("decision", ""),
        {name: form.get(name, "") for name in ("suggestion", "words")},
        seen=seen_of(form),
    )


def ticked(form: MultiDict[str, str], name: str) -> list[int]:
    """The numbers of the boxes of this name that were ticked; a text that is no number is left out."""
    return [n for text in form.getlist(name) if text.isascii() and text.isdecimal() and (n := int(text)) < NUMBER_MAX]


def seen_of(form: MultiDict[str, str]) -> int:
    text = form.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else NOTHING_SEEN


def decision_and_reason_of(form: MultiDict[str, str]) -> tuple[Decision, str]:
    """:raise Invalid: with a problem for each field."""
    problems, decision, reason = Problems(), Decision.NO, ""
    if form.get("decision", "") in set(Decision):
        decision = Decision(form["decision"])
    else:
        problems["decision"] = "unknown"
    with problems.noted():
        reason = ReasonForm.read(form).reason()
    if not (ticked(form, "entry") or ticked(form, "group") or "waiting" in form):
        problems["ideas"] = "no_idea"
    problems.refuse()
    return decision, reason


def reasons_of(form: MultiDict[str, str]) -> tuple[str, str]:
    """The reasons as typed, and as the page showed them. :raise Invalid: if the page showed none of them."""
    if "was" not in form:
        raise Invalid(reasons="unknown")
    return form.get("reasons", ""), form["was"]
