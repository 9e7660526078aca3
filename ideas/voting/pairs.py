"""Pairs: people choose one of two entries. Counted by the model of Bradley and Terry with a weak prior.

Each entry has a strength b, and i is chosen over j with the probability 1 / (1 + exp(b_j - b_i)) (Bradley and Terry
1952, Biometrika 39:324-345; in this profile Agresti 2002, Categorical Data Analysis, section 10.6). The strengths
maximise the log-likelihood of the answers less `PRIOR` times the sum of their squares. This equals a normal prior with
mean 0 and variance 1 / (2 * PRIOR) = 5 for each strength.

The prior is weak: a difference of 3, 95 to 5, is nothing unusual. It does two things that the likelihood alone cannot
do. An entry that was always chosen gets a finite strength. Entries that no chain of answers connects stand in one
ranking; between two such groups, only the prior says that both are average (`parts` finds the groups). "Can't say"
gives no information about strength and is only counted.

The answers of one person depend on each other: people differ in taste. Intervals therefore take the person as the unit
(the sandwich estimator: Huber 1967; Liang and Zeger 1986, Biometrika 73:13-22).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ideas.voting import intervals
from ideas.voting.arrays import Floats, Ints, np
from ideas.voting.combining import Given, latest
from ideas.voting.places import snapped
from ideas.voting.profiles import LEFT, SKIP, Counted, PairProfile, Sums
from ideas.voting.weights import TABLE, totals

# The weight of the squares in the function that is minimised: variance 5.
PRIOR = 0.1

# Strengths that differ by less than this are equal: the iteration's error is well below it.
SAME = 1e-8

# Up to this many entries, the covariance is computed, and the chance against each other entry one by one.
EXACT = 1_000

# Up to this many entries, the strengths of many runs are fitted together.
TOGETHER = 60

# An interval is at least this share of the width that independent answers would have. The widths of 30 people vary by a
# fifth by chance; a narrower one means that everybody agrees.
FLOOR = 0.8

# The limits of the iterations, far above the needs of any fit in the tests.
STEPS, INNER_STEPS = 100, 1_000

# A step is long if it changes the difference of two strengths by this much.
LONG = 2.0


@dataclass(frozen=True)
class _Exactness:
    """The stopping criteria of Newton's method.

    Its equations are solved to this share of their size. A step with a root mean square below this limit is the last.
    """

    equations: float
    step: float


_ONCE = _Exactness(1e-8, 1e-9)

# For more than `EXACT` entries. If many entries are compared with many, the remaining error is still below 1e-8.
_ONCE_OF_MANY = _Exactness(1e-4, 1e-5)

# For many runs, which start at the strengths of the plain count. The error after the last step is about a quarter of
# its square, far below the variation between people.
_RUN = _Exactness(0.1, 0.1)


@dataclass(frozen=True, eq=False)
class Duels:
    """Every answered pair once, with `first < second`: the number of its answers, and how often `first` was chosen."""

    entries: int
    first: Ints
    second: Ints
    total: Floats
    won: Floats

    def at_each(self, first: Floats, second: Floats) -> Floats:
        """`[entry]`: the sum over an entry's duels, as first and as second."""
        return totals(self.first, first, self.entries) + totals(self.second, second, self.entries)


@dataclass(frozen=True, eq=False)
class ScoresOfRuns:
    """`score[entry]`, `deviations[run, entry]`, and `least[entry, entry]`, the least standard error of a difference of
    two scores: `FLOOR` of that of independent answers, as in an interval.
    """

    score: Floats
    deviations: Floats
    least: Floats


def duels(profile: PairProfile, weights: Floats | None = None) -> Duels:
    """The answers by pair, without "can't say"."""
    return _Answers(profile).by_pair(weights)


def tally(
    profile: PairProfile, weights: Floats | None = None, start: Floats | None = None, prior: float = PRIOR
) -> Counted:
    """Count once. `score` is the chance, 0..1, of an entry against another entry drawn by lot; the strength determines
    places.

    That chance is the score of a wiki survey (Salganik and Levy 2015, PLoS ONE 10(5):e0123483). `low` and `high` are
    its interval over people, on the scale of its logit; NaN with weights, which do not tell people apart, and for fewer
    than `intervals.PEOPLE` people.

    :param start: initial strengths, from an earlier count.
    """
    answers = _Answers(profile)
    counts = answers.by_pair(weights)
    strength = fit(counts, prior, start)
    score = chances(strength, strength)
    low, high = np.full((2, counts.entries), np.nan)
    people = len(np.unique(answers.person))
    if weights is None and people >= intervals.PEOPLE and counts.entries > 1:
        shift = _margins_of_scores(answers, counts, strength, prior, people) / (score * (1 - score))
        centre = np.log(score / (1 - score))
        low, high = _logistic(centre - shift), _logistic(centre + shift)
    return Counted(score, low, high, key=snapped(strength, SAME))


def keys(profile: PairProfile, weights: Floats) -> Floats:
    """`tally(profile, weights[run]).key` of each run, less exactly.

    The error is small compared with the variation between runs; a test measures it.
    """
    answers = _Answers(profile)
    plain = answers.by_pair(None)
    start = fit(plain)
    if plain.entries <= TOGETHER and 0 < profile.people * len(plain.first) <= TABLE:
        return snapped(_newton_of_runs(answers, plain, start, weights), SAME)
    found = start + _first_steps(answers, plain, start, weights)
    for run, weight in enumerate(weights):
        found[run] = _newton(answers.by_pair(weight), PRIOR, found[run], _RUN)
    return snapped(found, SAME)


def sums(profile: PairProfile, numbers: Floats, people: float) -> Sums:
    """`[entry]`: the strengths times the number of people; see `CountingMethod.sums`.

    Of runs, it is to first order how far each person moves the strengths of everybody.
    """
    counts = _Answers(profile).by_pair(numbers)
    strength = fit(counts)
    if counts.entries <= EXACT:
        model = covariance(counts, strength)
    else:
        curve = _curve(counts, strength)
        model = 1 / (counts.at_each(curve, curve) + 2 * PRIOR)  # `standard_errors` names the source

    def of_runs(of: PairProfile, weights: Floats) -> Floats:
        answers = _Answers(of)
        chance = _logistic(strength[answers.first] - strength[answers.second])
        slopes = weights @ _slopes_by_person(answers, answers.of_first - chance[answers.pair], of.people)
        steps: Floats = people * (slopes @ model if model.ndim > 1 else slopes * model)
        return steps

    def keys(of: Floats) -> Floats:
        return snapped(of, SAME * max(1.0, people))

    return Sums(people * strength, of_runs, keys, np.array)


def combined(marks: Sequence[Given]) -> Given:
    """Of one person's answers that compare merged entries with the same third one, the latest counts.

    Answers between two merged entries do not count (`ideas.voting.combining`).
    """
    return latest(marks)


def scores_of_runs(profile: PairProfile, weights: Floats) -> ScoresOfRuns | None:
    """The scores of the plain count, and to first order how each run deviates from them; None if there are too many.

    A score is bounded, and a person's influence on it is, too. The strengths of runs are not: where all but few agree,
    a run without these few moves the strengths far, and no error describes such steps. The influence of a person is
    that of leaving the person out: a fit is pulled towards each person, so the surpluses alone understate it (Mancl and
    DeRouen 2001, Biometrics 57:126-134).
    """
    answers = _Answers(profile)
    plain = answers.by_pair(None)
    if plain.entries > EXACT or profile.people * plain.entries > TABLE:
        return None
    strength = fit(plain)
    slopes, model = _slopes_of_scores(strength), covariance(plain, strength)
    by_model = slopes @ model @ slopes.T
    own = np.diag(by_model)
    least = FLOOR * np.sqrt(np.maximum(0.0, own[:, None] + own[None, :] - 2 * by_model))
    if plain.entries <= TOGETHER and profile.people * plain.entries**2 <= TABLE:
        steps = weights @ _influences(answers, plain, strength, profile.people) @ model
    else:
        steps = _first_steps(answers, plain, strength, weights, model)
    return ScoresOfRuns(chances(strength, strength), steps @ slopes.T, least)


def skips(profile: PairProfile) -> int:
    """The number of "can't say" answers."""
    return int(np.count_nonzero(profile.outcome == SKIP))


def parts(profile: PairProfile) -> list[Ints]:
    """The groups of entries that answers connect, the largest first; between groups only the prior decides.

    An entry without answers is a group of its own.
    """
    counts = duels(profile)
    label = np.arange(profile.entries)
    while True:
        least = np.minimum(label[counts.first], label[counts.second])
        before = label.copy()
        np.minimum.at(label, before[counts.first], least)
        np.minimum.at(label, before[counts.second], least)
        label = label[label]
        if np.array_equal(label, before):
            break
    groups = [np.flatnonzero(label == part) for part in np.unique(label)]
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def fit(counts: Duels, prior: float = PRIOR, start: Floats | None = None) -> Floats:
    """Fit the strengths, with mean 0.

    :param prior: 0 maximises the likelihood alone. It has a maximum only if a chain of wins leads from every entry to
        every other one.
    """
    begin = np.zeros(counts.entries) if start is None else start
    return _newton(counts, prior, begin, _ONCE if counts.entries <= EXACT else _ONCE_OF_MANY)


def standard_errors(counts: Duels, strength: Floats, prior: float = PRIOR) -> Floats:
    """The standard error of each strength against the mean of all.

    For more than `EXACT` entries, the inverse is expanded to its second term from the diagonal. Simons and Yao 1999
    (Annals of Statistics 27:1041-1060) show that this suffices if many entries are compared with many.
    """
    if counts.entries <= EXACT:
        return np.sqrt(np.maximum(0.0, np.diag(covariance(counts, strength, prior))))
    curve = _curve(counts, strength)
    diagonal = counts.at_each(curve, curve) + 2 * prior
    first, second = diagonal[counts.first], diagonal[counts.second]
    return np.sqrt(1 / diagonal + counts.at_each(curve**2 / second, curve**2 / first) / diagonal**2)


def covariance(counts: Duels, strength: Floats, prior: float = PRIOR) -> Floats:
    """`[entry, entry]`: the inverse of the observed information with the prior's, of strengths with mean 0."""
    curve = _curve(counts, strength)
    information = np.diag(counts.at_each(curve, curve) + 2 * prior)
    information[counts.first, counts.second] -= curve
    information[counts.second, counts.first] -= curve
    # Without a prior, nothing is known about a constant added to all strengths: add that direction, invert, and remove
    # it.
    common = 1 / max(1, counts.entries)
    return np.asarray(np.linalg.inv(information + common) - common / (1 + 2 * prior), dtype=np.float64)


def chances(strength: Floats, at: Floats) -> Floats:
    """`[entry]`: the mean chance of entry i at the strength `at[i]` against each other entry at its own strength."""
    others = len(strength) - 1
    if not others:
        return np.full(1, 0.5)
    if len(strength) <= EXACT:
        total = _logistic(at[:, None] - strength[None, :]).sum(axis=1)
    else:
        # The sum is a smooth function of `at`: use a fine grid, and split every strength between its two grid
        # neighbours.
        grid = np.linspace(min(strength.min(), at.min()) - 1, max(strength.max(), at.max()) + 1, EXACT + 1)
        total = np.interp(at, grid, _logistic(grid[:, None] - grid[None, :]) @ _spread(strength, grid))
    mean: Floats = (total - _logistic(at - strength)) / others
    return mean


class _Answers:
    """The answers other than "can't say", with their pairs; sorted once and counted often."""

    def __init__(self, profile: PairProfile) -> None:
        said = profile.outcome != SKIP
        left, right = profile.left[said].astype(np.int64), profile.right[said].astype(np.int64)
        code = np.minimum(left, right) * profile.entries + np.maximum(left, right)
        found, self.pair = np.unique(code, return_inverse=True)
        self.first, self.second = np.divmod(found, max(1, profile.entries))
        self.entries = profile.entries
        self.person = profile.participant[said]
        self.of_first = ((left < right) == (profile.outcome[said] == LEFT)).astype(np.float64)

    def by_pair(self, weights: Floats | None) -> Duels:
        weight = np.ones(len(self.pair)) if weights is None else weights[self.person].astype(np.float64)
        total, won = (totals(self.pair, part, len(self.first)) for part in (weight, weight * self.of_first))
        return Duels(self.entries, self.first, self.second, total, won)


def _margins_of_scores(answers: _Answers, counts: Duels, strength: Floats, prior: float, people: int) -> Floats:
    """Half the width of each score's interval, with the person as the unit, but at least `FLOOR` of that of independent
    answers: if everybody agrees, people do not differ, and only the model knows that a further person may.
    """
    by_person, by_model = intervals.student(people - 1), FLOOR * intervals.Z95
    chance = _chance(counts, strength)
    surplus = answers.of_first - chance[answers.pair]
    clusters = people / (people - 1)
    first, second = counts.first[answers.pair], counts.second[answers.pair]
    if counts.entries > EXACT:
        # The error by the model, times the ratio of the variance of the people's sums to that of independent answers.
        curve = _curve(counts, strength)
        ratio = _squares_by_person(answers, first, second, surplus) / np.maximum(counts.at_each(curve, curve), 1e-300)
        more = np.maximum(by_model, by_person * np.sqrt(clusters * ratio))
        margin = standard_errors(counts, strength, prior) * more
        # A score moves with its strength as the chance against a random other entry does.
        hair = 1e-4
        found: Floats = margin * (chances(strength, strength + hair) - chances(strength, strength - hair)) / (2 * hair)
        return found
    model = covariance(counts, strength, prior)
    sandwich = clusters * model @ _products_by_person(answers, first, second, surplus, people) @ model
    slopes = _slopes_of_scores(strength)
    errors = (np.sqrt(np.maximum(0.0, (slopes @ of * slopes).sum(axis=1))) for of in (model, sandwich))
    margins: Floats = np.maximum(
        *(quantile * error for quantile, error in zip((by_model, by_person), errors, strict=True))
    )
    return margins


def _slopes_of_scores(strength: Floats) -> Floats:
    """`[entry, entry]`: the derivatives of each score by the strengths. A row adds up to 0, since only differences of
    strengths matter.
    """
    slopes = _logistic(strength[:, None] - strength[None, :])
    slopes = -slopes * (1 - slopes) / max(1, len(strength) - 1)
    np.fill_diagonal(slopes, np.diag(slopes) - slopes.sum(axis=1))
    return slopes


def _products_by_person(answers: _Answers, first: Ints, second: Ints, surplus: Floats, people: int) -> Floats:
    """`[entry, entry]`: the sum over people of the products of their derivatives of the log-likelihood, centred."""
    m = answers.entries
    order = np.argsort(answers.person, kind="stable")
    _, number = np.unique(answers.person[order], return_inverse=True)
    first, second, surplus = first[order], second[order], surplus[order]
    total, products = np.zeros(m), np.zeros((m, m))
    size = max(1, TABLE // (4 * m))
    for begin in range(0, people, size):
        rows = slice(*np.searchsorted(number, [begin, begin + size]))
        cell, own = (number[rows] - begin) * m, surplus[rows]
        n = min(size, people - begin) * m
        table = (totals(cell + first[rows], own, n) - totals(cell + second[rows], own, n)).reshape(-1, m)
        total += table.sum(axis=0)
        products += table.T @ table
    return products - np.outer(total, total) / people


def _squares_by_person(answers: _Answers, first: Ints, second: Ints, surplus: Floats) -> Floats:
    """`[entry]`: the diagonal of `_products_by_person`, not centred, for many entries."""
    entry = np.concatenate([first, second])
    code = np.concatenate([answers.person, answers.person]).astype(np.int64) * answers.entries + entry
    found, cell = np.unique(code, return_inverse=True)
    sums = totals(cell, np.concatenate([surplus, -surplus]), len(found))
    return totals(found % answers.entries, sums**2, answers.entries)


def _first_steps(
    answers: _Answers, plain: Duels, start: Floats, weights: Floats, model: Floats | None = None
) -> Floats:
    """`[run, entry]`: steps from the strengths of the plain count towards those of each run, with the information held
    fixed.

    It is Newton's step with the matrix of the plain count, `model`, for all runs at once; zeros if it is too large.
    """
    people, entries = weights.shape[1], plain.entries
    if entries > EXACT or people * entries > TABLE:
        return np.zeros((len(weights), entries))
    surplus = answers.of_first - _chance(plain, start)[answers.pair]
    slopes = weights @ _slopes_by_person(answers, surplus, people) - 2 * PRIOR * start
    steps: Floats = slopes @ (covariance(plain, start) if model is None else model)
    return steps


def _slopes_by_person(answers: _Answers, surplus: Floats, people: int) -> Floats:
    """`[person, entry]`: a person's derivatives of the log-likelihood, from `surplus` of each answer."""
    cell, size = answers.person.astype(np.int64) * answers.entries, people * answers.entries
    first, second = (cell + side[answers.pair] for side in (answers.first, answers.second))
    return (totals(first, surplus, size) - totals(second, surplus, size)).reshape(people, answers.entries)


def _influences(answers: _Answers, plain: Duels, strength: Floats, people: int) -> Floats:
    """`[person, entry]`: a person's derivatives of the log-likelihood, at the fit without the person, centred."""
    m = plain.entries
    chance = _chance(plain, strength)[answers.pair]
    surplus, curve = answers.of_first - chance, chance * (1 - chance)
    first, second = plain.first[answers.pair], plain.second[answers.pair]
    row = answers.person.astype(np.int64) * m
    own = _slopes_by_person(answers, surplus, people)
    table = people * m * m
    information = totals((row + first) * m + first, curve, table) + totals((row + second) * m + second, curve, table)
    information -= totals((row + first) * m + second, curve, table) + totals((row + second) * m + first, curve, table)
    leverage = information.reshape(people, m, m) @ covariance(plain, strength)
    answered = np.bincount(answers.person, minlength=people) > 0
    own[answered] -= 2 * PRIOR * strength / max(1, int(np.count_nonzero(answered)))
    found = np.linalg.solve(np.eye(m) - leverage, own[..., None])[..., 0]
    found[answered] -= found[answered].sum(axis=0) / max(1, int(np.count_nonzero(answered)))
    return np.asarray(found, dtype=np.float64)


def _newton_of_runs(answers: _Answers, plain: Duels, start: Floats, weights: Floats) -> Floats:
    """`[run, entry]`: `_newton` for all runs at once, with whole matrices, to the exactness of `_RUN`."""
    entries, pairs = plain.entries, len(plain.first)
    cell, size = answers.person.astype(np.int64) * pairs + answers.pair, weights.shape[1] * pairs
    each = weights.astype(np.float64)
    total, won = (each @ totals(cell, part, size).reshape(-1, pairs) for part in (np.ones(len(cell)), answers.of_first))
    # `[pair, entry]`: 1 at the first entry of the pair, -1 at the second.
    ends = np.zeros((pairs, entries))
    ends[np.arange(pairs), plain.first], ends[np.arange(pairs), plain.second] = 1.0, -1.0
    found = start + _first_steps(answers, plain, start, weights)
    open_runs = np.arange(len(each))
    for _ in range(STEPS):
        strength = found[open_runs]
        chance = _logistic(strength @ ends.T)
        curve = total[open_runs] * chance * (1 - chance)
        slope = (won[open_runs] - total[open_runs] * chance) @ ends - 2 * PRIOR * strength
        information = np.zeros((len(open_runs), entries, entries))
        information[:, plain.first, plain.second] = information[:, plain.second, plain.first] = -curve
        information[:, np.arange(entries), np.arange(entries)] = curve @ np.abs(ends) + 2 * PRIOR
        step = np.linalg.solve(information, slope[..., None])[..., 0]
        step -= step.mean(axis=1, keepdims=True)
        length = np.ptp(step, axis=1, keepdims=True)
        found[open_runs] += np.where(length < LONG, step, step * np.log1p(length) / np.maximum(length, LONG))
        open_runs = open_runs[(step**2).sum(axis=1) > entries * _RUN.step**2]
        if not len(open_runs):
            break
    centred: Floats = found - found.mean(axis=1, keepdims=True)
    return centred


def _newton(counts: Duels, prior: float, strength: Floats, how: _Exactness) -> Floats:
    """Maximise the likelihood with the prior by Newton's method; there is exactly one maximum.

    Long steps are shortened. Sun and Tran-Dinh 2019 (Mathematical Programming 178:145-213, for nu = 2) show that this
    converges from any start.
    """
    if not counts.entries:
        return strength
    for _ in range(STEPS):
        chance = _chance(counts, strength)
        surplus = counts.won - counts.total * chance
        slope = counts.at_each(surplus, -surplus) - 2 * prior * strength
        step = _solve(counts, counts.total * chance * (1 - chance), 2 * prior, slope, how.equations)
        step -= step.mean()  # a common constant changes no chance, and it is 0 at the maximum
        length = float(np.ptp(step))
        strength = strength + (step if length < LONG else step * np.log1p(length) / length)
        if float(step @ step) <= len(step) * how.step**2:
            break
    centred: Floats = strength - strength.mean()
    return centred


def _curve(counts: Duels, strength: Floats) -> Floats:
    """Each pair's contribution to the observed information."""
    chance = _chance(counts, strength)
    return counts.total * chance * (1 - chance)


def _chance(counts: Duels, strength: Floats) -> Floats:
    """The probability that the first entry of each pair is chosen."""
    return _logistic(strength[counts.first] - strength[counts.second])


def _solve(counts: Duels, curve: Floats, prior: float, slope: Floats, tolerance: float) -> Floats:
    """Compute the step of Newton's method by conjugate gradients, scaled by the diagonal, without building a matrix.

    Hestenes and Stiefel 1952, J. Research Nat. Bur. Standards 49:409-436, section 3; Nocedal and Wright 2006,
    Numerical Optimization, algorithm 5.3.
    """
    diagonal = counts.at_each(curve, curve) + prior
    scale = np.where(diagonal > 0, 1 / np.where(diagonal > 0, diagonal, 1), 0.0)
    step, rest = np.zeros_like(slope), slope.copy()
    ahead = scaled = scale * rest
    size = limit = float(rest @ scaled)
    for _ in range(INNER_STEPS):
        if size <= tolerance**2 * limit:
            break
        apart = curve * (ahead[counts.first] - ahead[counts.second])
        image = counts.at_each(apart, -apart) + prior * ahead
        bend = float(ahead @ image)
        if bend <= 0:  # without a prior, the remaining direction adds a constant to all strengths, which has no effect
            break
        length = size / bend
        step = step + length * ahead
        rest = rest - length * image
        scaled = scale * rest
        before, size = size, float(rest @ scaled)
        ahead = scaled + size / before * ahead
    return step


def _spread(strength: Floats, grid: Floats) -> Floats:
    """The number of strengths at each point of the grid."""
    at = (strength - grid[0]) / (grid[-1] - grid[0]) * (len(grid) - 1)
    left = np.minimum(at.astype(np.int64), len(grid) - 2)
    share = at - left
    return totals(left, 1 - share, len(grid)) + totals(left + 1, share, len(grid))


def _logistic(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))
