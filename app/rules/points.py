"""Points: everybody spreads a budget over the ideas."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from flask_babel import LazyString, format_decimal, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import points_in, read_scores
from app.rules.base import (
    CountFormat,
    Dots,
    Option,
    RulePresenter,
    Scale,
    backers,
    counting_scale,
    notices_nothing,
)
from app.rules.sums import SumNumbers, sum_of
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import points
from ideas.voting.rules import Points
from ideas.voting.scores import Score


class PointsPresenter(RulePresenter[Points]):
    name: ClassVar[str] = Points.name
    title: ClassVar[LazyString] = _l("Points")
    sentence: ClassVar[LazyString] = _l("Everyone spreads points over the ideas. Good for sharing out money or time.")
    prompt: ClassVar[LazyString] = _l("Which ideas get your points?")
    options: ClassVar[Mapping[str, Option]] = {
        "budget": Option(_l("Points per person")),
        "quadratic": Option(
            _l("Make extra points expensive"),
            help=_l("Extra points on one idea cost more (2 → 4, 3 → 9)."),
        ),
    }
    hand_labels: ClassVar[Mapping[int, LazyString]] = {1: _l("Hands for it")}
    hands_note: ClassVar[LazyString | None] = _l(
        "A show of hands gives no points. Ask who is for an idea: the number is shown with the "
        "result but never added to it."
    )
    merging: ClassVar[LazyString] = _l(
        "Everyone who gave points to both keeps the larger number and gets the other points back."
    )
    dots_note: ClassVar[LazyString | None] = _l("Each dot is a person. Those on the disc gave it points.")
    counting_note: ClassVar[LazyString] = _l(
        "All points that an idea got are added up, and the idea with the most points is first."
    )
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(
            Points.name,
            points,
            "participant,idea,value",
            "the points given",
            lambda path: read_scores(path, points_in, ("cumulative", "scoring")),
            notices_nothing,
        ),
        CountFormat(
            "quadratic",
            points.quadratic,
            "participant,idea,value",
            "the credits spent; their roots count",
            lambda path: read_scores(path, points_in, ("cumulative", "scoring")),
            notices_nothing,
        ),
    ]

    def help(self, rule: Points, ideas: int) -> str:
        said = ngettext(
            "You have %(num)s point. Give it to one idea.",
            "You have %(num)s points. Give each idea as many as you like.",
            rule.budget,
        )
        if rule.quadratic:
            said += " " + _("Extra points on one idea cost more (2 → 4, 3 → 9).")
        return said

    def progress(self, rule: Points, deck: Deck, values: list[int]) -> str:
        return _("%(left)s of %(all)s points left.", left=rule.budget - rule.cost(values), all=rule.budget)

    def mark(self, rule: Points, value: int) -> str:
        return ngettext("%(num)s point", "%(num)s points", value)

    def details(self, rule: Points) -> list[str]:
        said = [ngettext("%(num)s per person", "%(num)s per person", rule.budget)]
        return [*said, _("extra points on one idea cost more")] if rule.quadratic else said

    def scale(self, rule: Points, ranking: RankingOf) -> Scale:
        return counting_scale(ranking)

    def value(self, rule: Points, value: float) -> str:
        return str(format_decimal(value, "#,##0.#"))

    def counts(self, rule: Points, figures: Score, voters: int) -> str:
        return ngettext(
            "points from %(num)s of %(all)s people",
            "points from %(num)s of %(all)s people",
            backers(figures),
            all=voters,
        )

    def dots(self, rule: Points, figures: Score, voters: int) -> Dots:
        n = backers(figures)
        said = _(
            "%(points)s points from %(n)s of %(all)s people.",
            points=self.score(rule, figures),
            n=format_number(n),
            all=format_number(voters),
        )
        return Dots(n, max(0, voters - n), said)

    def given(self, rule: Points, values: Sequence[int]) -> str:
        return ngettext(
            "You gave points to %(num)s idea (%(points)s in all).",
            "You gave points to %(num)s ideas (%(points)s in all).",
            len(values),
            points=sum(values),
        )

    def formula(self, rule: Points, ranking: RankingOf, figures: Score) -> SumNumbers:
        # The most that anybody gave to an idea which is ranked: what was hidden is not counted with them.
        most = max((value for r in ranking.places for value, n in r.figures.values.items() if n), default=0)
        return sum_of(ranking, figures, 0, most)
