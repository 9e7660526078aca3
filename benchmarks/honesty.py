"""Check the statistical claims of a result against simulated votes: `.venv/bin/python -m benchmarks.honesty [CASE …]`.

The true values of a simulated vote are known. Print one JSON line for each cell and exit with 1 if a claim is not kept,
by more than two standard errors of the simulation. `--quick` takes few cells and few repetitions; `--part 2/8` takes
every eighth cell, from the second on; `--repetitions` replaces the numbers of the cells.

On one core with `OMP_NUM_THREADS=1`, the whole grid takes about 37 minutes: pairs 4, places 8, chances 4, readiness 2,
closing 20.
`--quick` takes half a minute. More threads make it slower, because the arrays are small.

- `pairs`: the interval of an idea's score holds the true score in 93 to 97 of 100 cases. People differ in taste, and
  each gives several answers.
- `places`: the possible places of all ideas hold together in at least 95 of 100 votes, and so do the lines; also if all
  ideas are equally good.
- `chances`: of all ideas with a chance between 0.7 and 0.8, a share between them is among the best, within 0.03; and so
  for each tenth.
- `readiness`: the readiness of a large vote, by sums and a sample of 500 voters, agrees with the bootstrap of all
  ballots: the chance that the winners are the true ones differs by less than 0.05 on average and by less than 0.02 in
  one direction, and "settled" differs in less than 5 of 100 votes.
- `closing`: a round that closes by itself has the true winners in at least 95 of 100 cases, although it looks after
  every vote.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np

from ideas.voting import approval, grades, pairs, points, ranked, readiness, stars, uncertainty
from ideas.voting.arrays import Floats
from ideas.voting.closing import Look
from ideas.voting.profiles import LEFT, RIGHT, UNPLACED, Counted, OrderProfile, PairProfile, Profile, ScoreProfile
from ideas.voting.readiness import Crowd
from ideas.voting.uncertainty import FEW_PEOPLE, LEVEL, SETTLED, Certainty, Uncertainty, bootstrap

SEED = 2026
RULES = {"approval": approval, "pairs": pairs, "points": points, "grades": grades, "stars": stars, "ranked": ranked}

COVERAGE = (0.93, 0.97)
CALIBRATED = 0.03
# A tenth with fewer chances than this says nothing.
CHANCES_MIN = 300

# Fewer than a result has, but for the places: their limit is a quantile of the runs.
RUNS, RUNS_OF_PLACES = 200, uncertainty.RUNS
# A look that is below `SCREEN` after a few runs is not settled after `RUNS`, but for one in ten thousand.
RUNS_OF_SCREEN, SCREEN = 40, 0.8
ANSWERS = 10
GAUSS, GAUSS_WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


@dataclass(frozen=True)
class Cell:
    """One setting of a case. `measure` repeats it and returns figures, among them `kept`."""

    name: str
    measure: Callable[[int], dict[str, object]]
    repetitions: int
    quick: int | None = None  # the repetitions of the quick mode; None leaves the cell out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--repetitions", type=int)
    given = parser.parse_args()
    cells = [cell for case in given.cases or CASES for cell in CASES[case]()]
    if given.quick:
        cells = [cell for cell in cells if cell.quick]
    first, step = map(int, given.part.split("/"))
    kept = True
    for cell in cells[first - 1 :: step]:
        repetitions = given.repetitions or (cell.quick if given.quick and cell.quick else cell.repetitions)
        figures = cell.measure(repetitions)
        kept = kept and bool(figures["kept"])
        print(json.dumps({"cell": cell.name, "repetitions": repetitions} | figures), flush=True)
    sys.exit(not kept)


# --- pairs: the intervals -------------------------------------------------------------------------------------------


def pairs_cells() -> Iterator[Cell]:
    for ideas, taste, answers, people in product((2, 3, 5, 12), (0, 1, 2), (10, 40), (30, 50, 200)):
        is_quick = (ideas, taste, people) in {(2, 0, 30), (2, 2, 50), (12, 1, 30)}
        yield Cell(
            f"pairs: {ideas} ideas, taste {taste}, {answers} answers, {people} people",
            lambda n, of=(ideas, taste, answers, people): coverage_of_pairs(*of, n),
            2000,
            200 if is_quick else None,
        )


def coverage_of_pairs(ideas: int, taste: float, answers: int, people: int, repetitions: int) -> dict[str, object]:
    rng = np.random.default_rng([SEED, ideas, int(taste), answers, people])
    held = np.empty((repetitions, ideas))
    for n in range(repetitions):
        strength = rng.normal(0, 1, ideas)
        counted = pairs.tally(answers_to_pairs(strength + rng.normal(0, taste, (people, ideas)), answers, rng))
        true = true_scores(strength, taste)
        held[n] = (counted.low <= true) & (true <= counted.high)
    covered = float(held.mean())
    slack = 2 * sqrt(COVERAGE[0] * (1 - COVERAGE[0]) / repetitions)
    return {
        "covered": round(covered, 4),
        "kept": COVERAGE[0] - slack <= covered <= COVERAGE[1] + slack,
    }


def answers_to_pairs(liking: Floats, answers: int, rng: np.random.Generator) -> PairProfile:
    """Random pairs, each once where there are enough of them; every answer has noise of its own."""
    people, ideas = liking.shape
    one, other = np.triu_indices(ideas, 1)
    if answers <= len(one):
        which = rng.random((people, len(one))).argsort(axis=1)[:, :answers]
    else:
        which = rng.integers(0, len(one), (people, answers))
    left, right = one[which], other[which]
    gap = np.take_along_axis(liking, left, 1) - np.take_along_axis(liking, right, 1)
    outcome = np.where(rng.random(gap.shape) < 1 / (1 + np.exp(-gap)), LEFT, RIGHT)
    person = np.repeat(np.arange(people), answers)
    return PairProfile(people, ideas, person, left.ravel(), right.ravel(), outcome.ravel())


def true_scores(strength: Floats, taste: float) -> Floats:
    """The mean chance against another idea, over all people; `taste` is the deviation of strengths between people."""
    gap = strength[:, None] - strength[None, :]
    chance = 1 / (1 + np.exp(-(gap[..., None] + taste * sqrt(2) * GAUSS)))
    chance = chance @ (GAUSS_WEIGHTS / GAUSS_WEIGHTS.sum())
    found: Floats = (chance.sum(axis=1) - 0.5) / (len(strength) - 1)
    return found


# --- places and lines -----------------------------------------------------------------------------------------------


def places_cells() -> Iterator[Cell]:
    for rule, people, spread in product(RULES, (20, 60, 200), (0.0, 0.5)):
        yield Cell(
            f"places: {rule}, {people} people, spread {spread}",
            lambda n, of=(rule, people, spread): coverage_of_places(*of, n),
            1000,
            150 if people == 20 and rule in {"approval", "pairs", "ranked"} else None,
        )


def coverage_of_places(rule: str, people: int, spread: float, repetitions: int) -> dict[str, object]:
    """Of equal ideas each may have every place, and every line is wrong."""
    rng = np.random.default_rng([SEED, *rule.encode(), people, int(10 * spread)])
    ranges, lines, drawn, same = 0, 0, 0, 0
    for n in range(repetitions):
        quality = rng.normal(0, spread, 8)
        profile = ballots(rule, quality, people, rng)
        found = bootstrap(profile, RULES[rule], RUNS_OF_PLACES, n)
        best = 1 + (quality[None, :] > quality[:, None]).sum(axis=1)
        worst = 8 - (quality[None, :] < quality[:, None]).sum(axis=1)
        ranges += bool(np.all(found.places_low <= best) and np.all(found.places_high >= worst))
        tally = RULES[rule].tally(profile)
        counted = np.argsort(-tally.key, kind="stable")
        same += _disjoint_with_the_same_places(tally, found)
        lines += all(quality[counted[:k]].min() > quality[counted[k:]].max() for k in found.lines)
        drawn += len(found.lines)
    slack = 2 * sqrt(LEVEL * (1 - LEVEL) / repetitions)
    held = (ranges / repetitions, lines / repetitions)
    return {
        "ranges": round(held[0], 4),
        "lines": round(held[1], 4),
        "lines_drawn": round(drawn / repetitions, 2),
        "disjoint_with_the_same_places": round(same / repetitions, 3),
        "kept": min(held) >= LEVEL - slack,
    }


def _disjoint_with_the_same_places(tally: Counted, found: Uncertainty) -> int:
    """The number of pairs of ideas whose intervals are disjoint while the same places are possible for both.

    It is not 0: an interval speaks of one idea, and the places of all ideas hold together.
    """
    above = tally.low[:, None] > tally.high[None, :]
    low, high = found.places_low, found.places_high
    return int(np.count_nonzero(above & (low[:, None] == low) & (high[:, None] == high)))


# --- chances --------------------------------------------------------------------------------------------------------


def chances_cells() -> Iterator[Cell]:
    for rule in RULES:
        yield Cell(
            f"chances: {rule}",
            lambda n, rule=rule: calibration(rule, n),
            150,
            8 if rule in {"approval", "ranked"} else None,
        )


def calibration(rule: str, repetitions: int) -> dict[str, object]:
    """`repetitions` of each size, spread of the true values, and number of winners."""
    rng = np.random.default_rng([SEED, *rule.encode()])
    stated, true = [], []
    for ideas, people, spread, top in product((4, 8, 12), (20, 60, 200), (0.2, 0.5, 1.0), (1, 3)):
        for n in range(repetitions):
            quality = rng.normal(0, spread, ideas)
            found = bootstrap(ballots(rule, quality, people, rng), RULES[rule], RUNS, n, top)
            stated.append(found.p_top)
            true.append(np.argsort(np.argsort(-quality)) < top)
    chance, is_top = np.concatenate(stated), np.concatenate(true)
    tenth = np.minimum((chance * 10).astype(int), 9)
    off: dict[str, float] = {}
    kept = True
    for k in range(10):
        inside = tenth == k
        n = np.count_nonzero(inside)
        if n < CHANCES_MIN:
            continue
        share = float(is_top[inside].mean())
        difference = share - float(chance[inside].mean())
        off[f"{k / 10:.1f}"] = round(difference, 3)
        kept = kept and abs(difference) <= CALIBRATED + 2 * sqrt(share * (1 - share) / n)
    return {"chances": len(chance), "observed_less_stated": off, "kept": kept}


# --- readiness of a sample ------------------------------------------------------------------------------------------

# People, and the voters in the sample.
CROWD, SAMPLED = 2_000, 500
DIFFERENCE, BIAS, DIFFERENT = 0.05, 0.02, 0.05


def readiness_cells() -> Iterator[Cell]:
    for rule in RULES:
        yield Cell(
            f"readiness: {rule}",
            lambda n, rule=rule: agreement_of_readiness(rule, n),
            150,
            20 if rule in {"approval", "ranked"} else None,
        )


def agreement_of_readiness(rule: str, repetitions: int) -> dict[str, object]:
    """Votes whose winners are more and less certain; with the sample the readiness counts all, by its sums."""
    rng = np.random.default_rng([SEED, *rule.encode()])
    sampled, exact, same, wrong = [], [], 0, [0, 0]
    for n in range(repetitions):
        top = 1 + n % 3
        quality = np.sort(rng.normal(0, 0.5, 12))[::-1]
        quality[top:] -= rng.choice([0.0, 0.05, 0.1, 0.2])
        profile = ballots(rule, quality, CROWD, rng)
        drawn = bootstrap(profile, RULES[rule], RUNS, n, top)
        found = _of_a_sample(profile, rule, n, top)
        same += found.winners == drawn.winners
        sampled.append(found.stability)
        exact.append(drawn.stability)
        for k, of in enumerate((found, drawn)):
            wrong[k] += of.stability >= SETTLED and of.winners != tuple(range(top))
    differences = np.array(sampled) - np.array(exact)
    different = np.mean((np.array(sampled) >= SETTLED) != (np.array(exact) >= SETTLED))
    slack = 2 / sqrt(repetitions)
    return {
        "same_winners": same / repetitions,
        "difference": round(float(np.abs(differences).mean()), 4),
        "bias": round(float(differences.mean()), 4),
        "settled": round(float(np.mean(np.array(exact) >= SETTLED)), 3),
        "settled_differs": round(float(different), 4),
        "wrong_when_settled": {"sample": wrong[0], "all": wrong[1]},
        "kept": bool(
            same == repetitions
            and np.abs(differences).mean() <= DIFFERENCE
            and abs(differences.mean()) <= BIAS + slack * float(differences.std())
            and different <= DIFFERENT + slack * sqrt(DIFFERENT * (1 - DIFFERENT))
        ),
    }


def _of_a_sample(profile: Profile, rule: str, seed: int, top: int) -> Certainty:
    """What the readiness of a vote says that is large: all ballots are counted, and `SAMPLED` people are drawn."""
    before = readiness.EXACT_MARKS, readiness.CELLS
    size = RULES[rule].sums(profile, np.ones(profile.people), profile.people).total.size
    readiness.EXACT_MARKS, readiness.CELLS = 0, SAMPLED * size
    try:
        return readiness.estimate_readiness(
            Crowd.of_everybody(profile), RULES[rule], np.full(profile.entries, CROWD), seed, top
        )[1]
    finally:
        readiness.EXACT_MARKS, readiness.CELLS = before


# --- closing by itself ----------------------------------------------------------------------------------------------


def closing_cells() -> Iterator[Cell]:
    for rule, (ideas, spread, top) in product(
        ("approval", "ranked"), ((5, 0.5, 1), (5, 1.0, 1), (8, 0.5, 3), (8, 0.25, 1))
    ):
        yield Cell(
            f"closing: {rule}, {ideas} ideas, spread {spread}, {top} winners",
            lambda n, of=(rule, ideas, spread, top): winners_at_the_close(*of, n),
            300,
            60 if (rule, ideas, spread) == ("approval", 5, 1.0) else None,
        )


def winners_at_the_close(
    rule: str, ideas: int, spread: float, top: int, repetitions: int, most: int = 250
) -> dict[str, object]:
    """A look after every vote, until the round closes or `most` people have voted."""
    rng = np.random.default_rng([SEED, *rule.encode(), ideas, int(100 * spread), top])
    right, closed, voted = 0, 0, []
    for _ in range(repetitions):
        quality = rng.normal(0, spread, ideas)
        everybody = ballots(rule, quality, most, rng)
        first: Look | None = None
        for people in range(FEW_PEOPLE, most + 1):
            profile = _first(everybody, people)
            if bootstrap(profile, RULES[rule], RUNS_OF_SCREEN, people, top).stability < SCREEN:
                continue
            found = bootstrap(profile, RULES[rule], RUNS, people, top)
            if found.stability < SETTLED:
                continue
            look = Look(people, found.winners)
            if look.confirms(first):
                closed += 1
                voted.append(people)
                right += set(found.winners) == set(np.argsort(-quality)[:top].tolist())
                break
            first = look.kept(first)
    share = right / closed if closed else 1.0
    slack = 2 * sqrt(LEVEL * (1 - LEVEL) / max(1, closed))
    return {
        "closed": round(closed / repetitions, 3),
        "right": round(share, 4),
        "median_voters": float(np.median(voted)) if voted else None,
        "kept": share >= LEVEL - slack,
    }


def _first(profile: Profile, people: int) -> Profile:
    """The ballots of the people who came first."""
    if isinstance(profile, OrderProfile):
        return OrderProfile(profile.ranks[:people])
    assert isinstance(profile, ScoreProfile)
    kept = profile.participant < people
    return ScoreProfile(people, profile.entries, profile.participant[kept], profile.subject[kept], profile.value[kept])


# --- ballots --------------------------------------------------------------------------------------------------------


def ballots(rule: str, quality: Floats, people: int, rng: np.random.Generator) -> Profile:
    """The ballots of people who like each idea as much as its quality, plus logistic noise."""
    liking = quality + rng.logistic(0, 1, (people, len(quality)))
    if rule == "pairs":
        return answers_to_pairs(liking * 10, min(ANSWERS, len(quality) * (len(quality) - 1) // 2), rng)
    place = (liking[:, :, None] < liking[:, None, :]).sum(axis=2) + 1
    if rule == "ranked":
        return OrderProfile(np.where(place <= 10, place, UNPLACED).astype(np.int16))
    if rule == "approval":
        return _scores(np.where(liking > 0, 1.0, -1.0))
    if rule == "grades":
        return _scores(np.clip(np.floor(liking) + 3, 0, 5))
    if rule == "stars":
        return _scores(np.where(place == 1, 1.0, np.where(place == len(quality), -1.0, np.nan)))
    return _scores(np.select([place == 1, place == 2, place == 3], [5.0, 3.0, 2.0], np.nan))


def _scores(table: Floats) -> ScoreProfile:
    person, idea = np.nonzero(~np.isnan(table))
    return ScoreProfile(*table.shape, person, idea, table[person, idea])


CASES: dict[str, Callable[[], Iterator[Cell]]] = {
    "pairs": pairs_cells,
    "places": places_cells,
    "chances": chances_cells,
    "readiness": readiness_cells,
    "closing": closing_cells,
}

if __name__ == "__main__":
    main()
