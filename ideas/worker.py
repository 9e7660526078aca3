"""The workers: child processes that run tasks, one at a time each, for the server that started them.

Questions and answers are JSON objects, each preceded by its length (4 bytes, big-endian), over the child's stdin and
stdout. The child answers a question twice: when it begins, and with the outcome. A question that no child began is
asked once more. Arguments and answers of a task are in files, since they may be large. An argument that is an open
file is copied piece by piece, so that no waiting upload stands in the server's memory.

A child starts with the first task. It ends when its stdin ends, so it never outlives the server, however the server
dies; it then removes the files. If a task exceeds its time, the child is killed; the next task starts a new child. This
module imports no green library: in a green server, the modules that it uses are patched before.
"""

import io
import json
import logging
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, TypeVar

from ideas.errors import Busy, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.offload import DATABASE, STRANGERS, Task, nothing

log = logging.getLogger(__name__)

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
# Tasks of a worker at once, the running one included. A picture takes about a second, so the last task waits a quarter
# of a minute.
TASKS_MAX = 16

# One arena for all threads of the child, and freed memory goes back to the system: so the limits of tasks hold.
FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "1048576"}
# A worker takes one core at most: the server needs the other one.
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}

LENGTH = struct.Struct(">I")
ARGUMENTS, ANSWER, WRITTEN = "arguments", "answer", "written"
BEGUN, DONE, RAISED, OUT_OF_MEMORY = "begun", "done", "raised", "out_of_memory"


@dataclass(frozen=True)
class SentFile:
    """An open file among the arguments of a task: the child opens its copy, or a new file to write to."""

    path: Path
    mode: str = "rb"


def write_frame(pipe: IO[bytes], content: dict[str, object]) -> None:
    """Write one object, preceded by its length."""
    data = json.dumps(content).encode()
    pipe.write(LENGTH.pack(len(data)) + data)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> dict[str, object] | None:
    """Read one object. :return: None if the pipe ended."""
    head = _read(pipe, LENGTH.size)
    if head is None:
        return None
    data = _read(pipe, LENGTH.unpack(head)[0])
    if data is None:
        return None
    content = json.loads(data)
    assert isinstance(content, dict)
    return content


def _read(pipe: IO[bytes], size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        part = pipe.read(size - len(data))
        if not part:
            return None
        data += part
    return data


def _sent(arg: object, copy: Path) -> object:
    """An argument as it is pickled."""
    if not isinstance(arg, io.IOBase):
        return arg
    with copy.open("wb") as file:
        arg.seek(0)
        shutil.copyfileobj(arg, file)
    return SentFile(copy)


class _Deadline:
    """Kills the child at the end of a task's time, unless the task has answered."""

    def __init__(self, child: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._child, self._lock = child, threading.Lock()
        self._over = self.passed = False
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._over = True
        self._timer.cancel()

    def _pass(self) -> None:
        with self._lock:
            if not self._over:
                self.passed = True
                self._child.kill()


class Worker:
    """The server's side of one child. Many threads or green threads may use it at once."""

    def __init__(self, kind: str = STRANGERS) -> None:
        self._kind = kind
        self._folder = tempfile.TemporaryDirectory(prefix="schwarm-worker-")  # readable by this user alone
        self._child: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._tasks = 0
        self._runs = Counter[str]()  # of the present child, of tasks that renew it
        self.starts = 0

    @property
    def pid(self) -> int:
        """The child's process id; 0 while there is none."""
        return self._child.pid if self._child else 0

    @property
    def tasks(self) -> int:
        """How many tasks run and wait now."""
        return self._tasks

    def run(self, task: Task[..., T], *args: object) -> T:
        """Run a task in the child. See `ideas.offload.run_task`."""
        with self._place():
            return self._run(task, args, self._turn)

    def run_to_file(self, task: Task[..., None], *args: object) -> BinaryIO:
        """Run a task that writes a file. See `ideas.offload.run_to_file`."""
        with self._place(), tempfile.TemporaryDirectory(dir=self._folder.name) as name:
            path = Path(name) / WRITTEN
            self._run(task, (SentFile(path, "w+b"), *args), self._turn)
            return path.open("rb")

    @contextmanager
    def reserved(self) -> Iterator["ReservedWorker"]:
        """Reserve the child. It has started when the context begins. See `ideas.offload.reserved`."""
        with self._turn:
            self._run(nothing, (), nullcontext())
            yield ReservedWorker(self)

    def _run(self, task: Task[..., T], args: tuple[object, ...], turn: AbstractContextManager[object]) -> T:
        with tempfile.TemporaryDirectory(dir=self._folder.name) as name:
            folder = Path(name)
            sent = [_sent(arg, folder / f"file-{place}") for place, arg in enumerate(args)]
            (folder / ARGUMENTS).write_bytes(pickle.dumps(sent))
            with turn:
                outcome = self._ask(task, folder)
            if outcome == OUT_OF_MEMORY:
                raise TaskOutOfMemory
            answer = pickle.loads((folder / ANSWER).read_bytes())  # noqa: S301 (written by our own child)
            if outcome == RAISED:
                raise answer
            return answer  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End the child."""
        with self._turn:
            self._end()
        self._folder.cleanup()

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Reserve a place among the tasks. :raise Busy: if none is free."""
        with self._counting:
            if self._tasks >= TASKS_MAX:
                raise Busy
            self._tasks += 1
        try:
            yield
        finally:
            with self._counting:
                self._tasks -= 1

    def _ask(self, task: Task[..., T], folder: Path) -> str:
        """:return: the task's outcome."""
        outcome = self._try(task, folder)
        if outcome is None:  # the child had died while it was idle
            outcome = self._try(task, folder)
        if outcome is None:
            raise TaskDied
        if outcome == OUT_OF_MEMORY:  # a new child releases the memory that is still in use
            self._end()
        elif task.renewed_after:
            self._runs[task.name] += 1
            if self._runs[task.name] >= task.renewed_after:
                self._end()
        return outcome

    def _try(self, task: Task[..., T], folder: Path) -> str | None:
        """:return: the task's outcome; None if the child ended before it began.

        :raise TaskTimedOut: :raise TaskDied:
        """
        child = self._living()
        assert child.stdin
        assert child.stdout
        question: dict[str, object] = {"task": task.name, "folder": str(folder), "megabytes": task.megabytes}
        question["urgent"] = task.is_urgent
        begun = answer = None
        with _Deadline(child, task.seconds) as deadline, suppress(OSError):
            write_frame(child.stdin, question)
            begun = read_frame(child.stdout)
            answer = begun and read_frame(child.stdout)
        if answer is not None and not deadline.passed:
            return str(answer["outcome"])
        self._end()
        if deadline.passed:
            log.warning("the task %s took too long", task.name)
            raise TaskTimedOut
        if begun:
            log.warning("the task %s ended the worker", task.name)
            raise TaskDied
        return None

    def _living(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        command = [sys.executable, "-m", "ideas.worker_child", self._folder.name, self._kind]
        environment = os.environ | FRUGAL | ONE_CORE
        self._child = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.starts += 1
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        self._runs.clear()
        if child is None:
            return
        child.kill()  # the child stores nothing
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()


@dataclass(frozen=True)
class ReservedWorker:
    """A child that works for one caller only."""

    _worker: Worker

    def run(self, task: Task[..., T], *args: object) -> T:
        """Run a task at once."""
        return self._worker._run(task, args, nullcontext())


class Workers:
    """The workers of a server. Each child starts with its first task."""

    def __init__(self) -> None:
        self._workers = {kind: Worker(kind) for kind in (STRANGERS, DATABASE)}

    def run(self, task: Task[..., T], *args: object) -> T:
        """See `ideas.offload.run_task`."""
        return self._workers[task.worker].run(task, *args)

    def run_to_file(self, task: Task[..., None], *args: object) -> BinaryIO:
        """See `ideas.offload.run_to_file`."""
        return self._workers[task.worker].run_to_file(task, *args)

    def reserved(self, worker: str) -> AbstractContextManager[ReservedWorker]:
        """See `ideas.offload.reserved`."""
        return self._workers[worker].reserved()

    def tasks(self) -> int:
        """How many tasks run and wait now, of both workers."""
        return sum(worker.tasks for worker in self._workers.values())

    def stop(self) -> None:
        """End the children."""
        for worker in self._workers.values():
            worker.stop()
