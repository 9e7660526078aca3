"""The worker of a real server: it starts with its first task, works beside the server, and never outlives it."""

import contextlib
import os
import signal
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ideas.services import rounds
from tests.doubles import partly_here
from tests.realtime.conftest import make_room
from tests.servers import Server, cookie_of

SECONDS = 20


@pytest.fixture
def server(empty_database, tmp_path):
    made = Server(tmp_path).lay(empty_database)
    yield made.start()
    made.kill()
    made.detach()


@pytest.fixture
def workbook(server):
    """A function that has the server's worker make a workbook."""
    with server.app.app_context():
        room = make_room(server)
        rounds.close_round(room.facilitator, room.round_id)
        cookie = cookie_of(server.app, room.facilitator.person_id)
    address = f"{server.url}/challenges/{room.challenge_id}/result.xlsx"

    def make():
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookie}), timeout=60) as answer:
            return answer.read()

    return make


def worker_of(server):
    """The process id of a server's worker."""
    return until(lambda: next(iter(workers_of(server)), None))


def workers_of(server):
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            is_child = f"\nPPid:\t{server.process.pid}\n" in status.read_text()
            if is_child and b"ideas.worker_child" in (status.parent / "cmdline").read_bytes():
                yield int(status.parent.name)


def until(condition):
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
    return found


def has_ended(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def files_of(pid):
    """The folder that a worker was given for its files."""
    return Path(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[-3].decode())


@pytest.mark.parametrize("how", partly_here([signal.SIGKILL, signal.SIGTERM, signal.SIGINT], signal.SIGKILL))
def test_the_worker_and_its_files_end_with_the_server(server, workbook, how):
    assert not list(workers_of(server)), "an idle server has no worker"
    workbook()
    worker = worker_of(server)
    folder = files_of(worker)
    assert folder.is_dir()
    assert not has_ended(worker)

    server.process.send_signal(how)
    server.process.wait(SECONDS)

    until(lambda: has_ended(worker))
    until(lambda: not folder.exists())


def test_the_server_answers_while_the_worker_works_and_starts_a_new_one_after_its_death(server, workbook):
    assert workbook().startswith(b"PK")
    worker = worker_of(server)

    with ThreadPoolExecutor() as pool:
        os.kill(worker, signal.SIGSTOP)
        waiting = pool.submit(workbook)
        time.sleep(1)
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
            assert answer.status == 200
        assert not waiting.done(), "the workbook is made by the worker, which stands still"
        os.kill(worker, signal.SIGCONT)
        assert waiting.result(SECONDS).startswith(b"PK")

    os.kill(worker, signal.SIGKILL)
    until(lambda: has_ended(worker))
    assert workbook().startswith(b"PK")
    assert worker_of(server) != worker
