"""How an idea's score came about: the numbers that go into its rule's formula, for the page that explains them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import format_number

from app.pages.results import ResultLine, Section, majority_grade, scale_words, signed
from ideas.queries.rankings import RankingOf
from ideas.voting.intervals import IMAGINED, Z95
from ideas.voting.other_methods import strengths
from ideas.voting.rules import NO_GRADE, Grades
from ideas.voting.scores import Score


@dataclass(frozen=True)
class Step:
    """A grade with how many gave it, and the share that gave it or a lower one."""

    word: str
    n: int
    up_to: float


@dataclass(frozen=True)
class Duel:
    """An idea against another one: how many people prefer which."""

    title: str
    won: int
    lost: int


@dataclass(frozen=True)
class Sum:
    """The numbers of one entry as its rule's formula takes them; what a rule does not need stays 0 or empty.

    `n`: people who judged it (voters, by the rules that count everybody). `addends`: as they are summed, "3 × 5".
    `mean` and `spread`: of a sum, with the imagined people. `strength`: of pairs. `above` and `below`: the shares on
    either side of the majority grade. `borda`: points out of `borda_most`.
    """

    n: int
    z: float = Z95
    share: float = 0.0
    addends: str = ""
    total: float = 0.0
    mean: float = 0.0
    least: float = 0.0
    most: float = 0.0
    strength: float = 0.0
    others: int = 0
    steps: list[Step] = field(default_factory=list)
    middle: str = ""
    above: float = 0.0
    below: float = 0.0
    duels: list[Duel] = field(default_factory=list)
    borda: float = 0.0
    borda_place: int = 0
    schulze_above: int = 0


def explanation_of_line(section: Section, line: ResultLine) -> Sum:
    ranking, figures = section.ranking, line.ranked.figures
    rule = ranking.rule
    if isinstance(rule, Grades):
        return _of_grades(rule, figures)
    if rule.name == "pairs":
        return _of_pairs(ranking, figures)
    if rule.name in ("points", "stars"):
        return _of_sums(ranking, figures)
    if rule.name == "ranked":
        return _of_orders(section, figures)
    n = figures.yes + figures.no
    return Sum(n, share=figures.yes / n if n else 0.0)


def _of_sums(ranking: RankingOf, figures: Score) -> Sum:
    given = {value: n for value, n in sorted(figures.values.items(), reverse=True) if value and n}
    total = sum(value * n for value, n in given.items())
    if ranking.rule.name == "stars":
        least, most = -1, 1
    else:
        # The most that anybody gave to an idea which is ranked: what was hidden is not counted with them.
        least, most = 0, max((value for r in ranking.places for value, n in r.figures.values.items() if n), default=0)
    n = ranking.voters
    return Sum(
        n,
        addends=" + ".join(f"{format_number(n)} × {signed(value)}" for value, n in given.items()) or "0",
        total=total,
        mean=(total + IMAGINED * (least + most)) / (n + 2 * IMAGINED),
        least=least,
        most=most,
    )


def _of_grades(rule: Grades, figures: Score) -> Sum:
    words = scale_words(rule)
    given = [figures.values.get(step, 0) for step in range(rule.steps)]
    n = sum(given)
    if not n or figures.score is None:
        return Sum(0)
    middle = majority_grade(figures.score)
    return Sum(
        n,
        steps=[Step(words[step], given[step], sum(given[: step + 1]) / n) for step in range(rule.steps)],
        middle=words[middle],
        above=sum(given[middle + 1 :]) / n,
        below=sum(given[:middle]) / n,
        total=sum(n for value, n in figures.values.items() if value == NO_GRADE),
    )


def _of_pairs(ranking: RankingOf, figures: Score) -> Sum:
    found = strengths(ranking.rule, ranking.entries, ranking.counts)
    others = {entry: [0, 0] for entry in ranking.entries}
    for one, other, value, n in ranking.counts.rows:
        if figures.entry in (one, other) and value and other in others and one in others:
            rival, won = (other, value > 0) if one == figures.entry else (one, value < 0)
            others[rival][0 if won else 1] += n
    return Sum(
        figures.yes + figures.no,
        strength=found[figures.entry],
        others=len(ranking.entries) - 1,
        duels=_duels(ranking, [(entry, won, lost) for entry, (won, lost) in others.items() if won + lost]),
    )


def _of_orders(section: Section, figures: Score) -> Sum:
    ranking, beside, entry = section.ranking, section.comparison, figures.entry
    if beside is None:
        return Sum(ranking.voters)
    against = [other for other in ranking.entries if other != entry]
    met = [(other, int(beside.wins[entry, other]), int(beside.wins[other, entry])) for other in against]
    return Sum(
        ranking.voters,
        others=len(against),
        duels=_duels(ranking, met),
        borda=beside.borda[entry],
        borda_place=beside.borda_places[entry],
        schulze_above=beside.above[entry],
    )


def _duels(ranking: RankingOf, met: Sequence[tuple[int, int, int]]) -> list[Duel]:
    """In the order of the ranking."""
    titles = {ranked.figures.entry: ranked.idea.title or UNNAMED for ranked in ranking.places}
    found = {entry: Duel(titles[entry], won, lost) for entry, won, lost in met}
    return [found[entry] for entry in titles if entry in found]


UNNAMED = "…"
