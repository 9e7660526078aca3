"""The uncertainty of a ranking: the bootstrap over people, for every ballot rule.

A crowd is one sample of the people who might have come. Each run draws the same number of people again, with
replacement, each with their whole ballot, and counts again (Efron and Tibshirani 1993, An Introduction to the
Bootstrap, chapter 6). It draws people and not marks, because the marks of one person depend on each other. Drawing
single marks would overstate the certainty.

The bootstrap does not know about people who never voted. Ten people who agree look certain to it; the floors
`FEW_PEOPLE` and `FEW_READS` exist for this reason.

A chance is calibrated: of all ideas with a chance of 80 %, 80 % are among the best. The share of runs alone overstates
it, because the idea that came first was also lucky. `sizes_of_runs` corrects this. `benchmarks.honesty` measures what
is claimed here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import TypeVar

from ideas.voting import grades, intervals, pairs, ranked
from ideas.voting.arrays import Floats, Floats32, Ints, np
from ideas.voting.places import SAME, places
from ideas.voting.profiles import SKIP, UNPLACED, CountingMethod, OrderProfile, PairProfile, Profile, ScoreProfile

ProfileKind = TypeVar("ProfileKind", bound=Profile)

RUNS = 500

# The confidence level of statements about places, and the share of runs with the same winners that counts as settled.
LEVEL = 0.95
SETTLED = 0.95

# With fewer voters the result says "too few votes", unless few people were there (`ideas.voting.electorate`). If ten
# people agree, up to a quarter of all others may still disagree (1 - 0.05 ** (1 / 10) = 0.26), and no bootstrap of
# these ten shows it.
FEW_PEOPLE = 10

# The same limit for the reads of an entry: `ideas.voting.approval.FEW`.
FEW_READS = 10

# Up to this many entries, each is compared with each. Above it, entries are compared by overlap of their intervals,
# which separates fewer of them.
COMPARED = 1_000

# The grid on which the share of chance in the differences is drawn, and the golden ratio's fraction.
STEPS_OF_CHANCE = 400
GOLDEN = 0.6180339887498949

# The size of the arrays in memory, people times runs or entries times runs: 160 MB of float64.
CELLS = 20_000_000

# Differences of entries are compared in blocks of this size, runs times entries squared: they fit into a cache.
CELLS_OF_GAPS = 200_000

# Up to this many entries, the tails of each difference are read, and what is told apart narrows the limit for the rest,
# in at most `STEPS` steps.
STEPPED, STEPS = 200, 8

# The quantile of a difference's deviations that stands for a tail, and the standard errors within which it may lie: 1.2
# times those of a normal distribution. With a smaller factor, the limit would fit the very runs it comes from.
TAIL, TAIL_ERRORS = 0.99, 1.2 * 2.326

# By these rules the order changes in jumps: close duels and middle grades. For their chances, runs draw this many times
# as many people, but not more than voted. Chance decides what is close, and a run decides it by chance again: it puts
# the best entry below others more often than its crowd did. The factor was fitted to simulated votes, and
# `benchmarks.honesty` checks it with others.
JUMPING: tuple[object, ...] = (grades, ranked)
DRAWN_OF_JUMPING = 1.25


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """The result of the runs, as arrays over the entries.

    `p_top` is the chance that the entry is among the first `top`. Entries that tie across the last of these places
    share the remaining places, so all chances add up to `top`.

    `share_drawn` is the mean share of the differences between the entries that is true. The runs behind the chances
    draw this share of the voters; by some rules more (`DRAWN_OF_JUMPING`).

    `places_low` to `places_high` is the range of places of each entry. In `LEVEL` of such votes the ranges of all
    entries are right at once.

    `lines` are the numbers of entries above which a line may be drawn: every entry above the line is distinguishable
    from every entry below it. There are few of them; entries between two lines are not therefore tied.

    `winners` are the entries with a place up to `top`. `stability` is the chance that they are the true ones: the share
    of the runs behind the chances with the same winners.
    """

    people: int
    runs: int
    seed: int
    top: int
    share_drawn: float
    p_top: Floats
    places_low: Ints
    places_high: Ints
    lines: list[int]
    winners: tuple[int, ...]
    stability: float

    @property
    def is_few(self) -> bool:
        return self.people < FEW_PEOPLE


@dataclass(frozen=True, eq=False)
class Certainty:
    """How certain the winners are: what `Uncertainty` says about them, without the places of all entries."""

    people: int
    share_drawn: float
    winners: tuple[int, ...]
    stability: float


def bootstrap(
    profile: ProfileKind, rule: CountingMethod[ProfileKind], runs: int = RUNS, seed: int = 0, top: int = 3
) -> Uncertainty:
    """Count `runs` times with redrawn people; the same seed gives the same draws on every machine."""
    drawn = _drawn(profile, rule, runs, seed)
    low, high, lines = _told_apart(profile, drawn.key, drawn.keys, drawn.draws)
    sizes, of_chances = _chances(profile, rule, drawn, seed)
    found = certainty_of(drawn.key, of_chances, sizes, drawn.people, top)
    return Uncertainty(
        people=drawn.people,
        runs=runs,
        seed=seed,
        top=top,
        share_drawn=found.share_drawn,
        p_top=shares_of_top(of_chances, top).mean(axis=0),
        places_low=low,
        places_high=high,
        lines=lines,
        winners=found.winners,
        stability=found.stability,
    )


def certainty(
    profile: ProfileKind, rule: CountingMethod[ProfileKind], runs: int = RUNS, seed: int = 0, top: int = 3
) -> Certainty:
    """How certain the winners are; the same as `bootstrap` says of them."""
    drawn = _drawn(profile, rule, runs, seed)
    sizes, of_chances = _chances(profile, rule, drawn, seed)
    return certainty_of(drawn.key, of_chances, sizes, drawn.people, top)


def certainty_of(key: Floats, of_chances: Floats, sizes: Ints, people: int, top: int) -> Certainty:
    """The certainty of the winners by `key[entry]`, from the keys of the runs behind the chances and from `sizes`."""
    return Certainty(
        people,
        float(sizes.mean()) / max(1, people),
        tuple(np.flatnonzero(places(key) <= top).tolist()),
        stability(key, of_chances, top) if people else 0.0,
    )


def voters(profile: Profile) -> Ints:
    """The people who gave a mark; only they are drawn."""
    if isinstance(profile, OrderProfile):
        return np.flatnonzero((profile.ranks != UNPLACED).any(axis=1))
    return np.flatnonzero(np.bincount(profile.participant, minlength=profile.people))


def marks_of(profile: Profile) -> Ints:
    """`[entry]`: the number of marks that say something about it; "can't say" does not."""
    if isinstance(profile, OrderProfile):
        placed: Ints = np.count_nonzero(profile.ranks != UNPLACED, axis=0)
        return placed
    if isinstance(profile, PairProfile):
        said = profile.outcome != SKIP
        return np.bincount(np.concatenate([profile.left[said], profile.right[said]]), minlength=profile.entries)
    return np.bincount(profile.subject, minlength=profile.entries)


def shares_of_top(keys: Floats, top: int) -> Floats:
    """`[run, entry]`: 1 among the first `top` places, 0 below; entries that tie across the cut share the remaining
    places.
    """
    runs, entries = keys.shape
    best = places(keys)
    group = entries * np.arange(runs)[:, None] + best - 1
    tied = np.bincount(group.ravel(), minlength=runs * entries)[group]
    found: Floats = np.clip((top - (best - 1)) / tied, 0.0, 1.0)
    return found


def draws_of(profile: Profile, runs: int, seed: int, size: int | Ints) -> Iterator[Floats]:
    """`[run, person]`: how often each person is drawn if `size` or `size[run]` are drawn, in blocks of runs.

    It uses only the raw numbers of PCG64, since numpy guarantees only these across versions (NEP 19). A draw is a
    32-bit number times the number of people, cut to an integer: the bias is below one draw in four thousand million for
    each person.
    """
    bits = np.random.PCG64(seed)
    drawn_from = voters(profile)
    people, n = profile.people, len(drawn_from)
    sizes = np.broadcast_to(size, runs)
    most = int(sizes.max(initial=0))
    block = max(1, CELLS // max(1, people, most, profile.entries))
    for begin in range(0, runs, block):
        count = min(block, runs - begin)
        if not n:
            yield np.zeros((count, people))
            continue
        raw = bits.random_raw(count * most).reshape(count, most) >> np.uint64(32)
        who = drawn_from[(raw * np.uint64(n) >> np.uint64(32)).astype(np.int64)]
        cell = who + people * np.arange(count)[:, None]
        if isinstance(size, np.ndarray):
            cell = cell[np.arange(most) < sizes[begin : begin + count, None]]
        yield np.bincount(cell.ravel(), minlength=count * people).reshape(count, people).astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Resampled:
    """The plain count, and the keys of the runs. `draws` has the weights of their people, perhaps only once."""

    people: int
    key: Floats
    keys: Floats
    draws: Iterable[Floats]


def _drawn(profile: ProfileKind, rule: CountingMethod[ProfileKind], runs: int, seed: int) -> _Resampled:
    people = len(voters(profile))
    draws: Iterable[Floats] = draws_of(profile, runs, seed, people)
    if not isinstance(profile, ScoreProfile):
        draws = list(draws)  # they are needed again
    keys = np.concatenate([rule.keys(profile, weights) for weights in draws])
    return _Resampled(people, rule.tally(profile).key, keys, draws)


def _chances(
    profile: ProfileKind, rule: CountingMethod[ProfileKind], drawn: _Resampled, seed: int
) -> tuple[Ints, Floats]:
    """The numbers of people by `sizes_of_runs`, and `[run, entry]`: the keys of the runs behind the chances."""
    at, of_runs = drawn.key, drawn.keys
    if drawn.people > 1 and len(at) > 1:
        at, of_runs = _on_a_linear_scale(profile, at, of_runs, drawn.draws)
    sizes = sizes_of_runs(drawn.people, at, of_runs)
    size = sizes_of_chances(rule, sizes, drawn.people)
    draws = draws_of(profile, len(drawn.keys), seed, size)
    return sizes, np.concatenate([rule.keys(profile, weights) for weights in draws])


def sizes_of_runs(people: int, at: Floats, of_runs: Floats) -> Ints:
    """`[run]`: the number of people that a run draws for the chances; fewer than voted.

    A part w of the differences between the entries is chance: w is the variance of the counts over the variance of
    counts and true values together. The true differences are therefore smaller than the counted ones, by 1 - w on
    average, and the variance of what is true is 1 - w times that of the counts (James and Stein 1961; Efron and Morris
    1973, J. Am. Stat. Assoc. 68:117-130). Only the order matters here, so drawing 1 - w times as many people does the
    same. w is not known: it is drawn from its posterior with a uniform prior, given the sum of squares of the
    differences. That has the chi-squared distribution, divided by w, with one degree less than there are entries; with
    fewer if people like the same entries together (Satterthwaite 1946, Biometrics Bulletin 2:110-114).

    :param at: `[entry]`: the counts on a scale whose differences a variance describes; `of_runs[run, entry]` likewise.
    """
    runs, entries = of_runs.shape
    if people < 2 or entries < 2:
        return np.full(runs, people)
    strays = of_runs - of_runs.mean(axis=0)
    strays -= strays.mean(axis=1, keepdims=True)
    # The trace of the covariance of the entries, and of its square, from the products of the runs.
    products = strays @ strays.T / runs
    trace = max(float(np.trace(products)), SAME**2)
    degrees = trace**2 / max(float((products**2).sum()) - trace**2 / runs, trace**2 / (entries - 1))
    squares = float(((at - at.mean()) ** 2).sum()) / trace * degrees
    chance = (np.arange(STEPS_OF_CHANCE) + 0.5) / STEPS_OF_CHANCE
    likelihood = degrees / 2 * np.log(chance) - squares / 2 * chance
    posterior = np.cumsum(np.exp(likelihood - likelihood.max()))
    # Multiples of the golden ratio fill the unit interval evenly and have nothing to do with the draws of the runs.
    evenly = (np.arange(1, runs + 1) * GOLDEN) % 1
    w = np.interp(evenly, posterior / posterior[-1], chance)
    return np.maximum(1, np.rint((1 - w) * people)).astype(np.int64)


def sizes_of_chances(rule: object, sizes: Ints | float, people: float) -> Ints:
    """The numbers of people that runs draw for the chances, given the numbers by `sizes_of_runs`; at most `people`."""
    factor = DRAWN_OF_JUMPING if rule in JUMPING else 1.0
    return np.maximum(1, np.rint(np.minimum(people, factor * np.asarray(sizes)))).astype(np.int64)


def _on_a_linear_scale(profile: Profile, key: Floats, keys: Floats, draws: Iterable[Floats]) -> tuple[Floats, Floats]:
    """A number for each entry, and for each run, whose differences a variance describes. The keys of ranked ballots
    are whole numbers and have no such scale; Borda counts have.
    """
    if not isinstance(profile, OrderProfile):
        return key, keys
    shares = ranked.borda_shares(profile)
    weight = np.ones(profile.people) if profile.weight is None else profile.weight
    each = np.concatenate(list(draws)) * weight
    return weight @ shares / weight.sum(), each @ shares / each.sum(axis=1, keepdims=True)


def _told_apart(profile: Profile, key: Floats, keys: Floats, draws: Iterable[Floats]) -> tuple[Ints, Ints, list[int]]:
    """The best and the worst place of each entry, and the lines between groups of entries.

    Two entries are distinguishable if their keys differ by more than c standard errors of the difference, which are
    larger where its distribution has a heavy tail. c is chosen so that in `LEVEL` of the runs no difference between
    two entries deviates further from the counted one. The statements about all entries therefore hold together,
    whatever their number. c is chosen again for the differences that are not told apart yet, until no more are (Romano
    and Wolf 2005, Econometrica 73:1237-1282, section 3). The best place of an entry is one plus the number of
    distinguishable entries above it. Its worst place leaves room for the distinguishable entries below. Source:
    Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for ranks with applications to mobility across neighbourhoods
    and academic achievement across countries", Review of Economic Studies 91:476-518, section 3. Quantiles of the
    place itself would overstate the certainty among equal entries (Xie, Singh and Zhang 2009, J. Am. Stat. Assoc.
    104:775-788).

    For ranked ballots, the difference is that between the strongest paths in both directions, which decides there. For
    pairs it is that of the scores, in the order of the strengths.
    """
    people = len(voters(profile))
    if people < 2:
        return np.ones(len(key), np.int64), np.full(len(key), len(key)), []
    if isinstance(profile, OrderProfile):
        return _one_by_one(key, _gaps_of_paths(profile, np.concatenate(list(draws))), people)
    if len(key) > COMPARED:
        return _by_overlap(key, keys, people)
    if isinstance(profile, PairProfile):
        found = pairs.scores_of_runs(profile, np.concatenate(list(draws)))
        if found is not None:
            gaps = _gaps_of_keys(found.score, found.score + found.deviations)
            return _one_by_one(key, replace(gaps, least=found.least), people)
    return _one_by_one(key, _gaps_of_keys(key, keys), people)


@dataclass(frozen=True, eq=False)
class _Gaps:
    """`gap[entry, other]`: how far the entry is above the other one, and its standard error over the runs.

    `strays` yields blocks `[run, entry, other]` of the deviations of runs from it; the blocks may be overwritten.
    `least` is the least standard error by a model.
    """

    gap: Floats
    error: Floats
    strays: Callable[[], Iterable[Floats32]]
    least: Floats | float = 0.0


def _gaps_of_keys(key: Floats, keys: Floats) -> _Gaps:
    centred = keys - keys.mean(axis=0)
    together = centred.T @ centred / len(keys)
    own = np.diag(together)
    error = np.sqrt(np.maximum(0.0, own[:, None] + own[None, :] - 2 * together))
    strays = (keys - key).astype(np.float32)
    if len(key) <= STEPPED:
        error = np.maximum(error, _errors_of_tails(np.concatenate([block.copy() for block in _gaps_of(strays)])))
    return _Gaps(key[:, None] - key[None, :], error, lambda: _gaps_of(strays))


def _gaps_of(strays: Floats32) -> Iterator[Floats32]:
    """Yield the gaps of some runs, in the same buffer: new memory for each would take longer than the counting."""
    runs, entries = strays.shape
    size = min(runs, max(1, CELLS_OF_GAPS // max(1, entries**2)))
    gaps = np.empty((size, entries, entries), dtype=np.float32)
    for begin in range(0, runs, size):
        block = strays[begin : begin + size]
        yield np.subtract(block[:, :, None], block[:, None, :], out=gaps[: len(block)])


def _errors_of_tails(strays: Floats32) -> Floats:
    """`[entry, other]`: the standard error for which the tails of `[run, entry, other]` are not heavy.

    The middle grade changes in jumps. A rare large jump hardly counts in the standard error of its own difference, and
    would widen the limit for all others. A limit of its own for each difference (Beran 1988, J. Am. Stat. Assoc.
    83:679-686) would need many more runs.
    """
    rank = ceil(TAIL * len(strays)) - 1
    upper = np.partition(strays, rank, axis=0)[rank] / TAIL_ERRORS
    # Both tails: a counted difference that chance raised by a jump can only fall in the runs.
    return np.asarray(np.maximum(upper, upper.T), dtype=np.float64)


def _gaps_of_paths(profile: OrderProfile, weights: Floats) -> _Gaps:
    paths = ranked.strongest_paths(ranked.pairwise(profile))
    gap = paths - paths.T
    paths = ranked.strongest_paths(ranked.pairwise_of_runs(profile, weights))
    gaps = paths - np.swapaxes(paths, -1, -2)
    strays = (gaps - gap).astype(np.float32)
    return _Gaps(gap, gaps.std(axis=0), lambda: [strays.copy()])


def _one_by_one(key: Floats, gaps: _Gaps, people: int) -> tuple[Ints, Ints, list[int]]:
    entries, error = len(key), gaps.error
    # A gap that varies by less than rounding errors is constant.
    nothing = max(SAME, 1e-7 * float(error.max(initial=0)))
    varies = error > nothing
    scale = np.divide(1.0, error, out=np.zeros_like(error), where=varies).astype(np.float32)
    errors = np.maximum(np.where(varies, error, 0.0), gaps.least)
    above = np.zeros(error.shape, dtype=bool)
    for _ in range(STEPS if entries <= STEPPED else 1):
        # What is told apart cannot be told apart wrongly any more; the opposite could.
        open_scale = np.where(above, np.float32(0), scale)
        furthest = np.concatenate(
            [np.multiply(strays, open_scale, out=strays).max(axis=(1, 2), initial=0) for strays in gaps.strays()]
        )
        found = gaps.gap > max(intervals.Z95, _limit(furthest, people)) * errors + nothing
        if np.array_equal(found, above):
            break
        above |= found
    order = np.argsort(-key, kind="stable")
    # In the order of places: the last entry from which each is not distinguishable, at least itself.
    last = entries - 1 - (~above[np.ix_(order, order)])[:, ::-1].argmax(axis=1)
    lines = np.flatnonzero(np.maximum.accumulate(last)[:-1] == np.arange(entries - 1)) + 1
    return 1 + above.sum(axis=0), entries - above.sum(axis=1), lines.tolist()


def _by_overlap(key: Floats, keys: Floats, people: int) -> tuple[Ints, Ints, list[int]]:
    entries = len(key)
    error = keys.std(axis=0)
    astray = np.divide(np.abs(keys - key), error, out=np.zeros_like(keys), where=error > 0)
    margin = _limit(astray.max(axis=1), people) * error + SAME
    low, high = key - margin, key + margin
    best = 1 + entries - np.searchsorted(np.sort(low), high, side="right")
    worst = entries - np.searchsorted(np.sort(high), low, side="left")
    order = np.argsort(-key, kind="stable")
    lowest, highest = np.minimum.accumulate(low[order]), np.maximum.accumulate(high[order][::-1])[::-1]
    lines = np.flatnonzero(lowest[:-1] > highest[1:]) + 1
    return best, worst, lines.tolist()


def _limit(furthest: Floats, people: int) -> float:
    """The number of standard errors that `LEVEL` of the runs stay within, made wider for a small crowd.

    The bootstrap's variance is (n - 1) / n of the true one, and is itself uncertain. The correction is the ratio of
    Student's t to the normal quantile, to the first term of Abramowitz and Stegun 1964, 26.7.5. Only the people who
    judge two entries differently say something about their difference. They are about half, so half of the n - 1
    degrees of freedom count; the runs, which are a sample of all possible ones, take some of these away.
    """
    runs = len(furthest)
    rank = min(runs, ceil(LEVEL * (runs + 1))) - 1
    limit = float(np.partition(furthest, rank)[rank])
    freedom = 1 / (2 / (people - 1) + 1 / max(1, runs - 1))
    return limit * (1 + (limit**2 + 1) / (4 * freedom)) * sqrt(people / (people - 1))


def stability(key: Floats, keys: Floats, top: int) -> float:
    same = (places(keys) <= top) == (places(key) <= top)
    return float(same.all(axis=1).mean())
