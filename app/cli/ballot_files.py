"""Ballot files for `count`: CSV with a header, UTF-8, one mark per line. An error names its line."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click
import numpy as np

from ideas.voting import grades
from ideas.voting.profiles import LEFT, RIGHT, SKIP, UNPLACED, OrderProfile, PairProfile, Profile, ScoreProfile

GRADE_MAX = 100
# These limits exceed any vote's points and weights; sums of them and of their squares are still finite numbers.
NUMBER_MAX = 1_000_000_000
T = TypeVar("T")

OUTCOMES = {"left": LEFT, "right": RIGHT, "skip": SKIP}


@dataclass(frozen=True)
class BallotFile:
    """The content of a file, as a profile for its rule.

    `names[entry]` are the ideas, sorted. `marks` counts the lines that count. `replaced` counts the lines that a later
    line of the same person on the same idea replaced.
    """

    ballots: Profile
    names: tuple[str, ...]
    marks: int
    replaced: int


class _Wrong(ValueError):
    """A cell of a line is invalid."""


def read(path: Path, rule: str) -> BallotFile:
    """Read a file for the rule.

    :raise click.ClickException: if the file is invalid; the message names the line.
    """
    return _READERS[rule](path)


def _read_scores(path: Path, value_of: Callable[[str], float]) -> BallotFile:
    marks: dict[tuple[str, str], float] = {}
    lines = 0
    for row in _rows(path, ("participant", "idea", "value")):
        lines += 1
        key = (row.name("participant"), row.name("idea"))
        marks[key] = row.checked(value_of, "value")
    people, names = _numbered(person for person, _ in marks), _numbered(idea for _, idea in marks)
    profile = ScoreProfile(
        len(people),
        len(names),
        np.array([people[person] for person, _ in marks], dtype=np.int64),
        np.array([names[idea] for _, idea in marks], dtype=np.int64),
        np.array(list(marks.values()), dtype=np.float64),
    )
    return BallotFile(profile, tuple(names), len(marks), lines - len(marks))


def _read_pairs(path: Path) -> BallotFile:
    answers: list[tuple[str, str, str, int]] = []
    for row in _rows(path, ("participant", "left", "right", "winner")):
        person, left, right = row.name("participant"), row.name("left"), row.name("right")
        if left == right:
            raise row.wrong(f"{left!r} is compared with itself")
        answers.append((person, left, right, row.checked(_outcome, "winner")))
    people, names = _numbered(a[0] for a in answers), _numbered(idea for a in answers for idea in a[1:3])
    table = np.array(
        [(people[person], names[left], names[right], outcome) for person, left, right, outcome in answers],
        dtype=np.int64,
    ).reshape(-1, 4)
    return BallotFile(PairProfile(len(people), len(names), *table.T), tuple(names), len(answers), 0)


def _read_orders(path: Path) -> BallotFile:
    orders: dict[str, tuple[list[list[str]], float]] = {}
    lines = 0
    for row in _rows(path, ("participant", "order"), ("weight",)):
        lines += 1
        orders[row.name("participant")] = (row.checked(_tiers, "order"), row.checked(_weight, "weight"))
    people = _numbered(orders)
    names = _numbered(idea for tiers, _ in orders.values() for tier in tiers for idea in tier)
    ranks = np.full((len(people), len(names)), UNPLACED, dtype=np.int16)
    weight = np.ones(len(people))
    for person, (tiers, own) in orders.items():
        weight[people[person]] = own
        for rank, tier in enumerate(tiers, start=1):
            ranks[people[person], [names[idea] for idea in tier]] = rank
    return BallotFile(
        OrderProfile(ranks, None if np.all(weight == 1) else weight), tuple(names), len(orders), lines - len(orders)
    )


def _approval(value: str) -> float:
    return _one_of(value, (1, 0, -1))


def _star(value: str) -> float:
    return _one_of(value, (1, -1))


def _points(value: str) -> float:
    number = _number(value)
    if number < 0:
        raise _Wrong(f"{value!r} is less than 0")
    if number > NUMBER_MAX:
        raise _Wrong(f"{value!r} is more than {NUMBER_MAX}")
    return number


def _grade(value: str) -> float:
    if value.lower() in grades.NAMES:
        return float(grades.NAMES.index(value.lower()))
    number = _number(value)
    if not number.is_integer() or not 0 <= number <= GRADE_MAX:
        raise _Wrong(
            f"{value!r} is no grade: {', '.join(grades.NAMES)}, or a whole number from 0 (worst) to {GRADE_MAX}"
        )
    return number


def _outcome(value: str) -> int:
    if value not in OUTCOMES:
        raise _Wrong(f"{value!r} is not one of {', '.join(OUTCOMES)}")
    return OUTCOMES[value]


def _tiers(order: str) -> list[list[str]]:
    """Parse `a>b=c>d`: a is first, b and c second, d third. An empty order places no idea."""
    if not order:
        return []
    tiers = [[idea.strip() for idea in tier.split("=")] for tier in order.split(">")]
    placed = [idea for tier in tiers for idea in tier]
    if not all(placed):
        raise _Wrong("an idea without a name")
    if len(set(placed)) < len(placed):
        raise _Wrong(f"{next(idea for idea in placed if placed.count(idea) > 1)!r} is placed twice")
    if len(tiers) >= UNPLACED:
        raise _Wrong("more places than can be counted")
    return tiers


def _weight(value: str) -> float:
    return _points(value) if value else 1.0


def _one_of(value: str, allowed: tuple[int, ...]) -> float:
    number = _number(value)
    if number not in allowed:
        raise _Wrong(f"{value!r} is not one of {', '.join(map(str, allowed))}")
    return number


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise _Wrong(f"{value!r} is no number") from None
    if not math.isfinite(number):
        raise _Wrong(f"{value!r} is no number")
    return number


_READERS: dict[str, Callable[[Path], BallotFile]] = {
    "approval": lambda path: _read_scores(path, _approval),
    "pairs": _read_pairs,
    "points": lambda path: _read_scores(path, _points),
    "quadratic": lambda path: _read_scores(path, _points),
    "grades": lambda path: _read_scores(path, _grade),
    "stars": lambda path: _read_scores(path, _star),
    "ranked": _read_orders,
}


@dataclass(frozen=True)
class _Row:
    """One line of the file; gives access to its cells."""

    file: str
    line: int
    cells: dict[str, str]

    def name(self, column: str) -> str:
        if not self.cells[column]:
            raise self.wrong(f"{column} is empty")
        return self.cells[column]

    def checked(self, reader: Callable[[str], T], column: str) -> T:
        try:
            return reader(self.cells.get(column, ""))
        except _Wrong as error:
            raise self.wrong(f"{column}: {error}") from error

    def wrong(self, problem: str) -> click.ClickException:
        return click.ClickException(f"{self.file}, line {self.line}: {problem}")


def _rows(path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[_Row]:
    """Yield each line after the header, with stripped cells. Other columns and empty lines are ignored.

    A record with a quoted line break, or with an unclosed quote, has the number of its first line.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    header: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            row = _Row(path.name, begin, {})
            begin = reader.line_num + 1
            if header is None:
                header = _header(row, cells, columns, optional)
            elif cells:
                if len(cells) != len(header):
                    raise row.wrong(f"{len(cells)} cells under {len(header)} columns")
                yield replace(row, cells=dict(zip(header, map(str.strip, cells), strict=True)))
    except csv.Error as error:
        raise click.ClickException(f"{path.name}, line {begin}: {error}") from error
    if header is None:
        raise click.ClickException(f"{path.name}, line 1: the file is empty")


def _header(row: _Row, cells: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> list[str]:
    header = [cell.strip() for cell in cells]
    missing = [column for column in columns if column not in header]
    if missing:
        raise row.wrong(f"no column {', '.join(missing)} (the first line names the columns)")
    twice = [column for column in (*columns, *optional) if header.count(column) > 1]
    if twice:
        raise row.wrong(f"more than one column {', '.join(twice)}")
    return header


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path} can't be read: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise click.ClickException(f"{path.name}, line {line}: not UTF-8") from error


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """Number the names in sorted order, so that the order of the lines has no effect."""
    return {name: number for number, name in enumerate(sorted(set(names)))}
