"""The fonts of typeset documents: those of the product, and behind them fonts with the letters of other scripts.

The fonts of the product are compressed for browsers, in two files per family. They are unpacked into files that the
typesetter reads; each file gets a family name of its own.
"""

import importlib.util
import io
import unicodedata
from functools import cache
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor" / "fonts"

# `{family: its file}`, and the families in the order in which a letter is looked for.
FILES = {
    "Schwarm Display": "bricolage-grotesque-latin-wdth-normal.woff2",
    "Schwarm Display Extended": "bricolage-grotesque-latin-ext-wdth-normal.woff2",
    "Schwarm Text": "radio-canada-latin-wdth-normal.woff2",
    "Schwarm Text Extended": "radio-canada-latin-ext-wdth-normal.woff2",
}
DISPLAY = ("Schwarm Display", "Schwarm Display Extended")
TEXT = ("Schwarm Text", "Schwarm Text Extended")
FALLBACK_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
FALLBACK = "Noto Sans"
EMOJI = "Noto Emoji"
# Chinese, Japanese and Korean share signs that each of them draws in its own way.
CJK = {"ja": "Noto Sans CJK JP", "ko": "Noto Sans CJK KR", "zh": "Noto Sans CJK SC"}

FAMILY_NAMES, STYLE_NAMES = (1, 16), (2, 17)


def fallback_folders() -> list[Path]:
    """The folders of the installed packages with fonts."""
    found = [importlib.util.find_spec(name) for name in FALLBACK_PACKAGES]
    return [Path(spec.origin).parent for spec in found if spec and spec.origin]


@cache
def unpacked() -> dict[str, bytes]:
    """`{family: its font}` of the product, in about a quarter of a second."""
    from fontTools.ttLib import TTFont

    found = {}
    for family, file in FILES.items():
        font = TTFont(VENDOR / file)
        font.flavor = None
        for name in font["name"].names:
            if name.nameID in FAMILY_NAMES:
                name.string = family
            elif name.nameID in STYLE_NAMES:
                name.string = "Regular"
        out = io.BytesIO()
        font.save(out)
        found[family] = out.getvalue()
    return found


@cache
def letters() -> frozenset[int]:
    """The code points that some font has and a PDF may hold. Reading them takes a second."""
    from fontTools.ttLib import TTCollection, TTFont

    found: set[int] = set()
    for data in unpacked().values():
        found |= TTFont(io.BytesIO(data)).getBestCmap().keys()
    for folder in fallback_folders():
        for path in sorted(folder.iterdir()):
            if path.suffix in (".ttf", ".otf"):
                found |= TTFont(path, lazy=True).getBestCmap().keys()
            elif path.suffix == ".ttc":
                found |= TTCollection(path, lazy=True).fonts[0].getBestCmap().keys()
    return frozenset(code for code in found if _is_permitted(chr(code)))


def _is_permitted(letter: str) -> bool:
    """Whether PDF/UA permits it: fonts name some control characters and others that mean nothing."""
    return unicodedata.category(letter) not in ("Cc", "Cn", "Co", "Cs") and letter != "\ufeff"


def families(first: tuple[str, ...], language: str, known: list[str]) -> list[str]:
    """The families in which a letter is looked for, the best one first; `known`: all that there are."""
    own_cjk = CJK.get(language, CJK["zh"])
    order = [*first, FALLBACK, own_cjk, *sorted(known), EMOJI]
    return [name for name in dict.fromkeys(order) if name in known]
