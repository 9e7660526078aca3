"""Text files from elsewhere: their encoding, and the sign between their columns. What is not certain is marked so."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

UTF_8, UTF_16, WINDOWS_1252 = "utf-8", "utf-16", "windows-1252"
ENCODINGS = (UTF_8, UTF_16, WINDOWS_1252)

SEPARATORS = ",;\t|"
# The first line that tells Excel the separator; programs that write it fill the line with empty cells.
_TOLD = re.compile(rf'"?sep=([{SEPARATORS}])"?[{SEPARATORS}]*[ ]*\r?(?:\n|\Z)', re.IGNORECASE)
# The sign between columns is looked for in so many rows at the beginning, in at most so many characters.
ROWS_TRIED, CHARACTERS_TRIED = 50, 200_000

# In a text of UTF-16 without a mark, at least this share of every second byte is zero (Western languages).
_ZEROS_MIN = 0.4


class UnreadableText(Exception):
    """Bytes that are no text; `line` is counted from 1, and `reason` is one of `nul`, `bytes`, `utf-8`, `utf-16`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line, self.reason = line, reason


class BrokenRow(Exception):
    """A row with a quotation mark too many or too few; `line` is the line on which it begins."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True)
class DecodedText:
    """The text of a file. `is_certain`: the bytes allow no other reading; else `line` is the first line that is not
    UTF-8.
    """

    text: str
    encoding: str
    is_certain: bool = True
    line: int = 0


def decoded(data: bytes, encoding: str = "") -> DecodedText:
    """Decode a file, in this encoding or in the one that its bytes show.

    A byte order mark and valid UTF-8 are certain. UTF-16 without a mark, and Windows-1252 for all else, are not.

    :raise UnreadableText:
    """
    found = _decoded_as(data, encoding) if encoding else _detected(data)
    at = found.text.find("\0")
    if at >= 0:
        raise UnreadableText(found.text.count("\n", 0, at) + 1, "nul")
    return found


def _detected(data: bytes) -> DecodedText:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded_as(data, UTF_16)
    if (order := _order_without_mark(data)) and len(data) % 2 == 0:
        return DecodedText(_strictly(data, order, UTF_16), UTF_16, is_certain=False, line=1)
    try:
        return DecodedText(data.decode("utf-8-sig"), UTF_8)
    except UnicodeDecodeError as error:
        line = _line_of(data, error.start)
    return DecodedText(_strictly(data, WINDOWS_1252, "bytes"), WINDOWS_1252, is_certain=False, line=line)


def _decoded_as(data: bytes, encoding: str) -> DecodedText:
    if encoding == UTF_16 and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return DecodedText(_strictly(data, _order_without_mark(data) or "utf-16-le", UTF_16), UTF_16)
    codec = "utf-8-sig" if encoding == UTF_8 else encoding
    return DecodedText(_strictly(data, codec, encoding), encoding)


def _order_without_mark(data: bytes) -> str:
    """The codec of a text of UTF-16 without a mark, by the bytes that are zero; empty for other texts."""
    start = data[:4000]
    if len(start) < 4 or b"\0" not in start:
        return ""
    for codec, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        others = start[0::2] if codec == "utf-16-le" else start[1::2]
        if zeros.count(0) >= _ZEROS_MIN * len(zeros) and not others.count(0):
            return codec
    return ""


def _strictly(data: bytes, codec: str, reason: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise UnreadableText(_line_of(data, error.start), reason) from error


def _line_of(data: bytes, start: int) -> int:
    return data.count(b"\n", 0, start) + 1


def separator_of(text: str, columns: tuple[str, ...]) -> str:
    """The sign between the columns of the first line: the one that finds all of these columns, else the comma."""
    if told := _TOLD.match(text):
        return told[1]
    first = text.split("\n", 1)[0]
    for separator in SEPARATORS:
        cells = [cell.strip(' \r"').lower() for cell in first.split(separator)]
        if set(columns) <= set(cells):
            return separator
    return ","


def separator_in(text: str) -> str:
    """The sign that divides the first rows into the same number of columns; empty for a list of lines.

    Between two such signs the one with more columns wins. A tabulator wins over all: nobody types it in a text.
    """
    if told := _TOLD.match(text):
        return told[1]
    found = {separator: _columns(text, separator) for separator in SEPARATORS}
    if found["\t"] > 1:
        return "\t"
    best = max(found, key=lambda separator: found[separator])
    return best if found[best] > 1 else ""


def _columns(text: str, separator: str) -> int:
    """The number of columns if all of the first rows have it; else 0."""
    counts: set[int] = set()
    start = text[:CHARACTERS_TRIED]
    is_cut = len(start) < len(text)
    start = start.rpartition("\n")[0] if is_cut else start
    try:
        for _line, cells in islice(rows_of_text(start, separator), ROWS_TRIED):
            if any(map(str.strip, cells)):
                counts.add(len(cells))
            if len(counts) > 1:
                return 0
    except BrokenRow:
        if not is_cut:  # the cut may lie within quotation marks
            return 0
    return counts.pop() if counts else 0


def rows_of_text(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """`(line on which the row begins, cells)` for each row that is not empty. :raise BrokenRow:"""
    told = _TOLD.match(text)
    rows, first = (text[told.end() :], 2) if told else (text, 1)
    reader = csv.reader(io.StringIO(rows, newline=""), strict=True, delimiter=separator)
    while True:
        line = reader.line_num + first
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BrokenRow(line, str(error)) from error
        if row:
            yield line, row
