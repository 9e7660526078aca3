"""Ballot files for `count`: CSV with a header, UTF-8, one mark per line. An error names its line.

The presenter of each rule says how its cells are read.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click
import numpy as np

from ideas.voting.profiles import Ints, Profile, ScoreProfile

# These limits exceed any vote's points and weights; sums of them and of their squares are still finite numbers.
NUMBER_MAX = 1_000_000_000
T = TypeVar("T")

# Numbers in the answer of the command have so many decimals.
DIGITS = 6


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

    def named(self, entries: Ints) -> list[str]:
        """The names of these entries."""
        return [self.names[entry] for entry in entries]


class WrongCell(ValueError):
    """A cell of a line is invalid."""


def read_scores(path: Path, value_of: Callable[[str], float]) -> BallotFile:
    """Read a file with the columns participant, idea and value; `value_of` reads the value or raises `WrongCell`.

    :raise click.ClickException: if the file is invalid; the message names the line.
    """
    marks: dict[tuple[str, str], float] = {}
    lines = 0
    for row in rows_of(path, ("participant", "idea", "value")):
        lines += 1
        key = (row.name("participant"), row.name("idea"))
        marks[key] = row.checked(value_of, "value")
    people, names = numbered(person for person, _ in marks), numbered(idea for _, idea in marks)
    profile = ScoreProfile(
        len(people),
        len(names),
        np.array([people[person] for person, _ in marks], dtype=np.int64),
        np.array([names[idea] for _, idea in marks], dtype=np.int64),
        np.array(list(marks.values()), dtype=np.float64),
    )
    return BallotFile(profile, tuple(names), len(marks), lines - len(marks))


def points_in(value: str) -> float:
    """A number from 0 up."""
    number = number_in(value)
    if number < 0:
        raise WrongCell(f"{value!r} is less than 0")
    if number > NUMBER_MAX:
        raise WrongCell(f"{value!r} is more than {NUMBER_MAX}")
    return number


def one_of(value: str, allowed: tuple[int, ...]) -> float:
    """One of these numbers."""
    number = number_in(value)
    if number not in allowed:
        raise WrongCell(f"{value!r} is not one of {', '.join(map(str, allowed))}")
    return number


def number_in(value: str) -> float:
    """A finite number."""
    try:
        number = float(value)
    except ValueError:
        raise WrongCell(f"{value!r} is no number") from None
    if not math.isfinite(number):
        raise WrongCell(f"{value!r} is no number")
    return number


@dataclass(frozen=True)
class BallotLine:
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
        except WrongCell as error:
            raise self.wrong(f"{column}: {error}") from error

    def wrong(self, problem: str) -> click.ClickException:
        return click.ClickException(f"{self.file}, line {self.line}: {problem}")


def rounded(number: float) -> float | None:
    """A figure as the command prints it."""
    return None if math.isnan(number) else round(float(number), DIGITS)


def rows_of(path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[BallotLine]:
    """Yield each line after the header, with stripped cells. Other columns and empty lines are ignored.

    A record with a quoted line break, or with an unclosed quote, has the number of its first line.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    header: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            row = BallotLine(path.name, begin, {})
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


def _header(row: BallotLine, cells: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> list[str]:
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


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Number the names in sorted order, so that the order of the lines has no effect."""
    return {name: number for number, name in enumerate(sorted(set(names)))}
