"""Cut the fonts to the letters and weights that German and English pages show first: `python tools/fonts.py`.

It reads the fonts that `make setup` copied to `static/vendor/fonts/` and writes `static/fonts/`, which is in git. It
needs the packages of `tools/fonts.in` and runs only when the fonts or the set of letters change. Other letters come
from the whole files (static/css/fonts.css).
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parent.parent
WHOLE = ROOT / "static" / "vendor" / "fonts"
CUT = ROOT / "static" / "fonts"

# The unicode-range of the cut fonts in static/css/fonts.css.
LETTERS = {*range(0x20, 0x7F), *map(ord, "ÄÖÜäöüßé§°·«»×©–—‘’‚“”„…•€→←−\u00a0\u202f\u2011")}

# Headlines have weights from 600 to 750; one weight stands for them. Texts use more.
AXES: dict[str, dict[str, float | tuple[float, float]]] = {
    "bricolage-grotesque": {"wght": 700},
    "radio-canada": {"wght": (400, 700)},
}

# Kerning that follows the width is 40 % of the file of the headlines. That of one width, near those that most of them
# have, stands for all: it differs by 0.002 em on average, and by 0.03 em at most.
KERNED_AT = {"bricolage-grotesque": {"wdth": 88}}

FEATURES = ["kern", "liga", "mark", "mkmk", "ccmp", "locl", "tnum", "calt"]


def main() -> None:
    CUT.mkdir(exist_ok=True)
    for family, axes in AXES.items():
        font = cut(family, axes)
        if family in KERNED_AT:
            kerned = cut(family, {**axes, **KERNED_AT[family]})
            font["GPOS"], font["GDEF"] = kerned["GPOS"], kerned["GDEF"]
        font.flavor = "woff2"
        font.save(CUT / f"{family}-core.woff2")
        print(f"{family}: {(CUT / f'{family}-core.woff2').stat().st_size} bytes")


def cut(family: str, axes: dict[str, float | tuple[float, float]]) -> TTFont:
    font = TTFont(WHOLE / f"{family}-latin-wdth-normal.woff2", recalcTimestamp=False)
    cutter = subset.Subsetter(subset.Options(layout_features=FEATURES))
    cutter.populate(unicodes=LETTERS)
    cutter.subset(font)
    return instancer.instantiateVariableFont(font, axes)


if __name__ == "__main__":
    main()
