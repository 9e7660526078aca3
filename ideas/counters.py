"""What happens in this process, counted for its operator.

Counting must cost next to nothing, so a count is a plain integer and a histogram a list of them: some 0.1 µs each. The
numbers begin at 0 with the process; whoever reads them keeps the history.
"""

from bisect import bisect_left
from dataclasses import dataclass, field


@dataclass(slots=True)
class Histogram:
    """How often values lay within bounds. `counts` has one number more than `bounds`: those above the last."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def note(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class ProcessCounters:
    """`messages`: sent to sockets, once for each receiver. `requests`: answers by the first digit of their status.

    `commits`: seconds of each commit of a write transaction. `batches`: casts in one transaction. `lags`: seconds by
    which the hub came too late.
    """

    messages: int = 0
    casts: int = 0
    refused_casts: int = 0
    marks: int = 0
    requests: list[int] = field(default_factory=lambda: [0] * 10)
    batches: Histogram = field(default_factory=lambda: Histogram((1, 2, 5, 10, 20, 50, 100, 200, 500)))
    commits: Histogram = field(default_factory=lambda: Histogram(SECONDS))
    lags: Histogram = field(default_factory=lambda: Histogram(SECONDS))


COUNTERS = ProcessCounters()
