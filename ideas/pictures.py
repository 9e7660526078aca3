"""Pictures of ideas: made from an upload before a transaction begins, stored inside it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from ideas import images
from ideas.actor import Actor
from ideas.database import db
from ideas.models import Image
from ideas.offload import run_blocking

# What of `ideas.policy` says who may have a picture made.
Requirement = Callable[[Session, Actor, int], object]


def encoded(upload: bytes | None, require: Requirement, actor: Actor, challenge_id: int) -> images.Encoded | None:
    """The picture of an upload, None for none; nobody but who fulfils `require` makes the server do that work.

    :raise ImageRefused: and what `require` raises.
    """
    if upload is None:
        return None
    require(db.session(), actor, challenge_id)
    db.session.rollback()  # hold no read transaction while the picture is made
    return run_blocking(images.encode, upload)


def stored(session: Session, picture: images.Encoded | None) -> int | None:
    """Add a picture. :return: its row's id, None where there is none."""
    if picture is None:
        return None
    image = Image(media_type=picture.media_type, width=picture.width, height=picture.height, data=picture.data)
    session.add(image)
    session.flush()
    return image.id
