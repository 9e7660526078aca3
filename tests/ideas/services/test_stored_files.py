"""Uploaded files: stored once, named by rows, and removed when no row names them."""

import hashlib
import io
import os
import resource
import threading
import time

import pytest
from sqlalchemy import func, select

from ideas import file_store, stored_files
from ideas.database import db, write
from ideas.errors import FileRefused, NoSpace, NotFound
from ideas.file_store import MEGABYTE, FileRules
from ideas.models import Challenge, StoredFile
from ideas.services import deleting
from ideas.services.stored_files import GRACE_SECONDS, remove_unnamed
from tests import factories, uploads
from tests.uploads import KIND, store


@pytest.fixture
def room(app):
    stored_files.register_file_owners(uploads.FILES_OF_ROOMS)
    yield factories.room()
    del stored_files.FILE_OWNER_KINDS[KIND]


def on_disk() -> list[str]:
    """All files of the folder but the signs beside them, by name."""
    return sorted(path.name for path in file_store.file_rules().folder.rglob("*") if path.is_file())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def age(name: str, seconds: float) -> None:
    """Make a file of the folder look older."""
    [path] = file_store.file_rules().folder.rglob(name)
    os.utime(path, (time.time() - seconds,) * 2)


def drop(file_id: int) -> None:
    with write() as transaction:
        stored_files.drop_file(transaction.session, transaction.session.get_one(StoredFile, file_id))


def use(app, **rules) -> None:
    file_store.use_rules(FileRules(file_store.file_rules().folder, **rules))


def test_the_same_content_is_stored_once_and_goes_a_day_after_its_last_row(room):
    content = b"the same"
    first, second = store(room.id, content, "a.pdf"), store(room.id, content, "b.txt")
    assert on_disk() == [digest(content)]
    path = file_store.path_of(digest(content))
    assert (path.read_bytes(), path.stat().st_mode & 0o077) == (content, 0)

    drop(first)
    remove_unnamed(grace_seconds=0)
    remove_unnamed(grace_seconds=0)
    assert on_disk() == [digest(content)], "another row names it"

    drop(second)
    remove_unnamed()
    remove_unnamed()
    assert path.exists(), "whoever restores the backup of yesterday needs it"
    age(f"{digest(content)}.unnamed", GRACE_SECONDS + 1)
    remove_unnamed()
    assert on_disk() == []


def test_a_file_that_is_named_again_gets_a_whole_new_time_of_grace(room):
    drop(store(room.id, b"again"))
    remove_unnamed()
    age(f"{digest(b'again')}.unnamed", GRACE_SECONDS + 1)
    drop(store(room.id, b"again"))

    remove_unnamed()

    assert digest(b"again") in on_disk()


def test_the_loop_that_meets_an_upload_of_the_same_content_removes_nothing(room, monkeypatch):
    """The loop has found that no row names a file; before it removes it, an upload stores the same content."""
    drop(store(room.id, b"meeting"))
    remove_unnamed()
    look = file_store.found_files

    def found_files():
        yield from list(look())
        with file_store.arriving(io.BytesIO(b"unwritten"), "b.pdf"):
            yield []  # the loop is between two parts of the folder
            assert len(list((file_store.file_rules().folder / "incoming").iterdir())) == 1, "it is being written"

    def named_among(session, digests):
        monkeypatch.setattr("ideas.services.stored_files.named_among", stored_files.named_among)
        found = stored_files.named_among(session, digests)
        session.rollback()
        store(room.id, b"meeting")
        return found

    monkeypatch.setattr(file_store, "found_files", found_files)
    monkeypatch.setattr("ideas.services.stored_files.named_among", named_among)
    remove_unnamed(grace_seconds=0)

    assert on_disk() == [digest(b"meeting")]
    assert list(stored_files.check_files(db.session())) == []


def test_what_a_dead_upload_left_is_removed(room):
    folder = file_store.file_rules().folder / "incoming"
    folder.mkdir(parents=True)
    (folder / "fresh").write_bytes(b"half")
    (folder / "stale").write_bytes(b"half")
    age("stale", GRACE_SECONDS + 1)

    remove_unnamed()

    assert on_disk() == ["fresh"]


def test_two_identical_uploads_at_once_are_two_rows_and_one_file(app, room):
    content, together = os.urandom(2 * MEGABYTE), threading.Barrier(2)
    problems = []

    def send():
        with app.app_context():
            try:
                together.wait(10)
                store(room.id, content)
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 2
    assert on_disk() == [digest(content)]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\fakepath\\logo.PNG", "logo.PNG"),
        ("invoice\u202efdp.pdf", "invoicefdp.pdf"),
        ("=HYPERLINK(“x”).csv", "=HYPERLINK(“x”).csv"),
        ("a\r\nSet-Cookie: b.pdf", "a Set-Cookie: b.pdf"),
        ("x" * 296 + ".pdf", "x" * 196 + ".pdf"),
        ("ä" * 296 + ".pdf", "ä" * 98 + ".pdf"),
        ("..pdf", "pdf"),
    ],
)
def test_a_name_is_shown_without_its_path_and_without_what_is_invisible(typed, shown):
    assert file_store.shown_name(typed) == shown


@pytest.mark.parametrize("name", ["", "..", "../", "setup.exe", "page.html.exe", "pdf", "a.\u202efdp.exe", "x" * 300])
def test_a_file_whose_kind_is_not_listed_is_refused_and_nothing_is_written(room, name):
    with pytest.raises(FileRefused, match="file_type"):
        store(room.id, name=name)

    assert not file_store.file_rules().folder.exists()


def test_the_limits_of_a_file_and_of_an_owner_hold_and_leave_nothing(app, room):
    use(app, file_bytes_max=10, owner_bytes_max=15)
    with pytest.raises(FileRefused, match="too_large"):
        store(room.id, b"x" * 11)
    with pytest.raises(FileRefused, match="file_empty"):
        store(room.id, b"")
    store(room.id, b"x" * 10)

    with pytest.raises(FileRefused, match="quota"):
        store(room.id, b"y" * 6)
    store(factories.room().id, b"y" * 6)

    assert on_disk() == sorted([digest(b"x" * 10), digest(b"y" * 6)])


@pytest.mark.parametrize(("code", "reason"), [(1, "infected"), (2, "not_scanned")])
def test_the_scanner_of_the_operator_decides(app, room, tmp_path, code, reason):
    seen = tmp_path / "seen"
    script = f'cat "$1" > {seen}; test -z "$SECRET_KEY" || exit 0; grep -q good "$1" || exit {code}'
    use(app, scan_command=("sh", "-c", script, "scan"))

    with pytest.raises(FileRefused, match=reason):
        store(room.id, b"eicar")
    assert (seen.read_bytes(), on_disk()) == (b"eicar", [])
    store(room.id, b"good")


def test_a_full_disk_refuses_honestly_and_leaves_nothing(app, room):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, limits[1]))  # Python ignores the signal
    try:
        with pytest.raises(NoSpace):
            store(room.id, b"x" * 2 * MEGABYTE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert on_disk() == []
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_a_missing_and_a_changed_file_are_named(room):
    missing, changed = store(room.id, b"missing"), store(room.id, b"changed")
    store(room.id, b"whole")
    file_store.path_of(digest(b"missing")).unlink()
    file_store.path_of(digest(b"changed")).write_bytes(b"CHANGED")

    found = {each.file.id: each.problem for each in stored_files.check_files(db.session())}

    assert found == {missing: "it is missing in FILES_PATH", changed: "its content was changed"}
    store(room.id, b"changed")
    assert [each.file.id for each in stored_files.check_files(db.session())] == [missing], "the same content heals it"


def test_only_whom_the_owner_lets_read_gets_a_file(room):
    file_id = store(room.id)
    db.session.rollback()

    assert stored_files.readable_file(db.session(), room.owner, file_id).id == file_id
    with pytest.raises(NotFound):
        stored_files.readable_file(db.session(), factories.participant(room).actor, file_id)
    with pytest.raises(NotFound):
        stored_files.readable_file(db.session(), room.owner, file_id + 1)


def test_deleting_a_challenge_deletes_its_files_and_those_of_others_stay(room):
    other = factories.room()
    store(room.id), store(other.id)

    deleting.delete_challenge(room.owner, room.id, db.session.get_one(Challenge, room.id).title)

    assert db.session.scalars(select(StoredFile.owner_id)).all() == [other.id]


def test_who_sent_a_file_is_forgotten_with_the_person(room):
    guest = factories.guest()
    file_id = store(room.id, name="Anna Schmidt.pdf", person_id=guest.person_id)
    with write() as transaction:
        stored_files.forget_sender(transaction.session, guest.person_id)

    row = db.session.get_one(StoredFile, file_id)
    assert (row.person_id, row.name) == (None, "file.pdf")


def test_files_whose_owner_is_gone_go_with_the_loop(room):
    store(room.id)
    store(99999)

    remove_unnamed()

    assert db.session.scalars(select(StoredFile.owner_id)).all() == [room.id]
