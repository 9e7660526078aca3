"""The pictures of a round's ideas in a ZIP, under the names that the tables have in their column `picture`, and the
picture of the challenge.
"""

from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.errors import NotClosed
from ideas.exports.cells import picture_name
from ideas.exports.contents import CHALLENGE_PICTURE
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
    own = round.challenge.picture
    named = [(CHALLENGE_PICTURE, own.id)] if own else []
    named += [(picture_name(row.id), row.image.id) for row in shown if row.image]
    with ZipFile(out, "w", ZIP_STORED) as packed:
        for name, image_id in named:
            data = session.scalars(select(Image.data).filter_by(id=image_id)).one()
            packed.writestr(ZipInfo(name, EARLIEST), data)


def has_picture(row: IdeaRow) -> bool:
    return row.image is not None and row.status != EntryStatus.WITHDRAWN and not row.is_redacted
