"""Uploaded pictures: decode, check, turn upright, scale and encode them again. No byte of the upload is stored.

A picture is scaled while it is decoded, or strip by strip, so that it never stands in memory twice in full size. The
memory that a picture needs follows from its header: one that needs more than `DECODING_MAX` is refused before a pixel
is decoded.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import pillow_heif
from PIL import AvifImagePlugin, ImageCms, ImageFile, ImageOps, UnidentifiedImageError
from PIL import Image as Pillow
from PIL.JpegImagePlugin import JpegImageFile

from ideas.errors import ImageRefused
from ideas.uploads import LONG_SIDE_MAX, Encoded, require_size

DECODING_MAX = 230_000_000  # bytes of memory, by the estimates of `_memory_of` and `_memory_of_heif`
PIXELS_MAX = 220_000_000  # the largest sensors of phones have 200 million; they take the worker about two seconds
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")  # besides HEIC
QUALITY = 82
STRIP_PIXELS = 1_000_000

# The grey levels on which a transparent picture may stand. A drawing is lost on a ground that is nearer than DISTANCE.
GROUNDS = (255, 24, 128)
DISTANCE = 90

ORIENTATION = 0x0112
SRGB = ImageCms.createProfile("sRGB")
COLOUR_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}

Pillow.MAX_IMAGE_PIXELS = PIXELS_MAX

# Every thread would need memory of its own.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False


def encode(upload: BinaryIO, side: int = LONG_SIDE_MAX) -> Encoded:
    """Read an upload and encode its picture as opaque WebP in sRGB, without any metadata.

    `side`: the length of its long side at most, in pixels.

    The first frame of an animation is taken, and of a JPEG that ends early the part that is there.

    :raise ImageRefused: `too_large` (bytes), `too_many_pixels`, `not_an_image` (another format), `damaged`.
    """
    require_size(upload)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _read(upload, side)
    except (Pillow.DecompressionBombError, MemoryError) as error:
        raise ImageRefused("too_many_pixels") from error
    except UnidentifiedImageError as error:
        raise ImageRefused("not_an_image") from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        raise ImageRefused("damaged") from error
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY)
    return Encoded("image/webp", picture.width, picture.height, out.getvalue())


def _read(upload: BinaryIO, side: int) -> Pillow.Image:
    """The finished picture, "RGB", with the pixels alone."""
    is_heif = pillow_heif.get_file_mimetype(upload).startswith("image/hei")
    scaled, info = _read_heif(upload) if is_heif else _read_by_pillow(upload)
    scaled.thumbnail((side, side))
    upright = ImageOps.exif_transpose(scaled)
    seen = _on_ground(_in_srgb(upright, cast("bytes | None", info.get("icc_profile"))))
    clean = Pillow.new("RGB", seen.size)
    clean.paste(seen)
    return clean


def _read_by_pillow(upload: BinaryIO) -> tuple[Pillow.Image, dict[str | tuple[int, int], object]]:
    with Pillow.open(upload, formats=FORMATS) as opened:
        _require(opened.size, _memory_of(opened))
        with _what_there_is(opened):
            opened.load()
        scaled = _reduced(opened.size, lambda top, bottom: opened.crop((0, top, opened.width, bottom)))
        scaled.getexif()[ORIENTATION] = _orientation_of(opened)
        return scaled, opened.info


def _read_heif(upload: BinaryIO) -> tuple[Pillow.Image, dict[str | tuple[int, int], object]]:
    """The picture of a HEIC file, turned upright by the library, out of the decoder's own buffer."""
    opened = pillow_heif.open_heif(upload, convert_hdr_to_8bit=True)
    _require(opened.size, _memory_of_heif(opened))
    pixels, mode, stride = memoryview(opened.data), opened.mode, opened.stride  # size is only certain from here on

    def strip(top: int, bottom: int) -> Pillow.Image:
        lines = pixels[top * stride : bottom * stride]
        return Pillow.frombytes(mode, (opened.size[0], bottom - top), lines, "raw", mode, stride)

    return _reduced(opened.size, strip), opened.info


def _require(size: tuple[int, int], memory: float) -> None:
    """:raise ImageRefused: `too_many_pixels`, if a picture takes too much memory or time."""
    if memory > DECODING_MAX or size[0] * size[1] > PIXELS_MAX:
        raise ImageRefused("too_many_pixels")


def _memory_of(opened: ImageFile.ImageFile) -> float:
    """The bytes of memory that decoding needs at most, from the header; measured by `benchmarks.pictures`.

    A JPEG is told to scale while it is decoded.
    """
    pixels = opened.width * opened.height
    if opened.format == "WEBP":
        return pixels * 17.5  # two canvases of the animation decoder, its answer, and Pillow's copy
    if opened.format == "AVIF":
        return pixels * 11.5
    coefficients = 0.0
    if isinstance(opened, JpegImageFile):
        coefficients = _coefficients_of(opened) if opened.info.get("progressive") else 0
        opened.draft(None, (LONG_SIDE_MAX, LONG_SIDE_MAX))
    per_pixel = {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(opened.mode, 4)
    return coefficients + opened.width * opened.height * per_pixel


def _coefficients_of(opened: JpegImageFile) -> float:
    """The bytes for the coefficients of a progressive JPEG, which the decoder keeps: two for each sample."""
    layers = opened.layer  # (id, horizontal sampling, vertical sampling, table) for each component
    widest, highest = max(layer[1] for layer in layers), max(layer[2] for layer in layers)
    share = sum(layer[1] * layer[2] for layer in layers) / (widest * highest)
    return 2 * share * opened.width * opened.height


def _memory_of_heif(opened: pillow_heif.HeifFile) -> float:
    """As `_memory_of`, for HEIC: the samples as they are stored, and the pixels made of them."""
    width, height = opened.size
    samples = {400: 1.0, 420: 1.5, 422: 2.0}.get(opened.info.get("chroma"), 3.0)
    size = 1 if opened.info.get("bit_depth", 8) <= 8 else 2
    return float(width * height * (samples * size + len(opened.mode)))


@contextmanager
def _what_there_is(opened: ImageFile.ImageFile) -> Iterator[None]:
    """Accept a JPEG that ends early, as a broken transfer leaves it."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = isinstance(opened, JpegImageFile)
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _orientation_of(opened: Pillow.Image) -> int:
    try:
        return int(opened.getexif().get(ORIENTATION, 1))
    except Exception:  # whatever a broken remark of the camera raises: the picture is good without it
        return 1


def _reduced(size: tuple[int, int], strip: Callable[[int, int], Pillow.Image]) -> Pillow.Image:
    """Scale a picture by a whole factor to less than twice its final size; `strip` cuts out the rows top..bottom."""
    width, height = size
    factor = max(1, max(size) // LONG_SIDE_MAX)
    rows = factor * max(1, STRIP_PIXELS // (width * factor))
    whole: Pillow.Image | None = None
    for top in range(0, height, rows):
        part = _plain(strip(top, min(top + rows, height))).reduce(factor)
        if whole is None:
            whole = Pillow.new(part.mode, (part.width, -(-height // factor)))
        whole.paste(part, (0, top // factor))
    assert whole
    return whole


def _plain(picture: Pillow.Image) -> Pillow.Image:
    """The picture in a mode that can be scaled and that colour profiles know."""
    if picture.mode.startswith("I"):  # 16 bits of grey: converting would cut the values instead of scaling them
        return picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in COLOUR_SPACES else picture.convert("RGB")


def _in_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """The picture in the colours that every screen shows, "RGB" or "RGBA". A broken profile is ignored."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colours = picture.convert("RGB") if alpha else picture
    converted = _by_profile(colours, profile) if profile else None
    converted = converted or colours.convert("RGB")
    if alpha:
        converted.putalpha(alpha)
    return converted


def _by_profile(colours: Pillow.Image, profile: bytes) -> Pillow.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != COLOUR_SPACES[colours.mode]:
            return None
        return ImageCms.profileToProfile(
            colours,
            source,
            SRGB,
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _on_ground(picture: Pillow.Image) -> Pillow.Image:
    """The picture without transparency, on the ground on which least of it is lost: white, if that is good enough.

    Pages are light or dark, so that a drawing of one colour would disappear on one of them.
    """
    if picture.mode != "RGBA":
        return picture
    alpha = picture.getchannel("A")
    levels = picture.convert("L").histogram(alpha.point(lambda a: 255 if a > 127 else 0))
    seen = sum(levels) or 1

    def lost(ground: int) -> float:
        near = levels[max(0, ground - DISTANCE) : ground + DISTANCE + 1]
        return round(sum(near) / seen, 1)

    ground = min(GROUNDS, key=lost)
    standing = Pillow.new("RGB", picture.size, (ground, ground, ground))
    standing.paste(picture.convert("RGB"), mask=alpha)
    return standing
