"""How late the hub is. A green server does one thing at a time: while it works, every socket waits."""

import logging
import time
from collections.abc import Callable

from ideas.counters import COUNTERS

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
WARN_SECONDS = 0.1
LOG_SECONDS = 60.0


class HubWatch:
    """Asks for a timer again and again, and notes how much later it comes."""

    def __init__(self, sleep: Callable[[float], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._sleep, self._clock = sleep, clock
        self._logged_at = -LOG_SECONDS
        self._longest, self._count = 0.0, 0

    def run(self) -> None:
        """Watch for ever."""
        while True:
            due = self._clock() + TICK_SECONDS
            self._sleep(TICK_SECONDS)
            self.note(max(0.0, self._clock() - due))

    def note(self, late: float) -> None:
        """Count a delay (seconds), and warn of long ones once a minute."""
        COUNTERS.lags.note(late)
        if late > WARN_SECONDS:
            self._count += 1
            self._longest = max(self._longest, late)
        if self._count and self._clock() - self._logged_at >= LOG_SECONDS:
            log.warning(
                "the hub was late: by %.0f ms at the most, and %d times by more than %.0f ms since the last line",
                1000 * self._longest,
                self._count,
                1000 * WARN_SECONDS,
            )
            self._logged_at = self._clock()
            self._longest, self._count = 0.0, 0
