"""Graphemes: the characters that people see, of which each can consist of several code points.

A short form of the extended clusters of Unicode Standard Annex 29. It never cuts inside of a cluster; in rare scripts
it keeps two clusters together that the annex separates.
"""

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"
# Marks, joiners, skin tones and the tags of flags belong to the character before them. The last four are letters.
_EXTENDING = {"Mn", "Mc", "Me"}
_EXTENSIONS = {
    "\u200c", _JOINER, *map(chr, range(0x1F3FB, 0x1F400)), *map(chr, range(0xE0020, 0xE0080)),
    "\uff9e", "\uff9f", "\u0e33", "\u0eb3",
}  # fmt: skip
# Arabic, Syriac and Kaithi signs that stand before a number or a word and span it.
PREPENDED = {
    *map(chr, range(0x0600, 0x0606)), "\u06dd", "\u070f", "\u0890", "\u0891", "\u08e2", "\U000110bd", "\U000110cd",
}  # fmt: skip
_VIRAMA = 9  # the combining class of marks that join two consonants


def graphemes(text: str) -> Iterator[str]:
    start = 0
    for i in range(1, len(text)):
        if not _continues(text, i):
            yield text[start:i]
            start = i
    if text:
        yield text[start:]


def head(text: str, most: int) -> str:
    """The beginning of `text` in at most `most` code points, which ends after a grapheme.

    A grapheme that alone has more code points is cut.
    """
    if len(text) <= most:
        return text
    end = most
    while end and _continues(text, end):
        end -= 1
    return text[: end or most]


def _continues(text: str, i: int) -> bool:
    """Whether the code point at `i` belongs to the grapheme of the one before it."""
    before, c = text[i - 1], text[i]
    if (before, c) == ("\r", "\n"):
        return True
    if _is_control(before) or _is_control(c):
        return False
    if c in _EXTENSIONS or unicodedata.category(c) in _EXTENDING or before in PREPENDED:
        return True
    if before == _JOINER:
        return i > 1 and (unicodedata.category(c) == "So" or c == "\u2194" or _joins_consonants(text, i))
    return _joins_consonants(text, i) or _is_second_of_flag(text, i) or _is_same_syllable(before, c)


def _is_control(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Zl", "Zp")


def _joins_consonants(text: str, i: int) -> bool:
    mark = text[i - 2] if text[i - 1] == _JOINER and i > 1 else text[i - 1]
    return unicodedata.combining(mark) == _VIRAMA and unicodedata.category(text[i]) == "Lo"


def _is_regional(c: str) -> bool:
    return "\U0001f1e6" <= c <= "\U0001f1ff"


def _is_second_of_flag(text: str, i: int) -> bool:
    if not (_is_regional(text[i]) and _is_regional(text[i - 1])):
        return False
    first = i - 1
    while first and _is_regional(text[first - 1]):
        first -= 1
    return (i - first) % 2 == 1


def _is_same_syllable(before: str, c: str) -> bool:
    """Korean letters that are stored one by one: leading consonants, vowels, trailing consonants."""
    kinds = _korean(before) + _korean(c)
    return kinds in ("LL", "LV", "LO", "LC", "VV", "VT", "OV", "OT", "TT", "CT")


def _korean(c: str) -> str:
    """L, V or T for a letter; O for an open syllable, C for a closed one; else a space."""
    if "\u1100" <= c <= "\u115f" or "\ua960" <= c <= "\ua97c":
        return "L"
    if "\u1160" <= c <= "\u11a7" or "\ud7b0" <= c <= "\ud7c6":
        return "V"
    if "\u11a8" <= c <= "\u11ff" or "\ud7cb" <= c <= "\ud7fb":
        return "T"
    if "\uac00" <= c <= "\ud7a3":
        return "C" if (ord(c) - 0xAC00) % 28 else "O"
    return " "
