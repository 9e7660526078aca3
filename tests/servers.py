"""Real servers for tests: `python wsgi.py` on a free loopback port, with a folder and a database of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from flask import Flask

from app import create_app
from ideas.services import accounts

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
# An orderly end may take 15 s (realtime/shutdown.py), and a busy machine adds to it.
END_SECONDS = 25


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def heed_interrupts() -> None:
    """Let a child be interrupted even if the tests run in the background, where a shell makes SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Preloaded:
    """The process that has imported the product; see `tests.preloaded`. It ends with the process of the tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, program: tuple[str, ...], environment: dict[str, str], log: Path) -> "Forked":
        """Start a server in a fork of it."""
        order = {"start": program, "environment": environment, "log": str(log)}
        return Forked(int(str(self.ask(order))))

    def ask(self, order: dict[str, object]) -> object:
        with self._lock:
            if self._process is None:
                self._begin()
            os.write(self._orders, json.dumps(order).encode() + b"\n")
            return json.loads(self._answers.readline())

    def _begin(self) -> None:
        (reading, self._orders), (answers, writing) = os.pipe(), os.pipe()
        self._answers = os.fdopen(answers, "rb", 0)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded", str(reading), str(writing)], cwd=ROOT, pass_fds=(reading, writing)
        )
        os.close(reading)
        os.close(writing)


PRELOADED = Preloaded()


class Forked:
    """A server process that another process forked; what the tests use of a `Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            status = PRELOADED.ask({"pid": self.pid})
            self.returncode = None if status is None else int(str(status))
        return self.returncode

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(["a forked server"], timeout)
            time.sleep(0.01)
        return status

    def send_signal(self, how: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)


class Server:
    """One server process; the test writes to the same database through `app`, as the command line does."""

    def __init__(
        self, folder: Path, program: tuple[str, ...] = ("wsgi.py",), *, is_new: bool = False, **environment: str
    ) -> None:
        """`is_new` starts a Python of its own; else the process is a fork of one with the same imports."""
        self.folder, self.program = folder, program
        self._forks = not is_new and program[0] != "-c" and environment.get("ASYNC_MODE", "eventlet") == "eventlet"
        self.database = folder / "test.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "INSTANCE_PATH": str(folder),
            "SECRET_KEY": "only for tests",
            "DATABASE_URL": f"sqlite:///{self.database}",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self.app = create_app(
            {
                "SECRET_KEY": self.environment["SECRET_KEY"],
                "SQLALCHEMY_DATABASE_URI": self.environment["DATABASE_URL"],
                "INSTANCE": folder,
            }
        )

    def lay(self, database: Path) -> "Server":
        """Copy a database file to the database of this server, before it starts."""
        shutil.copyfile(database, self.database)
        return self

    def start(self) -> "Server":
        self.process = self._begin(self.folder / "server.log")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url + "/healthz", timeout=2).close()
                return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def _begin(self, path: Path) -> "subprocess.Popen[bytes] | Forked":
        if self._forks:
            return PRELOADED.start(self.program, self.environment, path)
        with path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *self.program],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=heed_interrupts,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End the process as a power cut does, without a shutdown."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(END_SECONDS)

    def log(self, offset: int = 0) -> str:
        """The log of the process, without the first `offset` bytes."""
        return (self.folder / "server.log").read_bytes()[offset:].decode(errors="replace")

    @property
    def log_size(self) -> int:
        """The size of the log in bytes."""
        return (self.folder / "server.log").stat().st_size

    def detach(self) -> None:
        self.app.extensions["schwarm-realtime"].detach()


def cookie_of(app: Flask, person_id: int) -> str:
    """The cookie header of a browser that is signed in as this person."""
    token = accounts.new_device(person_id)
    signer = app.session_interface.get_signing_serializer(app)
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"


def storage_of(app: Flask, person_id: int | None) -> dict[str, object]:
    """The storage of a browser that is signed in as this person, for Playwright; None for a stranger."""
    if person_id is None:
        return {"cookies": [], "origins": []}
    name, value = cookie_of(app, person_id).split("=", 1)
    cookie = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1}
    return {"cookies": [{**cookie, "httpOnly": True, "secure": False, "sameSite": "Lax"}], "origins": []}
