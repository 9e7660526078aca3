"""A server that can't work says so: one line and exit code 1 at its start, and a false /readyz while it lasts."""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from sqlalchemy import text

from app.platform import startup
from ideas.database import db
from tests.servers import ROOT, Server, heed_interrupts

# Root may write everywhere. Without this capability it may write where a user may.
AS_A_USER = """
import ctypes, runpy
libc = ctypes.CDLL(None)
head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc.capget(head, data)
for word in (0, 1, 2):
    data[word] &= ~0b110
libc.capset(head, data)
runpy.run_path("wsgi.py", run_name="__main__")
"""


@pytest.fixture
def make_server(empty_database, tmp_path_factory):
    """Make servers, each in a folder of its own with an empty database; they end with the test."""
    made = []

    def make(*program, **environment):
        server = Server(tmp_path_factory.mktemp("startup"), program or ("wsgi.py",), **environment)
        made.append(server.lay(empty_database))
        return made[-1]

    yield make
    for server in made:
        server.kill()
        server.detach()


def refusal_of(server: Server) -> str:
    """The only line of a server that does not start."""
    ended = subprocess.run(
        [sys.executable, *server.program],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=heed_interrupts,
    )
    assert ended.returncode == 1, ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr


def readiness(server: Server) -> int:
    try:
        with urllib.request.urlopen(server.url + "/readyz", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def set_revision(server: Server, revision: str) -> None:
    with contextlib.closing(sqlite3.connect(server.database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()


def test_a_second_server_on_one_sqlite_file_is_refused_and_commands_are_not(make_server):
    first = make_server().start()
    second = make_server(DATABASE_URL=first.environment["DATABASE_URL"])

    said = refusal_of(second)
    assert f"Another server (process {first.process.pid}) uses the database {first.database}" in said
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "invite"]
    done = subprocess.run(command, cwd=ROOT, env=first.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert readiness(first) == 200

    first.kill()
    second.start()
    assert readiness(second) == 200, "a lock ends with its process, however that ends"

    third = make_server(DATABASE_URL=first.environment["DATABASE_URL"], ALLOW_SECOND_SERVER="1").start()
    assert readiness(third) == readiness(second) == 200


def test_a_read_only_disk_is_named_at_the_start(make_server):
    server = make_server("-c", AS_A_USER)
    server.database.chmod(0o400)
    try:
        assert "can't be written" in refusal_of(server)
    finally:
        server.database.chmod(0o600)


def test_a_taken_port_is_named_at_the_start(make_server):
    server = make_server()
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        other.listen()

        assert f"can't serve on 127.0.0.1, port {server.port}" in refusal_of(server)


def test_a_running_server_is_not_ready_while_its_database_is_of_a_newer_version(make_server):
    server = make_server().start()
    with server.app.app_context():
        revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.remove()
    assert readiness(server) == 200

    set_revision(server, "9999")
    wait_for_readiness(server, 503)
    assert "is newer than this program" in server.log()

    set_revision(server, revision)
    wait_for_readiness(server, 200)


def wait_for_readiness(server: Server, status: int) -> None:
    for _ in range(100):
        if readiness(server) == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"not {status}")


# In this process, since a start costs seconds


@pytest.fixture
def refused(make_app):
    """The sentence with which a server of these settings does not start."""

    def ask(**settings):
        with pytest.raises(SystemExit) as stopped:
            startup.require_workable(make_app(**settings))
        said = str(stopped.value)
        assert "\n" not in said
        return said

    return ask


def test_a_workable_server_starts(make_app):
    app = make_app()

    startup.require_workable(app)

    os.close(app.extensions[startup.LOCK])


@pytest.mark.parametrize("revision", ["0001", "0012"])
def test_an_outdated_database_is_refused(refused, database, revision):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()

    assert f"is outdated (revision {revision}" in refused()


def test_a_newer_database_is_refused(refused, database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'abcd'")
        connection.commit()

    assert "is newer than this program (revision abcd" in refused()


def test_a_missing_empty_or_foreign_file_is_refused(refused, tmp_path):
    (tmp_path / "empty.db").touch()
    (tmp_path / "foreign.db").write_text("This is no database.\n" * 100)

    assert "There is no database" in refused(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists(), "the check creates nothing"
    assert "is empty" in refused(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'empty.db'}")
    assert "can't be used" in refused(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'foreign.db'}")


def test_an_unreachable_postgresql_is_refused_without_its_password(refused):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"postgresql+psycopg2://me:sesame@127.0.0.1:{nobody.getsockname()[1]}/ideas"

        said = refused(SQLALCHEMY_DATABASE_URI=address)

    assert "can't be used" in said
    assert "sesame" not in said


def test_a_missing_secret_is_refused(refused):
    assert "There is no secret key" in refused(SECRET_KEY="")
