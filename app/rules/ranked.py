"""Ranked: everybody puts a few ideas in order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from flask_babel import LazyString, format_number, format_percent, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules.ballot_files import BallotFile, numbered, points_in, rounded, rows_of
from app.rules.base import CountFormat, Dots, Option, RulePresenter, Scale, backers, share_scale
from app.rules.duels import Duel, duels_of
from app.rules.wrong_cells import WrongCell
from ideas.queries.ballots import Deck
from ideas.queries.rankings import RankingOf
from ideas.voting import ranked, runoff
from ideas.voting.arrays import np
from ideas.voting.other_methods import Comparison, comparison
from ideas.voting.profiles import UNPLACED, OrderProfile
from ideas.voting.rules import Ranked
from ideas.voting.scores import Counts, Order, Score

# So many comparisons are kept: at a close a whole crowd opens one result, and 2,000 orders of 50 entries take 0.2 s.
COMPARISONS = 16


@dataclass(frozen=True)
class OrderNumbers:
    """`n` people voted; the idea meets `others` in `duels`, which are empty where the methods are not compared."""

    n: int
    others: int = 0
    duels: list[Duel] = field(default_factory=list)
    borda: float = 0.0
    borda_place: int = 0
    schulze_above: int = 0


@lru_cache(maxsize=COMPARISONS)
def _compared(rule: Ranked, entries: tuple[int, ...], orders: tuple[Order, ...]) -> Comparison | None:
    return comparison(rule, entries, Counts(0, [], orders))


# An idea of an order with the sign after it. A name in quotation marks may contain any sign.
_PLACED = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^">=]*))\s*([>=]|$)(\s*)')


class _Signs:
    """How the signs of a file stand between bare names: all between spaces, or none."""

    def __init__(self) -> None:
        self._spaced: bool | None = None

    def note(self, spaced: bool) -> None:
        """:raise WrongCell: if a sign stands unlike the earlier ones: it may belong to a name."""
        if self._spaced not in (None, spaced):
            raise WrongCell(
                'some of the signs > and = stand between spaces and some do not: put a name that contains one in "…"'
            )
        self._spaced = spaced


def _tiers(order: str, signs: _Signs) -> list[list[str]]:
    """Parse `a>b=c>d`: a is first, b and c second, d third. An empty order places no idea."""
    if not order:
        return []
    tiers: list[list[str]] = [[]]
    at, sign = 0, ">"
    while sign:
        found = _PLACED.match(order, at)
        if found is None:
            raise WrongCell('a quotation mark within a name: put the name in "…" and write the mark twice')
        in_quotes, bare, sign, after = found.groups()
        tiers[-1].append(bare.strip() if in_quotes is None else in_quotes.replace('""', '"').strip())
        if sign and in_quotes is None and not order.startswith('"', found.end()):
            signs.note(bare != bare.rstrip() and bool(after))
        if sign == ">":
            tiers.append([])
        at = found.end()
    placed = [idea for tier in tiers for idea in tier]
    if not all(placed):
        raise WrongCell("an idea without a name")
    if len(set(placed)) < len(placed):
        raise WrongCell(f"{next(idea for idea in placed if placed.count(idea) > 1)!r} is placed twice")
    if len(tiers) >= UNPLACED:
        raise WrongCell("more places than can be counted")
    return tiers


def _weight(cell: str) -> float:
    return points_in(cell) if cell else 1.0


def _read(path: Path) -> BallotFile:
    orders: dict[str, tuple[list[list[str]], float]] = {}
    lines = 0
    signs = _Signs()
    rows = rows_of(path, ("participant", "order"), ("weight",), vote_types=("ordinal",))
    for row in rows:
        lines += 1
        tiers = row.checked(lambda cell: _tiers(cell, signs), "order")
        composed = [[row.reading.name(idea) for idea in tier] for tier in tiers]
        orders[row.name("participant")] = (composed, row.checked(_weight, "weight"))
    people = numbered(orders)
    names = numbered(idea for tiers, _ in orders.values() for tier in tiers for idea in tier)
    ranks = np.full((len(people), len(names)), UNPLACED, dtype=np.int16)
    weight = np.ones(len(people))
    for person, (tiers, own) in orders.items():
        weight[people[person]] = own
        for rank, tier in enumerate(tiers, start=1):
            ranks[people[person], [names[idea] for idea in tier]] = rank
    profile = OrderProfile(ranks, None if np.all(weight == 1) else weight)
    return rows.complete(BallotFile(profile, tuple(names), len(orders), lines - len(orders)))


def _noticed(file: BallotFile) -> Mapping[str, object]:
    profile = file.ballots
    assert isinstance(profile, OrderProfile)
    borda = ranked.borda(ranked.pairwise(profile), float(ranked.weights_of(profile).sum()))
    return {
        "borda": {file.names[entry]: rounded(borda[entry]) for entry in np.argsort(-borda, kind="stable")},
        "instant_runoff": file.named(np.array(runoff.instant_runoff(profile).winners, dtype=np.int64)),
    }


class RankedPresenter(RulePresenter[Ranked]):
    name: ClassVar[str] = Ranked.name
    title: ClassVar[LazyString] = _l("Order")
    sentence: ClassVar[LazyString] = _l("Everyone puts a few ideas in order. Good for a short list.")
    prompt: ClassVar[LazyString] = _l("What is your order?")
    options: ClassVar[Mapping[str, Option]] = {"most": Option(_l("Ideas that each person can put in order"))}
    hand_labels: ClassVar[Mapping[int, LazyString]] = {1: _l("Hands for it")}
    hands_note: ClassVar[LazyString | None] = _l(
        "A show of hands gives no order. Ask who is for an idea: the number is shown with the result "
        "but never added to it."
    )
    merging: ClassVar[LazyString] = _l("Everyone who placed both counts once, with the better place.")
    dots_note: ClassVar[LazyString | None] = _l("Each dot is a person. Those on the disc have it on their list.")
    counting_note: ClassVar[LazyString] = _l(
        "Two ideas at a time are compared on all lists, and the one that more people placed higher is ahead."
    )
    count_formats: ClassVar[list[CountFormat]] = [
        CountFormat(
            Ranked.name,
            ranked,
            "participant,order[,weight]",
            'a>b=c>d, missing ones last; "…" around a name with > or =',
            _read,
            _noticed,
        )
    ]

    def help(self, rule: Ranked, ideas: int) -> str:
        if 1 < ideas <= rule.most:
            return _("Put the ideas in your order, the best on top. Those that you leave out count as last.")
        return ngettext(
            "Put the best idea on the list. All others count as last.",
            "Put up to %(num)s ideas in your order, the best on top. All others count as last.",
            rule.most,
        )

    def progress(self, rule: Ranked, deck: Deck, values: list[int]) -> str:
        placed = sum(value != 0 for value in values)
        return _("%(done)s of %(all)s places filled.", done=placed, all=rule.most)

    def mark(self, rule: Ranked, value: int) -> str:
        return _("Place %(n)s", n=value) if value else _("Not ranked")

    def details(self, rule: Ranked) -> list[str]:
        return [_("up to %(n)s", n=rule.most)]

    def scale(self, rule: Ranked, ranking: RankingOf) -> Scale:
        return share_scale()

    def value(self, rule: Ranked, value: float) -> str:
        return format_percent(value)

    def counts(self, rule: Ranked, figures: Score, voters: int) -> str:
        first = format_number(figures.yes)
        return _(
            "first on %(first)s lists, on %(n)s of %(all)s lists in total", first=first, n=backers(figures), all=voters
        )

    def dots(self, rule: Ranked, figures: Score, voters: int) -> Dots:
        n = backers(figures)
        said = _(
            "%(n)s of %(all)s people have it on their list, %(first)s of them in first place.",
            n=format_number(n),
            all=format_number(voters),
            first=format_number(figures.yes),
        )
        return Dots(n, max(0, voters - n), said)

    def comparison(self, rule: Ranked, ranking: RankingOf) -> Comparison | None:
        return _compared(rule, tuple(ranking.entries), tuple(ranking.counts.orders))

    def noticed(self, rule: Ranked, ranking: RankingOf) -> list[str]:
        """Whether the other methods have other winners."""
        other = self.comparison(rule, ranking)
        if other is None:
            return []
        titles = {r.figures.entry: r.idea.title or _("Erased") for r in ranking.places}
        first = {r.figures.entry for r in ranking.places if r.place == 1}
        borda = {entry for entry, place in other.borda_places.items() if place == 1}
        found = []
        if borda != first:
            found.append(
                _(
                    "By the Borda count, the winner would be: %(titles)s.",
                    titles=_listed(titles[e] for e in sorted(borda)),
                )
            )
        if not other.runoff:
            found.append(_("The instant runoff has too many ties to name a winner."))
        elif set(other.runoff) != first:
            named = _listed(titles[e] for e in other.runoff)
            found.append(_("By instant runoff, the winner would be: %(titles)s.", titles=named))
        return found

    def given(self, rule: Ranked, values: Sequence[int]) -> str:
        return ngettext("You put %(num)s idea on your list.", "You put %(num)s ideas on your list.", len(values))

    def formula(self, rule: Ranked, ranking: RankingOf, figures: Score) -> OrderNumbers:
        other, entry = self.comparison(rule, ranking), figures.entry
        if other is None:
            return OrderNumbers(ranking.voters)
        against = [rival for rival in ranking.entries if rival != entry]
        met = [(rival, int(other.wins[entry, rival]), int(other.wins[rival, entry])) for rival in against]
        return OrderNumbers(
            ranking.voters,
            others=len(against),
            duels=duels_of(ranking, met),
            borda=other.borda[entry],
            borda_place=other.borda_places[entry],
            schulze_above=other.above[entry],
        )


def _listed(titles: Iterable[str]) -> str:
    return ", ".join(f"“{title}”" for title in titles)
