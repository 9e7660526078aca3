"""The loops of a server: background work that it does again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True)
class Loop:
    """`run` is called with an application context, `seconds` after its last run ended.

    Any number of processes may run a loop: it does nothing if nothing is due. A loop that must not run twice at once is
    `leased`, or takes a lease itself.

    A loop that waits for the database says for what, so that an idle server does not even open a context. `next_at` is
    a query without parameters for the moment at which it has work next: it runs at this moment, at most `seconds` late.
    With `has_more` it runs after commits only, and as long as `has_more()` says that it has left something undone.
    """

    name: str
    seconds: float
    run: Callable[[], object]
    leased: bool = False
    next_at: Select[Any] | None = None
    has_more: Callable[[], bool] | None = None
