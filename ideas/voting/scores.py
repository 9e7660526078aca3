"""Scores: the entries in order, by any ballot rule, from counts alone, without data of single persons.

To rank again, a rule needs the numbers of marks by subject and value; for ranked ballots it needs the orders with their
numbers. Counts do not tell how certain the order is: see `uncertainty`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

from ideas.voting.arrays import Floats, np
from ideas.voting.electorate import Electorate, floors_of
from ideas.voting.places import places
from ideas.voting.profiles import Counted, Profile
from ideas.voting.rules import BallotRule, Marks

# (entry, the other entry or 0, value, number of people)
CountRow = tuple[int, int, int, int]

# The number of people who gave an order, and the order: ((entry, place), …), places as given.
Order = tuple[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class Counts:
    """The answers to one question. `voters` is the number of people with any mark; `orders` is for the ranked rule
    only; `electorate` is None if it is unknown, as in imports.
    """

    voters: int
    rows: Sequence[CountRow]
    orders: Sequence[Order] = ()
    electorate: Electorate | None = None


@dataclass(frozen=True)
class Chance:
    """The certainty of an entry's place. `p_top`: a share 0..1. `places`: its best and its worst possible place."""

    p_top: float
    places: tuple[int, int]


@dataclass(frozen=True)
class Score:
    """An entry in the ranking, by any rule.

    `values` is `{value: number of people}`; for pairs 1 means won, -1 lost. `score`, `low` and `high` are in the rule's
    own unit and None if unknown. `is_few`: there are too few votes to say anything.
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
        """The number of marks that say something about it, "can't say" included."""
        return sum(self.values.values())

    @property
    def yes(self) -> int:
        """The number of people who said yes, gave a star, or chose it of two."""
        return self.values.get(1, 0)

    @property
    def no(self) -> int:
        """The number of people who said no, gave a lemon, or chose the other entry."""
        return self.values.get(-1, 0)

    @property
    def skip(self) -> int:
        return self.values.get(0, 0)


def scores(rule: BallotRule, entries: Collection[int], counts: Counts) -> list[Score]:
    """Rank the given entries, best first; marks on other entries are ignored.

    The order within a place has no meaning: the higher score, then the lower id come first.
    """
    number = {entry: n for n, entry in enumerate(sorted(entries))}
    if not number:
        return []
    profile, weights = _profile(rule, number, counts)
    counted = rule.tally(profile, weights, float(counts.voters))
    return ordered(rule, list(number), counted, values_of(rule, counts.rows), counts)


def each_alone(rule: BallotRule, entries: Iterable[int], counts: Counts) -> list[Score]:
    """The rule's score for each entry as if it were the only one, in the given order."""
    rows: dict[int, list[CountRow]] = {}
    for row in counts.rows:
        for entry in {row[0], row[1]}:
            rows.setdefault(entry, []).append(row)
    return [scores(rule, [entry], replace(counts, rows=rows.get(entry, ())))[0] for entry in entries]


def profile_of(rule: BallotRule, entries: Collection[int], counts: Counts) -> tuple[Profile, Floats]:
    """Convert the counts to a profile, entries numbered by their ids, and the number of people per row or order as
    weights.
    """
    return _profile(rule, {entry: n for n, entry in enumerate(sorted(entries))}, counts)


def ordered(
    rule: BallotRule,
    entries: Sequence[int],
    counted: Counted,
    values: Mapping[int, Mapping[int, int]],
    counts: Counts,
    chances: Mapping[int, Chance] | None = None,
) -> list[Score]:
    """Convert a count to rows, best first; `entries[n]` is the entry with number n in the count."""
    found = places(counted.key)
    rows = [
        Score(
            entry=entry,
            place=int(found[n]),
            values=values.get(entry, {}),
            score=_known(counted.score[n]),
            low=_known(counted.low[n]),
            high=_known(counted.high[n]),
            is_few=is_few(rule, sum(values.get(entry, {}).values()), counts, len(entries)),
            chance=chances.get(entry) if chances else None,
        )
        for n, entry in enumerate(entries)
    ]
    return sorted(rows, key=in_order)


def in_order(score: Score) -> tuple[int, float, int]:
    """The key that sorts scores."""
    return score.place, -score.score if score.score is not None else np.inf, score.entry


def tied(found: Iterable[Score]) -> set[int]:
    """The entries that share their place with another one.

    Places of ranked ballots and the intervals of their scores have different sources, so two entries may share a place
    although their intervals are disjoint. These are not tied.
    """
    by_place: dict[int, list[Score]] = {}
    for score in found:
        by_place.setdefault(score.place, []).append(score)
    return {
        one.entry
        for sharing in by_place.values()
        for one in sharing
        if any(one is not other and not _are_disjoint(one, other) for other in sharing)
    }


def _are_disjoint(one: Score, other: Score) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.high < other.low or other.high < one.low


def is_few(rule: BallotRule, judged: int, counts: Counts, entries: int) -> bool:
    """Whether an entry's place depends on too few votes: too few people judged it, or too few voted at all."""
    floors = floors_of(counts.electorate, rule, entries)
    return judged < floors.marks if rule.is_one_by_one else counts.voters < floors.people


def values_of(rule: BallotRule, rows: Iterable[CountRow]) -> dict[int, dict[int, int]]:
    """`{entry: {value: number of people}}`, without marks that were taken back."""
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
    """Convert counts to marks of imagined people, one row or order each; the weight is the number of real people."""
    if counts.orders:
        # An order without any of these entries says nothing about them; the marks of its person are not read either.
        known_orders = [(n, order) for n, order in counts.orders if any(entry in number for entry, _ in order)]
        table = [
            (person, number[entry], -1, place)
            for person, (_, order) in enumerate(known_orders)
            for entry, place in order
            if entry in number
        ]
        weights = [n for n, _ in known_orders]
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
