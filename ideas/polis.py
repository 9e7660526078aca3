"""Read a Polis conversation from a folder, in Polis' own layout or in the layout of open data sets.

Polis writes `comments.csv` and `votes.csv` (and `summary.csv`); the other layout has `ideas.csv`, `votes.csv` and
`summary.json`. Each file may be gzipped. Columns are found by name. +1 agrees, -1 disagrees, 0 passes.
"""

import codecs
import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ideas.errors import BrokenFile
from ideas.texts import TITLE_MAX, cleaned, shortened

_COLUMNS = {
    "time": ("timestamp", "t_ms"),
    "idea": ("comment-id", "idea_id"),
    "author": ("author-id", "author_id"),
    "voter": ("voter-id", "voter_id"),
    "moderated": ("moderated",),
    "text": ("comment-body", "text"),
    "vote": ("vote",),
}
_STATEMENT_FILES = ("comments.csv", "ideas.csv")
_VOTE_FILES = ("votes.csv",)

# The three answers, in the notations of Polis, of spreadsheets and of data frames.
_SIGNS = {"1": 1, "+1": 1, "1.0": 1, "0": 0, "-0": 0, "0.0": 0, "-0.0": 0, "-1": -1, "-1.0": -1}

_PERSON = re.compile(r"-?\d{1,18}")
_TIME = re.compile(r"(\d{1,15})(?:\.\d+)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
IDEA_ID_MAX = 40

# Polis writes seconds or milliseconds, depending on its version. In milliseconds this is the year 1973, before any
# Polis.
_SECONDS_BELOW = 100_000_000_000
_YEAR_9999_MS = 253_402_300_799_000

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Statement:
    """A participant's statement. `moderated`: 1 accepted, 0 not reviewed, -1 rejected; `at_ms` since the epoch, UTC."""

    id: str
    author: str
    at_ms: int
    moderated: int
    text: str


@dataclass(frozen=True)
class PolisVote:
    """One answer; a voter may have answered the same statement again later."""

    voter: str
    idea: str
    at_ms: int
    value: int


@dataclass(frozen=True)
class Conversation:
    """Statements and votes in time order (rows with equal times in the order of the file).

    `digests` are the SHA-256 (hex) of the files as stored on disk.
    """

    topic: str
    description: str
    language: str
    statements: list[Statement]
    votes: list[PolisVote]
    digests: dict[str, str]

    @property
    def people(self) -> list[str]:
        """Everybody who wrote or voted, in order of first appearance: authors first, then voters."""
        return list(dict.fromkeys([*(s.author for s in self.statements), *(v.voter for v in self.votes)]))

    def latest_votes(self) -> list[PolisVote]:
        """The last vote of each voter on each statement, in time order; among equal times the later row wins."""
        latest: dict[tuple[str, str], PolisVote] = {}
        for vote in self.votes:
            latest.pop((vote.voter, vote.idea), None)
            latest[vote.voter, vote.idea] = vote
        return list(latest.values())


def headline(text: str) -> tuple[str, str]:
    """Split a statement into title and text of an idea. A short line is a title alone.

    A longer statement is the text as a whole, and its beginning is the title.
    """
    whole = cleaned("text", text, len(text) * 4)
    line = " ".join(whole.split())
    if len(line) <= TITLE_MAX:
        return line, whole if "\n" in whole else ""
    return shortened(line, TITLE_MAX), whole


def read_conversation(folder: Path) -> Conversation:
    """Read and check all files; the reader guesses nothing.

    :raise BrokenFile: if a file is missing or broken; it names the file and the line.
    """
    statements_file = _find(folder, _STATEMENT_FILES)
    votes_file = _find(folder, _VOTE_FILES)
    statements = _statements(_PolisTable(statements_file, ("time", "idea", "author", "moderated", "text")))
    votes = _votes(_PolisTable(votes_file, ("time", "idea", "voter", "vote")), {s.id for s in statements})
    about = _about(folder)
    language = about.get("language", "")
    return Conversation(
        topic=about.get("topic", "").strip() or folder.resolve().name,
        description=(about.get("description") or about.get("conversation-description", "")).strip(),
        language=language if _LANGUAGE.fullmatch(language) else DEFAULT_LANGUAGE,
        statements=sorted(statements, key=lambda s: s.at_ms),
        votes=sorted(votes, key=lambda v: v.at_ms),
        digests={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (statements_file, votes_file)},
    )


def _find(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise BrokenFile(str(folder), 0, f"there is no {' or '.join(names)} here (.gz is fine, too)")


def _statements(table: "_PolisTable") -> list[Statement]:
    found: dict[str, Statement] = {}
    for line, row in table:
        statement = Statement(
            id=row["idea"].strip(),
            author=table.person(line, row["author"]),
            at_ms=table.time(line, row["time"]),
            moderated=table.sign(line, "moderated", row["moderated"]),
            text=row["text"],
        )
        if not 0 < len(statement.id) <= IDEA_ID_MAX:
            raise table.broken(line, f"{statement.id!r} is no id of a statement")
        if found.setdefault(statement.id, statement) != statement:
            raise table.broken(line, f"statement {statement.id} stands here twice, with different contents")
    return list(found.values())


def _votes(table: "_PolisTable", known: set[str]) -> list[PolisVote]:
    found = []
    for line, row in table:
        idea = row["idea"].strip()
        if idea not in known:
            raise table.broken(line, f"a vote on statement {idea!r}, which does not exist")
        voter = table.person(line, row["voter"])
        value = table.sign(line, "vote", row["vote"])
        found.append(PolisVote(voter, idea, table.time(line, row["time"]), value))
    return found


class _PolisTable:
    """A CSV file with a header. Iterating gives `(line on which the row begins, {our name: field})`."""

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        self.name = path.name
        self._text = self._decoded(path)
        self._wanted = wanted

    def broken(self, line: int, problem: str) -> BrokenFile:
        return BrokenFile(self.name, line, problem)

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        rows = self._rows()
        line, header = next(rows, (1, []))
        names = [name.strip() for name in header]
        places = {what: self._place(line, names, what) for what in self._wanted}
        for line, row in rows:
            if len(row) != len(header):
                raise self.broken(line, f"{len(row)} fields where the header names {len(header)}")
            yield line, {what: row[place] for what, place in places.items()}

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(self._text, newline=""), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self.broken(line, str(error)) from error
            if row:
                yield line, row

    def _place(self, line: int, names: list[str], what: str) -> int:
        for name in _COLUMNS[what]:
            if name in names:
                return names.index(name)
        raise self.broken(line, f"there is no column {' or '.join(_COLUMNS[what])}")

    def _decoded(self, path: Path) -> str:
        data = path.read_bytes()
        if path.suffix == ".gz":
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError, zlib.error) as error:
                raise self.broken(0, "the compressed file is damaged") from error
        data = data.removeprefix(codecs.BOM_UTF8)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise self.broken(data.count(b"\n", 0, error.start) + 1, "this is not UTF-8") from error

    def person(self, line: int, field: str) -> str:
        if not _PERSON.fullmatch(field.strip()):
            raise self.broken(line, f"{field!r} is no id of a participant")
        return str(int(field))

    def time(self, line: int, field: str) -> int:
        match = _TIME.fullmatch(field.strip())
        number = int(match.group(1)) if match else _YEAR_9999_MS + 1
        ms = number * 1000 if number < _SECONDS_BELOW else number
        if ms > _YEAR_9999_MS:
            raise self.broken(line, f"{field!r} is no time (seconds or milliseconds since 1970)")
        return ms

    def sign(self, line: int, what: str, field: str) -> int:
        value = _SIGNS.get(field.strip())
        if value is None:
            raise self.broken(line, f"{what} is {field!r} and not 1, 0 or -1")
        return value


def _about(folder: Path) -> dict[str, str]:
    """The conversation's description from the summary; empty if there is no summary."""
    if (folder / "summary.json").is_file():
        return _about_in_json(folder / "summary.json")
    if (folder / "summary.csv").is_file():
        table = _PolisTable(folder / "summary.csv", ())
        return {row[0].strip(): ",".join(row[1:]) for _, row in table._rows()}
    return {}


def _about_in_json(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise BrokenFile(path.name, getattr(error, "lineno", 0), "this is not JSON") from error
    if not isinstance(found, dict):
        raise BrokenFile(path.name, 1, "this is no JSON object")
    return {str(key): value for key, value in found.items() if isinstance(value, str)}
