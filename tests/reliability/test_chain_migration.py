"""The migration that gave journals a table of their own changes no byte of what people have or can fetch."""

import io
import itertools
import zipfile

import flask_migrate
import pytest
from sqlalchemy import text

import config
from ideas import clock, journal, signing
from ideas.database import db
from ideas.exports import FORMATS
from ideas.exports.pack.verifying import verify
from ideas.models import Challenge
from tests import factories
from tests.doubles import partly_here
from tests.servers import Server

MIGRATIONS = str(config.ROOT / "migrations")
BEFORE = "0059"

# What the tables of a journal hold, with the challenge by which an earlier version knew them.
OLD_ROWS = {
    "journal": "SELECT challenge_id, seq, round_id, kind, body, h FROM journal ORDER BY 1, 2",
    "kept_head": "SELECT challenge_id, seq, h, moment, at FROM kept_head ORDER BY 1, 2",
    "stream": "SELECT challenge_id, lane, handle, seq FROM stream ORDER BY 1, 2, 3",
    "act": "SELECT challenge_id, seq, kind, handle, reason, before FROM act ORDER BY 1, 2",
    "challenge": "SELECT id, seq, head, epoch FROM challenge ORDER BY id",
}


@pytest.fixture(params=partly_here(["sqlite", "postgresql"], "sqlite"))
def app(request, tmp_path):
    if request.param == "sqlite":
        served = Server(tmp_path).lay(request.getfixturevalue("empty_database"))
    else:
        served = Server(tmp_path, DATABASE_URL=request.getfixturevalue("postgres").new_database())
    with served.app.app_context():
        signing.use_folder(tmp_path)  # of the key that signs packs
        yield served.app
        db.session.remove()
        db.engine.dispose()
    served.detach()


def exported(room: factories.Room) -> dict[str, bytes]:
    found = {}
    for name, format in FORMATS.items():
        out = io.BytesIO()
        format.write(db.session(), room.round, out)
        found[name] = out.getvalue()
    with zipfile.ZipFile(io.BytesIO(found.pop("xlsx"))) as workbook:  # its library notes the time by its own clock
        found |= {name: workbook.read(name) for name in workbook.namelist() if name != "docProps/core.xml"}
    return found


def held(rooms: list[factories.Room]) -> list[object]:
    """All that people hold of these rooms, or are shown: exports, heads, the numbers of pages, receipts, check."""
    db.session.remove()
    heads = {id_: (epoch, seq) for id_, _, epoch, seq in journal.heads_of(db.session(), [room.id for room in rooms])}
    lanes = [journal.lane_numbers(db.session(), room.chain_id, ["room", "facilitators"]) for room in rooms]
    receipts = list(db.session.scalars(text("SELECT CAST(answer AS TEXT) FROM operation ORDER BY owner, op")))
    ends = [db.session.get_one(Challenge, room.id).head for room in rooms]
    found = [exported(room) for room in rooms if room.round.is_closed]
    return [found, heads, lanes, receipts, ends, factories.journal_holds()]


def rows_of_earlier_version() -> dict[str, list[tuple[object, ...]]]:
    with db.engine.connect() as connection:
        bytes_ = (memoryview, bytes)
        return {
            table: [tuple(bytes(v) if isinstance(v, bytes_) else v for v in row) for row in connection.execute(text(q))]
            for table, q in OLD_ROWS.items()
        }


def test_exports_heads_and_receipts_of_an_earlier_database_stay_byte_for_byte(app, monkeypatch):
    begin, numbers = journal.begin, itertools.chain([2, 1], itertools.count(3))

    def begin_in_another_order():
        """The chain of the first challenge has the number of the second one, and the other way round."""
        end = begin()
        end.id = next(numbers)
        return end

    monkeypatch.setattr(journal, "begin", begin_in_another_order)
    rooms = [factories.used_room(), factories.used_room()]
    factories.close(rooms[0])
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)  # exports tell when they were made
    before = held(rooms)
    assert [room.chain_id for room in rooms] == [2, 1]
    assert before[-1] == []

    db.session.remove()
    flask_migrate.downgrade(directory=MIGRATIONS, revision=BEFORE)
    old = rows_of_earlier_version()
    assert {row[0] for row in old["journal"]} == {room.id for room in rooms}
    flask_migrate.upgrade(directory=MIGRATIONS)

    after = held(rooms)
    assert [name for name, data in before[0][0].items() if after[0][0][name] != data] == []
    assert after == before
    assert [room.chain_id for room in rooms] == [room.id for room in rooms]
    assert all(finding.holds for finding in verify(db.session(), before[0][0]["pack"]))
    factories.participant(rooms[1])  # goes on after its latest number
    assert factories.room().chain_id not in {room.id for room in rooms}
    assert factories.journal_holds() == []

    db.session.remove()
    flask_migrate.downgrade(directory=MIGRATIONS, revision=BEFORE)
    again = rows_of_earlier_version()
    assert {table: [row for row in rows if row[0] == rooms[0].id] for table, rows in again.items()} == {
        table: [row for row in rows if row[0] == rooms[0].id] for table, rows in old.items()
    }
    flask_migrate.upgrade(directory=MIGRATIONS)
