"""The loop that removes files meets an upload of another process on PostgreSQL, where transactions run side by side."""

import io
import threading

import pytest
from sqlalchemy.orm import Session

from ideas import file_store, stored_files
from ideas.database import Transaction, db, write
from ideas.file_store import FileRules
from ideas.models import StoredFile
from ideas.services.stored_files import remove_unnamed
from ideas.stored_files import FileOwner
from tests import factories, uploads
from tests.reliability.conftest import app_on


@pytest.fixture
def app(postgres, tmp_path, monkeypatch):
    monkeypatch.setitem(stored_files.FILE_OWNER_KINDS, uploads.KIND, uploads.FILES_OF_ROOMS)
    with app_on(postgres.new_database()) as app:
        file_store.use_rules(FileRules(tmp_path / "files"))
        yield app


@pytest.mark.parametrize("is_locked", [True, False], ids=["locked", "mutant without the lock"])
def test_a_file_whose_row_another_process_is_about_to_commit_is_not_removed(app, monkeypatch, is_locked):
    if not is_locked:
        monkeypatch.setattr(stored_files, "_lock", lambda *_: None)
    room = factories.room()
    file_id = uploads.store(room.id, b"the same")
    with write() as transaction:
        stored_files.drop_file(transaction.session, transaction.session.get_one(StoredFile, file_id))
    remove_unnamed(grace_seconds=0)
    removed = []

    def remove():
        with app.app_context():
            removed.append(remove_unnamed(grace_seconds=0))

    loop = threading.Thread(target=remove)
    # Another session is another process: in one process there is one writer.
    with Session(db.engine) as other, file_store.arriving(io.BytesIO(b"the same"), "a.pdf") as arrived:
        monkeypatch.setattr(file_store, "place", lambda *_: None)  # the loop has seen the time of grace before
        stored_files.keep(Transaction(other), arrived, FileOwner(uploads.KIND, room.id), None)
        loop.start()
        loop.join(1.0 if is_locked else 30.0)
        assert loop.is_alive() == is_locked, "it waits for the end of the upload"
        monkeypatch.undo()
        monkeypatch.setitem(stored_files.FILE_OWNER_KINDS, uploads.KIND, uploads.FILES_OF_ROOMS)
        other.commit()
    loop.join(10)

    found = [each.problem for each in stored_files.check_files(db.session())]
    assert (removed, found) == (([0], []) if is_locked else ([1], ["it is missing in FILES_PATH"]))
