"""An idea against each other idea, for the rules that set one against one."""

from collections.abc import Sequence
from dataclasses import dataclass

from ideas.queries.rankings import RankingOf

UNNAMED = "…"


@dataclass(frozen=True)
class Duel:
    """An idea against another one: how many people prefer which."""

    title: str
    won: int
    lost: int


def duels_of(ranking: RankingOf, met: Sequence[tuple[int, int, int]]) -> list[Duel]:
    """In the order of the ranking. `met`: (the other entry, won, lost)."""
    titles = {ranked.figures.entry: ranked.idea.title or UNNAMED for ranked in ranking.places}
    found = {entry: Duel(titles[entry], won, lost) for entry, won, lost in met}
    return [found[entry] for entry in titles if entry in found]
