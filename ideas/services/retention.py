"""What is erased or deleted after a time, without anybody's act.

Each piece of work looks in its own transaction whether it is still to be done, so that a run that is repeated after a
crash, or that another process makes too, changes nothing more.
"""

from ideas.services.bringing import prune_files
from ideas.services.leaving import erase_asked_texts


def run_due() -> None:
    """Do everything that is due now."""
    erase_asked_texts()
    prune_files()
