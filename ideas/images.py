"""Uploaded pictures: decode, check, rotate, scale and encode them again. No byte of the upload is stored."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from ideas.errors import ImageRefused
from ideas.offload import task

BYTES_MAX = 5 * 1024 * 1024
PIXELS_MAX = 24_000_000
LONG_SIDE_MAX = 1600
FORMATS = ("PNG", "JPEG", "WEBP")
QUALITY = 82


@dataclass(frozen=True)
class Encoded:
    media_type: str
    width: int
    height: int
    data: bytes


# A picture of PIXELS_MAX needs up to 470 MB while it is read, and two seconds on one slow core.
@task(seconds=30, megabytes=800)
def encode(upload: bytes) -> Encoded:
    """Read an upload and encode its picture as WebP without any metadata.

    :raise ImageRefused: `too_large` (bytes), `too_many_pixels`, `not_an_image` (other format, or damaged).
    """
    if len(upload) > BYTES_MAX:
        raise ImageRefused("too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            opened = Pillow.open(io.BytesIO(upload), formats=FORMATS)
            if opened.width * opened.height > PIXELS_MAX:  # known from the header, before a pixel is decoded
                raise ImageRefused("too_many_pixels")
            picture = ImageOps.exif_transpose(opened)
            picture.load()
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise ImageRefused("too_many_pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageRefused("not_an_image") from error
    if picture.mode.startswith("I"):  # 16 bits of grey: converting would cut the values instead of scaling them
        picture = picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LONG_SIDE_MAX, LONG_SIDE_MAX))
    out = io.BytesIO()
    clean = Pillow.new(picture.mode, picture.size)
    clean.paste(picture)
    clean.save(out, "WEBP", quality=QUALITY)
    return Encoded("image/webp", clean.width, clean.height, out.getvalue())
