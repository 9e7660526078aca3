"""Pictures: made from an upload before a transaction begins, stored inside it. An idea has one, a challenge, and an
organisation (its logo).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ideas import uploads
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import ImageRefused, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.models import Challenge, Image
from ideas.offload import run_task

# A function of `ideas.policy` that raises an error if a person may not upload a picture.
Requirement = Callable[[Session, Actor, int], object]

# The long side of the picture of a challenge in pixels. A list shows many of them, so they are smaller than others.
CHALLENGE_SIDE = 960
WORDS_MAX = 250


@dataclass(frozen=True)
class PictureChange:
    """A change of the picture of a challenge: another one, or none."""

    upload: BinaryIO | None = None
    drop: bool = False


UNCHANGED = PictureChange()


def encoded(
    upload: BinaryIO | None,
    require: Requirement,
    actor: Actor,
    challenge_id: int,
    side: int = uploads.LONG_SIDE_MAX,
) -> uploads.Encoded | None:
    """The picture of an upload, encoded; None if there is no upload. The permission is checked before the work.

    :raise ImageRefused: :raise Busy: and the errors of `require`.
    """
    if upload is None:
        return None
    require(db.session(), actor, challenge_id)
    db.session.rollback()  # hold no read transaction during the encoding
    return encoded_upload(upload, side)


def encoded_upload(upload: BinaryIO, side: int) -> uploads.Encoded:
    """The picture of an upload, encoded by a worker; no transaction may be open meanwhile.

    :raise ImageRefused: :raise Busy:
    """
    uploads.require_size(upload)
    try:
        return run_task(uploads.encode, upload, side)
    except (TaskTimedOut, TaskOutOfMemory) as error:
        raise ImageRefused("too_many_pixels") from error
    except TaskDied as error:
        raise ImageRefused("damaged") from error


def stored(session: Session, picture: uploads.Encoded | None) -> int | None:
    """Add a picture. :return: the id of its row; None if there is no picture."""
    if picture is None:
        return None
    image = Image(media_type=picture.media_type, width=picture.width, height=picture.height, data=picture.data)
    session.add(image)
    session.flush()
    return image.id


def change_picture(session: Session, challenge: Challenge, picture: uploads.Encoded | None, *, drop: bool) -> bool:
    """Replace the picture of a challenge, or remove it if there is no new one. :return: whether it changed."""
    if picture is None and (not drop or challenge.picture_id is None):
        return False
    former = challenge.picture_id
    challenge.picture_id = stored(session, picture)
    challenge.picture_width, challenge.picture_height = (picture.width, picture.height) if picture else (0, 0)
    session.flush()
    if former is not None:
        session.execute(delete(Image).filter_by(id=former))
    return True


def copy_picture(session: Session, of: Challenge, to: Challenge) -> None:
    """Give a challenge a picture of its own that equals the one of another challenge, if that has one."""
    if of.picture_id is None:
        return
    found = session.get_one(Image, of.picture_id)
    change_picture(session, to, uploads.Encoded(found.media_type, found.width, found.height, found.data), drop=False)
