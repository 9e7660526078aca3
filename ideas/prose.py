"""Texts of several lines as people write them: paragraphs, lists, *stress*, **strong stress** and links.

Everything else is shown as it was typed: nobody has to know a markup language, and no character is lost that somebody
wrote as part of a sentence. Lists keep the number that was typed. This module reads a text and gives its plain words;
`app/platform/rendering.py` draws it as HTML from the same reading, so both show the same words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ideas.texts import shortened

_BULLETS = {"-": "–", "*": "•", "+": "•"}
# A bullet or a number, a gap, and a text that holds more than signs ("* * *" is no item).
_ITEM = re.compile(r"([ \t]*)([-*+•‣▪◦·–]|\d{1,9}[.)])([ \t]+)(?=.*[^\s*_=+.·•–-])(\S.*)")
# Deeper lists are shown as typed: a text is no tree.
_DEPTH_MAX = 4

# Stress begins before a letter and ends behind one, stands alone between spaces or punctuation, and contains a letter:
# so "2*3*4", "Kolleg*innen", "*.py", a footnote's star and a path keep their stars. Within double stars a digit is
# enough: "**5000 €**" and "**10:30**" are no sums.
_STRESS = (
    r"(?<![\w*/\\`]){stars}(?=[^\s*).,;:!?])(?=[^*\n]*[^\W{kept}_])(?P<{name}>[^*\n]*[^\s*(\[{{]){stars}(?![\w*/\\`])"
)
_URL = r"(?:https?://|mailto:)[^\s<>\"()]+(?:\([^\s<>\"()]*\)[^\s<>\"()]*)*"
_INLINE = re.compile(
    "|".join((
        _STRESS.format(stars=r"\*\*", name="strong", kept=""),
        _STRESS.format(stars=r"\*", name="em", kept=r"\d"),
        rf"(?<!!)\[(?P<label>[^\[\]\n]{{1,500}})\]\((?P<target>{_URL})\)",
        r"(?<!\w)(?P<address>https?://(?=\w)[^\s<>\"*]+)",
    ))
)  # fmt: skip
# A label that looks like an address itself could hide another one; such a link is shown as typed.
_LIKE_ADDRESS = re.compile(r"://|@|\w\.\w{2}")
_ENDS = ".,;:!?'’”“»…"


@dataclass(frozen=True)
class Span:
    """A piece of a line. `tag`: "" for plain text, else em, strong or a; `href` belongs to a."""

    text: str
    tag: str = ""
    href: str = ""
    parts: tuple["Span", ...] = ()

    @property
    def words(self) -> str:
        return "".join(part.words for part in self.parts) or self.text


@dataclass(frozen=True)
class Paragraph:
    lines: tuple[tuple[Span, ...], ...]

    @property
    def words(self) -> str:
        return "\n".join("".join(span.words for span in line) for line in self.lines)


@dataclass(frozen=True)
class Item:
    """`marker`: the number as typed, or the sign of the list."""

    marker: str
    blocks: tuple["Block", ...]

    @property
    def words(self) -> str:
        return f"{self.marker} " + "\n".join(block.words for block in self.blocks)


@dataclass(frozen=True)
class Items:
    is_numbered: bool
    items: tuple[Item, ...]

    @property
    def words(self) -> str:
        return "\n".join(item.words for item in self.items)


Block = Paragraph | Items


def blocks_of(text: str) -> tuple[Block, ...]:
    return tuple(_blocks(text.split("\n"), 0))


def plain(text: str) -> str:
    """The words of a text, without the signs that only shape it."""
    return "\n\n".join(block.words for block in blocks_of(text))


def excerpt(text: str, most: int) -> str:
    """The words of a text as one line of at most `most` characters."""
    return shortened(" ".join(plain(text).split()), most)


def _blocks(lines: list[str], depth: int) -> Iterator[Block]:
    paragraph: list[str] = []
    at = 0
    while at < len(lines):
        found = _items_at(lines, at, depth)
        if (found or not lines[at].strip()) and paragraph:
            yield _paragraph(paragraph)
            paragraph = []
        if found:
            yield found[0]
        elif lines[at].strip():
            paragraph.append(lines[at])
        at = found[1] if found else at + 1
    if paragraph:
        yield _paragraph(paragraph)


def _paragraph(lines: list[str]) -> Paragraph:
    return Paragraph(tuple(tuple(_spans(line.rstrip())) for line in lines))


def _items_at(lines: list[str], at: int, depth: int) -> tuple[Items, int] | None:
    """The list that begins at a line, and the number of the line after it. One item alone is no list."""
    first = _ITEM.fullmatch(lines[at])
    if not first or depth == _DEPTH_MAX:
        return None
    groups: list[tuple[str, list[str]]] = []
    end = at
    for end in range(at, len(lines) + 1):
        line = lines[end] if end < len(lines) else ""
        item = _ITEM.fullmatch(line)
        if item and item[1] == first[1] and _kind(item[2]) == _kind(first[2]):
            groups.append((_BULLETS.get(item[2], item[2]), [item[4]]))
        elif _indent(line) > _indent(lines[at]):
            groups[-1][1].append(line)
        else:
            break
    if len(groups) < 2:
        return None
    items = (Item(marker, tuple(_blocks([head, *_dedented(rest)], depth + 1))) for marker, [head, *rest] in groups)
    return Items(first[2][0].isdigit(), tuple(items)), end


def _kind(marker: str) -> str:
    return marker[-1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else 0


def _dedented(lines: list[str]) -> list[str]:
    least = min(map(_indent, lines), default=0)
    return [line[least:] for line in lines]


def _spans(line: str) -> Iterator[Span]:
    at = 0
    while found := _INLINE.search(line, at):
        span, end = _span(found)
        start = found.start() if span.tag else end
        if start > at:
            yield Span(line[at:start])
        if span.tag:
            yield span
        at = end
    if at < len(line):
        yield Span(line[at:])


def _span(found: re.Match[str]) -> tuple[Span, int]:
    """What an expression of a line stands for, and where it ends; without a tag it is shown as typed up to there."""
    for tag in ("strong", "em"):
        if (inner := found[tag]) is not None:
            return Span(inner, tag, parts=tuple(_spans(inner))), found.end()
    if label := found["label"]:
        if _LIKE_ADDRESS.search(label):
            return Span("["), found.start() + 1
        return Span(label, "a", found["target"]), found.end()
    address = _without_end(found["address"])
    return Span(address, "a", address), found.start() + len(address)


def _without_end(address: str) -> str:
    """An address without the punctuation and closing brackets of the sentence around it."""
    while address[-1] in _ENDS or any(
        address[-1] == closing and address.count(opening) < address.count(closing)
        for opening, closing in ("()", "[]", "{}")
    ):
        address = address[:-1]
    return address
