"""Display names: what may be one, and when two of them look the same to a person.

Names that look alike are compared by their skeleton (Unicode Technical Standard 39, section 4): each character is
replaced by the plainest one that looks like it. The table is Unicode's own, in `confusables.txt`.
"""

import unicodedata
from functools import cache
from pathlib import Path

from ideas.errors import Invalid
from ideas.texts import NAME_MAX, name_key, one_line, shown_characters

KEY_MAX = 80
# The words of the badge that moderators carry. Nobody types them into a name, moderators included.
RESERVED = ("moderator", "moderation")

_TABLE = Path(__file__).with_name("confusables.txt")


def display_name(typed: str) -> str:
    """The name in its normal form. :raise Invalid: `{"name": "missing" | "too_long" | "reserved"}`."""
    name = one_line("name", typed, NAME_MAX, required=True)
    key = look_key(name)
    if any(look_key(word) in key for word in RESERVED):
        raise Invalid(name="reserved")
    return name


def look_key(name: str) -> str:
    """A second comparison key beside `name_key`: equal for names that look alike; at most 80 characters.

    Case is ignored where small letters and capitals look like the same plain letter. An i counts as an l, because a
    capital I looks like one.
    """
    shown = shown_characters(unicodedata.normalize("NFKC", name))
    # Small letters can look like others than their capitals do, so the table is asked before and after.
    key = skeleton(skeleton(shown).casefold()).replace("i", "l")
    return "".join(key.split())[:KEY_MAX]


def keys_of(name: str) -> set[str]:
    """Both keys of a name; two names of a room share none."""
    return {name_key(name), look_key(name)}


def skeleton(text: str) -> str:
    """The characters that a text looks like; only for comparing."""
    looks = _looks()
    return unicodedata.normalize("NFD", "".join(looks.get(c, c) for c in unicodedata.normalize("NFD", text)))


@cache
def _looks() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _TABLE.read_text().splitlines():
        target, colon, sources = line.partition(": ")
        if colon and not line.startswith("#"):
            looks_like = "".join(chr(int(code, 16)) for code in target.split())
            found |= {chr(int(code, 16)): looks_like for code in sources.split()}
    return found
