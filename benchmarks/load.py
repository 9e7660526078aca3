"""What benchmarks of servers share: a crowd of clients, servers as processes of their own, and their CPU time."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import config

HERE = Path(__file__).parent
PEERS = config.ROOT / ".tools" / "peers"
START_SECONDS = 60


def built_load(folder: Path) -> Path:
    """Build the load generator."""
    program = folder / "load"
    compiler = shutil.which("cc") or sys.exit("These benchmarks need a C compiler named cc.")
    subprocess.run([compiler, "-O2", "-o", program, HERE / "load.c"], check=True)
    return program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """A server on a port of its own, whose CPU time and memory are read from the system."""

    def __init__(self, command: list[str | Path], path: str = "/", **environment: str) -> None:
        self.port = free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the server)
        settings = {**os.environ, **environment, "PORT": str(self.port), "HOST": "127.0.0.1"}
        self._process = subprocess.Popen(
            [*map(str, command), str(self.port)], stdout=self._log, stderr=self._log, env=settings, cwd=config.ROOT
        )
        self._await(path)

    def _await(self, path: str) -> None:
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                connection.getresponse().read()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    self._log.seek(0)
                    raise RuntimeError(self._log.read().decode()[-2000:]) from None
                time.sleep(0.05)

    def cpu_seconds(self) -> float:
        """The CPU time of the process itself, all of its threads, to the nanosecond."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory_kb(self) -> int:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Crowd:
    """Clients of one server, on the load generator. `up` says how many are connected."""

    def __init__(self, program: Path, port: int, count: int, *options: str) -> None:
        self._process = subprocess.Popen(
            [program, str(port), str(count), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.up: int = self.read()["up"]

    def send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def ask(self, line: str) -> dict[str, Any]:
        self.send(line)
        return self.read()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class Browser:
    """A person's browser for form posts, on one connection."""

    def __init__(self, port: int, cookie: str, csrf: str) -> None:
        self._connection, self._csrf = HTTPConnection("127.0.0.1", port, timeout=60), csrf
        self._headers = {"Cookie": f"schwarm={cookie}", "Accept-Language": "de"}

    def post(self, path: str, **fields: str) -> int:
        """:return: the status"""
        body = urlencode({**fields, "csrf_token": self._csrf})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", path, body, self._headers | form)
        response = self._connection.getresponse()
        response.read()
        return response.status


class Probe(threading.Thread):
    """Asks an address every 20 ms; `done` returns the longest wait in ms."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(daemon=True)
        self._port, self._path, self._asks, self._longest = port, path, True, 0.0
        self.start()

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=120)
        while self._asks:
            begin = time.monotonic()
            connection.request("GET", self._path)
            connection.getresponse().read()
            self._longest = max(self._longest, time.monotonic() - begin)
            time.sleep(0.02)

    def done(self) -> float:
        self._asks = False
        self.join()
        return 1000 * self._longest
