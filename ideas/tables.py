"""Tables of ideas from elsewhere: CSV, TSV, XLSX, or a list with one idea per line.

The reader finds the encoding, the separator, the heading and the columns, and says what it found, so that a person can
choose otherwise. It knows neither challenges nor the database.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from ideas.errors import Invalid, TableRefused
from ideas.html_text import plain_text
from ideas.offload import task
from ideas.seed_lists import SEPARATOR as BAR
from ideas.text_files import (
    SEPARATORS,
    BrokenRow,
    UnreadableText,
    decoded,
    rows_of_text,
    separator_in,
)
from ideas.texts import NAME_MAX, TEXT_MAX, cleaned, one_line, shortened
from ideas.workbooks import is_workbook, rows_of_workbook

BYTES_MAX = 5 * 1024 * 1024
IDEAS_MAX = 10_000
COLUMNS_MAX = 200

LINES = "lines"  # no separator: each line is an idea
WORKBOOK = "workbook"

# Titles and notes may stand above the headings, which are looked for in so many rows.
HEADING_ROWS = 10

# The columns of an idea. The words stand in the headings of other programs, in English or in German.
TITLE, TEXT, AUTHOR, TAGS, PICTURE = "title", "text", "author", "tags", "picture"
CHOSEN = (TITLE, TEXT, AUTHOR)
_HEADINGS: dict[str, tuple[str, ...]] = {
    TITLE: (
        *("title", "titel", "idea", "idee", "headline", "überschrift", "betreff", "subject", "sticky", "note", "notiz"),
        *("question", "frage", "proposal", "vorschlag", "vorschlagstitel", "name", "comment-body", "summary"),
    ),
    TEXT: (
        *("text", "body", "description", "beschreibung", "explanation", "erklärung", "erläuterung", "begründung"),
        *("details", "inhalt", "content", "why", "warum", "comment", "kommentar", "answer", "antwort", "response"),
    ),
    AUTHOR: (
        *("author", "autor", "autorin", "autor*in", "verfasser", "verfasserin", "von", "by", "participant", "user"),
        *("teilnehmer", "teilnehmerin", "creator", "name", "nickname", "wer", "who"),
    ),
    TAGS: ("tags", "tag", "schlagwort", "schlagworte", "category", "kategorie", "kategorien", "categories"),
    PICTURE: ("image", "picture", "bild", "foto", "photo", "bildadresse"),
}
_WORD = re.compile(r"[^\W\d_]+(?:[*-][^\W\d_]+)*")


@dataclass(frozen=True)
class TableChoice:
    """How a person wants a table to be read; None: as the reader finds it. Columns are counted from 0, and -1 leaves
    one out.
    """

    encoding: str | None = None
    separator: str | None = None  # a sign, or `LINES`
    has_heading: bool | None = None
    title: int | None = None
    text: int | None = None
    author: int | None = None


@dataclass(frozen=True)
class ReadColumns:
    """The columns that are read, counted from 0; -1 for none."""

    title: int
    text: int = -1
    author: int = -1


@dataclass(frozen=True)
class FoundIdea:
    """An idea of a file; `line` is where it begins there."""

    line: int
    title: str
    text: str = ""
    author: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A line that gives no idea: `repeat` (of line `of`), `missing` (no words), `too_long`, `above` (the headings)."""

    line: int
    reason: str
    of: int = 0


@dataclass(frozen=True)
class TableReading:
    """A table as it was read. `names` are the headings, or the first cells without any, one for each column.

    `encoding` and `separator` are empty for workbooks. `is_certain`: the encoding is no guess. `at_length`: ideas whose
    title was too long, so that the whole title stands in the text. `other`: what else the headings name.
    """

    has_heading: bool
    columns: ReadColumns
    names: list[str]
    ideas: list[FoundIdea]
    left_out: list[LeftOut]
    encoding: str
    is_certain: bool
    separator: str
    at_length: int
    digest: str
    other: dict[str, list[int]] = field(default_factory=dict)

    @property
    def repeats(self) -> list[LeftOut]:
        return [line for line in self.left_out if line.reason == "repeat"]


def kind_of(data: bytes) -> str:
    """The name of such a file in the journal, which holds no free text."""
    return "ideas.xlsx" if is_workbook(data) else "ideas.csv"


# 5 MB take two seconds and 200 MB.
@task(seconds=30, megabytes=600)
def read_ideas(data: bytes, choice: TableChoice, title_max: int, with_text: bool) -> TableReading:
    """Read the ideas of a file.

    :param with_text: whether an idea has a text; if not, the column of texts is left out.
    :raise TableRefused: with the line at fault, if there is one.
    """
    if len(data) > BYTES_MAX:
        raise TableRefused("file_too_large")
    sheet = _workbook(data) if is_workbook(data) else _text_table(data, choice)
    if not sheet.rows:
        raise TableRefused("empty")
    is_table = sheet.separator != LINES
    heading = _heading_in(sheet.rows) if is_table and choice.has_heading is not False else 0
    above, rows = sheet.rows[:heading], sheet.rows[heading:]
    names = rows[0][1]
    width = max(len(cells) for _, cells in rows)
    roles = _roles(names)
    has_heading = choice.has_heading
    if has_heading is None:
        has_heading = is_table and len(rows) > 1 and any(role in roles for role in CHOSEN)
    columns = _columns(choice, roles if has_heading else {}, width, with_text)
    rows = rows[1:] if has_heading else rows
    if len(rows) > IDEAS_MAX:
        raise TableRefused("rows_too_many")
    reader = _IdeaReader(columns, title_max, with_text)
    reader.left_out += [LeftOut(line, "above") for line, _ in above]
    for line, cells in rows:
        reader.read(line, cells)
    return TableReading(
        has_heading=has_heading,
        columns=columns,
        names=[*names, *[""] * (width - len(names))],
        ideas=reader.ideas,
        left_out=reader.left_out,
        encoding=sheet.encoding,
        is_certain=sheet.is_certain,
        separator=sheet.separator,
        at_length=reader.at_length,
        digest=hashlib.sha256(data).hexdigest(),
        other={role: found for role, found in roles.items() if role not in CHOSEN} if has_heading else {},
    )


Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class _Sheet:
    rows: Rows
    encoding: str = ""
    is_certain: bool = True
    separator: str = WORKBOOK


def _workbook(data: bytes) -> _Sheet:
    rows = list(islice(rows_of_workbook(data, COLUMNS_MAX), IDEAS_MAX + 2))
    return _Sheet(rows)


def _text_table(data: bytes, choice: TableChoice) -> _Sheet:
    try:
        found = decoded(data, choice.encoding or "")
    except UnreadableText as error:
        raise TableRefused("nul" if error.reason == "nul" else "bytes", error.line) from error
    separator = choice.separator if choice.separator is not None else _separator(found.text)
    rows = _lines(found.text) if separator == LINES else _cells(found.text, separator)
    return _Sheet(rows, found.encoding, found.is_certain, separator)


def _separator(text: str) -> str:
    """The sign that gives all rows as many cells; else the one under which a first line names columns; else none."""
    separator = separator_in(text)
    if separator:
        return separator
    first, *others = [line[:10_000] for line in text.split("\n", HEADING_ROWS)[:HEADING_ROWS]]
    cells = {separator: _bare(first.split(separator)) for separator in SEPARATORS}
    for separator in SEPARATORS:
        if len(cells[separator]) > COLUMNS_MAX:
            return separator
    found = {sign: (_named(_roles(names, (True,))), _named(_roles(names))) for sign, names in cells.items()}
    best = max(SEPARATORS, key=lambda separator: found[separator])
    if found[best][1] > 1:
        return best
    for separator in SEPARATORS:
        if any(_is_heading(_bare(line.split(separator))) for line in others):
            return separator
    return LINES


def _bare(cells: list[str]) -> list[str]:
    return [cell.strip(' \r"') for cell in cells]


def _cells(text: str, separator: str) -> Rows:
    rows: Rows = []
    try:
        for line, cells in rows_of_text(text, separator):
            if len(cells) > COLUMNS_MAX:
                raise TableRefused("columns_too_many", line)
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            if len(rows) > IDEAS_MAX + 1:
                break
    except BrokenRow as error:
        raise TableRefused("quotes", error.line) from error
    return rows


def _lines(text: str) -> Rows:
    """A list of ideas: a line each, or a column out of a spreadsheet, which quotes cells with line breaks."""
    if re.search(r'^"', text, re.MULTILINE):
        try:
            return [(line, cells) for line, cells in rows_of_text(text, "\t") if any(map(str.strip, cells))]
        except BrokenRow:
            pass  # somebody's quotation marks
    rows: Rows = []
    for line, written in enumerate(text.splitlines(), start=1):
        title, _, explanation = written.partition(BAR)
        if written.strip():
            rows.append((line, [title, explanation] if explanation else [title]))
    return rows


def _heading_in(rows: Rows) -> int:
    """The place of the row with the headings: the first that names two columns and has more cells than all above it."""
    filled = 0
    for place, (_, cells) in enumerate(rows[:HEADING_ROWS]):
        count = sum(bool(cell.strip()) for cell in cells)
        if count > filled and _is_heading(cells):
            return place
        filled = max(filled, count)
    return 0


def _is_heading(cells: Sequence[str]) -> bool:
    return 1 < len(cells) <= COLUMNS_MAX and _named(_roles(cells, (True,))) > 1


def _named(roles: dict[str, list[int]]) -> int:
    return len(set(roles) & set(CHOSEN))


def _roles(names: Sequence[str], ways: tuple[bool, ...] = (True, False)) -> dict[str, list[int]]:
    """`{column of an idea: places}` by the headings: by whole ones first (True), then by single words in them."""
    found: dict[str, list[int]] = {}
    words = [_WORD.findall(name.lower()) if len(name) <= 100 else [] for name in names]
    for whole in ways:
        for role, known in _HEADINGS.items():
            for place, said in enumerate(words):
                taken = {p for places in found.values() for p in places}
                is_known = said and (" ".join(said) in known if whole else bool(set(said) & set(known)))
                if is_known and place not in taken and (role not in found or role not in CHOSEN):
                    found.setdefault(role, []).append(place)
    return found


def _columns(choice: TableChoice, roles: dict[str, list[int]], width: int, with_text: bool) -> ReadColumns:
    """The columns as chosen or found. Without headings the first column is the title, the second the text."""
    plain = {TITLE: [0], TEXT: [1] if width > 1 else []}
    found = {role: (roles or plain).get(role, [-1]) or [-1] for role in CHOSEN}
    if found[TITLE] == [-1]:  # the texts are the ideas
        found[TITLE] = found[TEXT] if found[TEXT] != [-1] else [0]
        found[TEXT] = [-1]
    places = {role: found[role][0] if getattr(choice, role) is None else getattr(choice, role) for role in CHOSEN}
    places = {role: place if -1 <= place < width else -1 for role, place in places.items()}
    return ReadColumns(max(places[TITLE], 0), places[TEXT] if with_text else -1, places[AUTHOR])


class _IdeaReader:
    """Reads rows as ideas and notes those that give none."""

    def __init__(self, columns: ReadColumns, title_max: int, with_text: bool) -> None:
        self._columns, self._title_max, self._with_text = columns, title_max, with_text
        self._lines: dict[tuple[str, str, str], int] = {}
        self.ideas: list[FoundIdea] = []
        self.left_out: list[LeftOut] = []
        self.at_length = 0

    def read(self, line: int, cells: Sequence[str]) -> None:
        try:
            idea = self._idea(line, cells)
        except Invalid as error:
            self.left_out.append(LeftOut(line, next(iter(error.problems.values()))))
            return
        before = self._lines.setdefault((idea.title, idea.text, idea.author), line)
        if before != line:
            self.left_out.append(LeftOut(line, "repeat", before))
        else:
            self.ideas.append(idea)

    def _idea(self, line: int, cells: Sequence[str]) -> FoundIdea:
        """:raise Invalid: with one problem."""
        title, text, author = (_cell(cells, getattr(self._columns, role)) for role in CHOSEN)
        text = cleaned("text", text, TEXT_MAX)
        whole = one_line("title", title or text, TEXT_MAX, required=True)
        title = shortened(whole, self._title_max)
        if title != whole:
            if not self._with_text:
                raise Invalid(title="too_long")
            text = cleaned("text", f"{whole}\n\n{text}" if text and text != whole else whole, TEXT_MAX)
            self.at_length += 1
        elif not one_line("title", _cell(cells, self._columns.title), TEXT_MAX):
            text = text if "\n" in text else ""  # the text is the title
        return FoundIdea(line, title, text, shortened(one_line("author", author, len(author)), NAME_MAX))


def _cell(cells: Sequence[str], place: int) -> str:
    return plain_text(cells[place]) if 0 <= place < len(cells) else ""
