"""The loop that tells people what the clock has to tell, and queues the digests that are due.

It looks after commits, and when the moment has come that it found by its latest look. A look only reads: an idle server
takes no lease and makes no statement.
"""

from datetime import datetime

from ideas import clock, leases
from ideas.loops import Loop
from ideas.services import digests, reminders

LEASE = "news"
# Longer than a run; each run checks in its transactions what is still to be done.
LEASE_SECONDS = 300
# How late a digest and a reminder may be.
PAUSE_SECONDS = 60

FORGET_SECONDS = 86_400


class NewsLoop:
    """It knows when the next reminder or digest is due as long as nothing is committed."""

    def __init__(self) -> None:
        self._next: datetime | None = None

    def tell(self) -> int:
        """Tell what is due, unless another process is doing so. :return: the number of reminders and digests."""
        self._next = min(filter(None, (reminders.next_reminder(), digests.next_digest())), default=None)
        if not self.is_due():
            return 0
        with leases.held(LEASE, LEASE_SECONDS) as lease:
            return reminders.remind() + digests.queue_digests() if lease else 0

    def is_due(self) -> bool:
        return self._next is not None and self._next <= clock.now()


LOOP = NewsLoop()
LOOPS = (
    Loop("news", PAUSE_SECONDS, LOOP.tell, has_more=LOOP.is_due),
    Loop("old digests", FORGET_SECONDS, digests.forget_old_digests, leased=True),
)
