"""Take the screenshots of docs/screenshots and the pictures of the guides (static/img/help) on a real server.

    make screenshots

The screenshots show each page of the demo at 390 and 1440 pixels, light and dark; a live brainstorm in its lobby and in
each of its phases, in the room, on the console and on the big screen; and one picture for the README. The pictures of
the guides show the same brainstorm in German and English, and this program is the only way to make them: it notes the
size and the digest of each, and which change of its page it shows (tools/help-pictures.txt). `ONLY=help` takes these
alone.
"""

import hashlib
import io
import json
import os
import sys
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import flask_migrate  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from app.cli import demo  # noqa: E402
from ideas.actor import OPERATOR, Actor  # noqa: E402
from ideas.database import db  # noqa: E402
from ideas.marks import Cast  # noqa: E402
from ideas.models import Account, Challenge, Stance  # noqa: E402
from ideas.queries.ideas import idea_rows  # noqa: E402
from ideas.services import accounts, arguments, challenges, operators, organisations, participants, steering  # noqa: E402
from ideas.services.arguments import ArgumentForm  # noqa: E402
from ideas.services.ballots import cast_ballots  # noqa: E402
from ideas.services.challenges import current_round  # noqa: E402
from ideas.services.ideas import IdeaForm, submit_idea  # noqa: E402
from ideas.services.rounds import close_round, step_to_phase  # noqa: E402
from tests.servers import Server, cookie_of  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
HELP = ROOT / "static" / "img" / "help"
CHANGES = ROOT / "tools" / "help-pictures.txt"
LOCALES = {"en": "en-GB", "de": "de-DE"}
SIZES = ((390, 844), (1440, 900))
SCREENS = ((1280, 720), (3840, 2160))
SCHEMES = ("light", "dark")
Sizes = tuple[tuple[int, int], ...]
COLOURS = 128  # enough for flat colours; without loss they are half the bytes of a lossy picture, and sharp


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    cookie: str | None = None
    whole: bool = False


def main() -> None:
    if os.environ.get("ONLY") != "help":
        _screenshots()
    _help_pictures()


def _screenshots() -> None:
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
                Show(server, browser).play()
            finally:
                browser.close()
                server.stop()
    _readme()


def _help_pictures() -> None:
    """The same brainstorm in each language, on a server of its own."""
    shown = dict(line.split(maxsplit=1) for line in CHANGES.read_text().splitlines() if line and line[0] != "#")
    HELP.mkdir(parents=True, exist_ok=True)
    for old in HELP.glob("*.webp"):
        old.unlink()
    noted: dict[str, dict[str, object]] = {}
    for language in LOCALES:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Path(folder))
            with server.app.app_context(), sync_playwright() as playwright:
                flask_migrate.upgrade(directory=str(ROOT / "migrations"))
                demo.owner()
                db.session.rollback()
                server.start()
                path = (ROOT / ".venv" / "browser-path").read_text().strip()
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                try:
                    show = GuideShow(server, browser, language)
                    show.play()
                finally:
                    browser.close()
                    server.stop()
        noted |= {f"{name}-{language}.webp": size | {"shows": shown[name]} for name, size in show.taken.items()}
    (HELP / "pictures.json").write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n")


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


def _take(browser: Browser, server: Server, shot: Shot, sizes: Sizes = SIZES) -> None:
    for width, height in sizes:
        for scheme in SCHEMES:
            page = _page(browser, server, shot.cookie, width, height, scheme)
            page.goto(shot.path)
            page.wait_for_timeout(1200)  # fonts, the socket, the last fragment, and presence
            target = FOLDER / f"{shot.name}-{width}-{scheme}.png"
            page.screenshot(path=target, full_page=shot.whole)
            Image.open(target).convert("RGB").quantize(COLOURS).save(target, optimize=True)
            page.context.close()


def _page(
    browser: Browser,
    server: Server,
    cookie: str | None,
    width: int = 390,
    height: int = 844,
    scheme: str = "light",
    language: str = "en",
    scale: float = 1,
) -> Page:
    context = browser.new_context(
        base_url=server.url,
        locale=LOCALES[language],
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
    )
    if cookie:
        name, value = cookie.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": server.url}])
    return context.new_page()


# The participants of the live brainstorm, each with an open phone.
CROWD = ("Kranich 5", "Otter 7", "Heron 31", "Hedgehog 4", "Lynx 58", "Swift 19", "Badger 83", "Wren 26")


@dataclass(frozen=True)
class Script:
    """The words of the live brainstorm in one language. `remarks` are on the second idea."""

    company: str
    question: challenges.ChallengeForm
    ideas: tuple[str, ...]
    remarks: tuple[tuple[Stance, str], ...]
    notice: str


SCRIPTS = {
    "en": Script(
        "Bakery on the market square",
        challenges.ChallengeForm(
            title="What would make you come to our bakery twice a week?",
            brief="We open at the market square in May. What do you miss there today?",
            language="en",
            blueprint="live_brainstorm",
        ),
        (
            "Bread-tasting on the last Friday of the month",
            "A bench and a table in front of the shop",
            "Yesterday’s rolls as bread pudding, from four o’clock",
            "One loaf a week named after a street",
            "Baking with the primary school",
            "Order until ten, collect until two",
            "A wall where people pin the recipe they bake at home",
        ),
        (
            (Stance.FOR, "I would come for that alone, and bring my sister."),
            (Stance.AGAINST, "On the square it is too windy from October to March."),
            (Stance.QUESTION, "Who looks after it in the evening?"),
        ),
        "Two more minutes for the bench, then we vote.",
    ),
    "de": Script(
        "Bäckerei am Marktplatz",
        challenges.ChallengeForm(
            title="Wofür kämst du zweimal in der Woche in unsere Bäckerei?",
            brief="Im Mai eröffnen wir am Marktplatz. Was fehlt dir dort heute?",
            language="de",
            blueprint="live_brainstorm",
        ),
        (
            "Brotprobe am letzten Freitag im Monat",
            "Eine Bank und ein Tisch vor dem Laden",
            "Brötchen von gestern als Brotpudding, ab vier Uhr",
            "Jede Woche ein Brot, das nach einer Straße heißt",
            "Backen mit der Grundschule",
            "Bis zehn bestellen, bis zwei abholen",
            "Eine Wand für Rezepte, die man zu Hause backt",
        ),
        (
            (Stance.FOR, "Allein dafür käme ich, und brächte meine Schwester mit."),
            (Stance.AGAINST, "Von Oktober bis März ist es auf dem Platz zu windig."),
            (Stance.QUESTION, "Wer kümmert sich abends darum?"),
        ),
        "Noch zwei Minuten für die Bank, dann stimmen wir ab.",
    ),
}


class Show:
    """The live brainstorm: a screenshot of each page in each of its phases."""

    def __init__(self, server: Server, browser: Browser, language: str = "en") -> None:
        self.server, self.browser, self.language, self.script = server, browser, language, SCRIPTS[language]
        self.owner = Actor(accounts.person_of_account(demo.owner()), demo.owner())
        self.company_id = organisations.create_organisation(self.owner, self.script.company)
        self.id = challenges.draft_challenge(self.owner, self.company_id, self.script.question)
        challenges.publish_challenge(self.owner, self.id)
        self.round_id = current_round(db.session(), self.id).id
        code = db.session.get_one(Challenge, self.id).code
        self.people = [participants.join_challenge(Actor(), code, name) for name in CROWD]
        self.facilitator = cookie_of(server.app, self.owner.person_id or 0)

    def play(self) -> None:
        db.session.rollback()
        phones = [self.sit_down(joined.person_id) for joined in self.people[1:]]
        self.take("lobby")
        self.step("write")
        self.written = [self.write(n, title) for n, title in enumerate(self.script.ideas)]
        for phone in phones[:3]:
            phone.locator("ready-button button").click()
        self.take("silent")
        self.step("build")
        self.take("build")
        self.step("debate")
        for n, (stance, words) in enumerate(self.script.remarks):
            arguments.argue(self.actor(n + 1), self.written[1], ArgumentForm(stance, words), _op())
        steering.spotlight_idea(self.owner, self.round_id, self.written[1])
        steering.announce(self.owner, self.round_id, self.script.notice)
        self.take("debate")
        steering.end_spotlight(self.owner, self.round_id)
        steering.announce(self.owner, self.round_id, "")
        self.step("vote")
        self.vote()
        self.take("vote")
        close_round(self.owner, self.round_id)
        steering.show_places(self.owner, self.round_id, len(self.script.ideas))
        self.take("closed")
        for phone in phones:
            phone.context.close()

    def actor(self, n: int) -> Actor:
        return Actor(self.people[n].person_id)

    def sit_down(self, person_id: int) -> Page:
        page = _page(self.browser, self.server, cookie_of(self.server.app, person_id), language=self.language)
        page.goto(f"/challenges/{self.id}")
        page.wait_for_timeout(300)
        return page

    def write(self, n: int, title: str) -> int:
        return submit_idea(self.actor(n % 5), self.id, IdeaForm(title), _op())

    def step(self, name: str) -> None:
        db.session.rollback()
        round = current_round(db.session(), self.id)
        step_to_phase(self.owner, self.round_id, next(p.position for p in round.phases if p.name == name))

    def vote(self) -> None:
        entries = [row.entry_id for row in idea_rows(db.session(), current_round(db.session(), self.id))]
        for n, joined in enumerate(self.people[:6]):
            for place, entry in enumerate(entries):
                value = (1, -1, 1, 0, 1, 1, -1)[(place * (n + 2)) % 7]
                cast = Cast(joined.participant_id, self.round_id, _op(), _op(), 1, {entry: value})
                cast_ballots([cast])

    def take(self, phase: str) -> None:
        db.session.rollback()
        me = cookie_of(self.server.app, self.people[0].person_id)
        room = "result" if phase == "closed" else ""
        _take(self.browser, self.server, Shot(f"show-{phase}-room", f"/challenges/{self.id}/{room}".rstrip("/"), me))
        console = f"/challenges/{self.id}/console"
        _take(self.browser, self.server, Shot(f"show-{phase}-console", console, self.facilitator))
        screen = Shot(f"show-{phase}-screen", f"/challenges/{self.id}/screen", self.facilitator)
        _take(self.browser, self.server, screen, SCREENS)


class GuideShow(Show):
    """The pictures of the guides: phones and wide windows, light, of the moments in which a page is worth one."""

    taken: dict[str, dict[str, object]]

    def take(self, phase: str) -> None:
        db.session.rollback()
        me, room = cookie_of(self.server.app, self.people[0].person_id), f"/challenges/{self.id}"
        if phase == "lobby":
            self.taken = {}
            self.wide("share", f"{room}/share", self.facilitator)
            self.phone("me", f"{room}/me", me)
            self.wide("lobby", f"{room}/console", self.facilitator)
            draft = challenges.draft_challenge(self.owner, self.company_id, self.script.question)
            for name, step in (("form", "challenge"), ("way", "way"), ("check", "check")):
                self.wide(name, f"/challenges/{draft}/steps/{step}", self.facilitator)
            challenges.delete_draft(self.owner, draft)
        elif phase == "silent":
            self.phone("write", room, me)
        elif phase == "debate":
            self.phone("debate", f"/ideas/{self.written[1]}", me)
        elif phase == "vote":
            self.phone("ballot", f"{room}/ballot", cookie_of(self.server.app, self.people[-1].person_id))
        elif phase == "closed":
            self.phone("result", f"{room}/result", me)
            self.wide("screen", f"{room}/screen", self.facilitator, 720)
            self.wide("answers", f"{room}/outcomes", self.facilitator)
            self.wide("dashboard", f"/organisations/{self.company_id}", self.facilitator)
            operators.make_operator(db.session.get_one(Account, demo.owner()).email)
            self.wide("operator", "/operator", self.facilitator, 620)

    def phone(self, name: str, path: str, cookie: str) -> None:
        self.picture(name, path, _page(self.browser, self.server, cookie, 390, 780, language=self.language, scale=1.5))

    def wide(self, name: str, path: str, cookie: str, height: int = 760) -> None:
        self.picture(name, path, _page(self.browser, self.server, cookie, 1280, height, language=self.language))

    def picture(self, name: str, path: str, page: Page) -> None:
        page.goto(path)
        page.wait_for_timeout(1200)  # fonts, the socket, the last fragment, and presence
        seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        page.context.close()
        body = io.BytesIO()
        seen.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB").save(body, "WEBP", lossless=True, method=6)
        (HELP / f"{name}-{self.language}.webp").write_bytes(body.getvalue())
        digest = hashlib.sha256(body.getvalue()).hexdigest()[:16]
        self.taken[name] = {"width": seen.width, "height": seen.height, "digest": digest}


def _op() -> str:
    return str(uuid.uuid4())


def _readme() -> None:
    """Combine the room on a wide screen with the ballot on a phone."""
    wide = Image.open(FOLDER / "idea-1440-light.png").convert("RGB")
    phone = Image.open(FOLDER / "ballot-390-dark.png").convert("RGB").resize((416, 900))
    picture = Image.new("RGB", (wide.width + phone.width + 24, 900), "#ffffff")
    picture.paste(wide, (0, 0))
    picture.paste(phone, (wide.width + 24, 0))
    picture.quantize(COLOURS).save(FOLDER / "readme.png", optimize=True)


if __name__ == "__main__":
    main()
