"""A queued mail survives the death of the process, and no two processes send the same one."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from app import create_app
from ideas.database import db
from ideas.models import Mail, MailState
from ideas.services import accounts
from tests import factories
from tests.doubles import partly_here
from tests.servers import ROOT, Server
from tests.smtp import SECONDS, MailServer

MAILS = 12


class MailLoop:
    """A process that sends the mails of a database."""

    def __init__(self, database: str, mail_server: MailServer, *fault: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.mail_loop", *fault],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database, **sending_through(mail_server)},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.wait_for("ready")

    def wait_for(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def sending_through(mail_server: MailServer) -> dict[str, str]:
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail_server.port),
        "PUBLIC_URL": "http://ideas.example.org",
        "SECRET_KEY": "only for tests",
    }


@pytest.fixture
def after():
    """What must end with the test."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def mail_server(after):
    return after.enter_context(MailServer())


@pytest.fixture(params=partly_here(["sqlite", "postgresql"], "sqlite"))
def database(request, tmp_path, after, empty_database):
    """The address of a database with its tables, opened by the test as well."""
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    address = postgres.new_database() if postgres else f"sqlite:///{tmp_path / 'test.db'}"
    shutil.copyfile(empty_database, tmp_path / "test.db")
    return opened(address, after)


def opened(address, after):
    app = create_app({"SQLALCHEMY_DATABASE_URI": address, "SECRET_KEY": "only for tests"})
    after.callback(app.extensions["schwarm-realtime"].detach)
    after.enter_context(app.app_context())
    after.callback(db.engine.dispose)
    return address


def start(after, database, mail_server, *fault):
    loop = MailLoop(database, mail_server, *fault)
    after.callback(loop.kill)
    return loop


def queue_mails(count):
    for n in range(count):
        factories.account(f"person{n}@example.org")
        accounts.ask_reset(f"person{n}@example.org")


def states():
    db.session.rollback()
    return Counter(mail.state for mail in db.session.query(Mail))


def wait_until_sent(count):
    deadline = time.monotonic() + SECONDS
    while states()[MailState.SENT] < count:
        assert time.monotonic() < deadline, states()
        time.sleep(0.05)


def test_a_process_killed_between_the_answer_and_the_commit_repeats_that_one_mail(database, mail_server, after):
    queue_mails(3)
    doomed = start(after, database, mail_server, "slow-commit")
    doomed.wait_for("taken")
    doomed.kill()
    [taken] = mail_server.deliveries

    start(after, database, mail_server)
    wait_until_sent(3)

    count = Counter(delivery.id for delivery in mail_server.deliveries)
    assert sorted(count.values()) == [1, 1, 2]
    assert count[taken.id] == 2, "the mail that was taken is repeated, under the same Message-ID"


@pytest.mark.acceptance
def test_mails_queued_while_no_process_runs_are_sent_after_a_restart(database, mail_server, after):
    queue_mails(MAILS)
    mail_server.seconds = 0.05
    first = start(after, database, mail_server)
    mail_server.wait_for(3)
    first.kill()

    start(after, database, mail_server)
    wait_until_sent(MAILS)

    receivers = {delivery.receivers[0] for delivery in mail_server.deliveries}
    assert len(receivers) == MAILS
    assert len(mail_server.deliveries) <= MAILS + 1, "at most the mail at hand is repeated"


def test_two_processes_send_each_mail_once(postgres, mail_server, after):
    database = opened(postgres.new_database(), after)
    mail_server.seconds = 0.05
    for _ in range(2):
        start(after, database, mail_server)

    queue_mails(MAILS)
    wait_until_sent(MAILS)

    assert set(Counter(delivery.id for delivery in mail_server.deliveries).values()) == {1}


@pytest.mark.acceptance
def test_two_processes_without_claims_are_caught(postgres, mail_server, after):
    database = opened(postgres.new_database(), after)
    mail_server.seconds = 0.05
    for _ in range(2):
        start(after, database, mail_server, "careless")

    queue_mails(MAILS)
    mail_server.wait_for(MAILS + 1)

    assert max(Counter(delivery.id for delivery in mail_server.deliveries).values()) > 1


def test_a_served_sign_up_leads_to_a_mail_in_the_readers_language(tmp_path, mail_server, after, empty_database):
    server = Server(tmp_path, **sending_through(mail_server) | {"PUBLIC_URL": "http://127.0.0.1"})
    after.callback(server.detach)
    server.lay(empty_database).start()
    after.callback(server.stop)

    with server.app.app_context():
        accounts.ask_sign_up("lea@example.org", accounts.Locale("de"))

    [mail] = mail_server.wait_for(1)
    assert mail.message["Subject"] == "Dein Konto"
    assert mail.path.startswith("/reset/")
