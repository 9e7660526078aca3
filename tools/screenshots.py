"""Screenshots of the product for docs/screenshots, made from the demo on a real server, so that they stay true.

    make screenshots

Each page at 390 and 1440 pixels, light and dark, and one picture for the README.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import flask_migrate  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from app import demo  # noqa: E402
from ideas.actor import OPERATOR, Actor  # noqa: E402
from ideas.database import db  # noqa: E402
from ideas.models import Challenge  # noqa: E402
from ideas.queries.ideas import idea_rows  # noqa: E402
from ideas.services import accounts, participants  # noqa: E402
from ideas.services.challenges import current_round  # noqa: E402
from ideas.services.rounds import close_round  # noqa: E402
from tests.servers import Server, cookie_of  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
SIZES = ((390, 844), (1440, 900))
SCHEMES = ("light", "dark")
COLOURS = 128  # enough for flat colours, a third of the bytes


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    cookie: str | None = None
    whole: bool = False


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        with server.app.app_context(), sync_playwright() as playwright:
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            before, after = _shots(server)
            db.session.rollback()
            server.start()
            path = (ROOT / ".venv" / "browser-path").read_text().strip()
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            try:
                for shot in before:
                    _take(browser, server, shot)
                close_round(OPERATOR, 1)
                for shot in after:
                    _take(browser, server, shot)
            finally:
                browser.close()
                server.stop()
    _readme()


def _shots(server: Server) -> tuple[list[Shot], list[Shot]]:
    owner = Actor(accounts.person_of_account(demo.owner()))
    challenge = db.session.get_one(Challenge, 1)
    guest = participants.join_challenge(Actor(), challenge.code, "Kranich 5").person_id
    facilitator, participant = cookie_of(server.app, owner.person_id or 0), cookie_of(server.app, guest)
    disputed = idea_rows(db.session(), current_round(db.session(), 1))[-1]
    before = [
        Shot("home", "/"),
        Shot("join", f"/join/{challenge.code}"),
        Shot("room", "/challenges/1", participant),
        Shot("idea", f"/ideas/{disputed.id}", participant),
        Shot("ballot", "/challenges/1/ballot", participant),
        Shot("console", "/challenges/1/console", facilitator),
        Shot("share", "/challenges/1/share", facilitator),
        Shot("question", "/organisations/1/challenges/new", facilitator),
        Shot("company", "/organisations/1", facilitator),
    ]
    return before, [Shot("result", "/challenges/1/result", facilitator, whole=True)]


def _take(browser: Browser, server: Server, shot: Shot) -> None:
    for width, height in SIZES:
        for scheme in SCHEMES:
            context = browser.new_context(
                base_url=server.url,
                locale="en-GB",
                color_scheme=scheme,
                viewport={"width": width, "height": height},
            )
            if shot.cookie:
                name, value = shot.cookie.split("=", 1)
                context.add_cookies([{"name": name, "value": value, "url": server.url}])
            page = context.new_page()
            page.goto(shot.path)
            page.wait_for_timeout(800)  # fonts, the socket, the last fragment
            target = FOLDER / f"{shot.name}-{width}-{scheme}.png"
            page.screenshot(path=target, full_page=shot.whole)
            Image.open(target).convert("RGB").quantize(COLOURS).save(target, optimize=True)
            context.close()


def _readme() -> None:
    """The room on a wide screen, the ballot on a phone beside it."""
    wide = Image.open(FOLDER / "idea-1440-light.png").convert("RGB")
    phone = Image.open(FOLDER / "ballot-390-dark.png").convert("RGB").resize((416, 900))
    picture = Image.new("RGB", (wide.width + phone.width + 24, 900), "#ffffff")
    picture.paste(wide, (0, 0))
    picture.paste(phone, (wide.width + 24, 0))
    picture.quantize(COLOURS).save(FOLDER / "readme.png", optimize=True)


if __name__ == "__main__":
    main()
