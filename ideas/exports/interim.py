"""The ideas of an open round, as far as facilitators may see them: no count, mark or read, and nothing sealed.

Each row says that it is interim, since the file may be passed on after more ideas came.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas import clock
from ideas.exports.cells import RIGHTS, Cell, argument_cells, picture_name, rights_cells, rights_words
from ideas.exports.contents import argued_in
from ideas.exports.csv import ENGLISH, GERMAN, PLAIN, Dialect, write_table
from ideas.exports.formats import Extra, Format
from ideas.exports.pictures import has_picture, write_pictures_so_far
from ideas.exports.xlsx import MEDIA_TYPE, Book
from ideas.models import EntryStatus, Round
from ideas.queries.ideas import idea_rows
from ideas.queries.rights import rights_in

COLUMNS = (
    "state",
    "state_at",
    "idea",
    "source_id",
    "title",
    "text",
    "author",
    "status",
    "written_at",
    "picture",
    "arguments_for",
    "arguments_against",
    *RIGHTS,
    "rights_words",
)
STATE = "interim"


WHAT_IT_IS = (
    "Ideas and arguments that are neither sealed nor withdrawn, while the round is open. There is no count, vote or "
    "place, and more ideas may come."
)


def write_interim(session: Session, round: Round, out: BinaryIO, *, dialect: Dialect = PLAIN) -> None:
    """Write the ideas that are not sealed, the earliest first; without their times where authors are hidden."""
    write_table(COLUMNS, _rows(session, round, clock.now()), out, dialect)


def write_interim_xlsx(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the same ideas as a workbook."""
    at, book = clock.now(), Book(out)
    book.sheet("Ideas", COLUMNS, _rows(session, round, at))
    book.about(
        [
            ("Challenge", round.challenge.title),
            ("Organisation", round.challenge.organisation.name),
            ("State", STATE),
            ("State at (UTC)", at),
            ("What this is", WHAT_IT_IS),
        ]
    )
    book.close()


def _rows(session: Session, round: Round, at: datetime) -> Iterator[list[Cell]]:
    argued, given = argued_in(session, round), rights_in(session, round.challenge_id)
    for row in reversed(idea_rows(session, round)):
        if row.status == EntryStatus.WITHDRAWN:
            continue
        picture = picture_name(row.id) if has_picture(row) else ""
        yield [
            *(STATE, at, row.id, row.source_id, row.title, row.text, row.author, str(row.status)),
            *(row.told_at, picture, *argument_cells(argued.get(row.id, []))),
            *(*rights_cells(given.row(row.id)), rights_words(given.row(row.id))),
        ]


# As `FORMATS`, for open rounds.
INTERIM: dict[str, Format] = {
    one.name: one
    for one in (
        Format("xlsx", "xlsx", MEDIA_TYPE, write_interim_xlsx, "workbook"),
        Format("de.csv", "de.csv", "text/csv", partial(write_interim, dialect=GERMAN), "table_de"),
        Format("en.csv", "en.csv", "text/csv", partial(write_interim, dialect=ENGLISH), "table_en"),
        Format("csv", "csv", "text/csv", write_interim, "table"),
        Format("pictures", "pictures.zip", "application/zip", write_pictures_so_far, "pictures", shows=Extra.PICTURES),
    )
}
