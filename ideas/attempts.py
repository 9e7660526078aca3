"""Work on many records, of which one that fails keeps none of the others from theirs."""

import logging
from collections.abc import Callable
from typing import TypeVar

from ideas.database import db

T = TypeVar("T")

log = logging.getLogger(__name__)


def attempt(work: Callable[[int], T], record_id: int, failure: str) -> T | None:
    """Do the work on one record. A failure is logged, as "`failure` `record_id`", and gives None."""
    try:
        return work(record_id)
    except Exception:
        log.exception("%s %s", failure, record_id)
        db.session.rollback()
        return None
