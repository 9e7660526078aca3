"""Encoding of uploads: only the pixels survive, and other files are refused early."""

import contextlib
import io
import random
import struct
import zlib

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from ideas import images
from ideas.errors import ImageRefused
from tests.factories import picture

# Pillow warns about broken metadata; the tests check how we handle it.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

MAKE, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825
SECRET = "Geheimkamera"


def decoded(encoded: images.Encoded) -> Pillow.Image:
    return Pillow.open(io.BytesIO(encoded.data))


def saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def reason_for(upload: bytes) -> str:
    with pytest.raises(ImageRefused) as refusal:
        images.encode(upload)
    return refusal.value.reason


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_accepted_formats_become_webp(kind):
    encoded = images.encode(picture(kind, (64, 48)))

    assert (encoded.media_type, encoded.width, encoded.height) == ("image/webp", 64, 48)
    assert decoded(encoded).format == "WEBP"
    assert decoded(encoded).size == (64, 48)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_of_a_camera_survives(kind):
    exif = Pillow.Exif()
    exif[MAKE] = SECRET
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0), 29: "2026:11:23"}
    upload = saved(Pillow.new("RGB", (40, 30), "teal"), kind, exif=exif)
    assert SECRET.encode() in upload
    assert Pillow.open(io.BytesIO(upload)).getexif().get_ifd(GPS)[1] == "N"

    encoded = images.encode(upload)

    assert SECRET.encode() not in encoded.data
    assert b"2026:11:23" not in encoded.data
    assert b"EXIF" not in encoded.data
    assert not decoded(encoded).getexif()
    assert "exif" not in decoded(encoded).info


def test_comments_profiles_and_xmp_do_not_survive():
    from PIL.PngImagePlugin import PngInfo

    remarks = PngInfo()
    remarks.add_text("Comment", SECRET)
    remarks.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{SECRET}</x:xmpmeta>")
    upload = saved(Pillow.new("RGB", (40, 30)), "PNG", pnginfo=remarks, icc_profile=SECRET.encode() * 20)

    encoded = images.encode(upload)

    assert SECRET.encode() not in encoded.data
    assert not {"xmp", "icc_profile", "exif", "Comment"} & set(decoded(encoded).info)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_picture_is_turned_upright(orientation):
    # Store the picture as the camera does: turned by its orientation, red is on the left and blue on the right.
    upright = Pillow.new("RGB", (120, 60), "red")
    ImageDraw.Draw(upright).rectangle((60, 0, 119, 59), fill="blue")
    ImageDraw.Draw(upright).rectangle((0, 0, 20, 20), fill="white")
    back = {
        2: Pillow.Transpose.FLIP_LEFT_RIGHT,
        3: Pillow.Transpose.ROTATE_180,
        4: Pillow.Transpose.FLIP_TOP_BOTTOM,
        5: Pillow.Transpose.TRANSPOSE,
        6: Pillow.Transpose.ROTATE_90,
        7: Pillow.Transpose.TRANSVERSE,
        8: Pillow.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation in back else upright
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation

    encoded = images.encode(saved(stored, "JPEG", exif=exif, quality=95))

    seen = decoded(encoded).convert("RGB")
    assert seen.size == (120, 60)
    assert _is_near(seen.getpixel((8, 8)), (255, 255, 255))
    assert _is_near(seen.getpixel((30, 45)), (255, 0, 0))
    assert _is_near(seen.getpixel((100, 30)), (0, 0, 255))


def _is_near(pixel: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 60 for a, b in zip(pixel, wanted, strict=True))


def test_a_large_picture_is_scaled_to_the_maximum_length():
    encoded = images.encode(picture("JPEG", (4000, 3000)))

    assert (encoded.width, encoded.height) == (1600, 1200)


def test_a_small_picture_is_not_enlarged():
    assert images.encode(picture("PNG", (3, 2))).width == 3


def test_a_picture_one_pixel_high_survives():
    encoded = images.encode(picture("PNG", (9000, 1)))

    assert (encoded.width, encoded.height) == (1600, 1)


def test_transparency_is_kept():
    upload = saved(Pillow.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG")

    assert decoded(images.encode(upload)).convert("RGBA").getpixel((10, 10))[3] == 0


@pytest.mark.parametrize(
    ("mode", "kind", "colour"),
    [
        ("1", "PNG", 1),
        ("L", "PNG", 255),
        ("LA", "PNG", (255, 255)),
        ("P", "PNG", 0),
        ("I;16", "PNG", 65535),
        ("CMYK", "JPEG", (0, 0, 0, 0)),
        ("L", "JPEG", 255),
        ("RGBA", "WEBP", (255, 255, 255, 255)),
    ],
)
def test_every_pixel_mode_is_understood(mode, kind, colour):
    image = Pillow.new(mode, (10, 10), colour)
    if mode == "P":
        image.putpalette([255, 255, 255] * 256)

    seen = decoded(images.encode(saved(image, kind))).convert("RGB")

    assert min(seen.getpixel((5, 5))) > 240


def test_sixteen_bits_of_grey_keep_their_brightness():
    upload = saved(Pillow.new("I;16", (10, 10), 0x4000), "PNG")

    assert decoded(images.encode(upload)).convert("RGB").getpixel((5, 5))[0] == pytest.approx(0x40, abs=6)


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Pillow.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    upload = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50)

    seen = decoded(images.encode(upload))

    assert not getattr(seen, "is_animated", False)
    assert _is_near(seen.convert("RGB").getpixel((5, 5)), (255, 0, 0))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA"])
def test_other_formats_are_refused(kind):
    assert reason_for(picture(kind)) == "not_an_image"


@pytest.mark.parametrize(
    "upload",
    [
        b"x",
        b"%PDF-1.4",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x00\x00\x00\x00WEBP",
    ],
)
def test_a_file_that_is_no_picture_is_refused(upload):
    assert reason_for(upload) == "not_an_image"


def test_a_false_signature_does_not_help_another_format():
    assert reason_for(b"\x89PNG\r\n\x1a\n" + picture("GIF")) == "not_an_image"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_half_a_picture_is_refused(kind):
    noisy = Pillow.frombytes("RGB", (80, 80), random.Random(1).randbytes(80 * 80 * 3))
    upload = saved(noisy, kind)

    assert reason_for(upload[: len(upload) // 2]) == "not_an_image"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_picture_is_either_decoded_or_refused(kind):
    chance = random.Random(kind)
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    exif[GPS] = {1: "N"}
    upload = saved(Pillow.frombytes("RGB", (16, 16), chance.randbytes(768)), kind, exif=exif)
    for _ in range(400):
        broken = bytearray(upload)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(8, len(broken))] = chance.randrange(256)

        with contextlib.suppress(ImageRefused):
            images.encode(bytes(broken))


def test_a_picture_above_five_mebibytes_is_refused():
    upload = picture("PNG")
    padded = upload + bytes(images.BYTES_MAX - len(upload))
    assert images.encode(padded).width == 40

    assert reason_for(padded + b"\x00") == "too_large"


def png_that_says(width: int, height: int) -> bytes:
    """A small PNG file of one colour with the given size; its rows are compressed a thousandfold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\x00" + bytes((width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(min(height, 6100))) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_picture_above_twenty_four_megapixels_is_refused():
    exactly = png_that_says(6000, 4000)
    assert len(exactly) < 100_000
    assert images.encode(exactly).width == 1600

    assert reason_for(png_that_says(6001, 4000)) == "too_many_pixels"


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 60_000), (1_000_000, 30)])
def test_a_decompression_bomb_is_not_decoded(size):
    assert reason_for(png_that_says(*size)) == "too_many_pixels"
