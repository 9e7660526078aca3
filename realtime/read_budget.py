"""Read budgets: a limit on how fast the server reads from a socket, below everything that parses frames.

A green server switches to another connection only where it has to wait. A sender whose connection never runs empty
would keep the whole process to itself, whatever the gate does with its frames. Pings, endless fragments and packets
that the transport itself reads never reach the gate. So every read costs budget: a connection without budget is not
read for a while, its buffer fills up, and the sender waits.
"""

import time
from dataclasses import dataclass, field

# A message counts as four further reads: some 40 a second in the long run, twice what the gate lets through.
READS_PER_SECOND = 200
READS_AT_ONCE = 600

BYTES_PER_SECOND = 64 * 1024
BYTES_AT_ONCE = 256 * 1024

# What a message costs beside the reads that brought it.
READS_PER_MESSAGE = 4


@dataclass(slots=True)
class ReadBudget:
    """At most `most` at once and `rate` a second in the long run. Taking more costs waiting time."""

    rate: float
    most: float
    left: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = self.most

    def take(self, cost: float) -> float:
        """Take from the budget. :return: how many seconds to wait now."""
        now = time.monotonic()
        self.left = min(self.most, self.left + (now - self.filled_at) * self.rate) - cost
        self.filled_at = now
        return max(0.0, -self.left / self.rate)


class LineBudget:
    """What a connection may make the server read and handle."""

    __slots__ = ("_bytes", "_reads")

    def __init__(self) -> None:
        self._reads = ReadBudget(READS_PER_SECOND, READS_AT_ONCE)
        self._bytes = ReadBudget(BYTES_PER_SECOND, BYTES_AT_ONCE)

    def take(self, size: int, messages: int) -> float:
        """Take one read of `size` bytes that completed `messages`. :return: how many seconds not to read now."""
        return max(self._reads.take(1 + READS_PER_MESSAGE * messages), self._bytes.take(size))
