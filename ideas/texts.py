"""Rules for typed texts: normal form, length, and no invisible characters that change how a text reads.

No character leads to a refusal. Office programs write control characters and hyphens of their own; they become line
breaks, hyphens or nothing.
"""

import re
import unicodedata

from ideas.errors import Invalid
from ideas.graphemes import PREPENDED, head

TITLE_MAX = 200
TEXT_MAX = 5000
ARGUMENT_MAX = 1000
REPLY_MAX = 500
NAME_MAX = 40
NAME_KEY_MAX = 80
REASON_MAX = 300
REASONS_MAX = 5000  # all reasons of an organisation together

# Line breaks: of Windows and old Macs, vertical tab and form feed (a line and a page break in office programs), next
# line, and Unicode's separators.
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Hyphens that do not break, as Unicode and as Word write them; and bullets and an arrow of Word's symbol fonts.
_OFFICE = str.maketrans({
    "\u2011": "-", "\x1e": "-", "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "‣", "\uf0e0": "→",
})  # fmt: skip
# Control characters and lone surrogates are dropped, except line feeds and tabs.
_DROPPED = {"Cc", "Cs", "Cf"}
# Of the format characters those are kept that build letters and emoji, and the visible signs before numbers. The others
# are invisible, and direction overrides can disguise a text.
_JOINERS = {"\u200c", "\u200d"}
_KEPT_FORMATS = {"\n", "\t"} | _JOINERS | PREPENDED
# The flag of a region (England, Scotland, Wales …) is a black flag with a name in invisible tags.
_REGIONAL_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
# Chinese and Japanese names use these forms; the normal form C replaces them with other characters.
_COMPATIBLE_FORMS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
# Letters and marks that are invisible, although Unicode counts them as letters: fillers, joiners and variation
# selectors.
_UNSEEN = {
    "\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180c", "\u180d", "\u180f", "\u2800", "\u3164",
    "\uffa0", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0)),
}  # fmt: skip
# The maximum number of marks on one letter; no language needs more. Further ones would run over the neighbouring lines.
MARKS_MAX = 5
_FIRST_MARK = "\u0300"
_KEPT_BREAKS = str.maketrans("\n\t", "  ")
TIBETAN_MARKS_MAX = 8  # its letters stand below each other


def cleaned(field: str, text: str, maximum: int, *, required: bool = False) -> str:
    """`text` in its normal form, stripped, with line ends as \\n and without invisible characters.

    :raise Invalid: `{field: "missing" | "too_long"}`.
    """
    return _checked(field, _normal(text).strip(), maximum, required)


def one_line(field: str, text: str, maximum: int, *, required: bool = False) -> str:
    """As `cleaned`, with all white space collapsed to single spaces."""
    return _checked(field, " ".join(_normal(text).split()), maximum, required)


def is_seen(text: str) -> bool:
    """Whether a reader sees anything of a text."""
    return not all(c in _JOINERS or c in _UNSEEN or c.isspace() for c in text)


def _checked(field: str, text: str, maximum: int, required: bool) -> str:
    if required and not is_seen(text):
        raise Invalid(**{field: "missing"})
    if len(text) > maximum:
        raise Invalid(**{field: "too_long"})
    return text


def shortened(text: str, maximum: int) -> str:
    """`text` in at most `maximum` code points. It is cut between words if possible, and never inside of a grapheme."""
    if len(text) <= maximum:
        return text
    start = head(text, maximum - 1)
    words = start if text[len(start)].isspace() else start.rpartition(" ")[0]
    return (words.rstrip(" \n\t,;:") or start) + "…"


def name_key(name: str) -> str:
    """The comparison key of a display name: equal for names that differ by case and spaces only; at most 80
    characters.
    """
    seen = shown_characters(unicodedata.normalize("NFKC", name).casefold())
    return "".join(seen.split())[:NAME_KEY_MAX]


def shown_characters(text: str) -> str:
    """`text` without characters that show nothing."""
    return "".join(c for c in _visible(text) if c not in _JOINERS | _UNSEEN)


def _normal(text: str) -> str:
    return _limited(_composed(_visible(_BREAKS.sub("\n", text).translate(_OFFICE))))


def _visible(text: str) -> str:
    """`text` without characters that show nothing; the tags of a flag are kept."""
    if text.translate(_KEPT_BREAKS).isprintable():  # as most are; a file has ten thousand
        return text
    kept: list[str] = []
    end = 0
    for flag in _REGIONAL_FLAG.finditer(text):
        kept += [*filter(_is_kept, text[end : flag.start()]), flag[0]]
        end = flag.end()
    return "".join([*kept, *filter(_is_kept, text[end:])])


def _is_kept(c: str) -> bool:
    return c in _KEPT_FORMATS or unicodedata.category(c) not in _DROPPED


def _composed(text: str) -> str:
    """`text` in normal form C, except for the compatible forms of Chinese characters."""
    parts = _COMPATIBLE_FORMS.split(text)
    return "".join(part if n % 2 else unicodedata.normalize("NFC", part) for n, part in enumerate(parts))


def _limited(text: str) -> str:
    """`text` without the marks that are too many on their letter."""
    if not text or max(text) < _FIRST_MARK:
        return text
    kept: list[str] = []
    marks = 0
    for c in text:
        is_mark = unicodedata.category(c) in ("Mn", "Me") and c not in _UNSEEN
        if is_mark:
            marks += 1
        elif c not in _JOINERS and c not in _UNSEEN:
            marks = 0
        if not is_mark or marks <= (TIBETAN_MARKS_MAX if "\u0f00" <= c <= "\u0fff" else MARKS_MAX):
            kept.append(c)
    return "".join(kept)
