"""A private PostgreSQL for tests: empty, in its own folder, on a free port; it ends with the test run."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import flask_migrate
import psycopg2

from app import create_app
from ideas.database import db
from tests.servers import ROOT, free_port

START_SECONDS = 30
USER = "schwarm"

# Test data need not survive a power cut.
HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60")


class Postgres:
    """One server. PostgreSQL refuses to run as root, so root starts it as another user."""

    def __init__(self, cluster: Path | None = None) -> None:
        """`cluster`: what `make_cluster` made; the server begins with a copy of it, which takes a tenth of the time."""
        self.cluster = cluster
        self.programs = Path(os.environ.get("POSTGRES_BIN") or _noted())
        self.folder = Path(tempfile.mkdtemp(prefix="schwarm-postgres-"))
        self.port = free_port()
        self.user = _somebody() if os.getuid() == 0 else None
        self._numbers = itertools.count(1)
        self._has_model = cluster is not None
        if self.user:
            shutil.chown(self.folder, self.user)

    def start(self) -> "Postgres":
        data = self.folder / "data"
        if self.cluster:
            subprocess.run(["cp", "-a", self.cluster / "data", data], check=True)  # with its owner
            return self.go_on()
        made = self._run("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        assert made.wait() == 0, self.log()
        return self.go_on()

    def go_on(self) -> "Postgres":
        """Start the server on its data, at first or after `halt`."""
        data = self.folder / "data"
        settings = itertools.chain.from_iterable(("-c", setting) for setting in HASTE)
        self.process = self._run(
            "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(self.port), "-k", self.folder, *settings
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self._sql("select 1")
                return self
            except Exception:  # the driver has many errors for "not yet"
                time.sleep(0.05)
        raise AssertionError(f"PostgreSQL did not start:\n{self.log()}")

    def new_database(self) -> str:
        """Create a database with all tables and no rows. :return: its address."""
        self.make_model()
        name = f"test{next(self._numbers)}"
        self._sql(f"create database {name} template model")
        return self._address(name)

    def make_model(self) -> None:
        """Create the database that new ones are copies of, if there is none."""
        if not self._has_model:
            self._sql("create database model")
            _migrate(self._address("model"))
            self._has_model = True

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg2://{USER}@127.0.0.1:{self.port}/{name}"

    def halt(self) -> None:
        """End the server and keep its data."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)  # "fast": open sessions are ended
        self.process.wait(20)

    def kill(self) -> None:
        """End every process at once, as a power cut does; what was handed to the system reaches the disk."""
        children = self._children()
        for pid in (self.process.pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(20)
        while any(Path(f"/proc/{pid}").exists() for pid in children):  # another one may not start before
            time.sleep(0.01)

    def freeze(self) -> None:
        """Suspend every process: the server accepts connections and answers nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, how: signal.Signals) -> None:
        for pid in (self.process.pid, *self._children()):
            os.kill(pid, how)

    def _children(self) -> list[int]:
        return [*map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split())]

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _sql(self, statement: str) -> None:
        connection = psycopg2.connect(user=USER, host="127.0.0.1", port=self.port, dbname="postgres", connect_timeout=5)
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def _run(self, program: str, *arguments: object) -> subprocess.Popen[bytes]:
        command = [str(self.programs / program), *map(str, arguments)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, user=self.user, extra_groups=[] if self.user else None
            )


def make_cluster(folder: Path) -> None:
    """Make the data of a server with all tables, for servers that begin with a copy of it."""
    server = Postgres().start()
    try:
        server.make_model()
        server.halt()
        subprocess.run(["cp", "-a", server.folder / "data", folder / "data"], check=True)
    finally:
        server.stop()


def _migrate(address: str) -> None:
    app = create_app({"SQLALCHEMY_DATABASE_URI": address, "SECRET_KEY": "only for tests"})
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        db.session.remove()
        db.engine.dispose()
    app.extensions["schwarm-realtime"].detach()


def _noted() -> str:
    noted = ROOT / ".venv" / "postgres-path"
    assert noted.exists(), "no PostgreSQL: run `make test`, which finds or installs one"
    return noted.read_text().strip()


def _somebody() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
