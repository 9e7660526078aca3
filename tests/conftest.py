"""Shared fixtures: an application on a fresh SQLite file for each test, its context, and browsers that visit it."""

import contextlib
import contextvars
import fcntl
import gc
import os
import re
import secrets
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from argon2 import PasswordHasher
from flask import Flask, has_request_context, request
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import Template
from sqlalchemy import Engine, event

import config
from app import create_app
from app.acts import PRESENTERS
from app.mails import delivery
from app.mails.transport import TRANSPORT
from app.platform.stored_files import rules_of
from ideas import events, file_store, installation, journal, passwords, signing
from ideas.database import db
from ideas.models import ChainEnd, Organisation
from tests import factories
from tests.servers import Server

# Databases and logs of a run lie in memory where there is a folder for that: on a disk a commit takes 1 to 10 ms. What
# is tested is what survives the death of a process, and that needs no disk.
if os.access("/dev/shm", os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/dev/shm")

# New examples are drawn only on request (`--hypothesis-seed`), so that two runs give the same answer.
settings.register_profile(
    "schwarm", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("schwarm")

MakeApp = Callable[..., Flask]


def pytest_configure(config: pytest.Config) -> None:
    """All processes of a run, including servers, share compiled templates."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="schwarm-templates-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        os.environ["TEMPLATE_CACHE"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


# What a test of a folder takes on average, in seconds, and files that take far longer. One of several processes runs
# all tests of a file, and the longest files come first, so that no process is alone with one at the end.
SECONDS_OF_A_TEST = {
    "journeys": 3.0,
    "reliability": 4.0,
    "rehearsal": 0.1,
    "realtime": 0.6,
    "views": 0.25,
    "house": 0.02,
}
SECONDS_OF_OTHERS = 0.1
SECONDS_OF_A_FILE = {
    "journeys/test_live_brainstorm.py": 40,
    "journeys/test_lobby.py": 20,
    "journeys/test_main_job.py": 30,
    "journeys/test_turns.py": 30,
    "reliability/test_crash.py": 20,
    "reliability/test_startup.py": 80,
    "reliability/test_timer.py": 55,
    "rehearsal/test_rehearse.py": 60,
    "realtime/test_presence.py": 40,
    "house/test_routes.py": 40,
    "house/test_sealed.py": 35,
    "house/test_directions.py": 15,
    "house/test_words.py": 12,
    "views/test_anonymity.py": 30,
    "views/test_page_cache.py": 40,
    "ideas/test_room_machine.py": 15,
    "ideas/test_worker.py": 17,
}

# Folders whose tests mostly wait: for browsers, servers and clocks. The others keep a processor busy.
WAITING = ("journeys", "reliability", "rehearsal", "realtime")

# Fixtures and classes that start a server or a browser.
SERVING = {"playwright", "running_server", "postgres"}
SERVERS = ("Server", "Redis", "Postgres")


LONGEST_BYTES_IN_A_NAME = 40


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test with a whole file by its parameter.

    A file may contain the time at which it was made, and several processes must give every test the same name.
    """
    return argname if isinstance(val, bytes) and len(val) > LONGEST_BYTES_IN_A_NAME else None


def pytest_collection_finish() -> None:
    """What was imported and collected stays, so the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what `make check` leaves out, and put the longest files first where several processes run."""
    if "acceptance" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("acceptance")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        assert isinstance(item, pytest.Function)
        if SERVING & set(item.fixturenames) or any(hasattr(item.module, name) for name in SERVERS):
            item.add_marker(pytest.mark.serving)
    if hasattr(config, "workerinput"):
        place = {path: n for n, path in enumerate(_order_of(Counter(item.path for item in items)))}
        items.sort(key=lambda item: place[item.path])


def _order_of(files: Mapping[Path, int]) -> Iterator[Path]:
    """The order in which files run, from their numbers of tests: the longest first, and at every moment some that wait
    beside some that compute, so that no processor is idle and no browser is slow.
    """
    seconds = {path: _seconds_of(path, tests) for path, tests in files.items()}
    longest = sorted(files, key=lambda path: -seconds[path])
    queues = [[path for path in longest if (path.parent.name in WAITING) == waits] for waits in (True, False)]
    totals = [sum(seconds[path] for path in queue) for queue in queues]
    spent = [0.0, 0.0]
    while any(queues):
        shares = [(spent[n] / totals[n], n) for n in (0, 1) if queues[n]]
        _, n = min(shares)
        path = queues[n].pop(0)
        spent[n] += seconds[path]
        yield path


def _seconds_of(path: Path, tests: int) -> float:
    folder = path.parent.name
    return SECONDS_OF_A_FILE.get(f"{folder}/{path.name}", tests * SECONDS_OF_A_TEST.get(folder, SECONDS_OF_OTHERS))


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """The password hasher of the product. The test process uses a cheap one; real servers keep the original."""
    hasher = passwords.HASHER
    passwords.HASHER = factories.CHEAP_HASHER
    yield hasher
    passwords.HASHER = hasher


@pytest.fixture(scope="session", autouse=True)
def acts_with_words() -> Iterator[None]:
    """Refuse every act of a facilitator whose kind has no words: whatever a test lets a service do, a page can tell."""
    store = journal.LockedChain.act

    def checked(chain: journal.LockedChain, kind: str, *args: Any, **kwargs: Any) -> None:
        assert kind in PRESENTERS, f"app.acts has no words for the act {kind}"
        store(chain, kind, *args, **kwargs)

    journal.LockedChain.act = checked  # type: ignore[method-assign]
    yield
    journal.LockedChain.act = store  # type: ignore[method-assign]


# The statements that a template started, in the process of the tests.
_FROM_TEMPLATES: list[str] = []


class WatchedTemplate(Template):
    """A template that notices statements which start while it is drawn."""

    drawing = 0

    def render(self, *args: Any, **kwargs: Any) -> str:
        WatchedTemplate.drawing += 1
        try:
            return super().render(*args, **kwargs)
        finally:
            WatchedTemplate.drawing -= 1


@event.listens_for(ChainEnd, "init")
def _number_at_random(_end: ChainEnd, _args: Any, columns: dict[str, Any]) -> None:
    """Nobody may take the number of a challenge for that of its chain, so no two are the same here."""
    columns["id"] = 10**6 + secrets.randbelow(10**9)


@event.listens_for(Engine, "before_cursor_execute")
def _note_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    # A page that shows a refused form again may read anew: a refusal makes the session forget what it read.
    if WatchedTemplate.drawing and has_request_context() and request.method == "GET":
        _FROM_TEMPLATES.append(statement)


NUMBERED = re.compile(r"/(challenges|ideas)/\d+(?!.*/parts)")
MOVED = re.compile(r"/challenges/(?!\d+(/|$))[a-z0-9-]+")


class Browser(FlaskClient):
    """A client whose requests run as on a server: they share no context, session or viewer with the test.

    Every post carries a number of its own, as those of the pages do, unless the test gives one or sets `numbers` to
    False.
    """

    numbers = True

    follows_numbers = True  # go on from the number of a challenge in an address to its slug

    def open(self, *args: Any, **kwargs: Any) -> Any:
        data = kwargs.get("data")
        if self.numbers and kwargs.get("method") == "POST" and (data is None or isinstance(data, dict)):
            fields = kwargs["data"] = data.copy() if data else {}
            fields.setdefault("op", factories.op())
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if self.follows_numbers and (moved := self._moved(response, *args)):
            kwargs.pop("query_string", None)  # the new address has it
            return self.open(moved, *args[1:], **kwargs)
        with contextlib.suppress(RuntimeError):  # no context is pushed
            db.session.rollback()  # read the rows that the request wrote
        return response

    @staticmethod
    def _moved(response: Any, address: Any = None, *_: Any) -> str | None:
        """Where an address with a number leads to the same page under the slug, as browsers go there."""
        is_numbered = isinstance(address, str) and NUMBERED.match(address)
        is_sent_on = (response.status_code, response.request.method) in ((302, "GET"), (308, "POST"))
        return response.location if is_numbered and is_sent_on and MOVED.match(response.location or "") else None


MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Make a folder by name, once for all processes of this run: the first process fills it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder = base / name
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                fresh = Path(tempfile.mkdtemp(dir=base))
                fill(fresh)
                fresh.rename(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def empty_database(make_once: MakeOnce) -> Path:
    """A database file with all tables and no rows, made by the migrations as in an installation."""
    return make_once("empty-database", _migrate) / "empty.db"


def _migrate(folder: Path) -> None:
    app = _application({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'full.db'}"})
    with app.app_context():
        flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
        db.session.remove()
        db.engine.dispose()
    app.extensions["schwarm-realtime"].detach()
    copy_database(folder / "full.db", folder / "empty.db")


@pytest.fixture(scope="session")
def database_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the database of the current test."""
    return tmp_path_factory.mktemp("database") / "test.db"


@pytest.fixture
def database(empty_database: Path, database_path: Path) -> Path:
    """A database file for this test alone; it replaces the file of the last test."""
    replace_database(empty_database, database_path)
    installation.keep(installation.Stored())  # nothing is stored in it
    return database_path


def replace_database(source: Path, target: Path) -> None:
    """Replace a database file that no process has open."""
    for rest in ("-wal", "-shm"):
        target.with_name(target.name + rest).unlink(missing_ok=True)
    shutil.copyfile(source, target)


def is_written(database: Path) -> bool:
    """Whether something was committed to a database since its file was laid or changed."""
    log = database.with_name(f"{database.name}-wal")
    return log.exists() and log.stat().st_size > 0


def copy_database(database: Path, target: Path) -> None:
    """Copy the database of a running application into a file."""
    with contextlib.closing(sqlite3.connect(database)) as live:
        live.execute("VACUUM INTO ?", (str(target),))


@pytest.fixture(scope="session")
def running_server(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The only server of this test process. Tests use the fixture `served`."""
    server = Server(tmp_path_factory.mktemp("server")).lay(empty_database).start()
    yield server
    server.stop()
    server.detach()


@pytest.fixture
def served(running_server: Server) -> Iterator[Server]:
    """A real server. Rooms stay after a test, so each test makes its own. An error of the server fails the test."""
    if not running_server.is_running:  # an earlier test killed the server and failed before its restart
        running_server.start()
    begin = running_server.log_size
    yield running_server
    log = running_server.log(begin)
    assert "Traceback" not in log, log


@pytest.fixture
def domain(served: Server) -> Iterator[None]:
    """Make services, queries and factories use the server's database, as another process does."""
    with served.app.app_context():
        yield


@pytest.fixture(scope="session")
def one_app(database_path: Path) -> Iterator[Flask]:
    """One application for all tests, so that statements and templates are compiled only once."""
    app = _application({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{database_path}"})
    yield app
    app.extensions["schwarm-realtime"].detach()


@pytest.fixture
def make_app(database: Path, tmp_path: Path) -> Iterator[MakeApp]:
    """Build further applications on this test's database file; the arguments override settings."""
    made: list[Flask] = []

    def make(**overrides: object) -> Flask:
        made.append(
            _application({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{database}", "INSTANCE": tmp_path, **overrides})
        )
        return made[-1]

    yield make
    for app in made:
        app.extensions["schwarm-realtime"].detach()
        with app.app_context():
            db.engine.dispose()


def _application(settings: dict[str, object]) -> Flask:
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "only for tests",
            "PUBLIC_URL": "",
            "REGISTRATION": "",
            "MAIL_SERVER": "",
            "REDIS_URL": "",
            "WTF_CSRF_ENABLED": False,  # tests/house/test_routes.py turns it on and posts to every route
            **settings,
        }
    )
    app.test_client_class = Browser
    app.jinja_env.template_class = WatchedTemplate
    return app


@pytest.fixture
def app(one_app: Flask, database: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application, with a context of its own for the services, queries and factories of the test.

    A test may change settings with `app.config[...] = ...`; they are restored afterwards.
    """
    settings, subscribers = dict(one_app.config), list(events._subscribers)
    one_app.config["INSTANCE"] = tmp_path
    signing.use_folder(tmp_path)
    file_store.use_rules(rules_of(one_app))
    one_app.extensions["schwarm-limits"].own.storage.reset()
    one_app.extensions["schwarm-slugs"].clear()
    if "make_app" not in request.fixturenames:
        factories.STOCK.serve(database)
    with one_app.app_context():
        yield one_app
        db.session.remove()
        db.engine.dispose()
    factories.STOCK.end()
    one_app.config.clear()
    one_app.config.update(settings)
    events._subscribers[:] = subscribers


@pytest.fixture
def from_templates(app: Flask) -> Iterator[list[str]]:
    """The statements that templates started during the test; at its end any of them is a failure."""
    _FROM_TEMPLATES.clear()
    yield _FROM_TEMPLATES
    assert _FROM_TEMPLATES == [], "a template starts statements; the page model has to read what it shows"


class Outbox(Sequence[EmailMessage]):
    """The mails of a test. Reading it delivers the queued ones."""

    def __init__(self) -> None:
        self._sent: list[EmailMessage] = []

    def send(self, message: EmailMessage, may_go_on: Callable[[], bool]) -> None:
        assert may_go_on()
        self._sent.append(message)

    def __getitem__(self, index: Any) -> Any:
        delivery.deliver_due()
        return self._sent[index]

    def __len__(self) -> int:
        delivery.deliver_due()
        return len(self._sent)


@pytest.fixture
def outbox(app: Flask) -> Iterator[Outbox]:
    """The mails that the test queued, as they are sent."""
    before, app.extensions[TRANSPORT] = app.extensions[TRANSPORT], Outbox()
    yield app.extensions[TRANSPORT]
    app.extensions[TRANSPORT] = before


@pytest.fixture
def client(app: Flask) -> Browser:
    """The browser of a stranger."""
    return app.test_client()


@pytest.fixture
def browser_of(app: Flask) -> Callable[[Any], Browser]:
    """Open a browser that is signed in: as an actor, or as a participant of `factories`."""

    def open_browser(somebody: Any) -> Browser:
        browser = app.test_client()
        factories.sign_in(browser, somebody)
        return browser

    return open_browser


@pytest.fixture(scope="session")
def stored_noise(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The stored noise: `file` is its database, `noise` describes it, None until the first test needs it."""
    return {"file": tmp_path_factory.mktemp("noise") / "noise.db", "noise": None}


@pytest.fixture
def noise(app: Flask, database: Path, stored_noise: dict[str, Any]) -> factories.Noise:
    """A second challenge with rows of every kind, so that a missing filter fails.

    The noise is copied from a file if the test has no other rows yet; else it is made anew.
    """
    if db.session.scalar(db.select(Organisation.id).limit(1)) is not None:
        return factories.noise()
    if stored_noise["noise"] is None:
        stored_noise["noise"] = factories.noise()
        copy_database(database, stored_noise["file"])
    db.session.remove()
    db.engine.dispose()
    replace_database(stored_noise["file"], database)
    return stored_noise["noise"]


@pytest.fixture
def recorded() -> Iterator[list[events.Event]]:
    """Every event published during the test, in order."""
    heard: list[events.Event] = []
    events.subscribe(events.Event, heard.append)
    yield heard
    with contextlib.suppress(ValueError):
        events.unsubscribe(heard.append)


@pytest.fixture
def advances() -> Iterator[list[events.StreamAdvanced]]:
    """Every advance of a lane during the test, in order."""
    heard: list[events.StreamAdvanced] = []
    events.subscribe(events.StreamAdvanced, heard.append)
    yield heard
    events.unsubscribe(heard.append)
