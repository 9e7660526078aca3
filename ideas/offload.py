"""The seam for heavy work (argon2, images, spreadsheets): off the hub where a server has one.

A green server runs everything on one thread, so half a second of hashing would stop every socket.
The process that starts such a server names its thread pool here; everywhere else work runs in place.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_run: Callable[..., object] | None = None


def use(run: Callable[..., object]) -> None:
    """Send heavy work to `run(fn, *args)` from now on."""
    global _run
    _run = run


def run_blocking(fn: Callable[..., T], *args: object) -> T:
    """Run `fn(*args)` where it stops nobody else, wait for it and return its answer."""
    if _run is None:
        return fn(*args)
    return _run(fn, *args)  # type: ignore[return-value]
