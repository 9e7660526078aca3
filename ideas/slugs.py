"""Slugs: the part of an address that is made from a challenge's title, as in `/challenges/halve-packaging-waste`.

A slug names a challenge and opens nothing; the code opens it. Slugs are ASCII: an address in another script turns into
percent signs as soon as somebody copies it.
"""

import unicodedata
from collections.abc import Collection

LENGTH = 60
FALLBACK = "challenge"

# The words that stand below /challenges/ in an address of another page (tests/views/test_slugs.py).
RESERVED = {"new"}

_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "å": "aa"}
    | {"ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t", "&": " and ", "'": "", "’": ""}
)


def slug_of(title: str) -> str:
    """The slug of a title: lower-case ASCII letters, digits and single hyphens, with at least one letter.

    A title without such a letter (emoji, Arabic, "2027") gets the word "challenge" and what is left.
    """
    spelled = unicodedata.normalize("NFC", title).casefold().translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", spelled)
    words = "".join(map(_ascii, plain)).split()
    if not any(c.isalpha() for word in words for c in word) or "-".join(words) in RESERVED:
        words = [FALLBACK, *words]
    return _cut(words)


def _ascii(c: str) -> str:
    """The character itself if it may stand in a slug, nothing for an accent, else a space."""
    if c.isascii() and c.isalnum():
        return c
    return "" if unicodedata.combining(c) else " "


def free_slug(title: str, taken: Collection[str]) -> str:
    """The slug of a title, with the lowest number that makes it unlike all `taken` ones."""
    slug, n = slug_of(title), 1
    wanted = slug
    while wanted in taken:
        n += 1
        wanted = f"{slug}-{n}"
    return wanted


def _cut(words: list[str]) -> str:
    """Whole words up to `LENGTH`; a first word that is longer is cut itself."""
    slug = words[0][:LENGTH]
    for word in words[1:]:
        if len(slug) + 1 + len(word) > LENGTH:
            break
        slug += f"-{word}"
    return slug
