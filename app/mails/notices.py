"""The loop that tells people what the clock has to tell, and queues the digests that are due."""

from ideas import leases
from ideas.jobs import Job
from ideas.services import digests, reminders

LEASE = "news"
# Longer than a run; each run checks in its transactions what is still to be done.
LEASE_SECONDS = 300
# How late a digest and a reminder may be.
PAUSE_SECONDS = 60


def tell_news() -> int:
    """Tell what is due, unless another process is doing so. :return: the number of reminders and digests."""
    with leases.held(LEASE, LEASE_SECONDS) as lease:
        return reminders.remind() + digests.queue_digests() if lease else 0


FORGET_SECONDS = 86_400

JOBS = (
    Job("news", PAUSE_SECONDS, tell_news),
    Job("old digests", FORGET_SECONDS, digests.forget_old_digests, leased=True),
)
