"""Standings: the entries in order, by any ballot rule, from what was given in all: no person is needed for that.

What a rule needs to rank again are the numbers of marks by subject and value, and for ranked ballots the orders
themselves, each with how many gave it. How sure the order is can't be told from them: that is `uncertainty`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

import numpy as np

from ideas.voting.approval import FEW
from ideas.voting.places import places
from ideas.voting.profiles import Counted, Floats, Profile
from ideas.voting.rules import BallotRule, Marks
from ideas.voting.uncertainty import FEW_PEOPLE

# (entry, the other entry or 0, value, how many gave it)
CountRow = tuple[int, int, int, int]

# How many gave an order, and what it was: ((entry, place), …), places as they were given.
Order = tuple[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class Counts:
    """What was given in answer to one question. `voters` gave any mark; `orders` only where the rule is ranked."""

    voters: int
    rows: Sequence[CountRow]
    orders: Sequence[Order] = ()


@dataclass(frozen=True)
class Chance:
    """How sure an entry's place is, shares 0..1. `band` and `places` are first and last place, both included.

    `band`: "places 2 to 5 are not told apart"; `places`: which ones the entry itself may have.
    """

    p_top: float
    band: tuple[int, int]
    places: tuple[int, int]


@dataclass(frozen=True)
class Score:
    """An entry in the ranking, by any rule.

    `values`: how many gave it which value; of pairs 1 stands for won, -1 for lost. `score`, `low` and `high` are in the
    rule's own unit and None where nothing is known. `is_few`: too few votes to say anything.
    """

    entry: int
    place: int
    values: Mapping[int, int] = field(default_factory=dict)
    score: float | None = None
    low: float | None = None
    high: float | None = None
    is_few: bool = True
    chance: Chance | None = None

    @property
    def judged(self) -> int:
        """How many marks speak of it, "can't say" among them."""
        return sum(self.values.values())

    @property
    def yes(self) -> int:
        """How many said yes, gave a star, or chose it of two."""
        return self.values.get(1, 0)

    @property
    def no(self) -> int:
        """How many said no, gave a lemon, or chose the other."""
        return self.values.get(-1, 0)

    @property
    def skip(self) -> int:
        return self.values.get(0, 0)


def scores(rule: BallotRule, entries: Collection[int], counts: Counts) -> list[Score]:
    """The given entries in order, best first; marks on others are left out.

    Within a place the order says nothing: the higher score, then the lower id come first.
    """
    number = {entry: n for n, entry in enumerate(sorted(entries))}
    if not number:
        return []
    profile, weights = _profile(rule, number, counts)
    counted = rule.tally(profile, weights, float(counts.voters))
    return ordered(rule, list(number), counted, values_of(rule, counts.rows), counts.voters)


def each_alone(rule: BallotRule, entries: Iterable[int], counts: Counts) -> list[Score]:
    """What the rule says of each of the entries as if nothing else had been there, in the order given."""
    rows: dict[int, list[CountRow]] = {}
    for row in counts.rows:
        for entry in {row[0], row[1]}:
            rows.setdefault(entry, []).append(row)
    return [scores(rule, [entry], replace(counts, rows=rows.get(entry, ())))[0] for entry in entries]


def profile_of(rule: BallotRule, entries: Collection[int], counts: Counts) -> tuple[Profile, Floats]:
    """The counts as the counting takes them, entries numbered by their ids: a row's or an order's people by weight."""
    return _profile(rule, {entry: n for n, entry in enumerate(sorted(entries))}, counts)


def ordered(
    rule: BallotRule,
    entries: Sequence[int],
    counted: Counted,
    values: Mapping[int, Mapping[int, int]],
    voters: int,
    chances: Mapping[int, Chance] | None = None,
) -> list[Score]:
    """What a rule says of each entry as rows, best first; `entries[n]` is the one that was counted as number n."""
    found = places(counted.key)
    rows = [
        Score(
            entry=entry,
            place=int(found[n]),
            values=values.get(entry, {}),
            score=_known(counted.score[n]),
            low=_known(counted.low[n]),
            high=_known(counted.high[n]),
            is_few=is_few(rule, sum(values.get(entry, {}).values()), voters),
            chance=chances.get(entry) if chances else None,
        )
        for n, entry in enumerate(entries)
    ]
    return sorted(rows, key=in_order)


def in_order(score: Score) -> tuple[int, float, int]:
    """The key that sorts standings."""
    return score.place, -score.score if score.score is not None else np.inf, score.entry


def is_few(rule: BallotRule, judged: int, voters: int) -> bool:
    """Whether an entry's place rests on too few votes: too few who judged it, or too few who voted at all."""
    return judged < FEW if rule.is_one_by_one else voters < FEW_PEOPLE


def values_of(rule: BallotRule, rows: Iterable[CountRow]) -> dict[int, dict[int, int]]:
    """`{entry: {value: how many}}`, without what was taken back."""
    found: dict[int, dict[int, int]] = {}
    for subject, versus, value, n in rows:
        if not n or not rule.says(value):
            continue
        for entry, own in ((subject, value), (versus, -value)):
            if entry:
                of = found.setdefault(entry, {})
                of[own] = of.get(own, 0) + n
    return found


def _profile(rule: BallotRule, number: Mapping[int, int], counts: Counts) -> tuple[Profile, Floats]:
    marks, weights = _marks(rule, number, counts)
    return rule.profile(marks), weights


def _marks(rule: BallotRule, number: Mapping[int, int], counts: Counts) -> tuple[Marks, Floats]:
    """The counts as marks of imagined people, each score for as many as gave that: one a row, or one an order."""
    if counts.orders:
        table = [
            (person, number[entry], -1, place)
            for person, (_, order) in enumerate(counts.orders)
            for entry, place in order
            if entry in number
        ]
        weights = [n for n, _ in counts.orders]
    else:
        known = {0, *number}
        kept = [row for row in counts.rows if row[3] and rule.says(row[2]) and known.issuperset(row[:2])]
        table = [(person, number[one], number.get(other, -1), v) for person, (one, other, v, _) in enumerate(kept)]
        weights = [row[3] for row in kept]
    participant, subject, versus, value = np.array(table, dtype=np.int64).reshape(-1, 4).T
    marks = Marks(len(weights), len(number), participant, subject, versus, value)
    return marks, np.array(weights, dtype=np.float64)


def _known(number: float) -> float | None:
    return None if isnan(number) else float(number)
