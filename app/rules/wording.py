"""What a ballot says in words: what is asked, how it is answered, how far one is, and what a mark means."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.labels import GRADES
from ideas.models import Question
from ideas.queries.ballots import Deck
from ideas.voting.rules import NO_GRADE, BallotRule, Grades, Points, Ranked, Stars

# What is asked where the company has no words of its own.
PROMPTS = {
    "approval": _l("A good idea?"),
    "pairs": _l("Which one is better?"),
    "points": _l("Which ideas get your points?"),
    "grades": _l("How good is this idea?"),
    "stars": _l("Which are the best and which the worst?"),
    "ranked": _l("What is your order?"),
}

APPROVALS = {1: _l("Yes"), -1: _l("No"), 0: _l("Skipped")}


def scale_of(rule: BallotRule) -> list[str]:
    """The words of the grades, worst first; empty for other rules."""
    return [str(GRADES[grade]) for grade in rule.scale] if isinstance(rule, Grades) else []


def prompt_of(question: Question) -> str:
    """The company's own words, or ours for the rule."""
    return question.prompt or str(PROMPTS[question.rule])


def help_of(rule: BallotRule) -> str:
    """How the question is answered, in one or two sentences."""
    match rule:
        case Points():
            return _points_help(rule)
        case Stars():
            return _stars_help(rule)
        case Ranked():
            return ngettext(
                "Put the best idea on the list. All others count as last.",
                "Put up to %(num)s ideas in your order, the best on top. All others count as last.",
                rule.most,
            )
    return {
        "approval": _("Vote on each idea separately: yes, no or skip."),
        "pairs": _(
            "Choose the better of two ideas. If you can’t decide, choose “Don’t know”: it counts against neither."
        ),
        "grades": _("Give each idea a grade. Several ideas may get the same grade."),
    }[rule.name]


def _points_help(rule: Points) -> str:
    said = ngettext(
        "You have %(num)s point. Give it to one idea.",
        "You have %(num)s points. Give each idea as many as you like.",
        rule.budget,
    )
    if rule.quadratic:
        said += " " + _("Extra points on one idea cost more (2 → 4, 3 → 9).")
    return said


def _stars_help(rule: Stars) -> str:
    said = ngettext("Give a star to the best idea.", "Give up to %(num)s stars to the best ideas.", rule.stars)
    if rule.lemons:
        said += " " + ngettext(
            "Give a lemon to the worst idea.", "Give up to %(num)s lemons to the worst ideas.", rule.lemons
        )
    return said


def progress_of(rule: BallotRule, deck: Deck, values: list[int]) -> str:
    """How far one is; `values` are all marks of the ballot."""
    done, goal = min(deck.judged, deck.goal), deck.goal
    match rule:
        case Points():
            return _("%(left)s of %(all)s points left.", left=rule.budget - rule.cost(values), all=rule.budget)
        case Stars():
            return _(
                "%(stars)s of %(of_stars)s stars and %(lemons)s of %(of_lemons)s lemons given.",
                stars=values.count(1),
                of_stars=rule.stars,
                lemons=values.count(-1),
                of_lemons=rule.lemons,
            )
        case Ranked():
            placed = sum(value != 0 for value in values)
            return _("%(done)s of %(all)s places filled.", done=placed, all=rule.most)
    if rule.is_paired:
        return _("You have compared %(done)s of %(all)s pairs.", done=done, all=goal)
    if not done:
        return ngettext("%(num)s idea waits for your vote.", "%(num)s ideas wait for your vote.", goal)
    return _("You have voted on %(done)s of %(all)s ideas.", done=done, all=goal)


def said(rule: BallotRule, value: int) -> str:
    """What a mark on one idea means."""
    match rule:
        case Points():
            return ngettext("%(num)s point", "%(num)s points", value)
        case Grades():
            return _("Don’t know") if value == NO_GRADE else scale_of(rule)[value]
        case Stars():
            return {1: _("Star"), -1: _("Lemon")}.get(value, _("Neither"))
        case Ranked():
            return _("Place %(n)s", n=value) if value else _("Not ranked")
    return str(APPROVALS[value])
