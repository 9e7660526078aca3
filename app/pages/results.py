"""A ranking in words and pictures, by any rule: its scale, its scores and counts, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from flask_babel import format_percent, ngettext
from flask_babel import gettext as _

from app.pages.decisions import best_said, favourite_said, firmness_said, turnout_said, turnout_to_voters
from app.rules import presenter_of
from app.rules.base import UNKNOWN, Bar, Dots, RulePresenter, Scale
from ideas.queries.groups import GroupRow
from ideas.queries.rankings import RankingOf, RankingRow
from ideas.voting import intervals
from ideas.voting.other_methods import COMPARED_MAX, Comparison
from ideas.voting.rules import BallotRule
from ideas.voting.scores import Score

# From which percentage on a win counts as very likely, as likely and as possible.
VERY_LIKELY, LIKELY, POSSIBLE = 75, 50, 10

# Percentages of chances are shown in steps of this size: they are no more exact.
ROUNDED_TO = 5


@dataclass(frozen=True)
class ResultLine:
    """An idea in the ranking, as it is said and drawn; `at`, `low`, `high` are positions on the scale, None if unknown.

    `chance` says how likely it is among the first, `places` which places are possible. Both are empty if that is
    unknown, if there are too few votes, and without sampling error; then there is no interval either. `certainty` says
    the chance without sampling error, too, for the page that explains the counting.
    """

    ranked: RankingRow
    score: str
    counts: str
    at: float | None
    low: float | None
    high: float | None
    label: str
    chance: str
    certainty: str
    places: str
    bars: list[Bar]
    interval: str

    @property
    def is_few(self) -> bool:
        return self.ranked.figures.is_few


@dataclass(frozen=True)
class Section:
    """One question's ranking as a page shows it; `winner` is None when nobody spoke for any idea.

    Between two `groups` stands a line: every idea above it is told apart from every idea below it.

    What takes long to work out is worked out where a page shows it: running standings are drawn again and again.
    """

    ranking: RankingOf
    prompt: str
    scale: Scale
    lines: list[ResultLine]
    groups: list[list[ResultLine]]
    winner: ResultLine | None
    dots: Dots | None

    @property
    def presenter(self) -> RulePresenter[BallotRule]:
        return presenter_of(self.ranking.rule)

    def numbers_of(self, line: ResultLine) -> object:
        """The numbers of an idea that the formula of the rule takes."""
        return self.presenter.formula(self.ranking.rule, self.ranking, line.ranked.figures)

    @cached_property
    def comparison(self) -> Comparison | None:
        return self.presenter.comparison(self.ranking.rule, self.ranking)

    @cached_property
    def noticed(self) -> list[str]:
        return noticed(self.ranking)

    @property
    def draws_intervals(self) -> bool:
        return draws_intervals(self.ranking)

    @property
    def number(self) -> int:
        return self.ranking.question.position + 1

    @property
    def prefix(self) -> str:
        """What sets the ids of the second question's rows apart from the first's."""
        return f"q{self.number}-" if self.ranking.question.position else ""

    @property
    def firsts(self) -> list[ResultLine]:
        """Who is at place 1: several where they tie."""
        return [line for line in self.lines if line.ranked.place == 1]

    @property
    def shared_dots(self) -> Dots | None:
        """What is said of each of `firsts`, where that is the same."""
        rule, voters = self.ranking.rule, self.ranking.voters
        dot_columns = {self.presenter.dots(rule, line.ranked.figures, voters) for line in self.firsts}
        return dot_columns.pop() if len(dot_columns) == 1 else None

    @property
    def also_first(self) -> list[ResultLine]:
        """The ideas below place 1 for which the first place is possible as well."""
        return [line for line in self.lines if line.places and line.ranked.place != 1 and _best_place(line) == 1]

    def folded(self, shown: int) -> tuple[list[list[ResultLine]], list[list[ResultLine]]]:
        return folded(self.groups, shown)

    @property
    def is_pending(self) -> bool:
        """Whether how sure the places are is not known yet, and the page is to say it."""
        return self.ranking.assessed is None and bool(self.ranking.places) and not self.ranking.is_everybody

    @property
    def is_decided(self) -> bool:
        """Whether the group decided it: the voters are no sample, and there is a first place."""
        return self.ranking.is_everybody and self.winner is not None

    @property
    def firmness_said(self) -> str:
        return firmness_said(self.ranking)

    @property
    def best_said(self) -> str:
        return best_said(self.ranking)

    @property
    def turnout_said(self) -> str:
        return turnout_said(self.ranking)

    @property
    def turnout_to_voters(self) -> str:
        return turnout_to_voters(self.ranking)

    @property
    def decision(self) -> str:
        """What the group decided, as a text; empty if the voters are a sample."""
        if not self.is_decided or self.dots is None:
            return ""
        titles = [line.ranked.idea.title or _("Erased") for line in self.firsts]
        return f"{self.turnout_said} {favourite_said(titles, self.dots.said)}".strip()

    @property
    def marks(self) -> int:
        return sum(ranked.figures.judged for ranked in self.ranking.places) // (2 if self.ranking.rule.is_paired else 1)

    def title_of(self, entry: int) -> str:
        return next((r.idea.title or "" for r in self.ranking.places if r.figures.entry == entry), "")


def prompt_of_ranking(ranking: RankingOf) -> str:
    """What the question asks: the organisation's own words, or ours for the rule."""
    return ranking.question.prompt or str(presenter_of(ranking.rule).prompt)


def section_of(ranking: RankingOf) -> Section:
    rule, presenter = ranking.rule, presenter_of(ranking.rule)
    scale = presenter.scale(rule, ranking)
    lines = [line_of(ranking, scale, ranked) for ranked in ranking.places]
    first = lines[0] if lines else None
    dots = presenter.dots(rule, first.ranked.figures, ranking.voters) if first else None
    return Section(
        ranking=ranking,
        prompt=prompt_of_ranking(ranking),
        scale=scale,
        lines=lines,
        groups=groups_of(ranking, lines),
        winner=first if dots and dots.inside else None,
        dots=dots if dots and dots.inside else None,
    )


def groups_of(ranking: RankingOf, lines: Sequence[ResultLine]) -> list[list[ResultLine]]:
    """The lines, parted where every idea above is told apart from every idea below."""
    ends = [0, *parted_at(ranking), len(lines)]
    return [list(lines[begin:end]) for begin, end in pairwise(ends) if begin < end]


def parted_at(ranking: RankingOf) -> list[int]:
    """The numbers of ideas above the lines of a ranking. An idea with too few votes could stand anywhere: no lines."""
    if (
        ranking.assessed is None
        or ranking.is_everybody
        or ranking.is_few
        or any(row.figures.is_few for row in ranking.places)
    ):
        return []
    return ranking.assessed.lines


def folded(groups: Sequence[list[ResultLine]], shown: int) -> tuple[list[list[ResultLine]], list[list[ResultLine]]]:
    """The groups that stand open on a page, at least `shown` lines, and the rest.

    A long group may be parted; ideas that share a place stay together.
    """
    opened: list[list[ResultLine]] = []
    left = shown
    for n, group in enumerate(groups):
        if left <= 0:
            return opened, list(groups[n:])
        cut = _cut(group, left)
        opened.append(group[:cut])
        left -= cut
        if cut < len(group):
            return opened, [group[cut:], *groups[n + 1 :]]
    return opened, []


def _cut(group: Sequence[ResultLine], left: int) -> int:
    """After how many lines a group may be parted."""
    places = [line.ranked.place for line in group]
    return next((n for n in range(left, len(places)) if places[n] != places[n - 1]), len(places))


def _best_place(line: ResultLine) -> int:
    chance = line.ranked.figures.chance
    return chance.places[0] if chance else 0


def line_of(ranking: RankingOf, scale: Scale, ranked: RankingRow) -> ResultLine:
    rule, figures, presenter = ranking.rule, ranked.figures, presenter_of(ranking.rule)
    said, is_known = presenter.score(rule, figures), presenter.is_known(figures)
    ends = [UNKNOWN if end is None else presenter.value(rule, end) for end in (figures.low, figures.high)]
    is_drawn = is_known and draws_intervals(ranking)
    low, high = (scale.at(end) if is_drawn else None for end in (figures.low, figures.high))
    at = presenter.estimate(rule, figures) if is_drawn else rule.given(figures.values, figures.score)
    certainty = chance_of(figures, ranking.rule.top)
    return ResultLine(
        ranked=ranked,
        score=said,
        counts=presenter.counts(rule, figures, ranking.voters),
        at=scale.at(at) if is_known else None,
        low=low,
        high=high,
        label=_("%(score)s, between %(low)s and %(high)s", score=said, low=ends[0], high=ends[1]) if is_drawn else said,
        chance="" if ranking.is_everybody or ranking.rule.top >= len(ranking.places) else certainty,
        certainty=certainty,
        places="" if ranking.is_everybody else places_of(figures, len(ranking.places)),
        bars=presenter.bars(rule, figures),
        interval=presenter.interval(low, high) if low is not None and high is not None else "",
    )


def draws_intervals(ranking: RankingOf) -> bool:
    """Whether the voters are a sample, and enough of them; else the counts speak. Pairs need an assessment as well."""
    if ranking.is_everybody:
        return False
    return ranking.voters >= intervals.PEOPLE and any(row.figures.low is not None for row in ranking.places)


def chance_of(figures: Score, top: int) -> str:
    """How likely an idea is among the first, in words; empty if there are too few votes to say."""
    if figures.chance is None or figures.is_few:
        return ""
    percent = ROUNDED_TO * round(figures.chance.p_top * 100 / ROUNDED_TO)
    chance = format_percent(percent / 100)
    if percent == 100:
        chance = _("more than %(n)s", n=format_percent(1 - ROUNDED_TO / 100))
    elif percent == 0:
        chance = _("less than %(n)s", n=format_percent(ROUNDED_TO / 100))
    return _favourite(percent, chance) if top == 1 else _among_the_best(percent, chance, top)


def places_of(figures: Score, ideas: int) -> str:
    """Which places are possible for an idea, in words; empty if there are too few votes to say."""
    if figures.chance is None or figures.is_few:
        return ""
    first, last = figures.chance.places
    if first == last:
        return _("Almost certainly place %(place)s", place=first)
    if (first, last) == (1, ideas):
        return _("Every place is possible")
    return _("Almost certainly place %(first)s to %(last)s", first=first, last=last)


def _favourite(percent: int, chance: str) -> str:
    if percent >= VERY_LIKELY:
        return _("Very likely the favourite (%(chance)s)", chance=chance)
    if percent >= LIKELY:
        return _("Probably the favourite (%(chance)s)", chance=chance)
    if percent >= POSSIBLE:
        return _("Possibly the favourite (%(chance)s)", chance=chance)
    return _("Hardly the favourite (%(chance)s)", chance=chance)


def _among_the_best(percent: int, chance: str, top: int) -> str:
    if percent >= VERY_LIKELY:
        return _("Very likely among the best %(top)s (%(chance)s)", chance=chance, top=top)
    if percent >= LIKELY:
        return _("Probably among the best %(top)s (%(chance)s)", chance=chance, top=top)
    if percent >= POSSIBLE:
        return _("Possibly among the best %(top)s (%(chance)s)", chance=chance, top=top)
    return _("Hardly among the best %(top)s (%(chance)s)", chance=chance, top=top)


def noticed(ranking: RankingOf) -> list[str]:
    """Sentences about how firm the order is; none without votes, because then the page shows no order."""
    found = []
    floors = ranking.floors
    if ranking.is_few and ranking.voters:
        found.append(
            ngettext(
                "Only %(num)s person voted: with fewer than %(floor)s, there are too few votes for a firm order.",
                "Only %(num)s people voted: with fewer than %(floor)s, there are too few votes for a firm order.",
                ranking.voters,
                floor=floors.people,
            )
        )
    few = sum(r.figures.is_few for r in ranking.places)
    if few and ranking.voters and ranking.rule.is_one_by_one:
        found.append(
            ngettext(
                "%(num)s idea has fewer than %(floor)s votes: too few votes for a firm order.",
                "%(num)s ideas have fewer than %(floor)s votes: too few votes for a firm order.",
                few,
                floor=floors.marks,
            )
        )
    tied = sum(r.is_tied for r in ranking.places)
    if tied and ranking.voters:
        found.append(
            ngettext(
                "%(num)s idea shares its place with another one.",
                "%(num)s ideas share their place with another one.",
                tied,
            )
        )
    if ranking.assessed and not ranking.assessed.runs and ranking.places:
        found.append(
            _("With more than %(n)s ranked ideas, we do not calculate how certain the places are.", n=COMPARED_MAX)
        )
    if ranking.assessed and ranking.earlier:
        found.append(
            _(
                "After the close, we calculated again how certain the places are, by a better method. The order is "
                "unchanged. Both calculations are in the downloads."
            )
        )
    return found + presenter_of(ranking.rule).noticed(ranking.rule, ranking)


@dataclass(frozen=True)
class PlacedGroup:
    """A group in the result: its ideas that have a place, the best first. Its own place is the best of theirs."""

    name: str
    ideas: list[RankingRow]

    @property
    def best(self) -> int | None:
        return self.ideas[0].place


def placed_groups(groups: Sequence[GroupRow], ranking: RankingOf) -> list[PlacedGroup]:
    """The groups of a round by their best place in the order that decides; those without a placed idea are left out."""
    found, placed = [], _as_decided(ranking)
    order = {row.idea.id: n for n, row in enumerate(placed)}
    for group in groups:
        ids = {idea.id for idea in group.ideas}
        if rows := [row for row in placed if row.idea.id in ids]:
            found.append(PlacedGroup(group.name, rows))
    return sorted(found, key=lambda group: order[group.ideas[0].idea.id])


def _as_decided(ranking: RankingOf) -> list[RankingRow]:
    """The ideas with their places in the order that decides, without those that have none."""
    if ranking.verdict is None:
        return ranking.places
    rows = {row.figures.entry: row for row in ranking.places}
    return [replace(rows[entry], place=place) for entry, place in ranking.verdict.places.items()]
