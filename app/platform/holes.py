"""Holes of a page that is drawn for many viewers: marks where what belongs to one answer or viewer is put in later.

While such a page is drawn, the functions that give tokens, numbers and times give holes (`is_drawing`).
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from flask import g, has_app_context
from markupsafe import Markup

# Nobody can write it into a text: it is another one in each process.
_MARK = f"hole-{secrets.token_hex(12)}-"
_HOLE = re.compile(rf"{_MARK}([a-z]+)-")

KEY = "draws_for_all"


@contextmanager
def drawing() -> Iterator[None]:
    """Draw for many viewers inside the block."""
    setattr(g, KEY, True)
    try:
        yield
    finally:
        g.pop(KEY)


def is_drawing() -> bool:
    """Whether a page is drawn for many viewers now."""
    return has_app_context() and KEY in g


def hole(name: str) -> Markup:
    """The mark of a hole; `name` consists of letters. It stands unchanged in HTML and in addresses."""
    return Markup(f"{_MARK}{name}-")  # noqa: S704 (letters and digits alone)


def parted(html: str) -> list[str]:
    """The page in parts: text, the name of a hole, text, the name of a hole, …, text."""
    return _HOLE.split(html)
