"""The rehearsals of a server: one process at a time, ended after five minutes, with the server, or by its own end."""

import atexit
import fcntl
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from flask import Flask

import config
from app.rehearsal.server import FOREIGN
from app.trial.reports import SETTINGS, State, TrialReport, report_in
from ideas.errors import Busy
from ideas.services.challenges import ChallengeForm

SECONDS_MAX = 300
LOOK_SECONDS = 0.3
PREFIX = "schwarm-rehearsal-"
# The kernel ends a process of a rehearsal after `SECONDS_MAX`, so a folder without a change for longer is nobody's.
LEFTOVER_SECONDS = 2 * SECONDS_MAX
# The number of past rehearsals whose verdict is kept until the server stops.
KEPT = 50


def init_app(app: Flask) -> None:
    remove_leftovers(Path(tempfile.gettempdir()))
    app.extensions["schwarm-rehearsals"] = Rehearsals(Path(app.config["INSTANCE"]) / "rehearsal.lock")


class Rehearsals:
    """The rehearsals of this server. `lock` is a file that the servers of an installation on one machine share."""

    def __init__(self, lock: Path, *, seconds: float = SECONDS_MAX) -> None:
        self._lock, self._seconds = lock, seconds
        self._past: OrderedDict[int, TrialReport] = OrderedDict()
        self._running: tuple[int, Path, subprocess.Popen[bytes]] | None = None

    def begin(self, challenge_id: int, settings: ChallengeForm) -> None:
        """Start a rehearsal of a draft with these settings. :raise Busy: if one is running."""
        held = _held(self._lock)
        if held is None:
            raise Busy
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            (folder / SETTINGS).write_bytes(pickle.dumps(settings))
            child = subprocess.Popen(
                [sys.executable, "-m", "app.trial", str(folder)],
                cwd=config.ROOT,
                env=_environment(folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )
        except BaseException:
            held.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        atexit.unregister(self.stop)
        atexit.register(self.stop)
        self._past.pop(challenge_id, None)
        self._running = challenge_id, folder, child
        threading.Thread(target=self._watch, args=(challenge_id, folder, child, held.close), daemon=True).start()

    def report_of(self, challenge_id: int) -> TrialReport | None:
        """The latest report on a draft; None if it was not rehearsed since the server started."""
        if self._running and self._running[0] == challenge_id:
            return replace(report_in(self._running[1]), state=State.RUNNING)
        return self._past.get(challenge_id)

    def stop(self) -> None:
        """End the process, and remove its folder."""
        if self._running:
            _end(*self._running[1:])

    def _watch(
        self, challenge_id: int, folder: Path, child: "subprocess.Popen[bytes]", release: Callable[[], None]
    ) -> None:
        """Wait for the end of the process without blocking others, which `wait` would do on a green server."""
        deadline = time.monotonic() + self._seconds
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        report = report_in(folder)
        if report.state == State.RUNNING:
            report = replace(report, state=State.ENDED if child.poll() is None else State.FAILED)
        _end(folder, child)
        self._past[challenge_id] = report
        while len(self._past) > KEPT:
            self._past.popitem(last=False)
        self._running = None
        release()


def remove_leftovers(parent: Path) -> None:
    """Remove the folders of rehearsals that were killed together with their server. Other installations may use the
    same `parent`.
    """
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _held(lock: Path) -> IO[bytes] | None:
    """The lock, held until it is closed; None if another process or rehearsal holds it."""
    file = lock.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return kept | {"INSTANCE_PATH": str(folder), "ASYNC_MODE": "threading"}


def _end(folder: Path, child: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        child.kill()
    child.wait()
    with suppress(OSError):
        assert child.stdin
        child.stdin.close()
    shutil.rmtree(folder, ignore_errors=True)
