"""The seam for heavy work: off the hub where a server has one.

A green server runs everything on one thread, so half a second of work would stop every socket. There are two ways out:

- `run_blocking` uses a thread pool. It fits short work in C that gives the interpreter lock away (argon2, numpy).
- `run_task` uses the one worker process. It fits work that takes much memory or time, or reads what strangers sent
  (pictures, workbooks): a task has limits, and its death is an answer to its caller and touches nobody else.

The process that starts a server names its thread pool and starts the worker (`ideas.worker`); everywhere else (tests,
the command line) all work runs in place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, Protocol, TypeVar, cast

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class Task(Generic[P, T]):
    """A function that may run in the worker: it reads its arguments only, and they and its answer can be pickled.

    `seconds` is how long it may run, `megabytes` how much memory it may take above what the worker has.
    """

    function: Callable[P, T]
    seconds: float
    megabytes: int

    @property
    def name(self) -> str:
        """The module that registers the task, and the function in it."""
        return f"{self.function.__module__}:{self.function.__name__}"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the task in place."""
        return self.function(*args, **kwargs)


class Runner(Protocol):
    """What runs tasks elsewhere. :raise TaskFailed: :raise Busy: as `run_task` does."""

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
    """Run `fn(*args)` where it stops nobody else, wait for it and return its answer."""
    if _run is None:
        return fn(*args)
    return _run(fn, *args)  # type: ignore[return-value]


def run_task(task: Task[..., T], *args: object) -> T:
    """Run a task in the worker process, wait for it and return its answer. What it raises is raised here.

    :raise TaskTimedOut: :raise TaskOutOfMemory: if it took more than it may.
    :raise TaskDied: if it ended the worker.
    :raise Busy: if too many tasks wait already.
    """
    if _runner is None:
        return run_blocking(task.function, *args)
    return _runner.run(task, *args)
