"""Shared fixtures: an application on a fresh SQLite file for each test, its context, and browsers to visit it with."""

import contextlib
import contextvars
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

import config
from app import create_app
from app.mails import delivery
from app.mails.transport import TRANSPORT
from ideas import events, passwords
from ideas.database import db
from ideas.models import Organisation
from tests import factories
from tests.servers import Server

# Databases and logs of a run lie in memory where there is a folder for that: on a disk a commit takes 1 to 10 ms. What
# is tested is what survives the death of a process, and that needs no disk.
if os.access("/dev/shm", os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/dev/shm")

# Examples are chosen anew only by hand (`--hypothesis-seed`), so that a run says the same twice.
settings.register_profile(
    "schwarm", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("schwarm")

MakeApp = Callable[..., Flask]


def pytest_configure(config: pytest.Config) -> None:
    """All processes of a run, servers too, share the templates that one of them has compiled."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="schwarm-templates-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        os.environ["TEMPLATE_CACHE"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """The product's password hasher. In the test process a cheap one stands in for it; real servers keep theirs."""
    hasher = passwords.HASHER
    passwords.HASHER = factories.CHEAP_HASHER
    yield hasher
    passwords.HASHER = hasher


class Browser(FlaskClient):
    """A client whose requests run as on a server: apart from the test's own context, session and viewer."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        response = contextvars.Context().run(super().open, *args, **kwargs)
        with contextlib.suppress(RuntimeError):  # no context is pushed
            db.session.rollback()  # see what the request wrote
        return response


MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Make a folder by name, once for all processes of this run: the first one fills it, the others wait for it."""
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
    """A database file with every table in it, made by the migrations as an installation makes it."""
    return make_once("empty-database", _migrate) / "empty.db"


def _migrate(folder: Path) -> None:
    app = _application({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'full.db'}"})
    with app.app_context():
        flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
        db.session.remove()
        db.engine.dispose()
    app.extensions["schwarm-realtime"].detach()
    keep(folder / "full.db", folder / "empty.db")


@pytest.fixture(scope="session")
def database_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database of the test at hand lies."""
    return tmp_path_factory.mktemp("database") / "test.db"


@pytest.fixture
def database(empty_database: Path, database_path: Path) -> Path:
    """A database file of this test's own: the last test's is replaced."""
    lay(empty_database, database_path)
    return database_path


def lay(source: Path, target: Path) -> None:
    """Replace a database that nobody has open."""
    for rest in ("-wal", "-shm"):
        target.with_name(target.name + rest).unlink(missing_ok=True)
    shutil.copyfile(source, target)


def keep(database: Path, target: Path) -> None:
    """Copy a database as it stands, to be laid out again later."""
    with contextlib.closing(sqlite3.connect(database)) as live:
        live.execute("VACUUM INTO ?", (str(target),))


@pytest.fixture(scope="session")
def running_server(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one server of this test process. Tests ask for `served`."""
    server = Server(tmp_path_factory.mktemp("server")).lay(empty_database).start()
    yield server
    server.stop()
    server.detach()


@pytest.fixture
def served(running_server: Server) -> Iterator[Server]:
    """A real server. Its rooms outlive the test, so each test makes its own; whatever breaks in it fails the test."""
    if not running_server.is_running:  # a test that killed it failed before it was up again
        running_server.start()
    begin = running_server.log_size
    yield running_server
    log = running_server.log(begin)
    assert "Traceback" not in log, log


@pytest.fixture
def domain(served: Server) -> Iterator[None]:
    """Services, queries and factories write to the server's database, as another process does."""
    with served.app.app_context():
        yield


@pytest.fixture(scope="session")
def one_app(database_path: Path) -> Iterator[Flask]:
    """One application for all tests, so that statements and templates are compiled once."""
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
            "REGISTRATION": "open",
            "MAIL_SERVER": "",
            "REDIS_URL": "",
            "WTF_CSRF_ENABLED": False,  # tests/house/test_routes.py turns it on and knocks at every door
            **settings,
        }
    )
    app.test_client_class = Browser
    return app


@pytest.fixture
def app(one_app: Flask, database: Path, tmp_path: Path) -> Iterator[Flask]:
    """The application, with a context of the test's own for services, queries and factories.

    Settings may be changed with `app.config[...] = ...`; the next test finds them as they were.
    """
    settings, subscribers = dict(one_app.config), list(events._subscribers)
    one_app.config["INSTANCE"] = tmp_path
    one_app.extensions["schwarm-limits"].own.storage.reset()
    with one_app.app_context():
        yield one_app
        db.session.remove()
        db.engine.dispose()
    one_app.config.clear()
    one_app.config.update(settings)
    events._subscribers[:] = subscribers


class Outbox(Sequence[EmailMessage]):
    """The mails that were queued during a test. Reading it runs the loop that sends them."""

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
    """The mails that were queued during the test, as they are sent."""
    before, app.extensions[TRANSPORT] = app.extensions[TRANSPORT], Outbox()
    yield app.extensions[TRANSPORT]
    app.extensions[TRANSPORT] = before


@pytest.fixture
def client(app: Flask) -> Browser:
    """A stranger's browser."""
    return app.test_client()


@pytest.fixture
def browser_of(app: Flask) -> Callable[[Any], Browser]:
    """Open a browser that is somebody: an actor, or a participant of `factories`."""

    def open_browser(somebody: Any) -> Browser:
        browser = app.test_client()
        factories.sign_in(browser, somebody)
        return browser

    return open_browser


@pytest.fixture(scope="session")
def kept_noise(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Where the noise is kept once it was made: `file`, and what it is in `noise`."""
    return {"file": tmp_path_factory.mktemp("noise") / "noise.db", "noise": None}


@pytest.fixture
def noise(app: Flask, database: Path, kept_noise: dict[str, Any]) -> factories.Noise:
    """A second challenge with everything in it: a missing filter shows.

    Asked for before anything else it is made once and copied; beside other rows it is made anew.
    """
    if db.session.scalar(db.select(Organisation.id).limit(1)) is not None:
        return factories.noise()
    if kept_noise["noise"] is None:
        kept_noise["noise"] = factories.noise()
        keep(database, kept_noise["file"])
    db.session.remove()
    db.engine.dispose()
    lay(kept_noise["file"], database)
    return kept_noise["noise"]


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
