"""Contrast of colours: relative luminance and ratio by WCAG 2.2, and the colours of an organisation that pass.

A colour is "#rrggbb" in lower case.
"""

import colorsys
import re

# The grounds of pages, light and dark: the page and the cards on it (static/css/tokens.css).
LIGHT, DARK = ("#ffffff", "#eef3f0"), ("#0a1a1b", "#142b2d")
BLACK, WHITE = "#000000", "#ffffff"

# The least ratio of a shape with its ground (WCAG 1.4.11) and of text with its ground (1.4.3).
SHAPE, TEXT = 3.0, 4.5

STEPS = 500  # of lightness, in which a near colour is looked for

_COLOUR = re.compile(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    """Whether a text is a colour as this module writes it."""
    return _COLOUR.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """The relative luminance, 0..1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(int(colour[n : n + 2], 16) / 255) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def ratio(one: str, other: str) -> float:
    """The contrast of two colours, 1..21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def least(colour: str, grounds: tuple[str, ...]) -> float:
    """The contrast with the ground on which it is least."""
    return min(ratio(colour, ground) for ground in grounds)


def passes(colour: str, grounds: tuple[str, ...] = LIGHT + DARK, wanted: float = SHAPE) -> bool:
    """Whether a colour can be seen on all these grounds."""
    return least(colour, grounds) >= wanted


def nearest(colour: str, grounds: tuple[str, ...] = LIGHT + DARK, wanted: float = SHAPE) -> str:
    """The colour of the same hue whose lightness is nearest to this one's, among those that pass."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)))
    found = (_hex(colorsys.hls_to_rgb(hue, n / STEPS, saturation)) for n in _by_distance(lightness))
    return next(near for near in found if passes(near, grounds, wanted))


def _by_distance(lightness: float) -> list[int]:
    return sorted(range(STEPS + 1), key=lambda n: abs(n / STEPS - lightness))


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def ink_on(colour: str) -> str:
    """Black or white: the one that is read better on a colour. The better one always has enough contrast."""
    return max((BLACK, WHITE), key=lambda ink: ratio(ink, colour))


def mixed(colour: str, other: str, share: float) -> str:
    """A colour mixed with another one; `share` is that of the first, 0..1."""
    pairs = ((int(colour[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5))
    red, green, blue = ((share * one + (1 - share) * two) / 255 for one, two in pairs)
    return _hex((red, green, blue))


def as_text(colour: str, grounds: tuple[str, ...]) -> str:
    """The colour as a text in it can be read on these grounds: itself, or the nearest one."""
    return nearest(colour, grounds, TEXT)
