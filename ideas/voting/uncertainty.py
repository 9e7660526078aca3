"""How sure a ranking is: the bootstrap over people, for every ballot rule.

A crowd is one draw of people from those who might have come. Each run draws as many people again, with replacement,
each with their whole ballot, and counts anew (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 6).
People are drawn, not marks: one person's marks hang together, and to draw them singly claims a certainty nobody has.

What it can't see is who never voted. Ten people of one mind look certain to it; hence the floors, `FEW_PEOPLE` and
`FEW_READS`. Nor may one look at it again and again and stop when it looks settled without being wrong more often than
`SETTLED` says: "enough" is advice on when to stop asking, not a proof.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ideas.voting import ranked
from ideas.voting.places import SAME, places
from ideas.voting.profiles import SKIP, UNPLACED, CountingMethod, Floats, Ints, OrderProfile, PairProfile, Profile

ProfileKind = TypeVar("ProfileKind", bound=Profile)

RUNS = 500

# At which what is said of an entry's place holds, and the share of runs with the same winners that counts as settled.
LEVEL = 0.95
SETTLED = 0.95

# With fewer voters the result says "too few votes". Ten who agree leave open that a quarter of all others
# do not (1 - 0.05 ** (1 / 10) = 0.26), which no bootstrap of those ten can see.
FEW_PEOPLE = 10

# The same for the reads of an entry: `ideas.voting.approval.FEW`.
FEW_READS = 10

# Up to so many entries each is compared with each; beyond, by whether their intervals overlap, which tells fewer apart.
COMPARED = 1_000

# The estimate of what is missing tries a crowd larger by these factors, with so many runs each.
GROWTH = tuple(1.25**step for step in range(1, 20))
RUNS_OF_ESTIMATE = 200

# Numbers held at once, people times runs or entries times runs: 160 MB of float64.
CELLS = 20_000_000


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What the runs say, as arrays over the entries and as bands over the places.

    `p_top` is the share of runs in which the entry is among the first `top`. Those that tie across the last of these
    places share what is left of them, so that all shares together are `top`.

    `places_low` to `places_high` are the places that the entry may have; for all entries together this is right in
    `LEVEL` of such votes.

    `bands` are the first and the last place of each band, together all places: "places 2 to 5 are not told apart". No
    two entries of a band are told apart, and the first of a band is told apart from one before it at least; which is
    not to say from its neighbour. The first band holds whoever is not told apart from the first.

    `stability` is the share of runs with the same winners: the entries with a place up to `top`.
    """

    people: int
    runs: int
    seed: int
    top: int
    p_top: Floats
    places_low: Ints
    places_high: Ints
    bands: list[tuple[int, int]]
    stability: float

    @property
    def is_few(self) -> bool:
        return self.people < FEW_PEOPLE


@dataclass(frozen=True)
class ReadinessEstimate:
    """Whether a vote may end. `marks_missing` is None when even 70 times as many people would not settle it."""

    people_missing: int
    reads_missing: int
    stability: float
    marks_missing: int | None

    @property
    def is_settled(self) -> bool:
        return not (self.people_missing or self.reads_missing) and self.stability >= SETTLED


def bootstrap(
    profile: ProfileKind, rule: CountingMethod[ProfileKind], runs: int = RUNS, seed: int = 0, top: int = 3
) -> Uncertainty:
    """Count `runs` times with people drawn again; the same seed gives the same draws on every machine."""
    drawn_from = voters(profile)
    key = rule.tally(profile).key
    keys = _keys(profile, rule, runs, seed, len(drawn_from))
    low, high, first = _told_apart(profile, key, keys, seed)
    return Uncertainty(
        people=len(drawn_from),
        runs=runs,
        seed=seed,
        top=top,
        p_top=shares_of_top(keys, top).mean(axis=0),
        places_low=low,
        places_high=high,
        bands=_bands(places(key), first),
        stability=_stability(key, keys, top) if len(drawn_from) else 0.0,
    )


def estimate_readiness(
    profile: ProfileKind, rule: CountingMethod[ProfileKind], found: Uncertainty, reads: Ints
) -> ReadinessEstimate:
    """What is missing to the floors, and how many more marks would settle who the winners are.

    The model: further people vote as those so far did, and give as many marks each. So a larger crowd is drawn from
    those who voted, in steps of a quarter, until the winners are the present ones in `SETTLED` of the runs. It takes
    the present gaps between entries for the true ones, so it tells a size and no more.

    :param reads: `[entry]`: how often each was dealt; `marks_of(profile)` where nobody kept that.
    """
    return ReadinessEstimate(
        people_missing=max(0, FEW_PEOPLE - found.people),
        reads_missing=int(np.maximum(0, FEW_READS - reads).sum()),
        stability=found.stability,
        marks_missing=0 if found.stability >= SETTLED else _marks_missing(profile, rule, found),
    )


def voters(profile: Profile) -> Ints:
    """Who gave a mark; the others are not drawn."""
    if isinstance(profile, OrderProfile):
        return np.flatnonzero((profile.ranks != UNPLACED).any(axis=1))
    return np.flatnonzero(np.bincount(profile.participant, minlength=profile.people))


def marks_of(profile: Profile) -> Ints:
    """`[entry]`: how many marks speak of it. "Can't say" does not."""
    if isinstance(profile, OrderProfile):
        placed: Ints = np.count_nonzero(profile.ranks != UNPLACED, axis=0)
        return placed
    if isinstance(profile, PairProfile):
        said = profile.outcome != SKIP
        return np.bincount(np.concatenate([profile.left[said], profile.right[said]]), minlength=profile.entries)
    return np.bincount(profile.subject, minlength=profile.entries)


def shares_of_top(keys: Floats, top: int) -> Floats:
    """`[run, entry]`: 1 among the first `top` places, 0 below; entries that tie across the cut share what is left."""
    runs, entries = keys.shape
    best = places(keys)
    group = entries * np.arange(runs)[:, None] + best - 1
    tied = np.bincount(group.ravel(), minlength=runs * entries)[group]
    found: Floats = np.clip((top - (best - 1)) / tied, 0.0, 1.0)
    return found


def _keys(profile: ProfileKind, rule: CountingMethod[ProfileKind], runs: int, seed: int, size: int) -> Floats:
    """`[run, entry]`, when `size` people are drawn each time."""
    return np.concatenate([rule.keys(profile, weights) for weights in _draws(profile, runs, seed, size)])


def _draws(profile: Profile, runs: int, seed: int, size: int) -> Iterator[Floats]:
    """`[run, person]`: how often each was drawn when `size` are, in blocks of runs.

    From the raw numbers of PCG64 alone, since numpy promises only these to be the same in every version (NEP 19). A
    32-bit number times the number of people, cut: uneven by less than one draw in four thousand million for each.
    """
    bits = np.random.PCG64(seed)
    drawn_from = voters(profile)
    people, n = profile.people, len(drawn_from)
    block = max(1, CELLS // max(1, people, size, profile.entries))
    for begin in range(0, runs, block):
        count = min(block, runs - begin)
        if not n:
            yield np.zeros((count, people))
            continue
        raw = bits.random_raw(count * size).reshape(count, size) >> np.uint64(32)
        who = drawn_from[(raw * np.uint64(n) >> np.uint64(32)).astype(np.int64)]
        cell = (who + people * np.arange(count)[:, None]).ravel()
        yield np.bincount(cell, minlength=count * people).reshape(count, people).astype(np.float64)


def _told_apart(profile: Profile, key: Floats, keys: Floats, seed: int) -> tuple[Ints, Ints, Ints]:
    """The lowest and the highest place of each entry, and `first`.

    `first[position]`, in the order of the places: from where on all before that position are not told apart from it.

    Two entries are told apart when their keys differ by more than c standard errors of the difference. c is such that
    in `LEVEL` of the runs no difference between any two strays further from the one counted: so what is said of all
    entries holds together, however many there are. The best place of one is one more than how many are above and told
    apart from it; its worst leaves room for those below that are. Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference
    for ranks with applications to mobility across neighbourhoods and academic achievement across countries", Review of
    Economic Studies 91:476-518, section 3. Quantiles of the place itself would claim far too much among equals (Xie,
    Singh and Zhang 2009, J. Am. Stat. Assoc. 104:775-788).

    Of ranked ballots the difference is that of the strongest paths, to the one and to the other, which decides there.
    """
    people = len(voters(profile))
    if people < 2:
        return np.ones(len(key), np.int64), np.full(len(key), len(key)), np.zeros(len(key), np.int64)
    if isinstance(profile, OrderProfile):
        weights = np.concatenate(list(_draws(profile, len(keys), seed, people)))
        return _one_by_one(key, *_gaps_of_paths(profile, weights), people)
    if len(key) <= COMPARED:
        return _one_by_one(key, *_gaps_of_keys(key, keys), people)
    return _by_overlap(key, keys, people)


def _gaps_of_keys(key: Floats, keys: Floats) -> tuple[Floats, Floats, Iterator[NDArray[np.float32]]]:
    """How far each is above each, the standard error of that, and how far each run strays from it."""
    centred = keys - keys.mean(axis=0)
    together = centred.T @ centred / len(keys)
    own = np.diag(together)
    error = np.sqrt(np.maximum(0.0, own[:, None] + own[None, :] - 2 * together))
    return key[:, None] - key[None, :], error, _gaps_of((keys - key).astype(np.float32))


def _gaps_of(strays: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Each run's in turn, always in the same place: new memory for every run would take longer than the counting."""
    gaps = np.empty((strays.shape[1],) * 2, dtype=np.float32)
    for stray in strays:
        yield np.subtract.outer(stray, stray, out=gaps)


def _gaps_of_paths(profile: OrderProfile, weights: Floats) -> tuple[Floats, Floats, Iterator[NDArray[np.float32]]]:
    paths = ranked.strongest_paths(ranked.pairwise(profile))
    gap = paths - paths.T
    paths = ranked.strongest_paths(ranked.pairwise_of_runs(profile, weights))
    gaps = paths - np.swapaxes(paths, -1, -2)
    return gap, gaps.std(axis=0), iter((gaps - gap).astype(np.float32))


def _one_by_one(
    key: Floats, gap: Floats, error: Floats, strays: Iterator[NDArray[np.float32]], people: int
) -> tuple[Ints, Ints, Ints]:
    entries = len(key)
    # A gap that varies by less than rounding does not vary.
    nothing = max(SAME, 1e-7 * float(error.max(initial=0)))
    varies = error > nothing
    scale = np.divide(1.0, error, out=np.zeros_like(error), where=varies).astype(np.float32)
    # Of two differences one is the other's negative: the largest is the largest in size.
    furthest = np.array([np.multiply(stray, scale, out=stray).max(initial=0) for stray in strays], dtype=np.float64)
    above = gap > _limit(furthest, people) * np.where(varies, error, 0.0) + nothing
    order = np.argsort(-key, kind="stable")
    # In the order of places: the last one before each that it is told apart from.
    before = np.tril(above[np.ix_(order, order)].T, -1)
    first = np.where(before.any(axis=1), entries - before[:, ::-1].argmax(axis=1), 0)
    return 1 + above.sum(axis=0), entries - above.sum(axis=1), first


def _by_overlap(key: Floats, keys: Floats, people: int) -> tuple[Ints, Ints, Ints]:
    entries = len(key)
    error = keys.std(axis=0)
    astray = np.divide(np.abs(keys - key), error, out=np.zeros_like(keys), where=error > 0)
    margin = _limit(astray.max(axis=1), people) * error + SAME
    low, high = key - margin, key + margin
    best = 1 + entries - np.searchsorted(np.sort(low), high, side="right")
    worst = entries - np.searchsorted(np.sort(high), low, side="left")
    order = np.argsort(-key, kind="stable")
    return best, worst, _last_above(low[order], high[order])


def _last_above(low: Floats, high: Floats) -> Ints:
    """For each position, one more than the last before it whose `low` is above its `high`."""
    first = np.zeros(len(low), dtype=np.int64)
    # Positions each of whose `low` is above all later ones, and these with the sign changed: ascending.
    waiting: list[int] = []
    lows: list[float] = []
    for position, (bottom, ceiling) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        found = bisect_left(lows, -ceiling)
        first[position] = waiting[found - 1] + 1 if found else 0
        while lows and lows[-1] >= -bottom:
            lows.pop()
            waiting.pop()
        lows.append(-bottom)
        waiting.append(position)
    return first


def _limit(furthest: Floats, people: int) -> float:
    """How many standard errors `LEVEL` of the runs stay within, made wider for a small crowd.

    The bootstrap's variance is (n - 1) / n of what it should be, and itself uncertain: as Student's t to the normal
    quantile with n - 1 degrees of freedom, to the first term of Abramowitz and Stegun 1964, 26.7.5.
    """
    limit = float(np.quantile(furthest, LEVEL, method="inverted_cdf"))
    return limit * (1 + (limit**2 + 1) / (4 * (people - 1))) * sqrt(people / (people - 1))


def _bands(found: Ints, first: Ints) -> list[tuple[int, int]]:
    """From the best place on, each band as long as none in it is told apart; those that tie stay together."""
    ordered = np.sort(found)
    starts = np.flatnonzero(np.diff(ordered, prepend=0))
    if not len(starts):
        return []
    begins = [0]
    for start, limit in zip(starts.tolist(), np.maximum.reduceat(first, starts).tolist(), strict=True):
        if limit > begins[-1]:
            begins.append(start)
    return [(begin + 1, end) for begin, end in zip(begins, [*begins[1:], len(found)], strict=True)]


def _stability(key: Floats, keys: Floats, top: int) -> float:
    same = (places(keys) <= top) == (places(key) <= top)
    return float(same.all(axis=1).mean())


def _marks_missing(profile: ProfileKind, rule: CountingMethod[ProfileKind], found: Uncertainty) -> int | None:
    if not found.people:
        return None
    key = rule.tally(profile).key

    def is_settled(growth: float) -> bool:
        keys = _keys(profile, rule, RUNS_OF_ESTIMATE, found.seed, round(growth * found.people))
        return _stability(key, keys, found.top) >= SETTLED

    step = bisect_left(GROWTH, True, key=is_settled)
    return round((GROWTH[step] - 1) * _marks(profile)) if step < len(GROWTH) else None


def _marks(profile: Profile) -> int:
    """How many marks were given: of ranked ballots, how many ballots."""
    return len(voters(profile)) if isinstance(profile, OrderProfile) else len(profile.participant)
