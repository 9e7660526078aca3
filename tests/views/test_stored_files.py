"""Uploads and downloads of stored files: refused early, kept out of sight of others, and never shown."""

import io

import pytest

from app.platform.stored_files import rules_of
from config import WrongSetting
from ideas import file_store, stored_files
from ideas.file_store import MEGABYTE, PIECE_BYTES
from tests import factories, uploads
from tests.uploads import KIND, store


@pytest.fixture
def site(make_app):
    """An application with an address for files. Without TESTING, as on a server, faults are answered."""
    app = make_app(FILE_MEGABYTES_MAX=1, ORDER_MEGABYTES_MAX=2)
    uploads.install(app)
    with app.app_context():
        yield app
    del stored_files.FILE_OWNER_KINDS[KIND]


@pytest.fixture
def room(site):
    return factories.room()


@pytest.fixture
def owner(site, room):
    browser = site.test_client()
    factories.sign_in(browser, room.owner)
    return browser


def send(browser, room, content=b"%PDF", name="a.pdf", **fields):
    data = {"file": (io.BytesIO(content), name), **fields}
    return browser.post(f"/test-rooms/{room.id}/files", data=data, content_type="multipart/form-data")


def test_a_file_goes_up_and_comes_down_unchanged(owner, room):
    content = bytes(range(256)) * 2500
    file_id, name = send(owner, room, content, "Entwurf für Jörg.pdf").text.split(" ", 1)

    answer = owner.get(f"/files/{file_id}")

    assert (name, answer.data) == ("Entwurf für Jörg.pdf", content)
    assert len(content) > 2 * PIECE_BYTES
    headers = answer.headers
    assert headers["Content-Length"] == str(len(content))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"Entwurf fur Jorg.pdf\"; filename*=UTF-8''Entwurf%20f%C3%BCr%20J%C3%B6rg.pdf"
    )
    part = owner.get(f"/files/{file_id}", headers={"Range": f"bytes={PIECE_BYTES - 2}-{PIECE_BYTES + 1}"})
    assert (part.status_code, part.data) == (206, content[PIECE_BYTES - 2 : PIECE_BYTES + 2])
    assert owner.get(f"/files/{file_id}", headers={"Range": "bytes=9999999-"}).status_code == 416


def test_nobody_else_learns_that_there_is_a_file(site, owner, room):
    file_id = store(room.id)
    guest = site.test_client()
    factories.sign_in(guest, factories.participant(room))

    assert guest.get(f"/files/{file_id}").status_code == guest.get("/files/999999").status_code == 404
    assert site.test_client().get(f"/files/{file_id}").location.startswith("/sign-in")


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("../../x.html", 'attachment; filename="x.html"'),
        ("\u202efdp.exe.pdf", 'attachment; filename="fdp.exe.pdf"'),
        ('=HYPERLINK("http://x")!.csv', 'attachment; filename="x_)!.csv"'),
        ("=1+1.csv", 'attachment; filename="1+1.csv"'),
        ('a";x="\r\nX-Evil: 1.pdf', 'attachment; filename="a__x=_ X-Evil_ 1.pdf"'),
        ("con.txt", 'attachment; filename="_con.txt"'),
        ("文.pdf", "attachment; filename=\"file-1.pdf\"; filename*=UTF-8''%E6%96%87.pdf"),
        ("-.pdf", "attachment; filename=\"file-1.pdf\"; filename*=UTF-8''pdf"),
    ],
)
def test_a_hostile_name_harms_nobody(owner, room, typed, saved):
    content = b"<script>alert(1)</script>"
    file_id = store(room.id, content, typed)

    answer = owner.get(f"/files/{file_id}")

    assert answer.headers["Content-Disposition"] == saved
    assert answer.data == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "X-Evil" not in answer.headers


class Unread(io.RawIOBase):
    """A body of which nobody may read anything."""

    def readinto(self, _buffer) -> int:
        raise AssertionError("the body was read")

    def readable(self) -> bool:
        return True


def test_a_body_of_a_gigabyte_is_refused_unread(site, owner, room):
    for browser, said in ((owner, "larger than 1 MB, so it was not read"), (site.test_client(), "Too large")):
        browser.numbers = False
        answer = browser.post(
            f"/test-rooms/{room.id}/files",
            environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": str(1024 * MEGABYTE)},
            content_type="multipart/form-data; boundary=x",
        )
        assert answer.status_code == 413
        assert said in answer.get_data(as_text=True)


def test_only_an_address_for_files_takes_a_large_body_and_only_from_those_who_may(make_app, monkeypatch):
    app = make_app(FILE_MEGABYTES_MAX=3, ORDER_MEGABYTES_MAX=3, MAX_CONTENT_LENGTH=MEGABYTE)
    uploads.install(app)
    with app.app_context():
        room = factories.room()
        owner, guest = app.test_client(), app.test_client()
        factories.sign_in(owner, room.owner)
        factories.sign_in(guest, factories.participant(room))
        large = b"x" * 2 * MEGABYTE

        assert send(owner, room, large).status_code == 201
        assert send(guest, room, large).status_code == 413
        assert send(guest, room).status_code == 403
        assert (
            owner.post(f"/challenges/{room.id}/ideas", data={"title": "x", "text": "x" * 2 * MEGABYTE}).status_code
            == 413
        )
    del stored_files.FILE_OWNER_KINDS[KIND]


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"MZ", "setup.exe", 400, "Files of this kind are not taken here."),
        (b"", "a.pdf", 400, "There is nothing in this file."),
        (b"x" * (MEGABYTE + 1), "a.pdf", 400, "This file is larger than 1 MB."),
    ],
)
def test_a_refused_file_keeps_what_was_typed(owner, room, content, name, status, said):
    answer = send(owner, room, content, name, note="Typed with care")

    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert said in page
    assert "Typed with care" in page
    assert 'aria-invalid="true"' in page


def test_a_file_that_the_folder_lost_is_answered_plainly(owner, room, caplog):
    file_id = store(room.id, b"lost")
    for path in file_store.file_rules().folder.rglob("*"):
        if path.is_file():
            path.unlink()

    answer = owner.get(f"/files/{file_id}")

    assert answer.status_code == 503
    assert "can’t read this file" in answer.get_data(as_text=True)
    assert f"the file of row {file_id} is missing" in caplog.text


def test_an_address_that_takes_files_is_one_that_proxies_know(site):
    taking = {name for name, view in site.view_functions.items() if "takes_files" in view.__dict__}

    assert taking >= {"test.upload"}
    assert [
        rule.rule for rule in site.url_map.iter_rules() if rule.endpoint in taking and rule.rule[-6:] != "/files"
    ] == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"SCAN_COMMAND": "scan 'x"}, "SCAN_COMMAND can't be read"),
        ({"FILE_TYPES": ["pdf", "../x"]}, "FILE_TYPES can't contain"),
        ({"FILE_MEGABYTES_MAX": 300}, "ORDER_MEGABYTES_MAX not less"),
    ],
)
def test_a_wrong_setting_is_told_in_a_sentence(app, setting, said):
    app.config.update(setting)

    with pytest.raises(WrongSetting, match=said):
        rules_of(app)
