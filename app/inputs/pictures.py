"""The input of a form with one picture."""

from typing import BinaryIO, cast

from flask import request

from ideas.pictures import PictureChange


def uploaded_picture() -> BinaryIO | None:
    """The picture; None if no picture was chosen."""
    sent = request.files.get("image")
    if sent is None or not sent.filename or not sent.stream.read(1):
        return None
    sent.stream.seek(0)
    return cast(BinaryIO, sent.stream)


def had_picture() -> bool:
    """Whether a picture was sent: a browser does not send it again by itself."""
    return bool(request.files.get("image"))


def picture_change() -> PictureChange:
    """The change of the picture of a challenge."""
    return PictureChange(uploaded_picture(), "drop_picture" in request.form)
