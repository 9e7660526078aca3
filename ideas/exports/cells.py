"""Table cells: the ranking's columns, and text that no spreadsheet mistakes for a formula."""

import re
import unicodedata

from ideas.exports.contents import ExportedEntry

RANKING = (
    "place",
    "idea",
    "source_id",
    "title",
    "author",
    "yes",
    "no",
    "skip",
    "judged",
    "score",
    "low",
    "high",
    "status",
)

Cell = str | int | float | None

_STARTS = "=+-@"
_BREAKS = ("\t", "\r", "\n")

# A semicolon or tab with a formula behind it; ";-)" is only a wink.
_PARTED = re.compile(r"([;\t][\s\"']*)(?!-[()])(?=[=+@\uff1d\uff0b\uff20\uff0d\ufe62\ufe63\ufe66\ufe6b-])")


def ranking_cells(entry: ExportedEntry) -> list[Cell]:
    """One row of the ranking, in the order of `RANKING`; shares as numbers."""
    figures = figure_cells(entry)
    return [entry.place, entry.idea, entry.source_id, entry.title, entry.author, *figures, entry.status]


def figure_cells(entry: ExportedEntry) -> list[Cell]:
    """Yes, no, skip, judged, score, low and high; empty for a withdrawn entry."""
    f = entry.figures
    return [f.yes, f.no, f.skip, f.judged, f.score, f.low, f.high] if f else [None] * 7


def neutral(text: str) -> str:
    """`text` with an apostrophe before it if a spreadsheet could run it as a formula.

    It looks past spaces and invisible characters, and sees full-width forms as what they become. Where a comma is
    the decimal sign, spreadsheets part the cells of a file at semicolons: what follows one is a start, too.
    """
    text = _PARTED.sub(r"\1'", text)
    if text.startswith(_BREAKS):
        return "'" + text
    seen = next((c for c in text if not _is_skipped(c)), "")
    return "'" + text if unicodedata.normalize("NFKC", seen)[:1] in _STARTS and seen else text


def _is_skipped(c: str) -> bool:
    return c.isspace() or unicodedata.category(c) in ("Cf", "Cc")
