"""Pictures of ideas: made from an upload before a transaction begins, stored inside it."""

from collections.abc import Callable
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas import uploads
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import ImageRefused, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.models import Image
from ideas.offload import run_task

# A function of `ideas.policy` that raises an error if a person may not upload a picture.
Requirement = Callable[[Session, Actor, int], object]


def encoded(upload: BinaryIO | None, require: Requirement, actor: Actor, challenge_id: int) -> uploads.Encoded | None:
    """The picture of an upload, encoded; None if there is no upload. The permission is checked before the work.

    :raise ImageRefused: :raise Busy: and the errors of `require`.
    """
    if upload is None:
        return None
    require(db.session(), actor, challenge_id)
    db.session.rollback()  # hold no read transaction during the encoding
    uploads.require_size(upload)
    try:
        return run_task(uploads.encode, upload)
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
