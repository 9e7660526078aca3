"""Names for templates: texts of people, times, faces, words for enum members."""

import hashlib
from collections.abc import Callable, Hashable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request
from flask_babel import format_currency, format_date, format_percent, get_locale
from jinja2 import FileSystemBytecodeCache, StrictUndefined
from markupsafe import Markup, escape

from app import activities, labels, work_kinds
from app.job_words import asked_reading, job_words, other_languages
from ideas import clock, codes, events, prose, uploads
from ideas.family import PARENTS_MAX
from ideas.graphemes import graphemes
from ideas.prizes import CURRENCIES, prize_rules_of
from ideas.voting.uncertainty import LEVEL


def init_app(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    if folder := app.config["TEMPLATE_CACHE"]:
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(folder)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(rich=rich, excerpt=prose.excerpt, initial=initial, bdi=bdi, isolated=isolated)
    app.jinja_env.filters.update(iso=iso, ms=clock.to_ms, day=day, face=face_of, code=codes.shown)
    app.jinja_env.filters.update(money=money, percent=percent, prize_rules=prize_rules_of)
    app.extensions["schwarm-fragments"] = fragment = _fragments_of(app)
    app.jinja_env.globals.update(
        activities=activities, uploads=uploads, labels=labels, work_kinds=work_kinds, fragment=fragment, LEVEL=LEVEL
    )
    app.jinja_env.globals.update(PARENTS_MAX=PARENTS_MAX, job_words=job_words, other_languages=other_languages)
    app.jinja_env.globals["asked_reading"] = asked_reading


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

    app.extensions["schwarm-forget-texts"] = drawn.cache_clear
    return fragment


ERASING = (events.IdeaRedacted, events.ArgumentRedacted, events.TextsErased, events.ChallengeDeleted)


def _forget_texts(_event: events.Event) -> None:
    """Forget all that was drawn from texts: what was erased must not stay in memory."""
    current_app.extensions["schwarm-forget-texts"]()
    rich.cache_clear()


for _kind in ERASING:
    events.subscribe(_kind, _forget_texts)


def money(cents: int, currency: str) -> str:
    """An amount in the smallest unit of a currency, as the reader's language writes it."""
    return str(format_currency(Decimal(cents).scaleb(-CURRENCIES[currency]), currency))


def percent(share: int) -> str:
    """A whole percentage."""
    return str(format_percent(share / 100))


@lru_cache(maxsize=500)
def rich(text: str) -> Markup:
    """A text of several lines as HTML: paragraphs and lists, each in the direction of its own words.

    Links send no referrer. `ideas/prose.py` describes what is drawn; the rest stands as it was typed.
    """
    return Markup().join(map(_block, prose.blocks_of(text)))


def _block(block: prose.Block) -> Markup:
    if isinstance(block, prose.Paragraph):
        return Markup('<p dir="auto">{}</p>').format(_lines(block))
    tag = "ol" if block.is_numbered else "ul"
    items = Markup().join(map(_item, block.items))
    return Markup('<{tag} role="list" dir="auto">{items}</{tag}>').format(tag=tag, items=items)


def _item(item: prose.Item) -> Markup:
    """The sign or number is text, so it is copied and read aloud as it was typed."""
    content = Markup().join(
        _lines(block) if isinstance(block, prose.Paragraph) else _block(block) for block in item.blocks
    )
    return Markup('<li><span class="prose__marker">{}</span> <div>{}</div></li>').format(item.marker, content)


def _lines(paragraph: prose.Paragraph) -> Markup:
    return Markup("<br>").join(Markup().join(map(_span, line)) for line in paragraph.lines)


def _span(span: prose.Span) -> Markup:
    inside = Markup().join(map(_span, span.parts)) or escape(span.text)
    if span.tag == "a":
        return Markup('<a href="{}" rel="nofollow noopener noreferrer">{}</a>').format(span.href, inside)
    return Markup("<{tag}>{inside}</{tag}>").format(tag=span.tag, inside=inside) if span.tag else inside


def bdi(text: str) -> Markup:
    """A name or a short text within a line of other words, which keeps its own direction."""
    return Markup("<bdi>{}</bdi>").format(text)


def initial(name: str) -> str:
    """The first character of a name, as people see it."""
    return next(graphemes(name), "").upper()


def isolated(text: str) -> str:
    """As `bdi`, for attributes and other places without elements."""
    return f"\u2068{text}\u2069"


def iso(instant: datetime) -> str:
    """The value of `<time datetime>`: the browser shows it in the viewer's zone."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def day(ms: int, time_zone: str) -> str:
    """The date of an instant in a time zone, for mails."""
    return format_date(clock.from_ms(ms).astimezone(ZoneInfo(time_zone)), "long", rebase=False)


def face_of(name: str | None) -> int:
    """The number of a name's six-dot face; hidden authors all have the same face."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") if name else 0
