"""Ballot files for `count`: CSV with a header, one mark per line; or a file of PrefLib or Pabulib.

An error names its line. What is not plain CSV in UTF-8 is either understood and reported (`Reading`), or refused: no
file is silently counted as something else. The presenter of each rule says how its cells are read.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import click

from app.rules import pabulib, preflib
from app.rules.wrong_cells import WrongCell, WrongLine
from ideas.text_files import UTF_8, BrokenRow, UnreadableText, decoded, rows_of_text, separator_of
from ideas.voting.arrays import Ints, np
from ideas.voting.profiles import UNPLACED, OrderProfile, PairProfile, Profile, ScoreProfile

# These limits exceed any vote's points and weights; sums of them and of their squares are still finite numbers.
NUMBER_MAX = 1_000_000_000
T = TypeVar("T")

# Numbers in the answer of the command have so many decimals.
DIGITS = 6

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


@dataclass
class Reading:
    """The parts of a file that had to be interpreted. The command reports them."""

    source: str = ""
    encoding: str = ""
    separator: str = ""
    decimal_commas: int = 0
    spellings: dict[str, set[str]] = field(default_factory=dict)

    def name(self, written: str) -> str:
        """A name in its composed form: composed and decomposed letters look alike and are one name."""
        composed = unicodedata.normalize("NFC", written)
        self.spellings.setdefault(composed, set()).add(written)
        return composed

    def report(self) -> dict[str, object]:
        """The interpreted parts, as the command prints them; empty for plain CSV in UTF-8."""
        joined = sorted(name for name, written in self.spellings.items() if len(written) > 1)
        found: dict[str, object] = {
            "source": self.source,
            "encoding": self.encoding,
            "separator": self.separator,
            "decimal_commas": self.decimal_commas,
            "joined_spellings": joined,
        }
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True)
class BallotFile:
    """The content of a file, as a profile for its rule.

    `names[entry]` are the ideas, sorted. `marks` counts the lines that count. `replaced` counts the lines that a later
    line of the same person on the same idea replaced. `interpreted` is what the file does not say by itself.
    """

    ballots: Profile
    names: tuple[str, ...]
    marks: int
    replaced: int
    interpreted: dict[str, object] = field(default_factory=dict)

    def named(self, entries: Ints) -> list[str]:
        """The names of these entries."""
        return [self.names[entry] for entry in entries]


def with_ideas(file: BallotFile, named: Iterable[str]) -> BallotFile:
    """The same votes with further ideas, on which nobody voted."""
    known = {name: entry for entry, name in enumerate(file.names)}
    names = numbered([*known, *(unicodedata.normalize("NFC", name.strip()) for name in named if name.strip())])
    place = np.array([names[name] for name in file.names], dtype=np.int64)
    return replace(file, ballots=_moved(file.ballots, place, len(names)), names=tuple(names))


def _moved(profile: Profile, place: Ints, entries: int) -> Profile:
    """A profile whose entries stand at other places among more entries."""
    if isinstance(profile, OrderProfile):
        ranks = np.full((len(profile.ranks), entries), UNPLACED, dtype=profile.ranks.dtype)
        ranks[:, place] = profile.ranks
        return replace(profile, ranks=ranks)
    if isinstance(profile, PairProfile):
        return replace(profile, entries=entries, left=place[profile.left], right=place[profile.right])
    assert isinstance(profile, ScoreProfile)
    return replace(profile, entries=entries, subject=place[profile.subject])


def read_scores(path: Path, value_of: Callable[[str], float], vote_types: tuple[str, ...] = ()) -> BallotFile:
    """Read a file with the columns participant, idea and value; `value_of` reads the value or raises `WrongCell`.

    :param vote_types: the types of Pabulib files that hold such values.
    :raise click.ClickException: if the file is invalid; the message names the line.
    """
    marks: dict[tuple[str, str], float] = {}
    lines = 0
    rows = rows_of(path, ("participant", "idea", "value"), vote_types=vote_types)
    for row in rows:
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
    return rows.complete(BallotFile(profile, tuple(names), len(marks), lines - len(marks)))


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
    """A number with a point or a comma before its decimals, and no sign between its thousands."""
    if not _NUMBER.fullmatch(value):
        raise WrongCell(f"{value!r} is no number")
    if _GROUPED.fullmatch(value):
        whole, decimals = re.split("[.,]", value)
        raise WrongCell(f"{value!r} may mean {whole}{decimals} or {whole}: write one of them")
    number = float(value.replace(",", "."))
    if not math.isfinite(number):
        raise WrongCell(f"{value!r} is too large")
    return number


@dataclass(frozen=True)
class BallotLine:
    """One line of the file; gives access to its cells."""

    file: str
    line: int
    cells: dict[str, str]
    reading: Reading

    def name(self, column: str) -> str:
        if not self.cells[column]:
            raise self.wrong(f"{column} is empty")
        return self.reading.name(self.cells[column])

    def checked(self, reader: Callable[[str], T], column: str) -> T:
        cell = self.cells.get(column, "")
        try:
            found = reader(cell)
        except WrongCell as error:
            raise self.wrong(f"{column}: {error}") from error
        if isinstance(found, float) and "," in cell:
            self.reading.decimal_commas += 1
        return found

    def wrong(self, problem: str) -> click.ClickException:
        return click.ClickException(f"{self.file}, line {self.line}: {problem}")


def rounded(number: float) -> float | None:
    """A figure as the command prints it."""
    return None if math.isnan(number) else round(float(number), DIGITS)


@dataclass(frozen=True)
class BallotRows:
    """The lines of a file, and what had to be interpreted in those that were read."""

    lines: Iterator[BallotLine]
    reading: Reading
    ideas: tuple[str, ...] = ()  # all ideas, if the file names also those without a mark

    def __iter__(self) -> Iterator[BallotLine]:
        return self.lines

    def complete(self, file: BallotFile) -> BallotFile:
        """The votes of these lines, with all ideas and with what had to be interpreted."""
        return replace(with_ideas(file, self.ideas), interpreted=self.reading.report())


def rows_of(
    path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = (), vote_types: tuple[str, ...] = ()
) -> BallotRows:
    """Each line after the header, with stripped cells. Other columns and empty lines are ignored.

    A file of PrefLib or Pabulib has the same cells. `vote_types` are the types of Pabulib files that fit the columns.
    """
    reading = Reading()
    text = _text(path, reading)
    kind = path.suffix.lower()
    if kind not in (pabulib.SUFFIX, *preflib.SUFFIXES):
        return BallotRows(_lines_of_csv(path, text, columns, optional, reading), reading)
    if kind in preflib.SUFFIXES and "order" not in columns:
        raise click.ClickException(f"{path.name} is a PrefLib file of orders: count it with the rule ranked")
    try:
        if kind == pabulib.SUFFIX:
            reading.source = "Pabulib"
            lines, ideas = pabulib.lines_of(text, vote_types), pabulib.names_of(text)
        else:
            reading.source = "PrefLib"
            lines, ideas = preflib.lines_of(text), preflib.names_of(text)
        found = [BallotLine(path.name, line, cells, reading) for line, cells in lines]
    except WrongLine as error:
        raise BallotLine(path.name, error.line, {}, reading).wrong(str(error)) from error
    return BallotRows(iter(found), reading, tuple(ideas))


def _lines_of_csv(
    path: Path, text: str, columns: tuple[str, ...], optional: tuple[str, ...], reading: Reading
) -> Iterator[BallotLine]:
    """A record with a quoted line break, or with an unclosed quote, has the number of its first line."""
    separator = separator_of(text, columns)
    reading.separator = "" if separator == "," else separator
    header: list[str] | None = None
    try:
        for begin, cells in rows_of_text(text, separator):
            row = BallotLine(path.name, begin, {}, reading)
            if header is None:
                header = _header(row, cells, columns, optional)
                continue
            if len(cells) != len(header):
                raise row.wrong(f"{len(cells)} cells under {len(header)} columns")
            yield replace(row, cells=dict(zip(header, map(str.strip, cells), strict=True)))
    except BrokenRow as error:
        raise click.ClickException(f"{path.name}, line {error.line}: {error.reason}") from error
    if header is None:
        raise click.ClickException(f"{path.name}, line 1: the file is empty")


def _header(row: BallotLine, cells: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    missing = [column for column in columns if column not in header]
    if missing:
        raise row.wrong(f"no column {', '.join(missing)} (the first line names the columns)")
    twice = [column for column in (*columns, *optional) if header.count(column) > 1]
    if twice:
        raise row.wrong(f"more than one column {', '.join(twice)}")
    return header


def _text(path: Path, reading: Reading) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte order mark.

    Older encodings of one byte are refused: which one it is would be a guess, and names would be misread silently.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path} can't be read: {error.strerror}") from error
    try:
        found = decoded(data)
    except UnreadableText as error:
        raise click.ClickException(f"{path.name}, line {error.line}: this is no text") from error
    if not found.is_certain:
        advice = "in a spreadsheet, save the file as “CSV UTF-8”"
        raise click.ClickException(f"{path.name}, line {found.line}: not UTF-8 ({advice})")
    reading.encoding = "" if found.encoding == UTF_8 else found.encoding
    return found.text


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Number the names in sorted order, so that the order of the lines has no effect."""
    return {name: number for number, name in enumerate(sorted(set(names)))}
