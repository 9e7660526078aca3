"""Photograph every page that the layout tests know, join the pictures to contact sheets, and run axe on each.

    make acceptance

The pages are those of `tests/journeys/places.py`, some states that need a click first (`ACTS`), and the big screen.
Each is taken at 390 and 1440 pixels, light and dark, in German and English. The sheets go to the
folder `acceptance`; what axe finds is printed, and then the command fails. `ONLY=word` takes the pages whose name
contains the word.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image, ImageDraw, ImageFont  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.journeys import axe  # noqa: E402
from tests.journeys.conftest import DEFINED, DRAWN  # noqa: E402
from tests.journeys.places import PLACES, SCREENS, Places, lay_out  # noqa: E402
from tests.servers import Server  # noqa: E402

FOLDER = ROOT / "acceptance"
LANGUAGES = {"de": "de-DE", "en": "en-GB"}
SCHEMES = ("light", "dark")
T = TypeVar("T")
GAP = 16
LABEL = 22
MARGIN = GAP + LABEL


@dataclass(frozen=True)
class Format:
    """The size of a page, and how its pictures stand on a sheet: their width and longest height, and how many."""

    name: str
    viewport: tuple[int, int]
    width: int
    height: int
    columns: int
    rows: int
    is_phone: bool = False


PHONE = Format("390", (390, 844), 390, 1500, 4, 1, is_phone=True)
LAPTOP = Format("1440", (1440, 900), 780, 700, 2, 2)
LANDSCAPE = Format("screen", (1280, 720), 780, 440, 2, 3)
UPRIGHT = Format("upright", (1080, 1920), 390, 694, 4, 1)


def _shortcuts(page: Page) -> None:
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("?")


def _menu(page: Page) -> None:
    page.locator("[popovertarget]").first.click()


def _write_idea(page: Page) -> None:
    page.locator("#field-title").fill("Pfandbecher, geteilt mit allen Nachbarinnen und Nachbarn der Straße")


def _argue(page: Page) -> None:
    page.locator(".stance--against").click()
    page.locator(".composer--argue textarea").fill("Weil es auf dem Platz von Oktober bis März zu windig ist.")


def _send_empty(page: Page) -> None:
    """Send the main form without its words, as a browser without checks of its own does."""
    page.locator("main form").last.evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")
    page.wait_for_load_state()


def _join_without_name(page: Page) -> None:
    page.locator("[name=name]").fill("")
    _send_empty(page)


def _send_as_nobody(page: Page) -> None:
    _write_idea(page)
    page.context.clear_cookies()
    page.evaluate("() => HTMLFormElement.prototype.submit.call(document.querySelector('#composer'))")
    page.wait_for_selector("main h1")


Act = Callable[[Page], None]

# States that need an act first: `{name: (place, act)}`.
ACTS: dict[str, tuple[str, Act]] = {
    "room: menu": ("room", _menu),
    "room: shortcuts": ("room", _shortcuts),
    "room: writing": ("room", _write_idea),
    "room: text kept for a stranger": ("room", _send_as_nobody),
    "idea: arguing": ("idea", _argue),
    "console: menu": ("console", _menu),
    "sign-in: refused": ("sign-in", _send_empty),
    "join: refused": ("join", _join_without_name),
    "form: refused": ("form", _send_empty),
}


def _nothing(_page: Page) -> None:
    return None


@dataclass(frozen=True)
class Subject:
    name: str
    path: str
    storage: dict[str, object]
    formats: tuple[Format, ...] = (PHONE, LAPTOP)
    act: Act = _nothing


@dataclass(frozen=True)
class Shot:
    subject: str
    format: Format
    language: str
    scheme: str
    picture: Path


class Camera:
    """Takes the pictures of pages, and keeps what axe finds: `{where: violations}`."""

    def __init__(self, browser: Browser, server: Server, folder: Path) -> None:
        self.browser, self.server, self.folder = browser, server, folder
        self.found: dict[str, axe.Violations] = {}

    def take(self, subject: Subject, format: Format, language: str) -> Iterator[Shot]:
        page = self._page(subject, format, language)
        page.goto(subject.path)
        page.evaluate(DEFINED)
        subject.act(page)
        page.wait_for_timeout(500)  # the socket, presence, and the last fragment
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(DRAWN)
            name = f"{subject.name}-{format.name}-{language}-{scheme}"
            picture = self.folder / (re.sub(r"\W+", "-", name) + ".png")
            page.screenshot(path=picture, full_page=format in (PHONE, LAPTOP))
            if found := axe.violations(page, axe.LIGHT if scheme == "light" else axe.DARK):
                self.found[name] = found
            yield Shot(subject.name, format, language, scheme, picture)
        page.context.close()

    def _page(self, subject: Subject, format: Format, language: str) -> Page:
        width, height = format.viewport
        return self.browser.new_context(
            base_url=self.server.url,
            storage_state=subject.storage,
            locale=LANGUAGES[language],
            viewport={"width": width, "height": height},
            has_touch=format.is_phone,
            is_mobile=format.is_phone,
        ).new_page()


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        subjects = list(_subjects(lay_out(server)))
        path = os.environ.get("CHROMIUM") or (ROOT / ".venv" / "browser-path").read_text().strip()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            camera = Camera(browser, server, Path(folder))
            for language in LANGUAGES:
                shots = [
                    shot
                    for subject in subjects
                    for format in subject.formats
                    for shot in camera.take(subject, format, language)
                ]
                _join(shots)
        finally:
            browser.close()
            server.stop()
    for where, violations in camera.found.items():
        print(where, *(f"\n  {rule}: {elements}" for rule, elements in violations))
    print(f"The sheets are in {FOLDER}; axe found something on {len(camera.found)} pages.")
    return 1 if camera.found else 0


def _subjects(places: Places) -> Iterator[Subject]:
    subjects = [
        *(Subject(name, *places[name]) for name in PLACES),
        *(Subject(name, *places[place], act=act) for name, (place, act) in ACTS.items()),
        *(Subject(name, *places[name], formats=(LANDSCAPE, UPRIGHT)) for name in SCREENS),
    ]
    wanted = os.environ.get("ONLY", "")
    return (subject for subject in subjects if wanted in subject.name)


def _join(shots: list[Shot]) -> None:
    for format, language, scheme in product((PHONE, LAPTOP, LANDSCAPE, UPRIGHT), LANGUAGES, SCHEMES):
        kind = [s for s in shots if (s.format, s.language, s.scheme) == (format, language, scheme)]
        for n, some in enumerate(_batches(kind, format.columns * format.rows)):
            _sheet(format, some).save(FOLDER / f"{format.name}-{language}-{scheme}-{n:02}.png")


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[n : n + size] for n in range(0, len(items), size)]


def _sheet(format: Format, shots: Sequence[Shot]) -> Image.Image:
    pictures = [_fitted(format, shot.picture) for shot in shots]
    rows = _batches([*zip(shots, pictures, strict=True)], format.columns)
    heights = [max(picture.height for _, picture in row) + MARGIN for row in rows]
    sheet = Image.new("RGB", (format.columns * (format.width + GAP) + GAP, sum(heights) + GAP), "#888888")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    y = 0
    for row, height in zip(rows, heights, strict=True):
        for column, (shot, picture) in enumerate(row):
            x = GAP + column * (format.width + GAP)
            draw.text((x, y + GAP // 2), shot.subject, "white", font)
            sheet.paste(picture, (x, y + MARGIN))
        y += height
    return sheet


def _fitted(format: Format, path: Path) -> Image.Image:
    picture = Image.open(path).convert("RGB")
    height = round(picture.height * format.width / picture.width)
    return picture.resize((format.width, height), Image.Resampling.LANCZOS).crop(
        (0, 0, format.width, min(height, format.height))
    )


if __name__ == "__main__":
    sys.exit(main())
