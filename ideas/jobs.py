"""Jobs that a server runs repeatedly in the background."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """`run` is called with an application context, `seconds` after its last run ended.

    Any number of processes may run a job: it does nothing if nothing is due. A job that must not run twice at once is
    `leased`, or takes a lease itself.
    """

    name: str
    seconds: float
    run: Callable[[], object]
    leased: bool = False
