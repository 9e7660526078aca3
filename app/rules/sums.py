"""The numbers of a sum, for the rules that add up what people gave."""

from dataclasses import dataclass

from flask_babel import format_number

from app.rules.base import signed
from ideas.queries.rankings import RankingOf
from ideas.voting.intervals import IMAGINED
from ideas.voting.scores import Score


@dataclass(frozen=True)
class SumNumbers:
    """`n` people voted. `addends`: as they are summed, "3 × 5". `mean`: with the imagined people at `least`, `most`."""

    n: int
    addends: str
    total: float
    mean: float
    least: float
    most: float


def sum_of(ranking: RankingOf, figures: Score, least: int, most: int) -> SumNumbers:
    """`least` and `most`: the ends of the scale that a person chooses from."""
    given = {value: n for value, n in sorted(figures.values.items(), reverse=True) if value and n}
    total, n = sum(value * n for value, n in given.items()), ranking.voters
    return SumNumbers(
        n,
        addends=" + ".join(f"{format_number(n)} × {signed(value)}" for value, n in given.items()) or "0",
        total=total,
        mean=(total + IMAGINED * (least + most)) / (n + 2 * IMAGINED),
        least=least,
        most=most,
    )
