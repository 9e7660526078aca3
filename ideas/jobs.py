"""Jobs that a server runs again and again in the background."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """`run` is called with an application context, `seconds` after its last run ended.

    Any number of processes may run it: it takes a lease if it must not run twice at once, and does nothing if nothing
    is due.
    """

    name: str
    seconds: float
    run: Callable[[], object]
