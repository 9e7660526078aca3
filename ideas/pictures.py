"""Pictures of ideas: made from an upload before a transaction begins, stored inside it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from ideas import images
from ideas.actor import Actor
from ideas.database import db
from ideas.errors import ImageRefused, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.models import Image
from ideas.offload import run_task

# What of `ideas.policy` says who may have a picture made.
Requirement = Callable[[Session, Actor, int], object]


def encoded(upload: bytes | None, require: Requirement, actor: Actor, challenge_id: int) -> images.Encoded | None:
    """The picture of an upload, None for none; nobody but who fulfils `require` makes the server do that work.

    :raise ImageRefused: :raise Busy: and what `require` raises.
    """
    if upload is None:
        return None
    require(db.session(), actor, challenge_id)
    db.session.rollback()  # hold no read transaction while the picture is made
    try:
        return run_task(images.encode, upload)
    except (TaskTimedOut, TaskOutOfMemory) as error:
        raise ImageRefused("too_many_pixels") from error
    except TaskDied as error:
        raise ImageRefused("not_an_image") from error


def stored(session: Session, picture: images.Encoded | None) -> int | None:
    """Add a picture. :return: its row's id, None where there is none."""
    if picture is None:
        return None
    image = Image(media_type=picture.media_type, width=picture.width, height=picture.height, data=picture.data)
    session.add(image)
    session.flush()
    return image.id
