"""What keeps pages fast on a phone, without a browser: what stands in the way of the first paint, by kind of page.

`benchmarks/lighthouse.py` measures the scores; these limits are what they rest on, a little above the present figures.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

import pytest

from app.platform import assets
from tests import crowds, factories
from tests.conftest import Browser
from tests.house.test_styles import CSS


@dataclass(frozen=True)
class Limits:
    """The most files that a page names in its head, their kilobytes packed, and its elements."""

    files: int
    kilobytes: int
    elements: int


LIMITS = {
    "home": Limits(4, 66, 190),
    "join": Limits(4, 66, 220),
    "room": Limits(7, 104, 540),
    "ballot": Limits(8, 110, 500),  # the script of the ballot itself is named, too (decision 488)
    "result": Limits(5, 81, 560),
    "help": Limits(5, 81, 800),
}


class Head(HTMLParser):
    """The elements of a page, each as its name and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {key: value or "" for key, value in attrs}))

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]

    @cached_property
    def files(self) -> list[str]:
        """The static files that the browser gets at once, by their names."""
        wanted = {"stylesheet", "preload", "modulepreload"}
        links = [link["href"] for link in self.named("link") if link.get("rel") in wanted]
        scripts = [script["src"] for script in self.named("script")]
        return [re.sub(r"^/static/\w+/", "", address) for address in links + scripts]


@pytest.fixture
def pages(app, client, browser_of) -> dict[str, Head]:
    room = factories.room(title="How do we halve the packaging waste of our canteen?")
    author, reader = factories.participant(room), factories.participant(room)
    for n in range(8):
        factories.idea(room, author, f"Idea number {n}", "Bread from yesterday goes into a box by the door.")
    closed = crowds.closed("approval", title="What would make you come to our bakery?")
    inside = browser_of(reader)
    asked: dict[str, tuple[Browser, str]] = {
        "home": (client, "/"),
        "join": (client, f"/join/{room.code}"),
        "room": (inside, room.path),
        "ballot": (inside, f"{room.path}/ballot"),
        "result": (browser_of(closed.owner), f"{closed.path}/result"),
        "help": (client, "/help/company"),
    }
    found = {}
    for name, (browser, path) in asked.items():
        answer = browser.get(path)
        assert answer.status_code == 200, (name, path)
        found[name] = Head(answer.text)
    return found


def packed_bytes(name: str) -> int:
    return len(assets.brotli(name) or (assets.content(name) if name.endswith("woff2") else assets.compressed(name)))


def test_little_stands_before_the_first_paint_of_a_page(pages):
    """One test for all of it, since the pages take longest to make."""
    for name, page in pages.items():
        limits = LIMITS[name]
        sizes = {file: packed_bytes(file) for file in page.files}

        assert len(sizes) == len(page.files) <= limits.files, (name, page.files)
        assert sum(sizes.values()) <= 1000 * limits.kilobytes, (name, sizes)
        assert len(page.found) <= limits.elements, (name, len(page.found))
        assert len(page.named("circle")) <= 30, name  # a drawing of people has a path for each kind of dot

        sheets = [file for file in page.files if file.endswith(".css")]
        assert len(sheets) == (2 if name in ("result", "help") else 1), (name, sheets)
        for script in page.named("script"):
            assert script.get("type") == "module", (name, script)
            assert script.get("src"), (name, script)
        for image in page.named("img"):
            assert image["src"].startswith("data:") or {"width", "height"} <= image.keys(), (name, image)
        for font in page.named("link"):
            assert font.get("as") != "font" or "crossorigin" in font, (name, font)  # else it is fetched twice
    for name in ("room", "ballot"):  # a browser asks at once for scripts that import each other
        preloaded = {
            link["href"].rsplit("/", 1)[1] for link in pages[name].named("link") if link["rel"] == "modulepreload"
        }
        assert preloaded >= {"site.js", "room.js"}, name


def test_a_style_sheet_is_sent_packed_and_kept(client):
    answer = client.get("/static/any/css/joined-main.css", headers={"Accept-Encoding": "gzip, br"})

    assert answer.content_encoding in ("br", "gzip")
    assert answer.cache_control.immutable


def test_texts_are_shown_before_their_fonts_are_here():
    sheet = (CSS / "fonts.css").read_text()

    assert sheet.count("font-display: swap") == sheet.count("@font-face")


def test_times_are_formatted_after_the_first_paint():
    """The first formatting blocks a phone for a tenth of a second."""
    start = assets.content("js/application.js").decode()

    assert "afterPaint(watchTimes);" in start
    assert "\nwatchTimes();" not in start
