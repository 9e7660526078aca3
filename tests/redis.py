"""A private Redis for tests: on a free port, in memory only; it is ended by its process id."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.servers import ROOT, free_port

START_SECONDS = 10


class Redis:
    """One server. It can be killed, suspended, and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.program = os.environ.get("REDIS_SERVER") or _noted()
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Redis":
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.ask("PING") == b"+PONG":
                return self
            time.sleep(0.02)
        raise AssertionError(f"Redis did not start:\n{(self.folder / 'redis.log').read_text(errors='replace')}")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)

    def hold(self) -> None:
        """Suspend the server: it accepts connections and commands, and answers none."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, command: str) -> bytes:
        """:return: the first line of the answer; empty if there is none."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(command.encode() + b"\r\n")
                return connection.recv(4096).split(b"\r\n")[0]
        except OSError:
            return b""


def _noted() -> str:
    noted = ROOT / ".venv" / "redis-path"
    assert noted.exists(), "no Redis: run `make test`, which finds or installs one"
    return noted.read_text().strip()
