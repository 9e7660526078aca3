"""Tables in a real LibreOffice, read with the separator and the language that its dialog offers."""

import io
import shutil
import subprocess
from datetime import datetime

import openpyxl
import pytest

from ideas.database import db
from ideas.exports import FORMATS
from ideas.services.moderation import redact_idea
from tests import factories

OFFICE = shutil.which("soffice")
# The separator as a number, quotation mark, UTF-8, first line, column formats, the language's number.
READ_AS = {"de.csv": "59,34,76,1,,1031,false,true", "en.csv": "44,34,76,1,,1033,false,true"}


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("name", READ_AS)
def test_a_table_is_read_by_the_spreadsheet_of_its_language(app, tmp_path, name):
    room = factories.room()
    author, voter = factories.participant(room, "Jörg"), factories.participant(room)
    formula = factories.idea(room, author, "=1+1; Bänke", "Für „alle“,\nauch; hier")
    erased = factories.idea(room, author, "Erased")
    factories.mark(room, voter, {formula: 1})
    factories.close(room)
    redact_idea(room.owner, erased, "Unlawful")
    file = tmp_path / f"result.{name}"
    with file.open("wb") as out:
        FORMATS[name].write(db.session(), room.round, out)

    subprocess.run(
        [
            *(OFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
            *(f"--infilter=CSV:{READ_AS[name]}", "--convert-to", "xlsx", "--outdir", tmp_path / "read", file),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )

    read = openpyxl.load_workbook(io.BytesIO((tmp_path / "read" / f"result.{name[:2]}.xlsx").read_bytes())).active
    head, first, second = read.iter_rows(values_only=True)
    row = dict(zip(head, first, strict=True))
    assert (row["title"], row["author"], row["text"]) == ("'=1+1; Bänke", "Jörg", "Für „alle“,\nauch; hier")
    assert (row["yes"], row["score"], row["low"]) == (1, 1, pytest.approx(0.2065, abs=1e-4))
    assert isinstance(row["written_at"], datetime)
    assert second[head.index("title")] is None
    assert {cell.data_type for cells in read.iter_rows() for cell in cells} <= {"s", "n", "d"}
