"""Offload heavy work from the hub.

A green server runs everything on one thread, so half a second of work would stop every socket. There are two ways to
avoid this:

- `run_blocking` uses a thread pool. It fits short work in C that releases the interpreter lock (argon2, numpy).
- `run_task` uses the single worker process. It fits work that takes much memory or time, or reads data from strangers
  (pictures, workbooks). A task has limits; if it dies, its caller gets an error and nobody else is affected.

The process that starts a server sets its thread pool and starts the worker (`ideas.worker`). In other processes (tests,
the command line) all work runs in place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, Protocol, TypeVar, cast

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class Task(Generic[P, T]):
    """A function that may run in the worker: it reads its arguments only; they and its answer can be pickled. An
    argument may also be an open file.

    `seconds` is its time limit. `megabytes` is its memory limit, in addition to the memory that the worker uses
    while it is idle.
    """

    function: Callable[P, T]
    seconds: float
    megabytes: int

    @property
    def name(self) -> str:
        """The module that registers the task, and the function's name in it."""
        return f"{self.function.__module__}:{self.function.__name__}"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the task in place."""
        return self.function(*args, **kwargs)


class Runner(Protocol):
    """Runs tasks in another process. :raise TaskFailed: :raise Busy: as `run_task` does."""

    def run(self, task: Task[..., T], *args: object) -> T: ...


TASKS: dict[str, Task[..., object]] = {}

_run: Callable[..., object] | None = None
_runner: Runner | None = None


def task(seconds: float, megabytes: int) -> Callable[[Callable[P, T]], Task[P, T]]:
    """Register a function as a task, with its limits."""

    def register(function: Callable[P, T]) -> Task[P, T]:
        made = Task(function, seconds, megabytes)
        TASKS[made.name] = cast("Task[..., object]", made)
        return made

    return register


def use(run: Callable[..., object]) -> None:
    """Send blocking work to `run(fn, *args)` from now on."""
    global _run
    _run = run


def use_worker(runner: Runner | None) -> None:
    """Send tasks to `runner` from now on; None: run them in place."""
    global _runner
    _runner = runner


def run_blocking(fn: Callable[..., T], *args: object) -> T:
    """Run `fn(*args)` without blocking others, wait for it and return its answer."""
    if _run is None:
        return fn(*args)
    return _run(fn, *args)  # type: ignore[return-value]


def run_task(task: Task[..., T], *args: object) -> T:
    """Run a task in the worker process, wait for it and return its answer. Its exceptions are raised here.

    :raise TaskTimedOut: :raise TaskOutOfMemory: if it exceeded its limits.
    :raise TaskDied: if it ended the worker.
    :raise Busy: if too many tasks wait already.
    """
    if _runner is None:
        return run_blocking(task.function, *args)
    return _runner.run(task, *args)
