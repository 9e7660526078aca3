"""Read the first sheet of an XLSX workbook as rows of texts (ECMA-376, part 1: SpreadsheetML).

A workbook is a ZIP of XML files from a stranger. Sizes are checked before anything is unpacked, nothing is written to
disk, and XML that defines entities is refused.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from typing import IO, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from ideas.errors import TableRefused

# 10,000 ideas with a page of text each have 30 MB.
UNPACKED_MAX = 64 * 1024 * 1024
MEMBERS_MAX = 2000
ROWS_MAX = 1_048_576
CHUNK = 64 * 1024
MERGES_MAX = 100_000

# The beginning of an encrypted workbook, and of an old one (.xls).
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_REFERENCE = re.compile(r"([A-Z]{1,7})(\d{1,7})")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Excel writes signs that XML does not permit as _x000D_.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def is_workbook(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", OLE))


def rows_of_workbook(data: bytes, columns_max: int) -> Iterator[tuple[int, list[str]]]:
    """`(number of the row, cells)` for each row of the first sheet that is not empty. Formulas give their last result.
    Where cells of several rows are joined, each row that has something else as well gets their text.

    :raise TableRefused: `xls`, `damaged`, `macros`, `unpacked` (size), `entities`, `columns_too_many`.
    """
    if data.startswith(OLE):
        raise TableRefused("xls")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            _check(book)
            shared = _shared_texts(book)
            yield from _rows(book, _first_sheet(book), shared, columns_max)
    except (zipfile.BadZipFile, zlib.error, ParseError, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise TableRefused("damaged") from error


def _check(book: zipfile.ZipFile) -> None:
    members = book.infolist()
    if sum(member.file_size for member in members) > UNPACKED_MAX or len(members) > MEMBERS_MAX:
        raise TableRefused("unpacked")
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/"):
            raise TableRefused("damaged")
        if posixpath.basename(name).lower() == "vbaproject.bin":
            raise TableRefused("macros")


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The name of the file with the first sheet."""
    names = set(book.namelist())
    if {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        targets = {
            e.get("Id"): e.get("Target", "") for e in _elements(book, "xl/_rels/workbook.xml.rels", "Relationship")
        }
        for sheet in _elements(book, "xl/workbook.xml", "sheet"):
            target = targets.get(sheet.get(_RELATION), "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            if posixpath.normpath(path) in names and _SHEET.fullmatch(posixpath.normpath(path)):
                return posixpath.normpath(path)
    found = sorted(name for name in names if _SHEET.fullmatch(name))
    if not found:
        raise TableRefused("damaged")
    return found[0]


def _shared_texts(book: zipfile.ZipFile) -> list[str]:
    name = "xl/sharedStrings.xml"
    return [_text_of(item) for item in _elements(book, name, "si")] if name in book.namelist() else []


def _rows(book: zipfile.ZipFile, sheet: str, shared: list[str], columns_max: int) -> Iterator[tuple[int, list[str]]]:
    number, joined = 0, _Joined(_joins(book, sheet))
    for row in _elements(book, sheet, "row"):
        number = int(row.get("r", "") or number + 1) if row.get("r", "1").isdecimal() else number + 1
        cells: list[str] = []
        for position, cell in enumerate(e for e in row if _noun(e) == "c"):
            text = _cell(cell, shared)
            if not text:
                continue
            column = _column(cell.get("r", ""), position)
            if column >= columns_max:
                raise TableRefused("columns_too_many", number)
            cells += [""] * (column + 1 - len(cells))
            cells[column] = text
        if cells:
            yield number, joined.filled(number, cells)


def _joins(book: zipfile.ZipFile, sheet: str) -> list[tuple[int, int, int]]:
    """`(first row, last row, column)` of the joined cells of several rows, the first ones first. They stand behind the
    rows, so a sheet that has some is read twice.
    """
    with book.open(sheet) as member:
        if not any(b"mergeCell" in part for part, _ in _overlapping(member)):
            return []
    found = []
    for element in _elements(book, sheet, "mergeCell", "row"):
        start, _, end = element.get("ref", "").partition(":")
        first, last = _REFERENCE.fullmatch(start), _REFERENCE.fullmatch(end)
        if first and last and int(first[2]) < int(last[2]):
            found.append((int(first[2]), int(last[2]), _column(start, 0)))
        if len(found) >= MERGES_MAX:
            break
    return sorted(found)


class _Joined:
    """Fills the texts of joined cells into the rows, which come in order."""

    def __init__(self, joins: list[tuple[int, int, int]]) -> None:
        self._joins = deque(joins)
        self._open: dict[int, tuple[int, str]] = {}  # by column: the last row, and the text

    def filled(self, number: int, cells: list[str]) -> list[str]:
        for column, (last, text) in list(self._open.items()):
            if number > last:
                del self._open[column]
            elif column >= len(cells) or not cells[column]:
                cells += [""] * (column + 1 - len(cells))
                cells[column] = text
        while self._joins and self._joins[0][0] <= number:
            first, last, column = self._joins.popleft()
            if first == number and column < len(cells):
                self._open[column] = (last, cells[column])
        return cells


def _column(reference: str, position: int) -> int:
    """The index of a cell's column: 27 for "AB3"; cells without a reference stand side by side."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return position
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _cell(cell: Element, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    value = next((e.text or "" for e in cell if _noun(e) == "v"), "")
    if kind == "inlineStr":
        return next((_text_of(e) for e in cell if _noun(e) == "is"), "")
    if kind == "s":
        number = int(value) if value.isdecimal() else -1
        if not 0 <= number < len(shared):
            raise TableRefused("damaged")
        return shared[number]
    if kind == "e":  # an error, such as #REF!
        return ""
    return _unescaped(value)


def _text_of(item: Element) -> str:
    """The text of a string with its differently formatted parts, without the reading aid of Japanese (`rPh`)."""
    parts = [*(e for e in item if _noun(e) == "t"), *(t for e in item if _noun(e) == "r" for t in e if _noun(t) == "t")]
    return _unescaped("".join(part.text or "" for part in parts))


def _unescaped(text: str) -> str:
    found = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # Some programs write both halves of an emoji so.
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore") if found != text else text


def _noun(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _elements(book: zipfile.ZipFile, name: str, *nouns: str) -> Iterator[Element]:
    """The elements of these names, each dropped after its use. :raise TableRefused: `entities`"""
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    open_elements: list[Element] = []
    with book.open(name) as member:
        for chunk in _chunks(member):
            parser.feed(chunk)
            for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                if event == "start":
                    open_elements.append(element)
                    continue
                open_elements.pop()
                if _noun(element) in nouns:
                    yield element
                    element.clear()
                    if open_elements:
                        open_elements[-1].remove(element)
    parser.close()


def _chunks(member: IO[bytes]) -> Iterator[bytes]:
    """A document type may define entities that grow without limit, or that name files; no spreadsheet writes one."""
    for part, chunk in _overlapping(member):
        if b"<!DOCTYPE" in part or b"<\0!\0D\0" in part or b"\0<\0!\0D" in part:
            raise TableRefused("entities")
        yield chunk


def _overlapping(member: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """`(a chunk with the end of the one before, the chunk)`, so that no word is missed between two."""
    tail = b""
    while chunk := member.read(CHUNK):
        yield tail + chunk, chunk
        tail = chunk[-16:]
