"""Real servers for tests: `python wsgi.py` on a free loopback port, with a folder and a database of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
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


class Server:
    """One server process; the test writes to the same database through `app`, as the command line does."""

    def __init__(self, folder: Path, program: tuple[str, ...] = ("wsgi.py",), **environment: str) -> None:
        self.folder, self.program = folder, program
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
        self.process: subprocess.Popen[bytes] | None = None
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
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=heed_interrupts,
            )
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
