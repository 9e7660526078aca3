"""What a vote asks, in the form of a question: the fields as they stand, the rules in words, and what may be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from flask_babel import gettext as _
from flask_babel import ngettext

from app.inputs.challenges import Typed
from app.inputs.questions import QuestionDraft
from app.labels import GRADES, RULES
from app.rules.wording import PROMPTS
from ideas.blueprints import PROMPT_MAX
from ideas.models import Question, Round
from ideas.voting import rules
from ideas.voting.rules import SCALES, TOP_RANGE, Grades, Points, Ranked, Stars


@dataclass(frozen=True)
class OptionField:
    """A field for one of a rule's options: a number from `least` to `most`, or yes or no."""

    name: str
    least: int = 0
    most: int = 0
    is_box: bool = False


@dataclass(frozen=True)
class VoteForm:
    """What the vote asks, as the form shows it. `is_sealed`: people voted under seal, which stays until the close."""

    questions: tuple[QuestionDraft, ...]
    live_ranking: bool
    auto_close: bool
    is_sealed: bool
    frozen: tuple[str, ...]  # once published: what is asked, in words
    errors: Mapping[str, str]
    prompt_max: int = PROMPT_MAX

    @property
    def options(self) -> dict[str, list[OptionField]]:
        return OPTIONS

    @property
    def top(self) -> OptionField:
        """How many winners, which every rule asks."""
        return OptionField("top", *TOP_RANGE)

    @property
    def scales(self) -> list[tuple[int, str]]:
        """The scales of grades to choose from: how many steps, and their words."""
        return [(steps, ", ".join(str(GRADES[grade]) for grade in scale)) for steps, scale in SCALES.items()]


# Of each rule the fields of its options, `top` apart, which all have.
OPTIONS: dict[str, list[OptionField]] = {
    name: [
        OptionField(f.name, is_box=True) if isinstance(f.default, bool) else OptionField(f.name, *kind.ranges[f.name])
        for f in fields(kind)
        if f.name != "top"
    ]
    for name, kind in rules.RULES.items()
}


def vote_form_of(typed: Typed, round: Round | None, errors: Mapping[str, str]) -> VoteForm:
    """What stands in the form of a question; `round` is that of a question which is stored already."""
    return VoteForm(
        typed.questions, typed.live_ranking, typed.auto_close, _is_sealed(round), _frozen(round), errors=errors
    )


def _is_sealed(round: Round | None) -> bool:
    return round is not None and not round.live_ranking and round.turnout > 0


def _frozen(round: Round | None) -> tuple[str, ...]:
    if round is None or round.challenge.published_at is None:
        return ()
    return tuple(described(question) for question in round.questions)


def described(question: Question) -> str:
    """What a question asks and how it is answered, in a line: "A good idea?: Points, 10 each"."""
    rule = question.ballot_rule
    said = [str(RULES[rule.name])]
    match rule:
        case Points():
            said.append(ngettext("%(num)s per person", "%(num)s per person", rule.budget))
            if rule.quadratic:
                said.append(_("extra points on one idea cost more"))
        case Grades():
            said.append(" – ".join(str(GRADES[grade]) for grade in (rule.scale[0], rule.scale[-1])))
        case Stars():
            numbers = {"stars": rule.stars, "lemons": rule.lemons, "sample": rule.sample}
            said.append(_("%(stars)s stars, %(lemons)s lemons, %(sample)s ideas per person", **numbers))
        case Ranked():
            said.append(_("up to %(n)s", n=rule.most))
    said.append(_("winners: %(n)s", n=rule.top))
    return f"{question.prompt or PROMPTS[rule.name]} · {', '.join(said)}"
