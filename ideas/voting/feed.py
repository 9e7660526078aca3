"""The fair feed: it chooses the next entries for each person, so that all entries, late ones too, get about equal
reads.

A *read* means that an entry was dealt to a person, whatever the person did with it. A public list sorted by votes gives
its readers to the leading entries and so keeps them in the lead (Salganik, Dodds and Watts 2006, Science 311:854-856).
This feed deals the least-read entries first, and nobody chooses.

The module is pure: the caller stores the reads. A lot depends only on the person's seed and the entry. A person who
asks twice without a deal in between gets the same entries again, on every machine.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import erfc, exp, log1p, sqrt

# The share of pairs that are dealt from the least-compared entries, whatever their rank.
EXPLORING = 0.2

# The search for the most informative pair considers only this many entries, the most uncertain ones: 780 pairs.
IN_DOUBT = 40

# Among the pairs worth at least this share of the best pair, the feed deals the least-answered one. Otherwise all
# people would get the same pair.
AS_GOOD = 0.8

_BITS = (1 << 64) - 1


@dataclass(frozen=True)
class Spread:
    """The spread of reads over the entries. `gini` is 0 if all entries have equal reads and near 1 if one entry has
    all.
    """

    least: int
    median: float
    most: int
    gini: float


@dataclass(frozen=True)
class Contender:
    """An entry in the feed of pairs: its strength, the standard error of the strength, and its number of deals."""

    entry: int
    strength: float
    error: float
    reads: int


@dataclass(frozen=True)
class Apart:
    """Entries that one card shows: `{entry: its group}` for those in a group. `before` is the entry dealt last."""

    groups: Mapping[int, int] = field(default_factory=dict)
    before: int = 0

    def may_follow(self, entry: int, before: int) -> bool:
        group = self.groups.get(entry)
        return group is None or group != self.groups.get(before)


NOT_GROUPED = Apart()


@dataclass(frozen=True)
class FeedReader:
    """A person in the feed of pairs: the seed, the person's own entries, and the pairs already dealt to them, `(lower,
    higher)`.
    """

    seed: int
    own: Collection[int] = ()
    dealt: Collection[tuple[int, int]] = ()
    apart: Apart = NOT_GROUPED

    def may_get(self, one: int, other: int) -> bool:
        is_barred = one in self.own or other in self.own or pair_of(one, other) in self.dealt
        return not is_barred and self.apart.may_follow(one, other)


def deal(
    reads: Mapping[int, int], barred: Collection[int], seed: int, count: int, apart: Apart = NOT_GROUPED
) -> list[int]:
    """Choose the next `count` entries for a person, or all that remain: least-read first, equal ones by lot.

    If everybody takes their entries at once, the reads of two entries never differ by more than one. The difference can
    grow because people do not get their own entries and may come back for more. The next deals reduce it again.

    :param reads: `{entry: reads}`, one item per visible entry, 0 included.
    :param barred: the person's own entries, and the entries already dealt to the person.
    :param seed: of the person, on this question.
    :param apart: the groups of entries, two of which are not dealt in a row while another one is left.
    """
    left = reads.keys() - set(barred)
    ordered = sorted(left, key=lambda entry: (reads[entry], lot(seed, entry), entry))
    return _spaced(ordered, count, apart) if apart.groups else ordered[:count]


def _spaced(ordered: list[int], count: int, apart: Apart) -> list[int]:
    """The first `count` of these entries so that no two of one group follow each other, as far as others are left."""
    found: list[int] = []
    before = apart.before
    while ordered and len(found) < count:
        place = next((n for n, entry in enumerate(ordered) if apart.may_follow(entry, before)), 0)
        before = ordered.pop(place)
        found.append(before)
    return found


def deal_pair(
    contenders: Sequence[Contender], top: int, answers: Mapping[tuple[int, int], int], judge: FeedReader
) -> tuple[int, int] | None:
    """Choose the next pair for a person, `(left, right)` by lot; None if no pair is left.

    Most pairs are chosen for their information about the first `top` entries. The worth of a pair is a product of two
    factors. The first is the expected information of an answer about the difference between both entries. The second is
    the doubt about the side of the cut on which each entry stands. The information is log(1 + p(1 - p)v) / 2, where p
    is the chance of the one against the other, p(1 - p) is the information of an answer, and v is the variance of their
    difference (Lindley 1956, "On a measure of the information provided by an experiment", Annals of Mathematical
    Statistics 27:986-1005; for pairs Glickman and Jensen 2005, "Adaptive paired comparison designs", J. Statistical
    Planning and Inference 127:279-293). The second factor is our addition.

    A share of `EXPLORING` goes to the least-compared entries instead, so that a bad start does not keep an entry
    unread.

    :param answers: `{(lower, higher): times answered}`; pairs without answers may be left out.
    """
    if judge.apart.groups:
        # Two of one group say nearly the same: they meet when nothing else is left.
        chosen = _chosen(contenders, top, answers, judge)
        return chosen or _chosen(contenders, top, answers, replace(judge, apart=NOT_GROUPED))
    return _chosen(contenders, top, answers, judge)


def _chosen(
    contenders: Sequence[Contender], top: int, answers: Mapping[tuple[int, int], int], judge: FeedReader
) -> tuple[int, int] | None:
    turn = len(judge.dealt)
    if lot(judge.seed, turn) >= EXPLORING:
        chosen = _telling(contenders, top, answers, judge) or _least_compared(contenders, judge)
    else:
        chosen = _least_compared(contenders, judge)
    if chosen and lot(judge.seed, turn, *chosen) < 0.5:
        return chosen[1], chosen[0]
    return chosen


def pair_of(one: int, other: int) -> tuple[int, int]:
    """The stored form of a pair, `(lower, higher)`, whichever entry was on the left."""
    return (one, other) if one < other else (other, one)


def spread_of(reads: Iterable[int]) -> Spread:
    """The spread of reads. Gini's coefficient is half the mean difference between two entries, as a share of the mean.

    Gini 1912, Variabilità e mutabilità; computed from the ranks as in Sen 1973, On Economic Inequality, chapter 2.
    """
    ordered = sorted(reads)
    n, total = len(ordered), sum(ordered)
    if not n:
        return Spread(0, 0.0, 0, 0.0)
    median = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    ranked = sum(position * value for position, value in enumerate(ordered, start=1))
    gini = (2 * ranked - (n + 1) * total) / (n * total) if total else 0.0
    return Spread(ordered[0], median, ordered[-1], gini)


def lot(seed: int, *what: int) -> float:
    """A pseudo-random number in 0..1, determined by the seed and by the purpose of the draw (`what`).

    Splitmix64: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA.
    """
    state = _mixed(seed)
    for number in what:
        state = _mixed(state ^ (number & _BITS))
    return (state >> 11) / (1 << 53)


def _mixed(state: int) -> int:
    state = (state + 0x9E3779B97F4A7C15) & _BITS
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _BITS
    state = (state ^ state >> 27) * 0x94D049BB133111EB & _BITS
    return state ^ state >> 31


def _least_compared(contenders: Sequence[Contender], judge: FeedReader) -> tuple[int, int] | None:
    entries = [c.entry for c in sorted(contenders, key=lambda c: (c.reads, lot(judge.seed, c.entry), c.entry))]
    return next((pair_of(*pair) for pair in combinations(entries, 2) if judge.may_get(*pair)), None)


def _telling(
    contenders: Sequence[Contender], top: int, answers: Mapping[tuple[int, int], int], judge: FeedReader
) -> tuple[int, int] | None:
    """Among the pairs with nearly the best worth, choose the least-answered one; break ties by lot."""
    doubts = _doubts(contenders, top)
    others = [c for c in contenders if c.entry not in judge.own]
    near = sorted(others, key=lambda c: (-doubts[c.entry] * c.error, lot(judge.seed, c.entry), c.entry))[:IN_DOUBT]
    worth = {
        pair_of(a.entry, b.entry): _information(a, b) * (doubts[a.entry] + doubts[b.entry])
        for a, b in combinations(near, 2)
        if judge.may_get(a.entry, b.entry)
    }
    least = AS_GOOD * max(worth.values(), default=0.0)
    good = [pair for pair, value in worth.items() if value >= least]
    return min(good, key=lambda pair: (answers.get(pair, 0), lot(judge.seed, *pair), pair), default=None)


def _doubts(contenders: Sequence[Contender], top: int) -> dict[int, float]:
    """`{entry: chance that it is across the cut}`. The cut lies half way between the last entry inside and the first
    outside.
    """
    strengths = sorted((c.strength for c in contenders), reverse=True)
    inside = max(1, min(top, len(strengths) - 1))
    about = strengths[inside - 1 : inside + 1]
    cut = sum(about) / max(1, len(about))
    return {c.entry: erfc(abs(c.strength - cut) / (max(c.error, 1e-9) * sqrt(2))) / 2 for c in contenders}


def _information(a: Contender, b: Contender) -> float:
    chance = 1 / (1 + exp(-abs(a.strength - b.strength)))
    return log1p(chance * (1 - chance) * (a.error**2 + b.error**2)) / 2
