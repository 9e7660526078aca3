"""How each ballot rule is presented: one presenter a rule, found by the rule's name.

A further rule is a class in `ideas.voting`, registered there, a presenter here and a folder in `templates/rules/`.
"""

from typing import Any, TypeVar

from app.rules.approval import ApprovalPresenter
from app.rules.base import CountFormat, RulePresenter, looked
from app.rules.grades import GradesPresenter
from app.rules.pairs import PairsPresenter
from app.rules.points import PointsPresenter
from app.rules.ranked import RankedPresenter
from app.rules.stars import StarsPresenter
from ideas.models import Question
from ideas.queries.ballots import Deck
from ideas.voting.rules import RULES, BallotRule

RuleT = TypeVar("RuleT", bound=BallotRule)

PRESENTERS: dict[str, RulePresenter[Any]] = {}


class NotPresented(LookupError):
    """A ballot rule that nothing here can present."""


def register(presenter: RulePresenter[Any]) -> None:
    """Present a rule."""
    PRESENTERS[presenter.name] = presenter


register(ApprovalPresenter())
register(PairsPresenter())
register(PointsPresenter())
register(GradesPresenter())
register(StarsPresenter())
register(RankedPresenter())


def presenter_of(rule: RuleT) -> RulePresenter[RuleT]:
    """The presenter of a rule.

    :raise NotPresented: if it has none; no rule is ever described as another.
    """
    return presenter_named(rule.name)


def presenter_named(name: str) -> RulePresenter[Any]:
    """The presenter of the rule with this name.

    :raise NotPresented: if it has none.
    """
    found = PRESENTERS.get(name)
    if found is None:
        raise NotPresented(name)
    return found


def presenters() -> list[RulePresenter[Any]]:
    """The presenters of the rules on offer, in the order of the rules.

    :raise NotPresented: if a rule has none.
    """
    return [presenter_named(name) for name in RULES]


def count_formats() -> dict[str, tuple[type[BallotRule], CountFormat]]:
    """The ballot files that `flask count` takes, each with its rule, by the name of the format."""
    return {form.name: (RULES[p.name], form) for p in presenters() for form in p.count_formats}


def progress_at(question: Question, deck: Deck, values: list[int]) -> str:
    """How far somebody is with a question; `values` are all their marks on it. A first look is no vote."""
    rule = question.ballot_rule
    if question.is_first_look and rule.is_one_by_one and not rule.is_paired:
        return looked(deck)
    return presenter_of(rule).progress(rule, deck, values)


def prompt_of(question: Question) -> str:
    """What a question asks: the organisation's own words, or ours for the rule."""
    return question.prompt or str(presenter_named(question.rule).prompt)
