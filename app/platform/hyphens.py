"""Soft hyphens in long German words, for titles on narrow cards.

Browsers break German words by themselves only where they have a dictionary for it, and many have none. So the server
says where a long word may be broken. Only titles that people read get them: in an input, a file or a label for screen
readers they would be letters that nobody typed.
"""

import re
from functools import cache

from flask import Flask
from pyphen import Pyphen

from ideas.offload import run_blocking

SOFT_HYPHEN = "\u00ad"

# Shorter words fit on any card, and short pieces are where a list of patterns errs ("Stau-be-cken").
LETTERS_MIN, PIECE_MIN = 12, 3

_BEFORE, _AFTER = r"(?<![^\s(„“\"'«-])", r"(?=[,;:.!?)“”\"'»]*(?:\s|-|$))"
_LONG = re.compile(rf"{_BEFORE}[^\W\d_]{{{LETTERS_MIN},}}{_AFTER}")


def init_app(app: Flask) -> None:
    app.jinja_env.filters["soft"] = soft


def soft(text: str, language: str) -> str:
    """A title with soft hyphens in its long words, if it is in German; addresses and codes stay as they are."""
    if not language.startswith("de") or not _LONG.search(text):
        return text
    return _LONG.sub(lambda found: _broken(found[0]), text)


def _broken(word: str) -> str:
    patterns = _patterns()
    broken = str(patterns.inserted(word, SOFT_HYPHEN))
    patterns.hd.cache.clear()  # the words of an erased text must not stay in memory
    return broken


@cache
def _patterns() -> Pyphen:
    """The patterns are read when the first long word is drawn, which takes half a second, while others go on."""
    return run_blocking(_read)


def _read() -> Pyphen:
    return Pyphen(lang="de_DE", left=PIECE_MIN, right=PIECE_MIN)


def syllables(word: str, language: str) -> list[str]:
    """The pieces of a word between which it could be hyphenated, if it is in German; else its letters."""
    if not language.startswith("de"):
        return [*word]
    return _broken(word).split(SOFT_HYPHEN)
