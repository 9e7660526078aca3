"""Offload heavy work from the hub.

A green server runs everything on one thread, so half a second of work would stop every socket. There are three ways to
avoid this:

- `run_blocking` uses a thread pool. It fits short work in C that releases the interpreter lock (argon2, numpy).
- `in_pieces` and `pieces_of` let others run between the pieces of work that has to stay where it is, in a transaction.
- `run_task` and `run_to_file` use a worker process. They fit work that takes much memory or time, or reads data from
  strangers. A task has limits; if it dies, its caller gets an error and nobody else is affected.

There are two workers. `STRANGERS` reads what people send (pictures, tables) and never learns where the database is.
`DATABASE` reads the database (`ideas.snapshot`) and counts and writes files. So a picture does not wait for a result.

The process that starts a server sets its thread pool and its workers (`ideas.worker`). In other processes (tests, the
command line) all work runs in place.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

T = TypeVar("T")
P = ParamSpec("P")

STRANGERS, DATABASE = "strangers", "database"

# Rows of long work in one piece: a few milliseconds.
PIECE = 100


@dataclass(frozen=True)
class Task(Generic[P, T]):
    """A function that may run in the worker: it reads its arguments only; they and its answer can be pickled. An
    argument may also be an open file.

    `seconds` is its time limit. `megabytes` is its memory limit, in addition to the memory that the worker uses
    while it is idle. `worker` is `STRANGERS` or `DATABASE`. An urgent task has the priority of the server, because
    somebody waits for it under a lock; others have a lower one. A task whose library keeps memory says after how many
    runs the worker is `renewed_after`; 0 for never.
    """

    function: Callable[P, T]
    seconds: float
    megabytes: int
    worker: str = STRANGERS
    is_urgent: bool = False
    renewed_after: int = 0

    @property
    def name(self) -> str:
        """The module that registers the task, and the function's name in it."""
        return f"{self.function.__module__}:{self.function.__name__}"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the task in place."""
        return self.function(*args, **kwargs)


class Runner(Protocol):
    """Runs tasks in other processes. :raise TaskFailed: :raise Busy: as `run_task` does."""

    def run(self, task: Task[..., T], *args: object) -> T: ...

    def run_to_file(self, task: Task[..., None], *args: object) -> BinaryIO: ...

    def reserved(self, worker: str) -> AbstractContextManager["Reserved"]: ...


class Reserved(Protocol):
    """A worker that is idle and works for one caller only."""

    def run(self, task: Task[..., T], *args: object) -> T: ...


TASKS: dict[str, Task[..., object]] = {}

_run: Callable[..., object] | None = None
_runner: Runner | None = None


def task(
    seconds: float, megabytes: int, worker: str = STRANGERS, *, is_urgent: bool = False, renewed_after: int = 0
) -> Callable[[Callable[P, T]], Task[P, T]]:
    """Register a function as a task, with its limits, its worker and its priority."""

    def register(function: Callable[P, T]) -> Task[P, T]:
        made = Task(function, seconds, megabytes, worker, is_urgent, renewed_after)
        TASKS[made.name] = cast("Task[..., object]", made)
        return made

    return register


def use(run: Callable[..., object]) -> None:
    """Send blocking work to `run(fn, *args)` from now on."""
    global _run
    _run = run


def use_workers(runner: Runner | None) -> None:
    """Send tasks to the workers of `runner` from now on; None: run them in place."""
    global _runner
    _runner = runner


def run_blocking(fn: Callable[..., T], *args: object) -> T:
    """Run `fn(*args)` without blocking others, wait for it and return its answer."""
    if _run is None:
        return fn(*args)
    return _run(fn, *args)  # type: ignore[return-value]


def pause() -> None:
    """Let others run. On a green server they stand still while this one works."""
    time.sleep(0)


def in_pieces(rows: Iterable[T]) -> Iterator[T]:
    """The rows, one by one; others run after each `PIECE` of them."""
    for n, row in enumerate(rows, start=1):
        yield row
        if n % PIECE == 0:
            pause()


def pieces_of(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in pieces; others run between two of them."""
    for begin in range(0, len(rows), PIECE):
        if begin:
            pause()
        yield rows[begin : begin + PIECE]


def run_task(task: Task[..., T], *args: object) -> T:
    """Run a task in the worker process, wait for it and return its answer. Its exceptions are raised here.

    :raise TaskTimedOut: :raise TaskOutOfMemory: if it exceeded its limits.
    :raise TaskDied: if it ended the worker.
    :raise Busy: if too many tasks wait already.
    """
    if _runner is None:
        return run_blocking(task.function, *args)
    return _runner.run(task, *args)


def run_to_file(task: Task[Concatenate[BinaryIO, ...], None], *args: object) -> BinaryIO:
    """Run a task whose first argument is a file that it writes.

    :return: the file, open at its beginning. It has no name, so it is gone when it is closed.
    :raise TaskFailed: :raise Busy: as `run_task`.
    """
    if _runner is not None:
        return _runner.run_to_file(task, *args)
    out = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 (the caller closes it)
    try:
        run_blocking(task.function, out, *args)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


@contextmanager
def reserved(worker: str) -> Iterator[Reserved]:
    """Reserve a worker: inside, its tasks begin at once, and those of others wait.

    For a caller that must not wait while it holds a lock.
    """
    if _runner is None:
        yield InPlace()
    else:
        with _runner.reserved(worker) as mine:
            yield mine


class InPlace:
    """No worker: the tasks of a process that has none."""

    def run(self, task: Task[..., T], *args: object) -> T:
        return run_blocking(task.function, *args)


@task(seconds=60, megabytes=100)
def nothing() -> None:
    """A task that is done when the worker has started."""
