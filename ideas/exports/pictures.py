"""The pictures of a round's ideas in a ZIP, under the names that the tables have in their column `picture`."""

from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.errors import NotClosed
from ideas.exports.cells import picture_name
from ideas.models import EntryStatus, Image, Round
from ideas.queries.ideas import IdeaRow, idea_rows

EARLIEST = (1980, 1, 1, 0, 0, 0)  # ZIP knows no earlier time, and equal pictures give equal files


def write_pictures(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the pictures of a closed round. :raise NotClosed: while the round is open."""
    if not round.is_closed:
        raise NotClosed
    write_pictures_so_far(session, round, out)


def write_pictures_so_far(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the pictures that facilitators may see now; sealed ideas have none."""
    shown = [row for row in reversed(idea_rows(session, round)) if has_picture(row)]
    with ZipFile(out, "w", ZIP_STORED) as packed:
        for row in shown:
            assert row.image
            data = session.scalars(select(Image.data).filter_by(id=row.image.id)).one()
            packed.writestr(ZipInfo(picture_name(row.id), EARLIEST), data)


def has_picture(row: IdeaRow) -> bool:
    return row.image is not None and row.status != EntryStatus.WITHDRAWN and not row.is_redacted
