"""Open tables in LibreOffice as a double click does, press OK in its dialog, and print what the sheets hold.

    PYTHON-OF-LIBREOFFICE tools/double_click.py PROGRAM FOLDER FILE…

No option of the import is given: its dialog (*Text Import*) opens, guesses as for a person, and gets a click on OK. The
program draws on no screen. FOLDER is its profile. The answer is JSON on stdout: for each file `dialog` (the state of
what the dialog offers; empty for a workbook) and `sheets`, `{name: rows}`, with a cell as `[type, value]`: `text`,
`number`, `time` (ISO 8601) or `empty`.

It runs in the Python of LibreOffice and imports nothing of this project.
"""

import contextlib
import datetime
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uno

START_SECONDS = 60
DIALOG_SECONDS = 30
RESTART = 81  # the exit code of the first start of a new profile
OFFERED = ("charset", "language", "tab", "comma", "semicolon", "space", "detectspecialnumbers", "quotedfieldastext")


def main(program: str, profile: str, *files: str) -> None:
    pipe = f"schwarm-{os.getpid()}"
    command = [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--norestore", "--nologo", "--nodefault"]
    command.append(f"--accept=pipe,name={pipe};urp")
    office = _Office(command, pipe)
    try:
        json.dump([office.read(Path(file).absolute()) for file in files], sys.stdout)
    finally:
        office.end()


class _Office:
    def __init__(self, command: list[str], pipe: str) -> None:
        self._command, self._pipe = command, pipe
        self._process = self._started()
        self._context = self._connected()
        self._desktop = self._service("com.sun.star.frame.Desktop")
        self._windows = self._service("org.libreoffice.uitest.UITest")

    def _started(self) -> "subprocess.Popen[bytes]":
        environment = os.environ | {"SAL_USE_VCLPLUGIN": "svp"}  # draws in memory; with --headless no dialog would open
        return subprocess.Popen(self._command, env=environment, stdout=sys.stderr)

    def _connected(self) -> Any:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            if self._process.poll() == RESTART:
                self._process = self._started()
            with contextlib.suppress(Exception):  # it does not listen yet
                return resolver.resolve(f"uno:pipe,name={self._pipe};urp;StarOffice.ComponentContext")
            time.sleep(0.2)
        raise SystemExit("LibreOffice did not start")

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def read(self, file: Path) -> dict[str, object]:
        opened: list[Any] = []
        asks = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        asks.Name, asks.Value = "InteractionHandler", self._service("com.sun.star.task.InteractionHandler")
        load = self._desktop.loadComponentFromURL
        loading = threading.Thread(target=lambda: opened.append(load(file.as_uri(), "_default", 0, (asks,))))
        loading.start()
        dialog = self._confirmed(loading)
        loading.join(DIALOG_SECONDS)
        [document] = opened
        try:
            sheets = {name: _rows(document, name) for name in document.Sheets.ElementNames}
        finally:
            document.close(True)
        return {"file": file.name, "dialog": dialog, "sheets": sheets}

    def _confirmed(self, loading: threading.Thread) -> dict[str, str]:
        """What the dialog offers, after a click on OK; empty if the file opens without one."""
        give_up = time.monotonic() + DIALOG_SECONDS
        while loading.is_alive() and time.monotonic() < give_up:
            with contextlib.suppress(Exception):  # no window has the focus yet
                window = self._windows.getTopFocusWindow()
                if "charset" in window.getChildren():
                    offered = {name: _state(window.getChild(name)) for name in OFFERED}
                    window.getChild("ok").executeAction("CLICK", ())
                    return offered
            time.sleep(0.1)
        return {}

    def end(self) -> None:
        with contextlib.suppress(Exception):
            self._desktop.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _state(element: Any) -> str:
    state = {value.Name: value.Value for value in element.getState()}
    return str(state.get("SelectEntryText") or state.get("Selected"))


def _rows(document: Any, name: str) -> list[list[tuple[str, object]]]:
    sheet = document.Sheets.getByName(name)
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    end = cursor.RangeAddress
    return [
        [_cell(document, sheet.getCellByPosition(column, row)) for column in range(end.EndColumn + 1)]
        for row in range(end.EndRow + 1)
    ]


def _cell(document: Any, cell: Any) -> tuple[str, object]:
    kind = cell.Type.value
    if kind != "VALUE":
        return {"TEXT": "text", "EMPTY": "empty"}.get(kind, kind), cell.String
    form = document.NumberFormats.getByKey(cell.NumberFormat).Type
    if form & 6:  # date or time
        first = document.NullDate
        start = datetime.datetime(first.Year, first.Month, first.Day)  # noqa: DTZ001 (a cell has no time zone)
        return "time", (start + datetime.timedelta(days=cell.Value)).isoformat(timespec="milliseconds")
    return "number", cell.Value


if __name__ == "__main__":
    main(*sys.argv[1:])
