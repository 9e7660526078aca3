"""Rules for typed texts: normal form, length, no characters that break other people's screens."""

import unicodedata

from ideas.errors import Invalid

TITLE_MAX = 200
TEXT_MAX = 5000
ARGUMENT_MAX = 1000
NAME_MAX = 40
NAME_KEY_MAX = 80
REASON_MAX = 300

_ALLOWED_CONTROLS = {"\n", "\t"}
# Invisible format characters are removed (direction overrides can disguise a text); joiners build letters and emoji.
_KEPT_FORMATS = {"\u00ad", "\u200c", "\u200d"}
# Letters and marks that are invisible, although Unicode counts them as letters: fillers, joiners and variation
# selectors.
_UNSEEN = {
    "\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180c", "\u180d", "\u180f", "\u2800", "\u3164",
    "\uffa0", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0)),
}  # fmt: skip


def cleaned(field: str, text: str, maximum: int, *, required: bool = False) -> str:
    """`text` in NFC with line ends as \\n, stripped.

    :raise Invalid: `{field: "missing" | "too_long" | "characters"}`.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(c for c in text if unicodedata.category(c) != "Cf" or c in _KEPT_FORMATS).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in _ALLOWED_CONTROLS for c in text):
        raise Invalid(**{field: "characters"})
    if required and all(c in _KEPT_FORMATS or c in _UNSEEN or c.isspace() for c in text):
        raise Invalid(**{field: "missing"})
    if len(text) > maximum:
        raise Invalid(**{field: "too_long"})
    return text


def one_line(field: str, text: str, maximum: int, *, required: bool = False) -> str:
    """As `cleaned`, with all white space collapsed to single spaces."""
    return _folded(cleaned(field, _folded(text), maximum, required=required))


def _folded(text: str) -> str:
    return " ".join(text.split())


def name_key(name: str) -> str:
    """The comparison key of a display name: equal for names that look the same to a person; at most 80 characters."""
    seen = (c for c in unicodedata.normalize("NFKC", name).casefold() if c not in _KEPT_FORMATS | _UNSEEN)
    return "".join("".join(seen).split())[:NAME_KEY_MAX]
