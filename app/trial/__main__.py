"""The process of a rehearsal: `python -m app.trial FOLDER`, which `app.trial.runner` alone starts."""

import os
import pickle
import shutil
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from app import create_app
from app.trial.play import rehearse
from app.trial.reports import SETTINGS, State, TrialReport, report_in
from ideas.database import Model, db

# A priority below the server's, because the server must answer at once.
NICENESS = 10
SECONDS_MAX = 300


def main(folder: Path) -> None:
    """Play the settings in the folder. The last report says how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server ends this one
    signal.alarm(SECONDS_MAX)  # the kernel ends it, whatever it does
    threading.Thread(target=_end_with_server, args=(folder,), daemon=True).start()
    os.nice(NICENESS)
    settings = pickle.loads((folder / SETTINGS).read_bytes())  # noqa: S301 (written by the server)
    app = create_app({"SECRET_KEY": "of a rehearsal"})
    with app.app_context():
        Model.metadata.create_all(db.engine)
        try:
            rehearse(settings, lambda report: report.keep(folder))
        except Exception:
            replace(report_in(folder), state=State.FAILED).keep(folder)
            raise


def _end_with_server(folder: Path) -> NoReturn:
    """The pipe ends with the server: leave nothing behind then."""
    sys.stdin.buffer.read()
    while folder.exists():  # the other thread may add a file while they are removed
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    TrialReport().keep(Path(sys.argv[1]))
    main(Path(sys.argv[1]))
    sys.stderr.flush()
    os._exit(0)  # the thread that reads stdin would hold the interpreter
