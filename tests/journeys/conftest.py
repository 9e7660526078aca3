"""Browser tests: a real server, a real Chromium, people with phones and a laptop."""

import json
import os
import re
import time

import pytest
from playwright.sync_api import expect

from app.rehearsal.pages import Page
from tests.conftest import copy_database
from tests.journeys.places import make_places
from tests.realtime.conftest import make_room
from tests.servers import ROOT, Server

# When a test gives up waiting for a page, in milliseconds. A quiet machine needs a fraction of it.
PATIENCE = 25_000
expect.set_options(timeout=PATIENCE)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}
LAPTOP = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Use the Chromium that tools/browser.sh found; as root it runs without its own sandbox."""
    noted = ROOT / ".venv" / "browser-path"
    path = os.environ.get("CHROMIUM") or (noted.read_text().strip() if noted.exists() else "")
    assert path, "no browser: run `make test`, which finds or installs one"
    # A page that a test's route fulfils counts as public, and public pages may not connect to this machine.
    args = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
    return {**browser_type_launch_args, "executable_path": path, "args": args}


@pytest.fixture(scope="session")
def laid_out(make_once, empty_database):
    """The main pages with content, made once for each run: a folder with their database and the result of
    `make_places`.
    """

    def fill(folder):
        server = Server(folder).lay(empty_database)
        with server.app.app_context():
            places = make_places(server)
        server.detach()
        copy_database(server.database, folder / "places.db")
        (folder / "places.json").write_text(json.dumps(places))

    return make_once("places", fill)


@pytest.fixture(scope="session")
def places(laid_out, tmp_path_factory):
    """The main pages on a separate server: `{name: (address, storage of a browser)}`. Tests only read them."""
    server = Server(tmp_path_factory.mktemp("places")).lay(laid_out / "places.db").start()
    server.detach()
    places = json.loads((laid_out / "places.json").read_text())
    yield {name: (server.url + path, storage) for name, (path, storage) in places.items()}
    server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def a_room(served, domain):
    """Make a published room. :return: the room and its code."""
    from ideas.database import db
    from ideas.models import Challenge

    def build(**form):
        room = make_room(served, **form)
        return room, db.session.get(Challenge, room.challenge_id).code

    return build


DEFINED = (
    "Promise.all([...document.querySelectorAll(':not(:defined)')].map(e => customElements.whenDefined(e.localName)))"
)


# Resolves when a page has its final look: fonts are loaded, animations are over, and a new size is drawn.
DRAWN = """async () => {
  await document.fonts.ready;
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  const moving = document.getAnimations().filter(
    (a) => a.playState === "running" && a.effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(moving.map(({ finished }) => finished));
  await drawn();
}"""


@pytest.fixture
def visit(browser, served):
    """Open a separate browser for a person; console errors fail the test at its end. The page is empty without a path.
    `cookie`: `name=value`.
    """
    opened, complaints = [], []

    def open_page(path="", cookie="", **options):
        # A service worker would keep pages from the routes that a test sets.
        defaults = {"base_url": served.url, "locale": "en-GB", "accept_downloads": True, "service_workers": "block"}
        context = browser.new_context(**{**defaults, **options})
        if cookie:
            name, value = cookie.split("=", 1)
            context.add_cookies([{"name": name, "value": value, "url": served.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if is_ours(m) else None)
        opened.append(context)
        if path:
            page.goto(path)
        if path and options.get("java_script_enabled", True):
            page.evaluate(DEFINED)  # no person acts before that
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def viewers(browser):
    """The browsers of `look`, by the storage that they begin with."""
    kept = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def look(browser, viewers):
    """Open a page that the test only looks at, on the smallest phone; console errors fail the test at its end.

    Each viewer keeps one browser, which loads scripts and styles once. What a page stored there is removed.
    """
    opened, complaints = [], []

    def open_page(address, storage):
        context = viewers.get(json.dumps(storage))
        if context is None:
            context = browser.new_context(storage_state=storage, locale="en-GB", service_workers="block", **NARROW)
            viewers[json.dumps(storage)] = context
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if is_ours(m) else None)
        opened.append(page)
        page.goto(address)
        page.evaluate(DEFINED)
        return page

    yield open_page
    for page in opened:
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.close()
    assert complaints == []


# What Chromium reports of 4xx answers and lost connections, and what a job of a page says of them ("Error: 503").
NETWORK = re.compile(
    r"Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|Failed to fetch|^live-\S+ Error: \d{3}"
)


def is_ours(message):
    """Whether a message of the console is a fault of the application. A page that a fault stops in the middle of a
    frame warns and catches up some seconds later, so the warning counts as well.
    """
    is_fault = message.type == "error" or (message.type == "warning" and message.text.startswith("live-"))
    return is_fault and not NETWORK.search(message.text)


def wait_until(page, holds):
    """Wait for something that this process sees, while the page goes on."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        page.wait_for_timeout(20)


def join(page, code, name=None):
    """Go from the start page into the room, as a person does."""
    page.goto("/")
    page.get_by_label("Your code").fill(code)
    page.get_by_role("button", name="Join").click()
    if name:
        page.get_by_label("Your name here").fill(name)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/challenges/*")


def arrive(page, code, name=None):
    """Enter the room with the requests of joining, but render only the room. Other journeys join through the pages
    (`join`).
    """
    door = page.request.get(f"/join/{code}")
    fields = Page(door.text()).fields
    if "key" not in fields:  # the browser already takes part and was redirected to the room
        page.goto(door.url)
        return
    form = {**{field: fields[field] for field in ("csrf_token", "op", "key")}, "name": name or fields["name"]}
    inside = page.request.post(door.url, form=form, headers={"Referer": door.url}, max_redirects=0)
    assert inside.status == 303, inside.text()
    page.goto(inside.headers["location"])


def write_idea(page, title, text=""):
    page.get_by_label("Your idea in one sentence").fill(title)
    if text:
        page.get_by_label("How it works (optional)").fill(text)
    page.get_by_role("button", name="Submit").click()
