"""Read a Polis conversation, in Polis' own layout or in the layout of open data sets.

Polis writes `…-comments.csv` and `…-votes.csv` (and `…-summary.csv`), with the time and an id before the name; older
exports have the plain names. The other layout has `ideas.csv`, `votes.csv` and `summary.json`. Each file may be
gzipped, and a spreadsheet may have saved it with other signs between the columns. Columns are found by name. +1 agrees,
-1 disagrees, 0 passes.
"""

import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ideas.errors import BrokenFile
from ideas.offload import task
from ideas.text_files import BrokenRow, UnreadableText, decoded, rows_of_text, separator_in, separator_of
from ideas.texts import TITLE_MAX, cleaned, shortened

_COLUMNS = {
    "time": ("timestamp", "t_ms"),
    "idea": ("comment-id", "idea_id"),
    "author": ("author-id", "author_id"),
    "voter": ("voter-id", "voter_id"),
    "moderated": ("moderated",),
    "text": ("comment-body", "text"),
    "vote": ("vote",),
    "topic": ("topic",),  # the first line of a summary
}
STATEMENTS, VOTES, SUMMARY = "statements", "votes", "summary"
_ROLES = {"comments": STATEMENTS, "ideas": STATEMENTS, "votes": VOTES, "summary": SUMMARY}
# "2026-11-20-0900-9abcdefghk-comments.csv"; a second download is named "comments (1).csv".
_NAME = re.compile(r"(?:.*[-_ ])?(comments|ideas|votes|summary)(?: ?\(\d+\))?\.(csv|json)(?:\.gz)?", re.IGNORECASE)
# A table of the people, which Polis gives with the others.
_OTHER_NAME = re.compile(r".*participants?-votes\b.*", re.IGNORECASE)
# The files of a conversation with 100,000 votes have 4 MB; a compressed file may contain so much.
FILE_MAX = 100 * 1024 * 1024

# The three answers, in the notations of Polis, of spreadsheets and of data frames.
_SIGNS = {"1": 1, "+1": 1, "1.0": 1, "0": 0, "-0": 0, "0.0": 0, "-0.0": 0, "-1": -1, "-1.0": -1}

_PERSON = re.compile(r"-?\d{1,18}")
_TIME = re.compile(r"(\d{1,15})(?:\.\d+)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
IDEA_ID_MAX = 40
# Of a cell at fault, a message shows so many characters.
SHOWN_MAX = 40

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
    """Read and check the files of a folder; the reader guesses nothing.

    :raise BrokenFile: if a file is missing or broken; it names the file and the line.
    """
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if role_of(path.name) and path.is_file()}
    return conversation_of(files, str(folder), folder.resolve().name)


# A conversation in a request; more votes would hold the lock of the database too long.
VOTES_MAX = 50_000


@task(seconds=60, megabytes=800)
def read_upload(files: dict[str, bytes], topic: str) -> Conversation:
    """Read files that were uploaded, `{name: bytes}`.

    :raise BrokenFile: as `conversation_of` does, and for too many votes.
    """
    found = conversation_of(files, "", topic)
    if len(found.votes) > VOTES_MAX:
        raise BrokenFile("", 0, "votes_too_many", values={"n": VOTES_MAX})
    return found


def role_of(name: str) -> str:
    """What a file contains, by its name: `statements`, `votes` or `summary`; empty for other files."""
    found = _NAME.fullmatch(name)
    if found is None or _OTHER_NAME.fullmatch(name):
        return ""
    role = _ROLES[found[1].lower()]
    return role if found[2].lower() == "csv" or role == SUMMARY else ""


def conversation_of(files: Mapping[str, bytes], place: str, topic: str) -> Conversation:
    """Read and check files, `{name: bytes}`. `place` is where they come from, `topic` the one if they name none.

    :raise BrokenFile: if a file is missing, given twice or broken.
    """
    statements_file = _only(files, STATEMENTS, place)
    votes_file = _only(files, VOTES, place)
    statements = _statements(
        _PolisTable(statements_file, files[statements_file], ("time", "idea", "author", "moderated", "text"))
    )
    votes = _votes(
        _PolisTable(votes_file, files[votes_file], ("time", "idea", "voter", "vote")), {s.id for s in statements}
    )
    about = _about(files)
    language = about.get("language", "")
    return Conversation(
        topic=about.get("topic", "").strip() or topic,
        description=(about.get("description") or about.get("conversation-description", "")).strip(),
        language=language if _LANGUAGE.fullmatch(language) else DEFAULT_LANGUAGE,
        statements=sorted(statements, key=lambda s: s.at_ms),
        votes=sorted(votes, key=lambda v: v.at_ms),
        digests={_plain(name): hashlib.sha256(files[name]).hexdigest() for name in (statements_file, votes_file)},
    )


def _plain(name: str) -> str:
    """The name of a file without what is before and in it: the journal holds no free text."""
    found = _NAME.fullmatch(name)
    assert found
    return f"{found[1]}.{found[2]}{'.gz' if name.lower().endswith('.gz') else ''}".lower()


def _only(files: Mapping[str, bytes], role: str, place: str) -> str:
    """The name of the file with this role."""
    found = [name for name in files if role_of(name) == role]
    if len(found) > 1:
        raise BrokenFile(place, 0, "same_role", values={"first": found[0], "second": found[1]})
    if not found:
        names = " / ".join(f"…{name}.csv" for name, its in _ROLES.items() if its == role)
        raise BrokenFile(place, 0, "file_missing", values={"names": names})
    return found[0]


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
            raise table.broken(line, "statement_id", found=statement.id)
        if found.setdefault(statement.id, statement) != statement:
            raise table.broken(line, "statement_twice", found=statement.id)
    return list(found.values())


def _votes(table: "_PolisTable", known: set[str]) -> list[PolisVote]:
    found = []
    for line, row in table:
        idea = row["idea"].strip()
        if idea not in known:
            raise table.broken(line, "statement_unknown", found=idea)
        voter = table.person(line, row["voter"])
        value = table.sign(line, "vote", row["vote"])
        found.append(PolisVote(voter, idea, table.time(line, row["time"]), value))
    return found


class _PolisTable:
    """A CSV file with a header. Iterating gives `(line on which the row begins, {our name: field})`."""

    def __init__(self, name: str, data: bytes, wanted: Sequence[str]) -> None:
        self.name = name
        self.text = self._decoded(data)
        self._wanted = wanted

    def broken(self, line: int, reason: str, **values: str | int) -> BrokenFile:
        shown = {key: value[:SHOWN_MAX] if isinstance(value, str) else value for key, value in values.items()}
        return BrokenFile(self.name, line, reason, values=shown)

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        rows = self.rows(separator_in(self.text.partition("\n")[0]) or ",")
        line, header = next(rows, (1, []))
        names = [name.strip() for name in header]
        places = {what: self._place(line, names, what) for what in self._wanted}
        for line, row in rows:
            if len(row) != len(header):
                raise self.broken(line, "cells", n=len(row), wanted=len(header))
            yield line, {what: row[place] for what, place in places.items()}

    def rows(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """`(line on which the row begins, cells)` for each row, the header included."""
        try:
            yield from rows_of_text(self.text, separator)
        except BrokenRow as error:
            raise self.broken(error.line, "quotes") from error

    def _place(self, line: int, names: list[str], what: str) -> int:
        for name in _COLUMNS[what]:
            if name in names:
                return names.index(name)
        raise self.broken(line, "column_missing", names=" / ".join(_COLUMNS[what]))

    def _decoded(self, data: bytes) -> str:
        if self.name.lower().endswith(".gz"):
            data = self._unpacked(data)
        try:
            found = decoded(data)
        except UnreadableText as error:
            raise self.broken(error.line, "not_text") from error
        if not found.is_certain:
            raise self.broken(found.line, "not_utf_8")
        return found.text

    def _unpacked(self, data: bytes) -> bytes:
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                found = packed.read(FILE_MAX + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise self.broken(0, "damaged") from error
        if len(found) > FILE_MAX:
            raise self.broken(0, "too_large", n=FILE_MAX // 1024 // 1024)
        return found

    def person(self, line: int, field: str) -> str:
        if not _PERSON.fullmatch(field.strip()):
            raise self.broken(line, "person_id", found=field)
        return str(int(field))

    def time(self, line: int, field: str) -> int:
        match = _TIME.fullmatch(field.strip())
        number = int(match.group(1)) if match else _YEAR_9999_MS + 1
        ms = number * 1000 if number < _SECONDS_BELOW else number
        if ms > _YEAR_9999_MS:
            raise self.broken(line, "instant", found=field)
        return ms

    def sign(self, line: int, what: str, field: str) -> int:
        value = _SIGNS.get(field.strip())
        if value is None:
            raise self.broken(line, "sign", column=what, found=field)
        return value


def _about(files: Mapping[str, bytes]) -> dict[str, str]:
    """The conversation's description from the summary; empty if there is no summary."""
    for name in files:
        if role_of(name) == SUMMARY:
            return _about_in_json(name, files[name]) if name.lower().endswith(".json") else _about_in_csv(name, files)
    return {}


def _about_in_csv(name: str, files: Mapping[str, bytes]) -> dict[str, str]:
    table = _PolisTable(name, files[name], ("topic",))
    return {row[0].strip(): ",".join(row[1:]) for _, row in table.rows(separator_of(table.text, ("topic",)))}


def _about_in_json(name: str, data: bytes) -> dict[str, str]:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise BrokenFile(name, getattr(error, "lineno", 0), "not_json") from error
    if not isinstance(found, dict):
        raise BrokenFile(name, 1, "not_json")
    return {str(key): value for key, value in found.items() if isinstance(value, str)}
