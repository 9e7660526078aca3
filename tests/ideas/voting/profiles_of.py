"""Profiles for tests, written by hand: from names to arrays."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ideas.voting.profiles import UNPLACED, OrderProfile, PairProfile, ScoreProfile
from tests.conversations import full


def scores(table: Sequence[Sequence[float | None]]) -> ScoreProfile:
    """`table[person][entry]`, None for no mark."""
    rows = [(p, e, value) for p, marks in enumerate(table) for e, value in enumerate(marks) if value is not None]
    participant, subject, value = np.array(rows, dtype=float).reshape(-1, 3).T
    return ScoreProfile(len(table), len(table[0]), participant.astype(int), subject.astype(int), value)


def graded(counts: Sequence[Sequence[int]]) -> ScoreProfile:
    """`counts[entry][grade]`, the worst grade first; every grade comes from another person."""
    rows = [(e, grade) for e, row in enumerate(counts) for grade, count in enumerate(row) for _ in range(count)]
    subject, value = np.array(rows).reshape(-1, 2).T
    return ScoreProfile(len(rows), len(counts), np.arange(len(rows)), subject, value.astype(float))


def pairs(answers: Iterable[tuple[str, str, str, int]]) -> tuple[list[str], PairProfile]:
    """From `(person, left, right, outcome)` to the sorted names of the entries and the profile."""
    rows = list(answers)
    names = sorted({row[1] for row in rows} | {row[2] for row in rows})
    people = {person: number for number, person in enumerate(sorted({row[0] for row in rows}))}
    number = {name: index for index, name in enumerate(names)}
    table = np.array([(people[p], number[left], number[right], outcome) for p, left, right, outcome in rows])
    return names, PairProfile(len(people), len(names), *table.T)


def orders(names: Sequence[str], ballots: Iterable[tuple[float, Sequence[Sequence[str]]]]) -> OrderProfile:
    """From `(weight, tiers)`, the best tier first, to the profile."""
    rows = list(ballots)
    ranks = np.full((len(rows), len(names)), UNPLACED, dtype=np.int16)
    for person, (_, tiers) in enumerate(rows):
        for rank, tier in enumerate(tiers, start=1):
            ranks[person, [names.index(name) for name in tier]] = rank
    return OrderProfile(ranks, np.array([weight for weight, _ in rows], dtype=float))


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, which may also be gzipped."""
    data = file.read_bytes() if file.exists() else gzip.decompress(file.with_name(file.name + ".gz").read_bytes())
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def budget(name: str) -> tuple[list[dict[str, str]], list[dict[str, float]]]:
    """A participatory budget: the expected projects, and `{project: points}` of each voter."""
    folder = full(name)
    _, votes = (folder / "instance.pb").read_text().split("VOTES\n")
    ballots = []
    for row in csv.DictReader(io.StringIO(votes), delimiter=";"):
        chosen = row["vote"].split(",")
        given = (
            row["points"].split(",") if "points" in row else range(len(chosen), 0, -1)
        )  # ordinal ballots: the first project gets most points
        ballots.append({project: float(n) for project, n in zip(chosen, given, strict=True)})
    return json.loads((folder / "expected.json").read_text())["projects"], ballots
