"""Open every exported table in a real LibreOffice as a double click does, and compare each cell with our figures.

    make acceptance

The CSV for German spreadsheets is opened in a German profile, the English one in an English profile, and the workbooks
in both. The dialog *Text Import* guesses and gets a click on OK (tools/double_click.py). Numbers must be numbers with
the same value, texts must be whole, and empty cells empty. Times must be times in a workbook; of a CSV, LibreOffice
leaves them as texts unless a person ticks *Detect special numbers*. A text of digits alone (a title "2024") becomes a
number in every spreadsheet that opens a CSV, and is not tried here.

It does not show what Excel does.
"""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import flask_migrate  # noqa: E402
import openpyxl  # noqa: E402

from ideas.database import db  # noqa: E402
from ideas.exports import FORMATS, INTERIM  # noqa: E402
from ideas.exports.cells import RANKING, TEXTS, Cell, fitting, neutral  # noqa: E402
from ideas.exports.csv import ranking_rows  # noqa: E402
from ideas.models import Stance  # noqa: E402
from ideas.services import assessing  # noqa: E402
from tests import factories  # noqa: E402
from tests.servers import Server  # noqa: E402

LOCALES = {"de": "de-DE", "en": "en-US"}
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
ITEM = (
    '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="{name}" oor:op="fuse"><value>{locale}</value></prop>'
    "</item>"
)

IDEAS = (
    ("Bänke, viele; im Schatten", "Für „alle“,\nauch;\tfür Müde\n\n- Holz\n- 2,5 m"),
    ("=HYPERLINK(1)", "+1 ist keine Formel; =2 auch nicht"),
    ('Ein "Zitat", 12,5 % und 1.000 Bäume', "Ω ß ẞ é e\u0301 👍"),
    ("Ohne Text", ""),
    ("Vieles", "Absatz.\n" * 400),
)

Seen = tuple[str, object]
Table = list[list[Seen]]


def main() -> int:
    program, python = (Path(sys.prefix) / "libreoffice-path").read_text().split("\n")[:2]
    faults = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = _written(folder)
        for language, locale in LOCALES.items():
            files = [file for file in expected if file.endswith((f"{language}.csv", ".xlsx"))]
            command = [python, ROOT / "tools" / "double_click.py", program, _profile(folder, locale)]
            command += [folder / file for file in files]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"LibreOffice could not be used: {done.stderr[-2000:]}")
            for read in json.loads(done.stdout):
                faults += _reported(read, locale, expected[read["file"]])
    return int(bool(faults))


def _profile(folder: Path, locale: str) -> Path:
    """A new profile of LibreOffice on a computer of this language."""
    profile = folder / f"profile-{locale}"
    (profile / "user").mkdir(parents=True)
    items = "\n".join(ITEM.format(name=name, locale=locale) for name in ("ooLocale", "ooSetupSystemLocale"))
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE.format(items=items))
    return profile


def _written(folder: Path) -> dict[str, dict[str, Table]]:
    """Write the tables of an open and of a closed round. :return: `{file: {sheet: what must be seen}}`"""
    server = Server(folder)
    found = {}
    with server.app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        room = _room()
        for name in ("de.csv", "en.csv", "xlsx"):
            found |= _file(folder / f"interim.{name}", INTERIM[name].write, room)
        factories.close(room)
        assessing.assess_missing()
        for name in ("de.csv", "en.csv", "xlsx"):
            found |= _file(folder / f"result.{name}", FORMATS[name].write, room)
        rows = list(ranking_rows(db.session(), room.round))
        for name in ("de.csv", "en.csv"):
            found[f"result.{name}"] = {f"result.{name[:2]}": [_texts((*RANKING, *TEXTS)), *map(_in_table, rows)]}
        ranked = [_in_workbook(row[: len(RANKING)]) for row in rows]
        assert found["result.xlsx"]["Ranking"][1:] == ranked, "the file differs from the product's figures"
        db.session.remove()
        db.engine.dispose()
    server.detach()
    return found


def _room() -> factories.Room:
    room = factories.room()
    people = [factories.participant(room, name) for name in ("Jörg", "Zoë", "Ana", "Łukasz")]
    ideas = [factories.idea(room, person, *words) for person, words in zip((*people, people[0]), IDEAS, strict=True)]
    for idea in ideas:
        factories.argument(idea, people[1], "Schön, günstig; und gut", Stance.FOR)
        factories.argument(idea, people[2], "-1 ist\nzu wenig", Stance.AGAINST)
    for place, person in enumerate(people):
        others = [idea for n, idea in enumerate(ideas) if n not in (place, 4)]
        factories.mark(room, person, {idea: (1, -1, 0)[(place + n) % 3] for n, idea in enumerate(others)})
    return room


def _file(file: Path, write: Callable[..., None], room: factories.Room) -> dict[str, dict[str, Table]]:
    """Write a workbook or a table. :return: what must be seen in it: the workbook, as another reader reads it."""
    out, book = io.BytesIO(), io.BytesIO()
    write(db.session(), room.round, out)
    file.write_bytes(out.getvalue())
    if file.suffix == ".xlsx":
        return {file.name: _sheets_of(out, _in_workbook)}
    (FORMATS if room.round.is_closed else INTERIM)["xlsx"].write(db.session(), room.round, book)
    [(_, table), *_others] = _sheets_of(book, _in_table).items()
    return {file.name: {file.name.removesuffix(".csv"): table}}


def _sheets_of(book: BinaryIO, seen: Callable[[Sequence[Cell]], list[Seen]]) -> dict[str, Table]:
    sheets = openpyxl.load_workbook(book).worksheets
    return {sheet.title: [seen(row) for row in sheet.iter_rows(values_only=True)] for sheet in sheets}


def _texts(names: Iterable[str]) -> list[Seen]:
    return [("text", name) for name in names]


def _in_workbook(row: Sequence[Cell]) -> list[Seen]:
    return [_seen(cell, fitting) for cell in row]


def _in_table(row: Sequence[Cell]) -> list[Seen]:
    """As a CSV is seen: harmless texts, shares with nine decimals, and times as texts."""
    found = []
    for cell in row:
        if isinstance(cell, datetime):
            cell = f"{cell:%Y-%m-%d %H:%M:%S}"
        found.append(_seen(cell, lambda text: fitting(neutral(text))))
    return found


def _seen(cell: Cell, written: Callable[[str], str]) -> Seen:
    if cell is None or cell == "":
        return "empty", ""
    if isinstance(cell, datetime):
        return "time", cell.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return ("text", written(cell)) if isinstance(cell, str) else ("number", round(float(cell), 9))


def _reported(read: dict[str, object], locale: str, expected: dict[str, Table]) -> int:
    """Print what was seen of a file. :return: the number of differences"""
    sheets, dialog = read["sheets"], read["dialog"]
    assert isinstance(sheets, dict)
    assert isinstance(dialog, dict)
    different = list(_differences(sheets, expected))
    cells = sum(len(row) for table in expected.values() for row in table)
    ticked = ", ".join(name if value == "true" else value for name, value in dialog.items() if value != "false")
    said = f" (dialog: {ticked})" if dialog else ""
    print(f"{locale} {read['file']}: {cells} cells, {len(different)} different{said}")
    for difference in different[:10]:
        print(f"  {difference}")
    return len(different)


def _differences(sheets: dict[str, Table], expected: dict[str, Table]) -> Iterator[str]:
    if set(sheets) != set(expected):
        yield f"sheets {sorted(sheets)} instead of {sorted(expected)}"
        return
    for name, table in expected.items():
        for line in range(max(len(table), len(sheets[name]))):
            wanted, found = _line(table, line), _line(sheets[name], line)
            for column in range(max(len(wanted), len(found))):
                one, other = _at(wanted, column), _at(found, column)
                if not _is_same(one, other):
                    yield f"{name}, row {line + 1}, column {column + 1}: {other!r} instead of {one!r}"


def _is_same(one: Seen, other: Seen) -> bool:
    """Times are fractions of a day in a workbook, so they may differ by a millisecond."""
    if one[0] == other[0] == "time":
        return abs(datetime.fromisoformat(str(one[1])) - datetime.fromisoformat(str(other[1]))) < timedelta(
            seconds=0.01
        )
    return one == other


def _line(table: Table, line: int) -> list[Seen]:
    return table[line] if line < len(table) else []


def _at(row: list[Seen], column: int) -> Seen:
    kind, value = row[column] if column < len(row) else ("empty", "")
    return kind, round(value, 9) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
