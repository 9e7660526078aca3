"""Inputs of the vote form: for each question `q1_rule`, `q1_prompt`, and the options of every rule, such as
`q1_budget`. Only the options of the chosen rule count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from werkzeug.datastructures import MultiDict

from ideas.blueprints import QUESTIONS_MAX, QuestionPlan
from ideas.models import Question
from ideas.voting.rules import RULES

Form = MultiDict[str, str]


def defaults() -> dict[str, str | bool]:
    """The initial value of each option of every rule; a yes or no is a box to tick."""
    return {
        option.name: option.default if isinstance(option.default, bool) else str(option.default)
        for kind in RULES.values()
        for option in fields(kind)
    }


@dataclass(frozen=True)
class QuestionDraft:
    """A question as its fields show it. `rule` is empty if the blueprint proposes one, or if it does not exist."""

    rule: str = ""
    prompt: str = ""
    options: Mapping[str, str | bool] = field(default_factory=dict)

    def value(self, name: str) -> str | bool:
        return self.options.get(name, defaults()[name])


Drafts = tuple[QuestionDraft, ...]

UNASKED: Drafts = (QuestionDraft(),) * QUESTIONS_MAX


def drafts_in(form: Form) -> Drafts:
    """The questions as sent."""
    return tuple(_draft_at(form, f"q{n}_") for n in range(1, QUESTIONS_MAX + 1))


def _draft_at(form: Form, at: str) -> QuestionDraft:
    options = {
        name: at + name in form if isinstance(default, bool) else form.get(at + name, default)
        for name, default in defaults().items()
    }
    return QuestionDraft(form.get(at + "rule", ""), form.get(at + "prompt", ""), options)


def drafts_of(questions: Sequence[Question]) -> Drafts:
    """The questions as stored."""
    drafts = [QuestionDraft(q.rule, q.prompt, _shown(q.ballot_rule.options())) for q in questions]
    return (*drafts, *UNASKED[len(drafts) :])


def _shown(options: Mapping[str, int | bool]) -> dict[str, str | bool]:
    return {name: value if isinstance(value, bool) else str(value) for name, value in options.items()}


def plans_of(drafts: Drafts, proposed: QuestionPlan, problems: dict[str, str]) -> tuple[QuestionPlan, ...]:
    """Parse the questions; the domain checks its own rules. Unreadable fields are noted in `problems`.

    The result is empty if the form leaves the questions to the blueprint. A second question counts only if it has a
    rule. If the first question has no rule, the blueprint's proposal takes its place.
    """
    first = drafts[0]
    chosen = tuple(_plan(draft, f"q{n}_", problems) for n, draft in enumerate(drafts, 1) if draft.rule)
    if first.rule or not (chosen or first.prompt.strip()):
        return chosen
    return (replace(proposed, prompt=first.prompt), *chosen)


def _plan(draft: QuestionDraft, at: str, problems: dict[str, str]) -> QuestionPlan:
    """The question with the options of its rule; an empty field keeps the default."""
    options: dict[str, int | bool] = {}
    rule = RULES.get(draft.rule)
    for name in [option.name for option in fields(rule)] if rule else ():
        typed = draft.value(name)
        if isinstance(typed, bool):
            options[name] = typed
        elif typed.strip():
            try:
                options[name] = int(typed)
            except ValueError:
                problems[at + name] = "out_of_range"
    return QuestionPlan(draft.rule, draft.prompt, options)
