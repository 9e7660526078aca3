"""A text and its translation, paragraph by paragraph.

A translation is stored as one text: its paragraphs in the order of those of the source, with an empty line between
them. An empty paragraph keeps its place, so that a half-done translation stands beside the right lines. Pure functions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

GAP = "\n\n"

_EMPTY_LINES = re.compile(r"(?:\n[ \t]*)+\n")


@dataclass(frozen=True)
class ParagraphPair:
    """A paragraph of the source, and what stands for it in the translation: "" if nothing does yet."""

    source: str
    target: str


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs of a text, without those that are empty."""
    return [part.strip("\n") for part in _EMPTY_LINES.split(text) if part.strip()]


def side_by_side(source: str, target: str) -> list[ParagraphPair]:
    """The paragraphs of a source, each with its translation; the last one has everything that comes after it, too.

    A source without words has no paragraphs, and gives no pairs.
    """
    sources = paragraphs_of(source)
    targets = target.split(GAP, len(sources) - 1) if sources else []
    targets += [""] * (len(sources) - len(targets))
    return [ParagraphPair(before, after.strip("\n")) for before, after in zip(sources, targets, strict=True)]


def joined(targets: Sequence[str]) -> str:
    """The text of a translation from its paragraphs; `side_by_side` parts it again in the same way.

    Empty lines inside of a paragraph would be read as the next one, so all but the last lose them.
    """
    *firsts, last = targets
    return GAP.join([*(_EMPTY_LINES.sub("\n", each.strip()) for each in firsts), last.strip()]).rstrip()
