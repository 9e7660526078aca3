"""CSV: the ranking, one row per entry and question, or the shows of hands, one row per count.

UTF-8, lines end with LF, shares with nine decimals.
"""

import csv
import io
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.cells import RANKING, Cell, neutral, ranking_cells
from ideas.exports.contents import ranked_questions
from ideas.exports.hands import HANDS, exported_hands
from ideas.models import Round


def write_csv(session: Session, round: Round, out: BinaryIO, *, among_all: bool = False) -> None:
    """Write the ranking of the visible entries, or of the pending and hidden ones too.

    :raise NotClosed: while the round is open.
    """
    questions = ranked_questions(session, round, among_all=among_all)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RANKING)
    for question in questions:
        writer.writerows([_written(cell) for cell in ranking_cells(entry, question)] for entry in question.entries)
    out.write(text.getvalue().encode())


def write_hands_csv(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the shows of hands, one count a row. :raise NotClosed: while the round is open."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HANDS)
    writer.writerows([_written(cell) for cell in row.cells] for row in exported_hands(session, round))
    out.write(text.getvalue().encode())


def _written(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.9f}"
    return neutral(cell) if isinstance(cell, str) else "" if cell is None else str(cell)
