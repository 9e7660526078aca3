"""Stars and lemons: a few stars for the best ideas of a sample and a few lemons for the worst."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from flask_babel import LazyString, format_decimal, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import one_of, read_scores
from app.rules.base import CountFormat, Dots, Option, RulePresenter, Scale, counting_scale, notices_nothing
from app.rules.sums import SumNumbers, sum_of
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import stars
from ideas.voting.rules import Stars
from ideas.voting.scores import Score


class StarsPresenter(RulePresenter[Stars]):
    name: ClassVar[str] = Stars.name
    title: ClassVar[LazyString] = _l("Stars and lemons")
    sentence: ClassVar[LazyString] = _l(
        "Each person sees a few ideas and gives stars to the best and lemons to the worst. Little "
        "effort, even with many ideas."
    )
    prompt: ClassVar[LazyString] = _l("Which are the best and which the worst?")
    options: ClassVar[Mapping[str, Option]] = {
        "stars": Option(_l("Stars per person")),
        "lemons": Option(_l("Lemons per person")),
        "sample": Option(_l("Ideas per person")),
    }
    hand_labels: ClassVar[Mapping[int, LazyString]] = {1: _l("Hands for it")}
    hands_note: ClassVar[LazyString | None] = _l(
        "A show of hands gives no stars. Ask who is for an idea: the number is shown with the result "
        "but never added to it."
    )
    merging: ClassVar[LazyString] = _l("Everyone who marked both counts once, with their latest star or lemon.")
    dots_note: ClassVar[LazyString | None] = _l("Each dot on the disc is a star, each dot outside is a lemon.")
    counting_note: ClassVar[LazyString] = _l(
        "Each star adds one and each lemon takes one away, and the idea with the most is first."
    )
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(
            Stars.name,
            stars,
            "participant,idea,value",
            "1 star, -1 lemon",
            lambda path: read_scores(path, lambda cell: one_of(cell, (1, -1))),
            notices_nothing,
        )
    ]

    def help(self, rule: Stars, ideas: int) -> str:
        said = ngettext("Give a star to the best idea.", "Give up to %(num)s stars to the best ideas.", rule.stars)
        if rule.lemons:
            said += " " + ngettext(
                "Give a lemon to the worst idea.", "Give up to %(num)s lemons to the worst ideas.", rule.lemons
            )
        return said

    def progress(self, rule: Stars, deck: Deck, values: list[int]) -> str:
        return _(
            "%(stars)s of %(of_stars)s stars and %(lemons)s of %(of_lemons)s lemons given.",
            stars=values.count(stars.STAR),
            of_stars=rule.stars,
            lemons=values.count(stars.LEMON),
            of_lemons=rule.lemons,
        )

    def mark(self, rule: Stars, value: int) -> str:
        return {stars.STAR: _("Star"), stars.LEMON: _("Lemon")}.get(value, _("Neither"))

    def details(self, rule: Stars) -> list[str]:
        numbers = {"stars": rule.stars, "lemons": rule.lemons, "sample": rule.sample}
        return [_("%(stars)s stars, %(lemons)s lemons, %(sample)s ideas per person", **numbers)]

    def scale(self, rule: Stars, ranking: RankingOf) -> Scale:
        return counting_scale(ranking)

    def value(self, rule: Stars, value: float) -> str:
        return ("+" if value > 0 else "−" if value < 0 else "") + format_decimal(abs(value), "#,##0.#")

    def counts(self, rule: Stars, figures: Score, voters: int) -> str:
        given = ngettext("%(num)s star", "%(num)s stars", figures.yes)
        return given + " · " + ngettext("%(num)s lemon", "%(num)s lemons", figures.no)

    def dots(self, rule: Stars, figures: Score, voters: int) -> Dots:
        yes, no = figures.yes, figures.no
        return Dots(yes, no, _("%(yes)s stars, %(no)s lemons.", yes=format_number(yes), no=format_number(no)))

    def given(self, rule: Stars, values: Sequence[int]) -> str:
        given, lemons = values.count(stars.STAR), values.count(stars.LEMON)
        said = [ngettext("You gave %(num)s star.", "You gave %(num)s stars.", given)] if given else []
        if lemons:
            said.append(ngettext("You gave %(num)s lemon.", "You gave %(num)s lemons.", lemons))
        return " ".join(said)

    def formula(self, rule: Stars, ranking: RankingOf, figures: Score) -> SumNumbers:
        return sum_of(ranking, figures, stars.LEMON, stars.STAR)
