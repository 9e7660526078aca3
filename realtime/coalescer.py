"""The coalescer: it gathers what happens to a lane within a moment, so that it becomes one frame."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ideas.events import StreamAdvanced


@dataclass
class Pending:
    """What a lane has not been sent yet."""

    after: int
    seq: int
    handles: dict[str, None] = field(default_factory=dict)  # an ordered set


class Coalescer:
    """Gathers the advances of lanes and hands them over together, one for each lane."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[tuple[int, str], Pending] = {}

    def add(self, advance: StreamAdvanced) -> None:
        key = (advance.challenge_id, advance.lane)
        with self._lock:
            pending = self._pending.setdefault(key, Pending(advance.after, advance.seq))
            pending.seq = advance.seq
            pending.handles |= dict.fromkeys(advance.handles)

    def holds(self, challenge_id: int, lane: str) -> bool:
        """Whether something waits to be sent to a lane."""
        return (challenge_id, lane) in self._pending

    def holds_any(self) -> bool:
        return bool(self._pending)

    def flush(self, publish: Callable[[int, str, Pending], None]) -> None:
        """Hand everything gathered so far to `publish(challenge, lane, pending)`."""
        with self._lock:
            gathered, self._pending = self._pending, {}
        for (challenge_id, lane), pending in gathered.items():
            publish(challenge_id, lane, pending)
