"""Finished pages: drawn once for everybody of a kind, kept compressed in memory, and filled in for each answer. Files
that are the same for everybody and take a while are kept beside them.

The key of a page holds everything that the page depends on: the language, the rights of the viewer, and the numbers of
the journal. So a kept page is never out of date. What differs from viewer to viewer is a hole (app/platform/holes.py).
A challenge keeps pages of its present state alone: what was erased is not kept here either.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from flask import Flask, current_app, get_flashed_messages, render_template, request
from flask_babel import get_locale
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.platform import commands, csrf
from app.platform.compression import Piece, packed, piece, send_packed, takes
from app.platform.holes import drawing, hole, is_drawing, parted
from ideas import clock, events

# The size of one page is rarely more than 20 KiB; a result of 1,000 ideas with all its texts has 200 KiB.
BYTES_MAX = 16 * 1024 * 1024
PAGES_MAX = 400

EXTENSION = "schwarm-pages"

Fill = Mapping[str, Callable[[], str]]


@dataclass(frozen=True)
class DrawnPage:
    """A page that was just drawn. `until` is the instant at which the clock changes what it shows.

    `about` is what the holes are filled from besides the viewer.
    """

    html: str
    until: datetime | None = None
    about: object = None


@dataclass(frozen=True)
class FinishedPage:
    """A page: its pieces, and the names of the holes between them; the rest as in `DrawnPage`."""

    parts: tuple[Piece | str, ...]
    until: datetime | None
    about: Any

    @property
    def size(self) -> int:
        """In bytes, with what Python needs for a piece."""
        return sum(len(part.deflated) + 1_500 for part in self.parts if isinstance(part, Piece))


@dataclass(frozen=True)
class FinishedFile:
    """A file that was made once for everybody."""

    content: bytes
    until: datetime | None = None

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)


Kept = TypeVar("Kept", FinishedPage, FinishedFile)


@dataclass(frozen=True)
class PageKey:
    """The name of a kept page: `state` is of its challenge (ideas/queries/states.py), `kind` of page and viewer."""

    challenge_id: int
    state: Hashable
    kind: Hashable


def key_of_request(challenge_id: int, state: Hashable, *kind: Hashable) -> PageKey:
    """The key of a page in this request. Its language and its address belong to every kind."""
    return PageKey(challenge_id, state, (str(get_locale()), request.host_url, request.script_root, *kind))


class PageCache:
    """The finished pages of all challenges, the least recently used first."""

    def __init__(self, bytes_max: int = BYTES_MAX, pages_max: int = PAGES_MAX) -> None:
        self.bytes_max, self.pages_max = bytes_max, pages_max
        self.bytes = 0
        self._pages: OrderedDict[PageKey, FinishedPage | FinishedFile] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, key: PageKey, of: type[Kept]) -> Kept | None:
        found = self._pages.get(key)
        if not isinstance(found, of) or (found.until is not None and clock.now() >= found.until):
            return None
        self._pages.move_to_end(key)
        return found

    def keep(self, key: PageKey, page: FinishedPage | FinishedFile) -> None:
        """Keep a page, and drop what shows earlier states of its challenge; a page that is too large is not kept."""
        self._drop(lambda other: other.challenge_id == key.challenge_id and other.state != key.state)
        if (before := self._pages.pop(key, None)) is not None:
            self.bytes -= before.size
        if page.size > self.bytes_max // 4:
            return
        self._pages[key] = page
        self.bytes += page.size
        while self.bytes > self.bytes_max or len(self._pages) > self.pages_max:
            self.bytes -= self._pages.popitem(last=False)[1].size

    def drop(self, challenge_id: int) -> None:
        self._drop(lambda key: key.challenge_id == challenge_id)

    def clear(self) -> None:
        self._pages.clear()
        self.bytes = 0

    def _drop(self, is_out: Callable[[PageKey], bool]) -> None:
        for key in [key for key in self._pages if is_out(key)]:
            self.bytes -= self._pages.pop(key).size


def init_app(app: Flask) -> None:
    app.extensions[EXTENSION] = PageCache()
    app.jinja_env.globals.update(hole=hole, page_time=page_time, page_address=page_address, flashes=flashes)


def _pages() -> PageCache:
    found: PageCache = current_app.extensions[EXTENSION]
    return found


def finished(key: PageKey, draw: Callable[[], DrawnPage]) -> FinishedPage:
    """The page of this key; `draw` draws it, with holes, if it is not kept."""
    page = _pages().get(key, FinishedPage)
    if page is None:
        with drawing():
            drawn = draw()
        parts = tuple(part if n % 2 else piece(part.encode()) for n, part in enumerate(parted(drawn.html)))
        page = FinishedPage(parts, drawn.until, drawn.about)
        _pages().keep(key, page)
    return page


def finished_file(key: PageKey, make: Callable[[], bytes]) -> bytes:
    """The file of this key; `make` makes it if it is not kept."""
    found = _pages().get(key, FinishedFile)
    if found is None:
        found = FinishedFile(make())
        _pages().keep(key, found)
    return found.content


def answer(page: FinishedPage, fill: Fill) -> Response:
    """The page with its holes filled for the viewer of this request: `{name of a hole: what gives its text}`."""
    known = {**_OF_EVERY_PAGE, **fill}
    parts = [part if isinstance(part, Piece) else str(known[part]()).encode() for part in page.parts]
    response = Response(mimetype="text/html")
    response.vary.add("Accept-Encoding")
    if takes():
        send_packed(response, packed(parts))
    else:
        response.set_data(b"".join(part.plain if isinstance(part, Piece) else part for part in parts))
    return response


def page_time() -> str:
    """The server's time in an answer, in milliseconds."""
    return hole("now") if is_drawing() else str(clock.to_ms(clock.now()))


def page_address() -> str:
    """The address of this page as a path of this server; "" for the answer to a post."""
    if is_drawing():
        return hole("here")
    return request.full_path.rstrip("?") if request.method == "GET" else ""


def flashes() -> str:
    """The messages of the act before."""
    if is_drawing():
        return hole("flashes")
    messages = get_flashed_messages(with_categories=True)
    return Markup(render_template("layouts/flashes.html", messages=messages)) if messages else ""  # noqa: S704 (it escapes)


_OF_EVERY_PAGE: dict[str, Callable[[], str]] = {
    "token": csrf.token,
    "number": commands.new_number,
    "now": page_time,
    "here": lambda: escape(page_address()),
    "flashes": flashes,
}


def fill_on_every_page(name: str, text: Callable[[], str]) -> None:
    """Fill the hole `name` of every page with this text for the viewer."""
    _OF_EVERY_PAGE[name] = text


def nobody(*, has_account: bool) -> SimpleNamespace:
    """What a page that is drawn for many may know of its viewers: whether they have an account."""
    return SimpleNamespace(account=SimpleNamespace() if has_account else None)


def _forget(event: events.Event) -> None:
    """Drop the pages of a challenge that something happened to, so that nothing erased stays in memory.

    A frame follows each act besides, and the frames of marks are many.
    """
    challenge_id = getattr(event, "challenge_id", None)
    if challenge_id is not None and not isinstance(event, events.StreamAdvanced):
        _pages().drop(challenge_id)


events.subscribe(events.Event, _forget)
