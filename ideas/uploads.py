"""Uploaded pictures as the server sees them: their size, the task that encodes them, and what it gives back.

`ideas.images` does the work. Only a worker imports it, because the libraries for pictures take 10 MB.
"""

import io
from dataclasses import dataclass
from typing import BinaryIO

from ideas.errors import ImageRefused
from ideas.offload import task

BYTES_MAX = 20 * 1024 * 1024
LONG_SIDE_MAX = 1600
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif")


@dataclass(frozen=True)
class Encoded:
    media_type: str
    width: int
    height: int
    data: bytes


def require_size(upload: BinaryIO) -> None:
    """:raise ImageRefused: `too_large`."""
    size = upload.seek(0, io.SEEK_END)
    upload.seek(0)
    if size > BYTES_MAX:
        raise ImageRefused("too_large")


# The limit leaves room for `DECODING_MAX` of `ideas.images`, the upload, and the picture in its final size.
@task(seconds=30, megabytes=270)
def encode(upload: BinaryIO, side: int = LONG_SIDE_MAX) -> Encoded:
    """See `ideas.images.encode`."""
    from ideas import images

    return images.encode(upload, side)
