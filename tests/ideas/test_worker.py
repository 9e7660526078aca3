"""The worker process: tasks have limits, and the death of a task only affects its caller."""

import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ideas import images, offload, pictures, uploads, worker
from ideas.errors import BrokenFile, Busy, ImageRefused, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.ideas_documents import read_document
from ideas.worker import Worker
from ideas.worker_child import NICENESS
from tests import factories
from tests.ideas import chores

SECONDS = 20


@pytest.fixture(scope="module")
def working():
    """One worker for all tests that do not stop it."""
    started = Worker()
    yield started
    started.stop()


@pytest.fixture
def fresh():
    started = Worker()
    started.run(chores.double, 1)
    yield started
    started.stop()


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_task_runs_in_one_other_process(working):
    assert working.run(chores.double, 21) == 42
    assert working.run(chores.process_id) == working.pid != os.getpid()
    assert working.starts == 1


def test_large_arguments_and_answers_are_transferred(working):
    picture = factories.picture(size=(1200, 900)).getvalue()

    assert working.run(chores.length_of, picture * 100) == len(picture * 100)
    assert working.run(chores.echo, picture * 100) == picture * 100


def test_an_open_file_is_sent_whole_from_its_beginning(working):
    picture = factories.picture(size=(1200, 900))
    picture.read(1000)

    encoded = working.run(uploads.encode, picture)

    assert encoded == images.encode(picture)


def test_an_exception_of_a_task_is_raised_at_its_caller(working):
    with pytest.raises(ImageRefused, match="not_an_image"):
        working.run(chores.refuse)


def test_a_broken_import_file_is_named_at_its_caller(working):
    with pytest.raises(BrokenFile) as refused:
        working.run(read_document, b"{}", "round.json")

    assert (refused.value.file, refused.value.reason) == ("round.json", "not_ours")


def test_the_output_of_a_task_is_not_its_answer(working):
    assert working.run(chores.speak) == "spoken"
    assert working.run(chores.double, 1) == 2


def test_an_urgent_task_has_the_priority_of_the_server_and_others_a_lower_one(working):
    tasks = (chores.priority, chores.urgent_priority, chores.priority)
    assert [working.run(task) - os.nice(0) for task in tasks] == [NICENESS, 0, NICENESS]


def test_only_the_task_that_kills_the_worker_fails(fresh):
    def run(number):
        if number == 3:
            return fresh.run(chores.end_the_process)
        return fresh.run(chores.double, number)

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(run, number) for number in range(1, 9)]
        found = [answer.exception() or answer.result() for answer in answers]

    assert isinstance(found.pop(2), TaskDied)
    assert found == [2, 4, 8, 10, 12, 14, 16]
    assert fresh.run(chores.double, 9) == 18  # the task that ends the process may have been the last of the others
    assert fresh.starts == 2


def test_a_worker_killed_while_idle_is_restarted(fresh):
    os.kill(fresh.pid, signal.SIGKILL)  # the death is noticed before or with the next task

    assert fresh.run(chores.double, 4) == 8


def test_a_task_over_its_time_limit_is_ended(fresh):
    begun = time.monotonic()

    with pytest.raises(TaskTimedOut):
        fresh.run(chores.wait_too_long)

    assert chores.SECONDS <= time.monotonic() - begun < SECONDS
    assert fresh.run(chores.double, 2) == 4


def test_a_task_over_its_memory_limit_is_refused(fresh):
    assert fresh.run(chores.take, 50) == 50 * 1024 * 1024

    with pytest.raises(TaskOutOfMemory):
        fresh.run(chores.take, 150)

    assert fresh.run(chores.take, 50) == 50 * 1024 * 1024


LARGE = {
    "a phone's, progressive": lambda: factories.picture("JPEG", (8160, 6120), progressive=True),
    "a poster": lambda: factories.picture("PNG", (4961, 7016), compress_level=1),
    "a phone's own format": lambda: io.BytesIO(factories.heic((4032, 3024), tile_size=512)),
    "WebP": lambda: factories.picture("WEBP", (4000, 3280), lossless=True, method=0),
    "AVIF": lambda: factories.picture("AVIF", (5000, 3990), speed=10),
}


@pytest.mark.acceptance
def test_pictures_of_every_kind_at_once_stay_within_the_stated_memory(fresh):
    """300 MB above the idle worker; the server keeps what waits in files (`benchmarks/pictures.py`)."""
    fresh.run(uploads.encode, factories.picture())
    status = Path(f"/proc/{fresh.pid}/status")
    idle = _megabytes(status, "VmRSS")

    with ThreadPoolExecutor(12) as pool:
        encoded = list(pool.map(lambda make: fresh.run(uploads.encode, make()), LARGE.values()))

    assert {max(one.width, one.height) for one in encoded} == {1600}
    assert fresh.starts == 1, "no picture exceeded the limit of its task"
    assert 100 < _megabytes(status, "VmHWM") - idle < 280


def test_the_memory_of_earlier_tasks_is_given_back(fresh):
    status = Path(f"/proc/{fresh.pid}/status")
    fresh.run(uploads.encode, factories.picture())
    idle = _megabytes(status, "VmSize")

    for _ in range(3):
        fresh.run(uploads.encode, factories.picture("PNG", (3000, 2000)))

    assert _megabytes(status, "VmSize") - idle < 20


def _megabytes(status, field):
    (line,) = [line for line in status.read_text().splitlines() if line.startswith(f"{field}:")]
    return int(line.split()[1]) / 1024


def test_a_worker_is_renewed_after_some_tasks_that_keep_memory(fresh):
    found = [fresh.run(chores.hoard) for _ in range(4)]
    between = fresh.run(chores.process_id)

    assert found[0] == found[1] != found[2] == found[3] != between


def test_a_full_queue_is_busy_and_later_accepts_tasks_again(fresh, monkeypatch):
    monkeypatch.setattr(worker, "TASKS_MAX", 2)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(fresh.run, chores.wait, 1) for _ in range(2)]
        deadline = time.monotonic() + SECONDS
        while fresh._tasks < 2:
            assert time.monotonic() < deadline

        with pytest.raises(Busy):
            fresh.run(chores.double, 1)

    assert [task.result() for task in waiting] == ["waited"] * 2
    assert fresh.run(chores.double, 1) == 2


def test_stopping_ends_the_child_and_removes_its_files():
    started = Worker()
    started.run(chores.double, 1)
    pid, folder = started.pid, started._folder.name

    started.stop()

    assert not is_running(pid)
    assert not os.path.exists(folder)


def test_a_child_whose_answers_nobody_reads_ends_without_a_word(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    command = [sys.executable, "-m", "ideas.worker_child", str(folder), offload.STRANGERS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.close()
        question = {"urgent": True, "folder": str(folder), "task": "tests.ideas.chores:process_id", "megabytes": 100}
        worker.write_frame(child.stdin, question)
        said, code = child.stderr.read(), child.wait(SECONDS)

    assert (said, code, folder.exists()) == (b"", 0, False)


def test_a_task_runs_in_the_process_of_its_caller_without_a_worker():
    assert offload.run_task(chores.process_id) == os.getpid()


@pytest.mark.parametrize(
    ("task", "reason"),
    [(chores.wait_too_long, "too_many_pixels"), (chores.end_the_process, "damaged")],
)
def test_a_picture_that_harms_the_worker_is_refused(fresh, app, monkeypatch, task, reason):
    monkeypatch.setattr(uploads, "encode", task)
    monkeypatch.setattr(offload, "_runner", _Without(fresh))

    with pytest.raises(ImageRefused, match=reason):
        pictures.encoded(factories.picture(), lambda *_: None, factories.guest(), 1)


class _Without:
    """The worker, whose task accepts no upload."""

    def __init__(self, worker):
        self._worker = worker

    def run(self, task, *_upload):
        return self._worker.run(task)
