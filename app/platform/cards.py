"""Pictures that the server draws: the card of a link in a chat, and the icon of the application."""

import io
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from app.platform.assets import FOLDER
from app.platform.colours import GROUND

SIZE = (1200, 630)  # pixels; what chats show at full width
MARGIN = 72

INK, HONEY, QUIET = "#0e2426", "#ffc62b", "#3d5355"

# Of a label: the colours of its text and of its ground, its left end, and the greatest width of its text.
WARNING, CALM = ("#a8341d", "#fce6df"), (INK, "#ffffff")
LABEL_X, LABEL_WIDTH = 412, 480

# The picture of the challenge, if there is one, takes the right third; the sign and the words take what is left.
PANEL = 400

# The sign (static/img/logo.svg): a disc with dots, in a square of 32 units. `(x, y, radius)`
DOTS = (
    *((18, 17.4, 2.3), (11.8, 16.6, 2.2), (19.5, 11.7, 2.2), (16.4, 22.5, 2.2), (10.7, 10.8, 2.1)),
    *((24.2, 16.3, 2.1), (9.3, 21.8, 2.1), (17.1, 6.5, 2), (22.6, 23.4, 2), (5.6, 14.4, 2)),
)

# The largest size at which a title fits is taken.
TITLE_SIZES, TITLE_HEIGHT, TITLE_WIDTH = (92, 80, 68, 56, 48, 40), 300, 1040

# Each family is in two files; a character is drawn from the first that has it.
_FAMILIES = {"title": "bricolage-grotesque", "text": "radio-canada"}
_WEIGHTS = {"title": 700, "text": 500}
_FILES = ("latin", "latin-ext")


@lru_cache(maxsize=64)
def card(title: str, organisation: str, label: str = "", *, is_warning: bool = False) -> bytes:
    """A PNG with the title, the organisation and a label; a text in a script that our fonts lack is left out."""
    picture = Image.new("RGB", SIZE, GROUND)
    draw = ImageDraw.Draw(picture)
    said = drawable(title)
    picture.paste(*(_sign(260, 1096, 556) if said else _sign(320, 600, 300)))
    _write_words(draw, said, drawable(organisation), TITLE_WIDTH)
    picture.paste(*_sign(72, MARGIN + 36, 540))
    write_text(draw, (MARGIN + 92, 512), "Schwarm", "title", 46, INK)
    if label:
        _write_label(draw, drawable(label), LABEL_X, is_warning=is_warning)
    return _png(picture)


@lru_cache(maxsize=16)
def pictured_card(shown: bytes, title: str, organisation: str, label: str = "", *, is_warning: bool = False) -> bytes:
    """The same with the picture of the challenge at the right. It has 256 colours: chats refuse large files."""
    picture = Image.new("RGB", SIZE, GROUND)
    draw = ImageDraw.Draw(picture)
    with Image.open(io.BytesIO(shown)) as of_challenge:
        panel = ImageOps.fit(of_challenge.convert("RGB"), (PANEL, SIZE[1]))
    picture.paste(panel, (SIZE[0] - PANEL, 0))
    _write_words(draw, drawable(title), drawable(organisation), SIZE[0] - PANEL - MARGIN - 48)
    picture.paste(*_sign(72, MARGIN + 36, 540))
    if label:
        _write_label(draw, drawable(label), MARGIN + 92, is_warning=is_warning)
    else:
        write_text(draw, (MARGIN + 92, 512), "Schwarm", "title", 46, INK)
    return _png(picture.quantize(256))


def _write_words(draw: ImageDraw.ImageDraw, title: str, organisation: str, width: int) -> None:
    write_text(draw, (MARGIN, 64), _cut("text", 38, organisation, width), "text", 38, QUIET)
    y = 132
    size, lines = _fitting(title, width)
    for line in lines:
        write_text(draw, (MARGIN, y), line, "title", size, INK)
        y += round(size * 1.08)


def _write_label(draw: ImageDraw.ImageDraw, label: str, x: int, *, is_warning: bool) -> None:
    """Write a label in the line of the sign, with a ground of its own."""
    colour, ground = WARNING if is_warning else CALM
    said = _cut("text", 34, label, LABEL_WIDTH)
    right = x + text_width("text", 34, said) + 48
    draw.rounded_rectangle((x, 508, right, 572), 32, fill=ground)
    write_text(draw, (x + 24, 552), said, "text", 34, colour, anchor="ls")


@lru_cache(maxsize=8)
def icon(side: int) -> bytes:
    """The sign as a square PNG. Phones cut its corners off to their own shape, so the dots keep away from them."""
    picture = Image.new("RGB", (side, side), HONEY)
    picture.paste(*_sign(round(side * 0.86), side // 2, side // 2))
    return _png(picture)


def drawable(text: str) -> str:
    """The text without signs that our fonts lack (emoji); "" if a letter is missing, since half words say nothing."""
    if any(not _has(c) and unicodedata.category(c)[0] in "LMN" for c in text):
        return ""
    return " ".join("".join(c if _has(c) else " " for c in text).split())


def _fitting(text: str, width: int) -> tuple[int, list[str]]:
    """The largest size at which the text fits, and its lines; at the smallest size the rest is cut off."""
    for size in TITLE_SIZES:
        lines = list(_lines(size, text, width))
        has_room = len(lines) * size * 1.08 <= TITLE_HEIGHT
        if has_room and all(text_width("title", size, word) <= width for word in text.split()):
            return size, lines
    most = int(TITLE_HEIGHT // (size * 1.08))
    if len(lines) > most:
        lines[most - 1 :] = [_cut("title", size, " ".join(lines[most - 1 : most + 1]), width)]
    return size, lines


def _lines(size: int, text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and text_width("title", size, longer) > width:
            yield line
            longer = word
        line = _cut("title", size, longer, width)
    if line:
        yield line


def _cut(family: str, size: int, text: str, width: int) -> str:
    if text_width(family, size, text) <= width:
        return text
    while text and text_width(family, size, f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip(' …')}…"


def write_text(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    family: str,
    size: int,
    colour: str,
    *,
    anchor: str = "la",
) -> None:
    """Write a line in our fonts; `anchor` as of Pillow: the left end of the ascender ("la") or of the baseline."""
    x, y = at
    for font, run in _runs(family, size, text):
        draw.text((x, y), run, fill=colour, font=font, anchor=anchor)
        x += font.getlength(run)


def text_width(family: str, size: int, text: str) -> float:
    return sum(font.getlength(run) for font, run in _runs(family, size, text))


def _runs(family: str, size: int, text: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
    """The text in pieces of one font each."""
    run, of = "", 0
    for c in text:
        font = next((n for n in range(len(_FILES)) if _is_in(family, n, c)), 0)
        if run and font != of:
            yield _font(family, size, of), run
            run = ""
        run, of = run + c, font
    if run:
        yield _font(family, size, of), run


@lru_cache(maxsize=64)
def _font(family: str, size: int, file: int) -> ImageFont.FreeTypeFont:
    name = f"{_FAMILIES[family]}-{_FILES[file]}-wdth-normal.woff2"
    font = ImageFont.truetype(str(FOLDER / "vendor" / "fonts" / name), size)
    font.set_variation_by_axes([_WEIGHTS[family], 100])
    return font


def _has(c: str) -> bool:
    return c == " " or all(any(_is_in(family, n, c) for n in range(len(_FILES))) for family in _FAMILIES)


@lru_cache(maxsize=2000)
def _is_in(family: str, file: int, c: str) -> bool:
    """Whether a font has a character: a missing one is drawn like every other missing one."""
    font = _font(family, 32, file)
    return c == " " or bytes(font.getmask(c)) != bytes(font.getmask("\U0010fffe"))


@lru_cache(maxsize=8)
def _sign(side: int, x: int, y: int) -> tuple[Image.Image, tuple[int, int], Image.Image]:
    """The sign, where to paste it with its middle at `(x, y)`, and its mask. Drawn larger first for soft edges."""
    large = 3 * side
    picture, mask = Image.new("RGB", (large, large), HONEY), Image.new("L", (large, large), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, large - 1, large - 1), fill=255)
    draw, unit = ImageDraw.Draw(picture), large / 32
    for cx, cy, r in DOTS:
        draw.ellipse([n * unit for n in (cx - r, cy - r, cx + r, cy + r)], fill=INK)
    small = (side, side)
    return picture.resize(small), (x - side // 2, y - side // 2), mask.resize(small)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()
