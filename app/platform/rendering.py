"""Names for templates: Markdown, times, faces, words for enum members."""

import hashlib
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import lru_cache

import nh3
from flask import Flask, request
from flask_babel import get_locale
from jinja2 import FileSystemBytecodeCache, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from app import activities, labels
from ideas import clock, codes

_plain = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
_with_tables = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable("table")

# The parser fills short rows of a table with cells: a page of text could otherwise become 65,000 cells at every view.
CELLS_MAX = 1000

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def init_app(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    if folder := app.config["TEMPLATE_CACHE"]:
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(folder)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(markdown=markdown, iso=iso, ms=clock.to_ms, face=face_of, code=codes.shown)
    app.extensions["schwarm-fragments"] = fragment = _fragments_of(app)
    app.jinja_env.globals.update(activities=activities, labels=labels, server_now=clock.now, fragment=fragment)


# A room with 1,000 ideas has as many cards, and the console as many again: at some 2 KiB each these are 8 MiB.
FRAGMENTS_KEPT = 4_000


def _fragments_of(app: Flask) -> Callable[..., Markup]:
    """`fragment("ideas/_idea.html", idea=row)`: a fragment that knows no viewer, drawn once for all viewers.

    Its output depends only on its row, the language and the application's path (tests/house/test_templates.py), so
    these three are the cache key. A changed row is another row.
    """

    @lru_cache(maxsize=FRAGMENTS_KEPT)
    def drawn(template: str, noun: str, row: Hashable, language: str, root: str) -> Markup:
        return Markup(app.jinja_env.get_template(template).render({noun: row}))  # noqa: S704 (it escapes by itself)

    def fragment(template: str, **variable: Hashable) -> Markup:
        [(noun, row)] = variable.items()
        return drawn(template, noun, row, str(get_locale()), request.script_root)

    return fragment


@lru_cache(maxsize=500)
def markdown(text: str) -> Markup:
    """Markdown as safe HTML: no raw HTML, no foreign images, and links that send no referrer."""
    html = nh3.clean(
        (_with_tables if _cells(text) <= CELLS_MAX else _plain).render(text),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return Markup(html)  # noqa: S704 (cleaned in the line before)


def _cells(text: str) -> int:
    """The maximum number of cells that a text could have if it were one table."""
    lines = text.splitlines()
    return len(lines) * max((line.count("|") + 1 for line in lines if "|" in line), default=0)


def iso(instant: datetime) -> str:
    """The value of `<time datetime>`: the browser shows it in the viewer's zone."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def face_of(name: str | None) -> int:
    """The number of a name's six-dot face; hidden authors all have the same face."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") if name else 0
