"""The ideas of an open round, as far as facilitators may see them: no count, mark or read, and nothing sealed.

Each row says that it is interim, since the file may be passed on after more ideas came.
"""

from functools import partial
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas import clock
from ideas.exports.cells import Cell, argument_cells, picture_name
from ideas.exports.contents import argued_in
from ideas.exports.csv import ENGLISH, GERMAN, PLAIN, Dialect, write_table
from ideas.exports.formats import Extra, Format
from ideas.exports.pictures import has_picture, write_pictures_so_far
from ideas.models import EntryStatus, Round
from ideas.queries.ideas import IdeaRow, idea_rows

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
)
STATE = "interim"


def write_interim(session: Session, round: Round, out: BinaryIO, *, dialect: Dialect = PLAIN) -> None:
    """Write the ideas that are not sealed, the earliest first; without their times where authors are hidden."""
    at, argued = clock.now(), argued_in(session, round)

    def cells(row: IdeaRow) -> list[Cell]:
        picture = picture_name(row.id) if has_picture(row) else ""
        return [
            *(STATE, at, row.id, row.source_id, row.title, row.text, row.author, str(row.status)),
            *(row.told_at, picture, *argument_cells(argued.get(row.id, []))),
        ]

    rows = [row for row in reversed(idea_rows(session, round)) if row.status != EntryStatus.WITHDRAWN]
    write_table(COLUMNS, map(cells, rows), out, dialect)


# As `FORMATS`, for open rounds.
INTERIM: dict[str, Format] = {
    one.name: one
    for one in (
        Format("de.csv", "de.csv", "text/csv", partial(write_interim, dialect=GERMAN), "table_de"),
        Format("en.csv", "en.csv", "text/csv", partial(write_interim, dialect=ENGLISH), "table_en"),
        Format("csv", "csv", "text/csv", write_interim, "table"),
        Format("pictures", "pictures.zip", "application/zip", write_pictures_so_far, "pictures", shows=Extra.PICTURES),
    )
}
