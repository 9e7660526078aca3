"""The coalescer: it gathers what happens to a lane within a moment, so that it becomes one frame."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ideas import offload
from ideas.events import StreamAdvanced

# A lane hears of figures alone at most so often. In a vote every new voter changes them, and each frame goes to all.
FIGURES_SECONDS = 0.2

# Others run after so many lanes: a start of turns or a reveal goes to one lane for each of its people.
LANES = 25

FIGURES = {"figures"}

Lane = tuple[int, str]  # a challenge and a lane of it


@dataclass
class Pending:
    """What a lane has not been sent yet. `of_others`: another process changed it, nobody here knows what."""

    after: int
    seq: int
    handles: dict[str, None] = field(default_factory=dict)  # an ordered set
    of_others: bool = False

    @property
    def can_wait(self) -> bool:
        return self.handles.keys() == FIGURES and not self.of_others


class Coalescer:
    """Gathers the advances of the lanes of challenges and hands them over together, one for each lane."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[Lane, Pending] = {}
        self._figures_at: dict[Lane, float] = {}  # when a lane was last sent figures alone

    def add(self, advance: StreamAdvanced) -> None:
        """Take note of an advance. One without handles is that of another process."""
        assert advance.challenge_id is not None
        key = (advance.challenge_id, advance.lane)
        with self._lock:
            pending = self._pending.setdefault(key, Pending(advance.after, advance.seq))
            pending.seq = max(pending.seq, advance.seq)
            pending.handles |= dict.fromkeys(advance.handles)
            pending.of_others |= not advance.handles

    def holds_any(self) -> bool:
        return bool(self._pending)

    def flush(self, publish: Callable[[int, str, Pending], None]) -> None:
        """Hand everything gathered so far to `publish(challenge, lane, pending)`, but for figures that can wait."""
        for n, ((challenge_id, lane), pending) in enumerate(self._due(time.monotonic()).items(), start=1):
            publish(challenge_id, lane, pending)
            if n % LANES == 0:
                offload.pause()

    def _due(self, now: float) -> dict[Lane, Pending]:
        with self._lock:
            self._figures_at = {key: at for key, at in self._figures_at.items() if at > now - FIGURES_SECONDS}
            due = {k: p for k, p in self._pending.items() if not (p.can_wait and k in self._figures_at)}
            self._pending = {key: pending for key, pending in self._pending.items() if key not in due}
            self._figures_at |= {key: now for key, pending in due.items() if pending.can_wait}
        return due
