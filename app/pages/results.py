"""A ranking in words and pictures, by any rule: its scale, its scores and counts, and how sure they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import ceil, floor, log10

from flask_babel import format_decimal, format_number, format_percent, ngettext
from flask_babel import gettext as _

from app.labels import GRADES
from app.rules.wording import PROMPTS
from ideas.queries.rankings import RankingOf, RankingRow
from ideas.voting.other_methods import COMPARED_MAX, Comparison, comparison, groups
from ideas.voting.rules import NO_GRADE, BallotRule, Grades
from ideas.voting.scores import Counts, Order, Score
from ideas.voting.uncertainty import FEW_PEOPLE, FEW_READS

UNKNOWN = "–"

# From which percentage on a win counts as very likely, as likely and as possible.
VERY_LIKELY, LIKELY, POSSIBLE = 75, 50, 10

TICKS = 5

# So many comparisons are kept: at a close a whole crowd opens one result, and 2,000 orders of 50 entries take 0.2 s.
COMPARISONS = 16


@dataclass(frozen=True)
class Scale:
    """What scores are drawn on. `ticks`: where a line stands, 0..1, and what is written there, if anything."""

    least: float
    most: float
    ticks: list[tuple[float, str]]

    def at(self, value: float | None) -> float | None:
        """Where on the scale a value stands, 0..1."""
        if value is None:
            return None
        return min(1.0, max(0.0, (value - self.least) / (self.most - self.least)))


@dataclass(frozen=True)
class Bar:
    """A piece of a bar of shares: a grade's word and step (0 the worst), how many gave it, where it stands, 0..1."""

    word: str
    step: int
    n: int
    start: float
    share: float


@dataclass(frozen=True)
class ResultLine:
    """An idea in the ranking, as it is said and drawn; `at`, `low`, `high` are places on the scale, None if unknown."""

    ranked: RankingRow
    score: str
    counts: str
    at: float | None
    low: float | None
    high: float | None
    label: str
    chance: str
    bars: list[Bar]

    @property
    def is_few(self) -> bool:
        return self.ranked.figures.is_few


@dataclass(frozen=True)
class ResultBand:
    """Entries that are not told apart, from place `first` to `last`; `is_tie` when they share one place exactly."""

    first: int
    last: int
    lines: list[ResultLine]
    is_tie: bool

    @property
    def is_shared(self) -> bool:
        return self.last > self.first


@dataclass(frozen=True)
class Dots:
    """How many speak for an idea and how many do not, to be drawn as dots; `said` is the sentence."""

    inside: int
    outside: int
    said: str


@dataclass(frozen=True)
class Section:
    """One question's ranking as a page shows it; `winner` is None when nobody spoke for any idea.

    What takes long to work out is worked out where a page shows it: running standings are drawn again and again.
    """

    ranking: RankingOf
    prompt: str
    scale: Scale
    lines: list[ResultLine]
    bands: list[ResultBand]
    winner: ResultLine | None
    dots: Dots | None

    @cached_property
    def comparison(self) -> Comparison | None:
        ranking = self.ranking
        return _compared(ranking.rule, tuple(ranking.entries), tuple(ranking.counts.orders))

    @cached_property
    def noticed(self) -> list[str]:
        return noticed(self.ranking, self.comparison)

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
        dot_columns = {dots_of(self.ranking.rule, line.ranked.figures, self.ranking.voters) for line in self.firsts}
        return dot_columns.pop() if len(dot_columns) == 1 else None

    def folded(self, shown: int) -> tuple[list[ResultBand], list[ResultBand]]:
        return folded(self.bands, shown)

    @property
    def is_pending(self) -> bool:
        """Whether how sure the places are is not known yet."""
        return self.ranking.assessed is None and bool(self.ranking.places)

    @property
    def marks(self) -> int:
        return sum(ranked.figures.judged for ranked in self.ranking.places) // (2 if self.ranking.rule.is_paired else 1)

    def title_of(self, entry: int) -> str:
        return next((r.idea.title or "" for r in self.ranking.places if r.figures.entry == entry), "")


@lru_cache(maxsize=COMPARISONS)
def _compared(rule: BallotRule, entries: tuple[int, ...], orders: tuple[Order, ...]) -> Comparison | None:
    return comparison(rule, entries, Counts(0, [], orders))


def section_of(ranking: RankingOf) -> Section:
    scale = scale_of(ranking)
    lines = [line_of(ranking, scale, ranked) for ranked in ranking.places]
    first = lines[0] if lines else None
    dots = dots_of(ranking.rule, first.ranked.figures, ranking.voters) if first else None
    return Section(
        ranking=ranking,
        prompt=ranking.question.prompt or str(PROMPTS[ranking.rule.name]),
        scale=scale,
        lines=lines,
        bands=bands_of(ranking, lines),
        winner=first if dots and dots.inside else None,
        dots=dots if dots and dots.inside else None,
    )


def bands_of(ranking: RankingOf, lines: Sequence[ResultLine]) -> list[ResultBand]:
    """The lines by the bands of places that are not told apart; by shared places where that was not worked out."""
    found: list[ResultBand] = []
    for line in lines:
        chance, place = line.ranked.figures.chance, line.ranked.place or 0
        first, last = chance.band if chance else (place, place)
        if found and found[-1].first == first:
            found[-1].lines.append(line)
        else:
            found.append(ResultBand(first, last, [line], False))
    bands = []
    for band in found:
        is_tie = len(band.lines) > 1 and len({line.ranked.place for line in band.lines}) == 1
        bands.append(ResultBand(band.first, max(band.last, band.first + len(band.lines) - 1), band.lines, is_tie))
    return bands


def folded(bands: Sequence[ResultBand], shown: int) -> tuple[list[ResultBand], list[ResultBand]]:
    """The bands that stand open on a page, at least `shown` lines, and the rest.

    A long band may be parted, those who share a place exactly are not.
    """
    opened: list[ResultBand] = []
    left = shown
    for n, band in enumerate(bands):
        if left <= 0:
            return opened, list(bands[n:])
        cut = _cut(band, left)
        opened.append(replace(band, lines=band.lines[:cut]))
        left -= cut
        if cut < len(band.lines):
            return opened, [replace(band, lines=band.lines[cut:]), *bands[n + 1 :]]
    return opened, []


def _cut(band: ResultBand, left: int) -> int:
    """After how many lines a band may be parted."""
    places = [line.ranked.place for line in band.lines]
    return next((n for n in range(left, len(places)) if places[n] != places[n - 1]), len(places))


def line_of(ranking: RankingOf, scale: Scale, ranked: RankingRow) -> ResultLine:
    rule, figures = ranking.rule, ranked.figures
    said = score_of(rule, figures)
    ends = [value_of(rule, end) for end in (figures.low, figures.high)]
    is_known = figures.score is not None and said != UNKNOWN
    return ResultLine(
        ranked=ranked,
        score=said,
        counts=counts_of(rule, figures, ranking.voters),
        at=scale.at(figures.score) if is_known else None,
        low=scale.at(figures.low) if is_known else None,
        high=scale.at(figures.high) if is_known else None,
        label=_("%(score)s, between %(low)s and %(high)s", score=said, low=ends[0], high=ends[1]) if is_known else "",
        chance=chance_of(figures, ranking.rule.top),
        bars=bars_of(rule, figures),
    )


# The scale


def scale_of(ranking: RankingOf) -> Scale:
    rule = ranking.rule
    if isinstance(rule, Grades):
        words = scale_words(rule)
        width = len(words)
        ends = {0: words[0], width - 1: words[-1]}
        return Scale(-0.5, width - 0.5, [((n + 0.5) / width, ends.get(n, "")) for n in range(width)])
    if rule.name in ("points", "stars"):
        return _counting_scale(ranking)
    return Scale(0.0, 1.0, [(n / 4, format_percent(n / 4) if n in (0, 4) else format_number(n * 25)) for n in range(5)])


def _counting_scale(ranking: RankingOf) -> Scale:
    """Of a sum: from the least to the most that any interval reaches, in round steps, zero among them."""
    ends = [end for r in ranking.places for end in (r.figures.low, r.figures.high, r.figures.score) if end is not None]
    least, most = min([0.0, *ends]), max([1.0, *ends])
    step = _round_step((most - least) / (TICKS - 1))
    first, last = floor(least / step), ceil(most / step)
    width = (last - first) * step
    return Scale(
        first * step,
        last * step,
        [((n - first) * step / width, signed(n * step)) for n in range(first, last + 1)],
    )


def signed(number: int) -> str:
    """With a minus sign, which a hyphen is not."""
    return ("−" if number < 0 else "") + str(format_number(abs(number)))


def _round_step(least: float) -> int:
    """The next of 1, 2, 5, 10, 20 … that is at least so large."""
    power = 10 ** floor(log10(max(1.0, least)))
    return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= max(1.0, least)))


# Words


def scale_words(rule: Grades) -> list[str]:
    """The grades, worst first."""
    return [str(GRADES[grade]) for grade in rule.scale]


def score_of(rule: BallotRule, figures: Score) -> str:
    """The score in the rule's own unit."""
    if figures.score is None or (rule.name in ("approval", "pairs") and not figures.yes + figures.no):
        return UNKNOWN
    return value_of(rule, figures.score)


def value_of(rule: BallotRule, value: float | None) -> str:
    """A number of the rule's scale as it is said."""
    if value is None:
        return UNKNOWN
    if isinstance(rule, Grades):
        grade = majority_grade(value)
        sign = "" if value == grade else "\N{NO-BREAK SPACE}+" if value > grade else "\N{NO-BREAK SPACE}−"
        return scale_words(rule)[min(max(grade, 0), rule.steps - 1)] + sign
    if rule.name == "stars":
        return ("+" if value > 0 else "−" if value < 0 else "") + format_decimal(abs(value), "#,##0.#")
    if rule.name == "points":
        return str(format_decimal(value, "#,##0.#"))
    return str(format_percent(value))


def majority_grade(gauge: float) -> int:
    """The grade in the middle; the gauge is it plus less than half, or up to half (`ideas.voting.grades`)."""
    return ceil(gauge - 0.5)


def counts_of(rule: BallotRule, figures: Score, voters: int) -> str:
    """How many gave what."""
    if isinstance(rule, Grades):
        return _grades_said(rule, figures)
    yes, no, skip = (format_number(n) for n in (figures.yes, figures.no, figures.skip))
    backers = sum(n for value, n in figures.values.items() if value > 0)
    if rule.name == "pairs":
        return _pairs_said(figures)
    if rule.name == "points":
        return ngettext(
            "points from %(num)s of %(all)s people", "points from %(num)s of %(all)s people", backers, all=voters
        )
    if rule.name == "stars":
        stars = ngettext("%(num)s star", "%(num)s stars", figures.yes)
        return stars + " · " + ngettext("%(num)s lemon", "%(num)s lemons", figures.no)
    if rule.name == "ranked":
        return _("first on %(first)s lists, on %(n)s of %(all)s lists in total", first=yes, n=backers, all=voters)
    judged = format_number(figures.judged)
    return _(
        "%(yes)s yes · %(no)s no · %(skip)s skipped · %(judged)s in total", yes=yes, no=no, skip=skip, judged=judged
    )


def _pairs_said(figures: Score) -> str:
    said = ngettext(
        "better in %(yes)s of %(num)s comparison",
        "better in %(yes)s of %(num)s comparisons",
        figures.yes + figures.no,
        yes=figures.yes,
    )
    if figures.skip:
        said += " · " + ngettext("%(num)s “don’t know”", "%(num)s “don’t know”", figures.skip)
    return said


def _grades_said(rule: Grades, figures: Score) -> str:
    words = scale_words(rule)
    said = [
        f"{words[n]} {format_number(figures.values[n])}" for n in reversed(range(rule.steps)) if figures.values.get(n)
    ]
    if figures.values.get(NO_GRADE):
        said.append(_("don’t know %(n)s", n=format_number(figures.values[NO_GRADE])))
    return " · ".join(said) or _("no grades")


def bars_of(rule: BallotRule, figures: Score) -> list[Bar]:
    """The shares of each grade, worst first; empty for other rules."""
    if not isinstance(rule, Grades):
        return []
    words, given = scale_words(rule), [figures.values.get(n, 0) for n in range(rule.steps)]
    whole, found, start = sum(given), [], 0.0
    for step, n in enumerate(given):
        if n:
            found.append(Bar(words[step], step, n, start, n / whole))
            start += n / whole
    return found


def chance_of(figures: Score, top: int) -> str:
    """How likely an idea is among the first, in words; empty if there are too few votes to say."""
    if figures.chance is None or figures.is_few:
        return ""
    share = figures.chance.p_top
    percent = round(share * 100)
    n = str(percent)
    if share < 1 and percent == 100:
        n = _("more than 99")
    elif share > 0 and percent == 0:
        n = _("less than 1")
    return _favourite(percent, n) if top == 1 else _among_the_best(percent, n, top)


def _favourite(percent: int, n: str) -> str:
    if percent >= VERY_LIKELY:
        return _("Very likely the favourite (%(n)s %%)", n=n)
    if percent >= LIKELY:
        return _("Probably the favourite (%(n)s %%)", n=n)
    if percent >= POSSIBLE:
        return _("Possibly the favourite (%(n)s %%)", n=n)
    return _("Hardly the favourite (%(n)s %%)", n=n)


def _among_the_best(percent: int, n: str, top: int) -> str:
    if percent >= VERY_LIKELY:
        return _("Very likely among the best %(top)s (%(n)s %%)", n=n, top=top)
    if percent >= LIKELY:
        return _("Probably among the best %(top)s (%(n)s %%)", n=n, top=top)
    if percent >= POSSIBLE:
        return _("Possibly among the best %(top)s (%(n)s %%)", n=n, top=top)
    return _("Hardly among the best %(top)s (%(n)s %%)", n=n, top=top)


def dots_of(rule: BallotRule, figures: Score, voters: int) -> Dots:
    """Who speaks for an idea and who does not, as the rule has it."""
    yes, no = figures.yes, figures.no
    if isinstance(rule, Grades):
        return _grades_dots(rule, figures)
    if rule.name == "pairs":
        said = _(
            "It was the better one in %(yes)s of %(n)s comparisons.", yes=format_number(yes), n=format_number(yes + no)
        )
        return Dots(yes, no, said)
    if rule.name == "stars":
        return Dots(yes, no, _("%(yes)s stars, %(no)s lemons.", yes=format_number(yes), no=format_number(no)))
    if rule.name in ("points", "ranked"):
        backers = sum(n for value, n in figures.values.items() if value > 0)
        numbers = {"n": format_number(backers), "all": format_number(voters)}
        said = (
            _("%(points)s points from %(n)s of %(all)s people.", points=value_of(rule, figures.score), **numbers)
            if rule.name == "points"
            else _(
                "%(n)s of %(all)s people have it on their list, %(first)s of them in first place.",
                first=format_number(yes),
                **numbers,
            )
        )
        return Dots(backers, max(0, voters - backers), said)
    return Dots(yes, no, _("%(yes)s of %(n)s say yes.", yes=format_number(yes), n=format_number(yes + no)))


def _grades_dots(rule: Grades, figures: Score) -> Dots:
    if figures.score is None:
        return Dots(0, 0, "")
    middle = majority_grade(figures.score)
    given = {value: n for value, n in figures.values.items() if value != NO_GRADE}
    inside = sum(n for value, n in given.items() if value >= middle)
    whole = sum(given.values())
    numbers = {"n": format_number(inside), "all": format_number(whole), "grade": scale_words(rule)[middle]}
    if middle == 0:
        return Dots(0, whole, "")
    if middle == rule.steps - 1:
        return Dots(inside, whole - inside, _("%(n)s of %(all)s people gave the grade “%(grade)s”.", **numbers))
    return Dots(
        inside, whole - inside, _("%(n)s of %(all)s people gave the grade “%(grade)s” or a better one.", **numbers)
    )


def noticed(ranking: RankingOf, beside: Comparison | None) -> list[str]:
    """What one should know before believing the order."""
    found = []
    if ranking.is_few and ranking.places:
        found.append(
            ngettext(
                "Only %(num)s person voted: with fewer than %(floor)s, there are too few votes for a firm order.",
                "Only %(num)s people voted: with fewer than %(floor)s, there are too few votes for a firm order.",
                ranking.voters,
                floor=FEW_PEOPLE,
            )
        )
    few = sum(r.figures.is_few for r in ranking.places)
    if few and ranking.rule.is_one_by_one:
        found.append(
            ngettext(
                "%(num)s idea has fewer than %(floor)s votes: too few votes for a firm order.",
                "%(num)s ideas have fewer than %(floor)s votes: too few votes for a firm order.",
                few,
                floor=FEW_READS,
            )
        )
    tied = sum(r.is_tied for r in ranking.places)
    if tied:
        found.append(
            ngettext("%(num)s idea is tied with another one.", "%(num)s ideas are tied with another one.", tied)
        )
    found += _apart(ranking)
    if ranking.assessed and not ranking.assessed.runs and ranking.places:
        found.append(
            _("With more than %(n)s ranked ideas, we do not calculate how certain the places are.", n=COMPARED_MAX)
        )
    if beside:
        found += _other_winners(ranking, beside)
    return found


def _apart(ranking: RankingOf) -> list[str]:
    """Of pairs: whether the comparisons hang together."""
    parts = groups(ranking.rule, ranking.entries, ranking.counts)
    if len(parts) < 2:
        return []
    return [
        _(
            "The comparisons form %(n)s separate groups of ideas. The order between these groups is not known.",
            n=len(parts),
        )
    ]


def _other_winners(ranking: RankingOf, beside: Comparison) -> list[str]:
    titles = {r.figures.entry: r.idea.title or _("Erased") for r in ranking.places}
    first = {r.figures.entry for r in ranking.places if r.place == 1}
    borda = {entry for entry, place in beside.borda_places.items() if place == 1}
    found = []
    if borda != first:
        found.append(
            _("By the Borda count, the winner would be: %(titles)s.", titles=_listed(titles[e] for e in sorted(borda)))
        )
    if not beside.runoff:
        found.append(_("The instant runoff has too many ties to name a winner."))
    elif set(beside.runoff) != first:
        named = _listed(titles[e] for e in beside.runoff)
        found.append(_("By instant runoff, the winner would be: %(titles)s.", titles=named))
    return found


def _listed(titles: Iterable[str]) -> str:
    return ", ".join(f"“{title}”" for title in titles)
