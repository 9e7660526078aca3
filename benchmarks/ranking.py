"""Measure time and memory of counting: `.venv/bin/python -m benchmarks.ranking [CASE …]`.

Print one JSON line for each case and exit with 1 if a target is missed. Times are CPU times of one thread, with the
arrays already in memory. `peak_mib` is the maximum memory of the process of the case, including its ballots. `growth`
is the time relative to the small size, `growth_of_marks` the relative number of marks.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from time import process_time

import numpy as np

from ideas.voting import approval, grades, pairs, points, ranked, runoff, stars
from ideas.voting.feed import spread_of
from ideas.voting.places import places
from ideas.voting.profiles import LEFT, RIGHT, OrderProfile, PairProfile, Profile, ScoreProfile
from ideas.voting.uncertainty import bootstrap, marks_of

SEED = 2026
SMALL, BIG, CROWD = "small", "big", "crowd"

# Entries, people, marks of each person.
SIZES = {SMALL: (1_000, 1_000, 100), BIG: (100_000, 100_000, 100), CROWD: (1_000, 2_000, 50)}
# Ranked: entries, ballots.
ORDERS = {SMALL: (50, 1_000), BIG: (50, 100_000), CROWD: (50, 2_000)}

RULES = {"approval": approval, "pairs": pairs, "points": points, "grades": grades, "stars": stars, "ranked": ranked}
VALUES = {"approval": (1, 0, -1), "points": (1, 2, 3, 4, 5), "grades": (0, 1, 2, 3, 4, 5), "stars": (1, -1)}

RECOUNT_SECONDS, RECOUNT_MIB = 10.0, 2048
BOOTSTRAP_RUNS, BOOTSTRAP_SECONDS = 500, 5.0
CONSOLE_SECONDS = 0.050
# A counter is updated by its key: among 100 times as many this takes a little longer, not 100 times as long.
MARKS_MOVED, MARK_GROWTH = 2_000, 3.0


@dataclass(frozen=True)
class Measured:
    seconds: float
    entries: int
    people: int
    marks: int


@dataclass(frozen=True)
class Case:
    """A case. `measure` runs in a separate process; `growth_of` names the case for comparison."""

    measure: Callable[[], Measured]
    seconds: float | None = None
    mib: int | None = None
    growth_of: str | None = None
    growth: float | None = None


def cases() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for rule in RULES:
        found[f"{rule}-{SMALL}"] = Case(lambda rule=rule: recount(rule, SMALL))
        found[f"{rule}-{BIG}"] = Case(
            lambda rule=rule: recount(rule, BIG), RECOUNT_SECONDS, RECOUNT_MIB, growth_of=f"{rule}-{SMALL}"
        )
    for size in (SMALL, BIG):
        found[f"mark-{size}"] = Case(
            lambda size=size: move_counters(size),
            growth_of=f"mark-{SMALL}" if size == BIG else None,
            growth=MARK_GROWTH if size == BIG else None,
        )
    for rule in RULES:
        found[f"bootstrap-{rule}"] = Case(lambda rule=rule: resample(rule), BOOTSTRAP_SECONDS)
    found["console"] = Case(refresh_console, CONSOLE_SECONDS)
    return found


def recount(rule: str, size: str) -> Measured:
    """Count every mark, from the arrays to scores, intervals and places."""
    profile = ballots(rule, size)
    start: dict[str, object] = {}
    if isinstance(profile, PairProfile):
        # Warm start: use the strengths of a count without the last hundredth of the answers.
        before = len(profile.left) * 99 // 100
        rows = (profile.participant, profile.left, profile.right, profile.outcome)
        start["start"] = pairs.fit(
            pairs.duels(PairProfile(profile.people, profile.entries, *(row[:before] for row in rows)))
        )
    begin = process_time()
    places(RULES[rule].tally(profile, **start).key)
    if isinstance(profile, OrderProfile):
        ranked.borda(ranked.pairwise(profile), float(profile.people))
        runoff.instant_runoff(profile)
    return Measured(process_time() - begin, profile.entries, profile.people, marks(profile))


def resample(rule: str) -> Measured:
    profile = ballots(rule, CROWD)
    begin = process_time()
    bootstrap(profile, RULES[rule], BOOTSTRAP_RUNS, SEED)
    return Measured(process_time() - begin, profile.entries, profile.people, marks(profile))


def refresh_console() -> Measured:
    """The share of counting in a refresh of the console: tally, places, spread of reads, marks of each entry."""
    profile = ballots("approval", CROWD)
    begin = process_time()
    places(approval.tally(profile).key)
    spread_of(marks_of(profile).tolist())
    return Measured(process_time() - begin, profile.entries, profile.people, marks(profile))


def move_counters(size: str) -> Measured:
    """Change one mark after the other from no to yes, each with its own statement, in a database in memory."""
    from sqlalchemy import create_engine, insert
    from sqlalchemy.orm import Session

    from ideas.marks import store_tallies
    from ideas.models import Tally
    from ideas.statements import Statements

    entries = SIZES[size][0]
    engine = create_engine("sqlite://")
    Tally.__table__.create(engine)
    with closing(engine.raw_connection()) as connection:
        connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # there is no question
    with Session(engine) as session:
        rows = [
            {"question_id": 1, "subject": entry, "versus": 0, "value": value, "n": 9}
            for entry in range(entries)
            for value in (1, -1)
        ]
        session.execute(insert(Tally), rows)
        statements = Statements(session)
        subjects = np.random.default_rng(SEED).integers(0, entries, MARKS_MOVED + 100).tolist()
        for subject in subjects[:100]:
            store_tallies(statements, {(1, subject, 0, -1): -1, (1, subject, 0, 1): 1})
        begin = process_time()
        for subject in subjects[100:]:
            store_tallies(statements, {(1, subject, 0, -1): -1, (1, subject, 0, 1): 1})
        return Measured(process_time() - begin, entries, MARKS_MOVED, MARKS_MOVED)


def ballots(rule: str, size: str) -> Profile:
    """Random ballots with entries of different quality; each person marks the same number of entries."""
    rng = np.random.default_rng(SEED)
    if rule == "ranked":
        entries, people = ORDERS[size]
        ranks = np.empty((people, entries), dtype=np.int16)
        for begin in range(0, people, 10_000):
            liking = rng.standard_normal((min(10_000, people - begin), entries)) + np.linspace(0.5, -0.5, entries)
            order = np.argsort(-liking, axis=1)
            numbers = np.broadcast_to(np.arange(1, entries + 1, dtype=np.int16), order.shape)
            np.put_along_axis(ranks[begin : begin + len(order)], order, numbers, axis=1)
        return OrderProfile(ranks)
    entries, people, each = SIZES[size]
    participant = np.repeat(np.arange(people, dtype=np.int32), each)
    # Each person marks entries in equal steps from a random start: none twice, and every entry about equally often.
    step = entries // each
    first = rng.integers(0, entries, people, dtype=np.int32)
    subject = ((first[:, None] + step * np.arange(each, dtype=np.int32)) % entries).ravel()
    quality = rng.standard_normal(entries).astype(np.float32)
    if rule == "pairs":
        other = ((subject + rng.integers(1, entries, len(subject), dtype=np.int32)) % entries).astype(np.int32)
        wins = rng.random(len(subject), dtype=np.float32) < 1 / (1 + np.exp(quality[other] - quality[subject]))
        outcome = np.where(wins, np.int8(LEFT), np.int8(RIGHT))
        return PairProfile(people, entries, participant, subject, other, outcome)
    values = np.array(sorted(VALUES[rule]), dtype=np.float64)
    # A noisy preference, cut into as many steps as there are values.
    liking = quality[subject] + rng.standard_normal(len(subject), dtype=np.float32)
    cuts = np.linspace(-1.5, 1.5, len(values) + 1)[1:-1]
    return ScoreProfile(people, entries, participant, subject, values[np.searchsorted(cuts, liking)])


def marks(profile: Profile) -> int:
    return profile.ranks.size if isinstance(profile, OrderProfile) else len(profile.participant)


def run_alone(name: str) -> dict[str, object]:
    """Measure a case in a separate process, on one thread."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.ranking", "--alone", name]
    done = subprocess.run(command, env=os.environ | one_thread, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def measure_alone(name: str) -> None:
    measured = cases()[name].measure()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mib = peak / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps(measured.__dict__ | {"peak_mib": round(mib)}))


def verdict(name: str, case: Case, found: dict[str, dict[str, object]]) -> dict[str, object]:
    line = {"case": name} | found[name]
    line["seconds"] = round(line["seconds"], 6)
    missed = []
    if case.growth_of in found:
        line["growth"] = round(found[name]["seconds"] / found[case.growth_of]["seconds"], 1)
        line["growth_of_marks"] = round(found[name]["marks"] / found[case.growth_of]["marks"], 1)
    if case.seconds is not None:
        line["target_seconds"] = case.seconds
        missed += ["seconds"] if line["seconds"] > case.seconds else []
    if case.mib is not None:
        line["target_mib"] = case.mib
        missed += ["peak_mib"] if line["peak_mib"] > case.mib else []
    if case.growth is not None and "growth" in line:
        line["target_growth"] = case.growth
        missed += ["growth"] if line["growth"] > case.growth else []
    return line | {"missed": missed}


def main() -> int:
    known = cases()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help=f"all when none is named: {', '.join(known)}")
    parser.add_argument("--alone", metavar="CASE", choices=known, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := set(arguments.case) - known.keys():
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    if arguments.alone:
        measure_alone(arguments.alone)
        return 0
    found: dict[str, dict[str, object]] = {}
    is_missed = False
    for name in arguments.case or known:
        found[name] = run_alone(name)
        line = verdict(name, known[name], found)
        is_missed |= bool(line["missed"])
        print(json.dumps(line), flush=True)
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
