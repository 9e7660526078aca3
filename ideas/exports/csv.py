"""CSV: the ranking, one row per entry and question, or the shows of hands, one row per count.

UTF-8; shares have nine decimals. A dialect says how a table is written: for programs, or as the spreadsheets of a
language open it by a double click.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO, Literal

from sqlalchemy.orm import Session

from ideas import policy
from ideas.exports.cells import (
    JURY,
    MINDS,
    RANKING,
    TEXTS,
    Cell,
    fitting,
    jury_cells,
    minds_cells,
    neutral,
    ranking_cells,
    text_cells,
)
from ideas.exports.contents import argued_in, instant, ranked_questions
from ideas.exports.discussion import DISCUSSION, discussion_cells, exported_discussion
from ideas.exports.hands import HANDS, exported_hands
from ideas.models import Round


@dataclass(frozen=True)
class Dialect:
    """How a table is written. `is_for_people`: for the spreadsheets that people open by a double click.

    Such a table begins with a byte order mark, without which Excel takes UTF-8 for another encoding, and every cell
    stands in quotation marks: the dialog of LibreOffice divides rows at commas, semicolons and tabs alike. `language`:
    of the words in it; '' where programs read names.
    """

    separator: str
    decimal: str
    line_end: str
    language: str

    @property
    def is_for_people(self) -> bool:
        return self.language != ""

    @property
    def quoting(self) -> Literal[0, 1]:
        return csv.QUOTE_ALL if self.is_for_people else csv.QUOTE_MINIMAL


PLAIN = Dialect(",", ".", "\n", language="")
# Excel and LibreOffice expect a semicolon where the comma is the decimal sign.
ENGLISH = Dialect(",", ".", "\r\n", language="en")
GERMAN = Dialect(";", ",", "\r\n", language="de")


def write_csv(
    session: Session, round: Round, out: BinaryIO, *, dialect: Dialect = PLAIN, among_all: bool = False
) -> None:
    """Write the ranking of the visible entries, or of the pending and hidden ones too, with their texts and arguments.

    :raise NotClosed: while the round is open.
    """
    columns = (*RANKING, *(JURY if round.criteria else ()), *(MINDS if round.first_look else ()), *TEXTS)
    write_table(columns, ranking_rows(session, round, among_all=among_all), out, dialect)


def ranking_rows(session: Session, round: Round, *, among_all: bool = False) -> Iterator[list[Cell]]:
    """The rows of that table, in the order of its columns. :raise NotClosed:"""
    argued, named = argued_in(session, round), policy.sees_authors(round.challenge.anonymity, is_closed=True)
    for question in ranked_questions(session, round, among_all=among_all):
        for entry in question.entries:
            texts = text_cells(entry, argued.get(entry.idea, []), named=named)
            jury = jury_cells(entry, question) if round.criteria else []
            minds = minds_cells(entry, question) if round.first_look else []
            yield [*ranking_cells(entry, question), *jury, *minds, *texts]


def write_hands_csv(session: Session, round: Round, out: BinaryIO, *, dialect: Dialect = PLAIN) -> None:
    """Write the shows of hands, one count a row. :raise NotClosed: while the round is open."""
    write_table(HANDS, (row.cells for row in exported_hands(session, round)), out, dialect)


def write_discussion_csv(session: Session, round: Round, out: BinaryIO, *, dialect: Dialect = PLAIN) -> None:
    """Write how well the discussion went, one figure a row. :raise NotClosed: while the round is open."""
    write_table(DISCUSSION, discussion_cells(exported_discussion(session, round), dialect.language), out, dialect)


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], out: BinaryIO, dialect: Dialect) -> None:
    """Write rows of cells; a text that a spreadsheet could run is made harmless."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=dialect.separator, lineterminator=dialect.line_end, quoting=dialect.quoting)
    writer.writerow(columns)
    writer.writerows([_written(cell, dialect) for cell in row] for row in rows)
    out.write(text.getvalue().encode("utf-8-sig" if dialect.is_for_people else "utf-8"))


def _written(cell: Cell, dialect: Dialect) -> str:
    if isinstance(cell, float):
        return f"{cell:.9f}".replace(".", dialect.decimal)
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", dialect.decimal)
    if isinstance(cell, datetime):
        return _time(cell, dialect)
    if isinstance(cell, str):
        return fitting(neutral(cell)) if dialect.is_for_people else neutral(cell)
    return "" if cell is None else str(cell)


def _time(at: datetime, dialect: Dialect) -> str:
    """UTC; spreadsheets of every language know the form without the letters of ISO 8601."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if dialect.is_for_people else str(instant(at))
