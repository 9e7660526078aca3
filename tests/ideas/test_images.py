"""Encoding of uploads: only the pixels survive, and other files are refused early."""

import contextlib
import io
import itertools
import random
import struct
import zlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image as Pillow
from PIL import ImageCms, ImageDraw

from ideas import images, uploads
from ideas.errors import ImageRefused
from tests.doubles import partly_here
from tests.factories import picture

# Pillow warns about broken metadata; the tests check how we handle it.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

MAKE, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825
SECRET = "Geheimkamera"


def decoded(encoded: uploads.Encoded) -> Pillow.Image:
    return Pillow.open(io.BytesIO(encoded.data))


def saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def encode(upload: bytes) -> uploads.Encoded:
    return images.encode(io.BytesIO(upload))


def reason_for(upload: bytes) -> str:
    with pytest.raises(ImageRefused) as refusal:
        encode(upload)
    return refusal.value.reason


def heic(image: Pillow.Image, **options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=90, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_an_accepted_format_becomes_webp(kind):
    encoded = images.encode(picture(kind, (64, 48)))

    assert (encoded.media_type, encoded.width, encoded.height) == ("image/webp", 64, 48)
    assert decoded(encoded).format == "WEBP"
    assert decoded(encoded).size == (64, 48)


@pytest.mark.parametrize("tile_size", [0, 512], ids=["whole", "tiles"])
def test_the_format_of_phones_becomes_webp(tile_size):
    left_red = Pillow.new("RGB", (3300, 200), "blue")
    ImageDraw.Draw(left_red).rectangle((0, 0, 1649, 199), fill="red")

    encoded = encode(heic(left_red, tile_size=tile_size))

    assert (encoded.media_type, encoded.width, encoded.height) == ("image/webp", 1600, 97)
    seen = decoded(encoded).convert("RGB")
    assert _is_near(seen.getpixel((200, 90)), (255, 0, 0))
    assert _is_near(seen.getpixel((1400, 5)), (0, 0, 255))


def test_a_rotated_picture_of_a_phone_is_turned_once():
    upright = Pillow.new("RGB", (300, 200), "blue")
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    stored = upright.transpose(Pillow.Transpose.ROTATE_90)

    encoded = encode(heic(stored, exif=exif.tobytes()))

    assert (encoded.width, encoded.height) == (300, 200)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_of_a_camera_survives(kind):
    exif = Pillow.Exif()
    exif[MAKE] = SECRET
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0), 29: "2026:11:23"}
    upload = saved(Pillow.new("RGB", (40, 30), "teal"), kind, exif=exif)
    assert SECRET.encode() in upload
    assert Pillow.open(io.BytesIO(upload)).getexif().get_ifd(GPS)[1] == "N"

    encoded = encode(upload)

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

    encoded = encode(upload)

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

    encoded = encode(saved(stored, "JPEG", exif=exif, quality=95))

    seen = decoded(encoded).convert("RGB")
    assert seen.size == (120, 60)
    assert _is_near(seen.getpixel((8, 8)), (255, 255, 255))
    assert _is_near(seen.getpixel((30, 45)), (255, 0, 0))
    assert _is_near(seen.getpixel((100, 30)), (0, 0, 255))


def _is_near(pixel: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 60 for a, b in zip(pixel, wanted, strict=True))


def _is_close(pixel: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 8 for a, b in zip(pixel, wanted, strict=True))


def test_a_large_picture_is_scaled_to_the_maximum_length():
    encoded = images.encode(picture("JPEG", (4000, 3000)))

    assert (encoded.width, encoded.height) == (1600, 1200)


def test_a_small_picture_is_not_enlarged():
    assert images.encode(picture("PNG", (3, 2))).width == 3


def test_a_picture_one_pixel_high_survives():
    encoded = images.encode(picture("PNG", (9000, 1)))

    assert (encoded.width, encoded.height) == (1600, 1)


def drawing(colours: list[str]) -> bytes:
    """A PNG with one bar per colour and nothing around them."""
    image = Pillow.new("RGBA", (100, 60), (0, 0, 0, 0))
    for n, colour in enumerate(colours):
        ImageDraw.Draw(image).rectangle((10 + 20 * n, 10, 19 + 20 * n, 49), fill=colour)
    return saved(image, "PNG")


@pytest.mark.parametrize(
    ("colours", "ground"),
    [
        (["black"], 255),
        (["#17693f", "red"], 255),
        (["white"], 24),
        (["white", "#ffe"], 24),
        (["white", "black"], 128),
    ],
)
def test_a_transparent_drawing_stands_on_a_ground_that_shows_it(colours, ground):
    seen = decoded(encode(drawing(colours)))

    assert seen.mode == "RGB"
    assert _is_near(seen.getpixel((90, 30)), (ground,) * 3)
    assert abs(seen.convert("L").getpixel((14, 30)) - ground) > images.DISTANCE


def test_what_shines_through_is_mixed_with_the_ground():
    upload = saved(Pillow.new("RGBA", (20, 20), (0, 0, 0, 128)), "PNG")

    assert _is_near(decoded(encode(upload)).getpixel((10, 10)), (127,) * 3)


@pytest.mark.parametrize("mode", ["P", "LA", "L", "RGB"])
def test_every_kind_of_transparency_is_understood(mode):
    image = Pillow.new(mode, (10, 10))
    options = {} if mode == "LA" else {"transparency": (0, 0, 0) if mode == "RGB" else 0}

    seen = decoded(encode(saved(image, "PNG", **options)))

    assert min(seen.getpixel((5, 5))) > 240


WIDE = Path(__file__).parents[1] / "data" / "wide-colours.icc"


def test_colours_of_a_wide_profile_look_as_their_author_saw_them():
    # Red of Display P3 that lies inside sRGB: (250, 60, 40) there.
    upload = saved(Pillow.new("RGB", (20, 20), (230, 79, 58)), "PNG", icc_profile=WIDE.read_bytes())

    assert _is_close(decoded(encode(upload)).getpixel((10, 10)), (250, 60, 40))


def test_the_profile_of_a_transparent_picture_counts_too():
    upload = saved(Pillow.new("RGBA", (20, 20), (230, 79, 58, 255)), "PNG", icc_profile=WIDE.read_bytes())

    assert _is_close(decoded(encode(upload)).getpixel((10, 10)), (250, 60, 40))


def test_the_profile_of_a_phone_picture_counts_too():
    upload = heic(Pillow.new("RGB", (64, 64), (230, 79, 58)), icc_profile=WIDE.read_bytes(), chroma=444)

    assert _is_close(decoded(encode(upload)).getpixel((10, 10)), (250, 60, 40))


def test_a_picture_for_print_has_its_colours():
    cyan = saved(Pillow.new("CMYK", (20, 20), (255, 0, 0, 0)), "JPEG", quality=95)
    dark = saved(Pillow.new("CMYK", (20, 20), (0, 0, 0, 230)), "JPEG", quality=95)

    assert _is_near(decoded(encode(cyan)).getpixel((10, 10)), (0, 255, 255))
    assert _is_near(decoded(encode(dark)).getpixel((10, 10)), (25, 25, 25))


def ink_profile() -> bytes:
    """A small ICC profile (version 2) of a printer whose cyan is the Lab colour (60, -25, -45)."""
    white, cyan, black, other = (255, 128, 128), (153, 103, 83), (13, 128, 128), (128, 128, 128)

    def lab(c: int, m: int, y: int, k: int) -> tuple[int, int, int]:
        return black if k else other if m or y else cyan if c else white

    corners = itertools.product((0, 1), repeat=4)
    table = struct.pack(">4s4xBBBx9i", b"mft1", 4, 3, 2, *(65536 if n in (0, 4, 8) else 0 for n in range(9)))
    table += bytes(range(256)) * 4 + bytes(part for corner in corners for part in lab(*corner)) + bytes(range(256)) * 3
    text = b"Ink"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + bytes(80),
        b"cprt": b"text" + bytes(4) + text + bytes(1),
        b"wtpt": struct.pack(">4s4x3i", b"XYZ ", 63190, 65536, 54061),
        b"A2B0": table,
    }
    start, directory, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        directory += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + directory + body


def test_the_profile_of_a_picture_for_print_says_how_its_inks_look():
    inks = Pillow.new("CMYK", (64, 32), (255, 0, 0, 0))
    inks.paste((0, 0, 0, 0), (32, 0, 64, 32))

    seen = decoded(encode(saved(inks, "JPEG", quality=95, icc_profile=ink_profile())))

    assert _is_near(seen.getpixel((8, 16)), (0, 158, 224))
    assert _is_near(seen.getpixel((56, 16)), (255, 255, 255))
    assert not _is_near(seen.getpixel((8, 16)), (0, 255, 255))


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_profile_of_another_colour_space_is_ignored(mode):
    other = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    upload = saved(Pillow.new(mode, (20, 20), 0), "JPEG", icc_profile=other)

    assert encode(upload).width == 20


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

    seen = decoded(encode(saved(image, kind))).convert("RGB")

    assert min(seen.getpixel((5, 5))) > 240


def test_sixteen_bits_of_grey_keep_their_brightness():
    upload = saved(Pillow.new("I;16", (10, 10), 0x4000), "PNG")

    assert decoded(encode(upload)).convert("RGB").getpixel((5, 5))[0] == pytest.approx(0x40, abs=6)


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Pillow.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    upload = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50)

    seen = decoded(encode(upload))

    assert not getattr(seen, "is_animated", False)
    assert _is_near(seen.convert("RGB").getpixel((5, 5)), (255, 0, 0))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA"])
def test_other_formats_are_refused(kind):
    assert reason_for(picture(kind).getvalue()) == "not_an_image"


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
    assert reason_for(b"\x89PNG\r\n\x1a\n" + picture("GIF").getvalue()) == "not_an_image"


@pytest.mark.parametrize(("kind", "reason"), [("PNG", "damaged"), ("WEBP", "damaged")])
def test_half_a_picture_is_refused(kind, reason):
    noisy = Pillow.frombytes("RGB", (80, 80), random.Random(1).randbytes(80 * 80 * 3))
    upload = saved(noisy, kind)

    assert reason_for(upload[: len(upload) // 2]) == reason


@pytest.mark.parametrize("progressive", [False, True])
def test_of_a_jpeg_that_ends_early_the_part_is_shown_that_is_there(progressive):
    # Noise in the lower half takes most of the bytes.
    whole = Pillow.new("RGB", (400, 400), "red")
    whole.paste(Pillow.frombytes("RGB", (400, 200), random.Random(1).randbytes(400 * 200 * 3)), (0, 200))
    upload = saved(whole, "JPEG", quality=90, progressive=progressive)

    seen = decoded(encode(upload[: len(upload) // 2]))

    assert seen.size == (400, 400)
    assert _is_near(seen.getpixel((200, 50)), (255, 0, 0))


def test_a_jpeg_without_any_pixel_is_refused():
    upload = saved(Pillow.new("RGB", (400, 400), "red"), "JPEG")

    assert reason_for(upload[: upload.index(b"\xff\xda")]) in {"damaged", "not_an_image"}


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
            encode(bytes(broken))


def test_a_picture_above_twenty_mebibytes_is_refused():
    upload = picture("PNG").getvalue()
    padded = upload + bytes(uploads.BYTES_MAX - len(upload))
    assert encode(padded).width == 40

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


@pytest.mark.parametrize("size", [(20_000, 20_000), (50_000, 50_000), (60_000, 60_000), (8_000_000, 30)])
def test_a_decompression_bomb_is_not_decoded(size):
    assert reason_for(png_that_says(*size)) == "too_many_pixels"


def test_a_bomb_with_a_broken_body_is_refused_from_its_header():
    assert reason_for(png_that_says(20_000, 20_000)[:50]) == "too_many_pixels"


TOO_LARGE = {"WEBP": (4000, 3500), "AVIF": (5000, 4200), "PNG": (8000, 7500)}


class TestMemory:
    """The memory that a picture needs is known from its header. `tests/ideas/test_worker.py` measures."""

    @pytest.mark.parametrize(
        "size", partly_here([(5712, 4284), (8064, 6048), (8160, 6120)], (8064, 6048)), ids=lambda size: f"{size[0]}"
    )
    def test_the_pictures_of_phones_are_taken(self, size):
        encoded = images.encode(picture("JPEG", size, progressive=size == (8064, 6048)))

        assert encoded.width == 1600

    def test_a_poster_for_print_is_taken(self):
        encoded = images.encode(picture("PNG", (4961, 7016)))

        assert (encoded.width, encoded.height) == (1132, 1600)

    @pytest.mark.parametrize("kind", partly_here(TOO_LARGE, "WEBP"))
    def test_a_picture_that_needs_too_much_is_refused(self, kind):
        size = TOO_LARGE[kind]
        assert (
            reason_for(picture(kind, size, **({"speed": 10} if kind == "AVIF" else {})).getvalue()) == "too_many_pixels"
        )

    def test_a_progressive_picture_keeps_its_coefficients(self):
        size = (8160, 6120)
        flat = picture("JPEG", size, progressive=True, subsampling="4:4:4").getvalue()

        assert reason_for(flat) == "too_many_pixels"
