"""Uploads to a real server: killed in the middle, larger than it takes, and while a scanner thinks."""

import contextlib
import hashlib
import http.client
import os
import random
import re
import socket
import threading
import time
import uuid

import pytest
from sqlalchemy import select

from ideas import file_store, stored_files
from ideas.database import db
from ideas.file_store import MEGABYTE
from ideas.models import StoredFile
from ideas.services.stored_files import remove_unnamed
from tests import factories, uploads
from tests.reliability.conftest import running
from tests.servers import Server, cookie_of

KILLS = 4
UPTIME_SECONDS = (0.3, 0.8)
GIGABYTE = 1024 * MEGABYTE


@pytest.fixture
def start(empty_database, tmp_path):
    """Start the server with an address for files; the arguments are settings. It ends with the test."""
    running_now = []

    def started(**settings: str) -> Server:
        server = Server(tmp_path, ("-m", "tests.reliability.uploading"), **settings).lay(empty_database)
        running_now.append(running(server))
        return running_now[-1].__enter__()

    stored_files.register_file_owners(uploads.FILES_OF_ROOMS)
    yield started
    for each in running_now:
        each.__exit__(None, None, None)
    del stored_files.FILE_OWNER_KINDS[uploads.KIND]


class Sender:
    """A browser of the owner of a room, with a token that fits it."""

    def __init__(self, server: Server, room: factories.Room) -> None:
        self.server, self.room = server, room
        self.cookie = cookie_of(server.app, room.owner.person_id)
        answer, page = self.get(room.path)
        self.token = re.findall(r'name="csrf_token" value="([^"]+)"', page.decode())[0]
        if renewed := answer.headers.get("Set-Cookie"):
            self.cookie = renewed.split(";")[0]

    def get(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {"Cookie": self.cookie, "Referer": self.server.url, **({"Content-Type": kind} if kind else {})}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def send(self, content: bytes, name: str = "a.pdf") -> tuple[int, bytes]:
        fields = {"csrf_token": self.token, "op": str(uuid.uuid4())}
        parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        parts.append(f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
        body = "".join(parts).encode() + content + b"\r\n--x--\r\n"
        answer, said = self.ask("POST", f"/test-rooms/{self.room.id}/files", body, "multipart/form-data; boundary=x")
        return answer.status, said


def test_uploads_survive_kills_and_no_row_is_ever_without_its_file(start):
    server = start()
    room = factories.room()
    sender = Sender(server, room)
    acknowledged, ended = set(), threading.Event()

    def upload():
        while not ended.is_set():
            content = os.urandom(MEGABYTE)
            try:
                status, _ = sender.send(content)
            except OSError:  # the server is down
                time.sleep(0.05)
                continue
            except http.client.HTTPException:
                continue
            if status == 201:
                acknowledged.add(hashlib.sha256(content).hexdigest())

    threads = [threading.Thread(target=upload) for _ in range(3)]
    for thread in threads:
        thread.start()
    chance = random.Random(7)
    for _ in range(KILLS):
        time.sleep(chance.uniform(*UPTIME_SECONDS))
        server.kill()
        server.start()
    time.sleep(0.3)
    ended.set()
    for thread in threads:
        thread.join()

    db.session.rollback()
    rows = set(db.session.scalars(select(StoredFile.digest)))
    assert acknowledged
    assert acknowledged <= rows
    assert list(stored_files.check_files(db.session())) == []
    for _ in range(2):
        remove_unnamed(grace_seconds=0)
    file_store.remove_left_uploads(older_than=0)
    folder = file_store.file_rules().folder
    assert folder.parent == server.folder
    assert {path.name for path in folder.rglob("*") if path.is_file()} == rows


def test_a_gigabyte_is_answered_before_it_is_sent_and_the_rest_is_not_taken(start):
    server = start(FILE_MEGABYTES_MAX="2")
    room = factories.room()
    sender = Sender(server, room)
    head = (
        f"POST /test-rooms/{room.id}/files HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {sender.cookie}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {GIGABYTE}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"Connection: close" in answer
        assert b"larger than 2 MB" in answer
        sent = 0
        with contextlib.suppress(OSError):  # the server ends the connection
            while sent < GIGABYTE:
                sent += connection.send(b"x" * 65536)
        assert sent < 32 * MEGABYTE, "what is on the way, and no more"
    status, _ = sender.send(b"%PDF")
    assert status == 201


def test_a_scanner_that_thinks_stops_nobody_else(start, tmp_path):
    scanner = tmp_path / "scan.sh"
    scanner.write_text("sleep 1.5\n")
    server = start(SCAN_COMMAND=f"sh {scanner}")
    sender = Sender(server, factories.room())
    answers = []
    thread = threading.Thread(target=lambda: answers.append(sender.send(b"%PDF")))
    begun = time.monotonic()
    thread.start()
    slowest = 0.0
    while thread.is_alive():
        asked = time.monotonic()
        sender.get("/healthz")
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.02)

    assert answers[0][0] == 201
    assert time.monotonic() - begun > 1.5
    assert slowest < 1.0
