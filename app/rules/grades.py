"""Grades: a grade for each idea, from worst to best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import ClassVar

from flask_babel import LazyString, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import number_in, read_scores
from app.rules.base import (
    Bar,
    CountFormat,
    Dots,
    Option,
    RulePresenter,
    Scale,
    judged,
    notices_nothing,
)
from app.rules.wrong_cells import WrongCell
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import grades
from ideas.voting.rules import NO_GRADE, SCALES, Grades
from ideas.voting.scores import Score

# No grade of a ballot file is larger.
GRADE_MAX = 100

GRADES = {
    "reject": _l("Reject"),
    "poor": _l("Poor"),
    "acceptable": _l("Acceptable"),
    "good": _l("Good"),
    "very good": _l("Very good"),
    "excellent": _l("Excellent"),
}


@dataclass(frozen=True)
class Step:
    """A grade with how many gave it, and the share that gave it or a lower one."""

    word: str
    n: int
    up_to: float


@dataclass(frozen=True)
class GradeNumbers:
    """`n` people gave the idea a grade. `above` and `below`: the shares on either side of the `middle` one."""

    n: int
    steps: list[Step] = field(default_factory=list)
    middle: str = ""
    above: float = 0.0
    below: float = 0.0


def scales() -> list[tuple[int, str]]:
    """The scales to choose from: how many steps, and their words."""
    return [(steps, ", ".join(str(GRADES[grade]) for grade in scale)) for steps, scale in SCALES.items()]


def _grade(cell: str) -> float:
    if cell.lower() in grades.NAMES:
        return float(grades.NAMES.index(cell.lower()))
    number = number_in(cell)
    if not number.is_integer() or not 0 <= number <= GRADE_MAX:
        raise WrongCell(
            f"{cell!r} is no grade: {', '.join(grades.NAMES)}, or a whole number from 0 (worst) to {GRADE_MAX}"
        )
    return number


class GradesPresenter(RulePresenter[Grades]):
    name: ClassVar[str] = Grades.name
    title: ClassVar[LazyString] = _l("Grades")
    sentence: ClassVar[LazyString] = _l(
        "A grade for each idea, from “Reject” to “Excellent”. Shows which ideas are good and which "
        "are just good enough."
    )
    prompt: ClassVar[LazyString] = _l("How good is this idea?")
    options: ClassVar[Mapping[str, Option]] = {"steps": Option(_l("Grades"), choices=scales)}
    hand_labels: ClassVar[Mapping[int, LazyString]] = {1: _l("Hands for it")}
    hands_note: ClassVar[LazyString | None] = _l(
        "A show of hands gives no grade. Ask who is for an idea: the number is shown with the result "
        "but never added to it."
    )
    merging: ClassVar[LazyString] = _l("Everyone who graded both counts once, with their latest grade.")
    dots_note: ClassVar[LazyString | None] = _l(
        "Each dot is a person. Those on the disc gave this grade or a better one."
    )
    counting_note: ClassVar[LazyString] = _l(
        "The order follows the middle grade: at least half of those who graded an idea gave this grade or a better one."
    )
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(
            Grades.name,
            grades,
            "participant,idea,value",
            "excellent ... reject, or whole numbers, 0 the worst",
            lambda path: read_scores(path, _grade),
            notices_nothing,
        )
    ]

    def words(self, rule: Grades) -> list[str]:
        """The grades, worst first."""
        return [str(GRADES[grade]) for grade in rule.scale]

    def help(self, rule: Grades, ideas: int) -> str:
        return _("Give each idea a grade. Several ideas may get the same grade.")

    def progress(self, rule: Grades, deck: Deck, values: list[int]) -> str:
        return judged(deck)

    def mark(self, rule: Grades, value: int) -> str:
        return _("Don’t know") if value == NO_GRADE else self.words(rule)[value]

    def details(self, rule: Grades) -> list[str]:
        words = self.words(rule)
        return [f"{words[0]} – {words[-1]}"]

    def scale(self, rule: Grades, ranking: RankingOf) -> Scale:
        words = self.words(rule)
        width = len(words)
        ends = {0: words[0], width - 1: words[-1]}
        return Scale(-0.5, width - 0.5, [((n + 0.5) / width, ends.get(n, "")) for n in range(width)])

    def value(self, rule: Grades, value: float) -> str:
        grade = _majority_grade(value)
        sign = "" if value == grade else "\N{NO-BREAK SPACE}+" if value > grade else "\N{NO-BREAK SPACE}−"
        return self.words(rule)[min(max(grade, 0), rule.steps - 1)] + sign

    def counts(self, rule: Grades, figures: Score, voters: int) -> str:
        words, values = self.words(rule), figures.values
        said = [f"{words[n]} {format_number(values[n])}" for n in reversed(range(rule.steps)) if values.get(n)]
        if values.get(NO_GRADE):
            said.append(_("don’t know %(n)s", n=format_number(values[NO_GRADE])))
        return " · ".join(said) or _("no grades")

    def bars(self, rule: Grades, figures: Score) -> list[Bar]:
        words, given = self.words(rule), _given(rule, figures)
        whole, found, start = sum(given), [], 0.0
        for step, n in enumerate(given):
            if n:
                found.append(Bar(words[step], step, n, start, n / whole))
                start += n / whole
        return found

    def dots(self, rule: Grades, figures: Score, voters: int) -> Dots:
        if figures.score is None:
            return Dots(0, 0, "")
        middle = _majority_grade(figures.score)
        given = {value: n for value, n in figures.values.items() if value != NO_GRADE}
        inside = sum(n for value, n in given.items() if value >= middle)
        whole = sum(given.values())
        numbers = {"n": format_number(inside), "all": format_number(whole), "grade": self.words(rule)[middle]}
        if middle == 0:
            return Dots(0, whole, "")
        if middle == rule.steps - 1:
            return Dots(inside, whole - inside, _("%(n)s of %(all)s people gave the grade “%(grade)s”.", **numbers))
        return Dots(
            inside, whole - inside, _("%(n)s of %(all)s people gave the grade “%(grade)s” or a better one.", **numbers)
        )

    def given(self, rule: Grades, values: Sequence[int]) -> str:
        graded = [value for value in values if value != NO_GRADE]
        said = [ngettext("You graded %(num)s idea.", "You graded %(num)s ideas.", len(graded))]
        best = max(graded, default=0)
        if best > 0:
            grade = self.words(rule)[best]
            said.append(_("Your best grade, “%(grade)s”, went to %(n)s of them.", grade=grade, n=graded.count(best)))
        return " ".join(said)

    def formula(self, rule: Grades, ranking: RankingOf, figures: Score) -> GradeNumbers:
        words, given = self.words(rule), _given(rule, figures)
        n = sum(given)
        if not n or figures.score is None:
            return GradeNumbers(0)
        middle = _majority_grade(figures.score)
        return GradeNumbers(
            n,
            steps=[Step(words[step], given[step], sum(given[: step + 1]) / n) for step in range(rule.steps)],
            middle=words[middle],
            above=sum(given[middle + 1 :]) / n,
            below=sum(given[:middle]) / n,
        )


def _given(rule: Grades, figures: Score) -> list[int]:
    """How many gave each grade, worst first."""
    return [figures.values.get(step, 0) for step in range(rule.steps)]


def _majority_grade(gauge: float) -> int:
    """The grade in the middle; the gauge is it plus less than half, or up to half (`ideas.voting.grades`)."""
    return ceil(gauge - 0.5)
