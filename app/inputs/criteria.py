"""Inputs of the jury's criteria: for each `c1_name` and `c1_weight`, and `criteria_steps`, the scale that all share."""

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from ideas.blueprints import CRITERIA_MAX, CRITERIA_STEPS, CriterionPlan
from ideas.errors import Problems
from ideas.models import Question

PROPOSED_WEIGHT = "1"


@dataclass(frozen=True)
class CriterionDraft:
    """A criterion as its fields show it."""

    name: str = ""
    weight: str = PROPOSED_WEIGHT

    @property
    def is_empty(self) -> bool:
        return not self.name.strip() and self.weight.strip() in ("", PROPOSED_WEIGHT)


Drafts = tuple[CriterionDraft, ...]

UNSCORED: Drafts = (CriterionDraft(),) * CRITERIA_MAX
PROPOSED_STEPS = str(CRITERIA_STEPS)


def drafts_in(form: MultiDict[str, str]) -> Drafts:
    """The criteria as sent, those that were filled in first."""
    sent = [
        CriterionDraft(form.get(f"c{n}_name", ""), form.get(f"c{n}_weight", PROPOSED_WEIGHT))
        for n in range(1, CRITERIA_MAX + 1)
    ]
    return filled_up([draft for draft in sent if not draft.is_empty])


def drafts_of(criteria: Sequence[Question]) -> Drafts:
    """The criteria as stored."""
    return filled_up([CriterionDraft(question.prompt, str(question.weight)) for question in criteria])


def steps_of(criteria: Sequence[Question]) -> str:
    """The field of the scale, as stored."""
    return str(criteria[0].options["steps"]) if criteria else PROPOSED_STEPS


def filled_up(drafts: Sequence[CriterionDraft]) -> Drafts:
    return (*drafts, *UNSCORED[len(drafts) :])


def plans_of(drafts: Drafts, steps: str, unread: Problems) -> tuple[CriterionPlan, ...]:
    """Parse the criteria; the domain checks its own rules. Unreadable fields are noted in `unread`."""
    filled = [draft for draft in drafts if not draft.is_empty]
    scale = _whole("criteria_steps", steps, PROPOSED_STEPS, unread) if filled else CRITERIA_STEPS
    return tuple(
        CriterionPlan(draft.name, _whole(f"c{n}_weight", draft.weight, PROPOSED_WEIGHT, unread), scale)
        for n, draft in enumerate(filled, 1)
    )


def _whole(field: str, typed: str, default: str, unread: Problems) -> int:
    number = typed.strip() or default
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        unread[field] = "number"
        return int(default)
    return int(number)
