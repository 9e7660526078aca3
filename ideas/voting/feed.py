"""The fair feed: who judges which entries next, so that every entry is read about equally often, late ones too.

A *read* is that an entry was dealt to a person, whatever they made of it. A public list sorted by votes gives its
readers to what is ahead already and so keeps it there (Salganik, Dodds and Watts 2006, Science 311:854-856); here the
least-read come first, and nobody chooses.

Pure: who asks keeps the reads. A lot depends on the person's seed and the entry alone, so that whoever asks twice
without having been dealt anything gets the same again, on every machine.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, exp, log1p, sqrt

# The share of pairs that go to the least-compared entries, wherever they stand.
EXPLORING = 0.2

# Only so many entries, those most in doubt, are looked at for the most informative pair: 780 pairs.
IN_DOUBT = 40

# Of the pairs worth at least this share of the best one, the least-answered is dealt: else all would get the same.
AS_GOOD = 0.8

_BITS = (1 << 64) - 1


@dataclass(frozen=True)
class Spread:
    """How evenly reads are spread over the entries. `gini` is 0 when all have equally many, near 1 when one has all."""

    least: int
    median: float
    most: int
    gini: float


@dataclass(frozen=True)
class Contender:
    """An entry in the feed of pairs: its strength, the standard error of it, and how often it was dealt."""

    entry: int
    strength: float
    error: float
    reads: int


@dataclass(frozen=True)
class FeedReader:
    """A person in the feed of pairs: seed, own entries, and the pairs that they were dealt, `(lower, higher)`."""

    seed: int
    own: Collection[int] = ()
    dealt: Collection[tuple[int, int]] = ()

    def may_get(self, one: int, other: int) -> bool:
        return not (one in self.own or other in self.own or pair_of(one, other) in self.dealt)


def deal(reads: Mapping[int, int], barred: Collection[int], seed: int, count: int) -> list[int]:
    """The next `count` entries for a person, or as many as are left: least-read first, those read equally by lot.

    Where everybody takes theirs at once, no two entries are ever more than one read apart. One's own entries, which one
    does not get, and people who come back for more can add to that; whoever comes next makes it good.

    :param reads: `{entry: reads}`, one item per visible entry, 0 included.
    :param barred: the person's own entries, and those that they were dealt before.
    :param seed: of the person, on this question.
    """
    left = reads.keys() - set(barred)
    return sorted(left, key=lambda entry: (reads[entry], lot(seed, entry), entry))[:count]


def deal_pair(
    contenders: Sequence[Contender], top: int, answers: Mapping[tuple[int, int], int], judge: FeedReader
) -> tuple[int, int] | None:
    """The next pair for a person, `(left, right)` by lot; None when none is left.

    Mostly one that tells much about who is among the first `top`. The worth of a pair is what its answer is expected to
    tell of the difference between the two, times how much it is in doubt on which side of the cut each of them stands.
    What it tells is log(1 + p(1 - p)v) / 2: p the chance of the one against the other, p(1 - p) the information of an
    answer, v the variance of their difference (Lindley 1956, "On a measure of the information provided by an
    experiment", Annals of Mathematical Statistics 27:986-1005; for pairs Glickman and Jensen 2005, "Adaptive paired
    comparison designs", J. Statistical Planning and Inference 127:279-293). The doubt as a factor is our step.

    A share of `EXPLORING` goes to the least-compared instead, so that nobody stays unread because of a bad start.

    :param answers: `{(lower, higher): times answered}`; a pair without answers may be left out.
    """
    turn = len(judge.dealt)
    if lot(judge.seed, turn) >= EXPLORING:
        chosen = _telling(contenders, top, answers, judge) or _least_compared(contenders, judge)
    else:
        chosen = _least_compared(contenders, judge)
    if chosen and lot(judge.seed, turn, *chosen) < 0.5:
        return chosen[1], chosen[0]
    return chosen


def pair_of(one: int, other: int) -> tuple[int, int]:
    """The pair as it is kept, whoever was left."""
    return (one, other) if one < other else (other, one)


def spread_of(reads: Iterable[int]) -> Spread:
    """The spread of reads. Gini's coefficient is half the mean difference of two entries as a share of the mean.

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
    """A number in 0..1 that looks drawn by chance and is the same whenever asked: of the seed and what it is drawn for.

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
    """Of the pairs that tell nearly as much as the best, the least-answered; among these by lot."""
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
    """`{entry: chance that it is across the cut}`, which lies half way between the last one in and the first out."""
    strengths = sorted((c.strength for c in contenders), reverse=True)
    inside = max(1, min(top, len(strengths) - 1))
    about = strengths[inside - 1 : inside + 1]
    cut = sum(about) / max(1, len(about))
    return {c.entry: erfc(abs(c.strength - cut) / (max(c.error, 1e-9) * sqrt(2))) / 2 for c in contenders}


def _information(a: Contender, b: Contender) -> float:
    chance = 1 / (1 + exp(-abs(a.strength - b.strength)))
    return log1p(chance * (1 - chance) * (a.error**2 + b.error**2)) / 2
