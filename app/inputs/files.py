"""The input of a form with one file that is to be stored."""

from typing import BinaryIO, cast

from flask import request


def uploaded_file(field: str = "file") -> tuple[BinaryIO, str] | None:
    """The file and the name that it was sent with; None if none was chosen."""
    sent = request.files.get(field)
    if sent is None or not (sent.filename or sent.stream.read(1)):
        return None
    return cast(BinaryIO, sent.stream), sent.filename or ""
