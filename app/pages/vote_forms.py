"""What a vote asks, in the form of a question: the fields as they stand, the rules in words, and what may be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from flask_babel import gettext as _

from app.inputs.challenges import Typed
from app.inputs.questions import QuestionDraft
from app.platform.rendering import isolated
from app.rules import presenter_of, presenters, prompt_of
from app.rules.base import TOP, Option, RulePresenter
from ideas.blueprints import PROMPT_MAX
from ideas.models import Question, Round
from ideas.voting.rules import RULES, TOP_RANGE


@dataclass(frozen=True)
class OptionField:
    """A field for one of a rule's options: a number from `least` to `most`, or yes or no."""

    name: str
    words: Option
    least: int = 0
    most: int = 0
    is_box: bool = False


@dataclass(frozen=True)
class RuleChoice:
    """A rule that can be chosen, with the fields of its options, `top` apart."""

    presenter: RulePresenter[Any]
    options: list[OptionField]


@dataclass(frozen=True)
class VoteForm:
    """The questions of a vote as the form shows them. `is_sealed`: people voted under seal, which ends at the close.

    `has_blueprint`: a blueprint proposes a rule for the first question.
    """

    questions: tuple[QuestionDraft, ...]
    live_ranking: bool
    auto_close: bool
    is_sealed: bool
    frozen: tuple[str, ...]  # once published: what is asked, in words
    is_fixed: bool  # in the lobby, where the rules stand
    errors: Mapping[str, str]
    prompt_max: int = PROMPT_MAX
    has_blueprint: bool = True

    @property
    def rules(self) -> list[RuleChoice]:
        return [RuleChoice(presenter, _options_of(presenter)) for presenter in presenters()]

    @property
    def top(self) -> OptionField:
        """How many winners, which every rule asks."""
        return OptionField("top", TOP, *TOP_RANGE)

    @property
    def option_names(self) -> list[str]:
        return [self.top.name, *(option.name for rule in self.rules for option in rule.options)]


def _options_of(presenter: RulePresenter[Any]) -> list[OptionField]:
    kind = RULES[presenter.name]
    found = []
    for option in fields(kind):
        if option.name != "top":
            words = presenter.options[option.name]
            least, most = kind.ranges.get(option.name, (0, 0))
            found.append(OptionField(option.name, words, least, most, is_box=isinstance(option.default, bool)))
    return found


def vote_form_of(typed: Typed, round: Round | None, errors: Mapping[str, str]) -> VoteForm:
    """What stands in the form of a question; `round` is that of a question which is stored already."""
    return VoteForm(
        typed.questions,
        typed.live_ranking,
        typed.auto_close,
        _is_sealed(round),
        _frozen(round),
        _is_fixed(round),
        errors,
    )


def _is_sealed(round: Round | None) -> bool:
    return round is not None and not round.live_ranking and round.turnout > 0


def _is_fixed(round: Round | None) -> bool:
    return round is not None and round.challenge.published_at is not None and round.is_in_lobby


def _frozen(round: Round | None) -> tuple[str, ...]:
    if round is None or round.challenge.published_at is None:
        return ()
    return tuple(described(question) for question in round.questions)


def described(question: Question) -> str:
    """What a question asks and how it is answered, in a line: "A good idea?: Points, 10 each"."""
    rule = question.ballot_rule
    presenter = presenter_of(rule)
    said = [str(presenter.title), *presenter.details(rule), _("winners: %(n)s", n=rule.top)]
    return f"{isolated(prompt_of(question))} · {', '.join(said)}"
