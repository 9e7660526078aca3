"""A temporary server for a rehearsal: a free port and a temporary folder, prepared like an installation."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import config

# Settings of the installation that a rehearsal must not use.
FOREIGN = {"DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "MAIL_SERVER", "TRUSTED_PROXIES", "FLASK_APP"}

START_SECONDS = 60
STOP_SECONDS = 10


class DidNotStart(Exception):
    """The server did not start; the message ends with its output."""


@dataclass(frozen=True)
class Served:
    """The address of a server, and a one-time sign-in token for its owner."""

    url: str
    token: str


@contextmanager
def own_server() -> Iterator[Served]:
    """Prepare and start a server; afterwards end this server only. :raise DidNotStart:"""
    with tempfile.TemporaryDirectory(prefix="schwarm-rehearsal-") as name:
        folder, port = Path(name), _free_port()
        environment = _environment(folder, port)
        token = _prepare(environment)
        log = folder / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "wsgi.py"], cwd=config.ROOT, env=environment, stdout=out, stderr=out
            )
        try:
            served = Served(f"http://127.0.0.1:{port}", token)
            _wait_for(served.url, process, log)
            yield served
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return kept | {"INSTANCE_PATH": str(folder / "instance"), "HOST": "127.0.0.1", "PORT": str(port)}


def _prepare(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]
    done = subprocess.run(command, cwd=config.ROOT, env=environment, capture_output=True, text=True, check=False)
    token = re.search(r"/sign-in/([\w-]+)", done.stdout)
    if done.returncode or token is None:
        raise DidNotStart(done.stderr or done.stdout)
    return token.group(1)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2).close()  # noqa: S310 (our own address)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise DidNotStart(log.read_text(errors="replace")[-2000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
