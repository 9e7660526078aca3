"""What is erased or deleted after a time, without anybody's act.

Each piece of work looks in its own transaction whether it is still to be done, so that a run that is repeated after a
crash, or that another process makes too, changes nothing more. A failure is logged and keeps nothing else from its end.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from ideas import clock, journal, leases
from ideas.database import db, write
from ideas.forgetting import forget_ballots
from ideas.models import Anonymity, Challenge, Round
from ideas.services.assessing import assess_after_close
from ideas.services.bringing import prune_files
from ideas.services.leaving import erase_asked_texts, is_erasing_due

log = logging.getLogger(__name__)

# The time after the close for which a round that is hidden for good still knows who cast which ballot.
REMEMBERED = timedelta(days=30)

LEASE = "retention"
LEASE_SECONDS = 600


def run_due() -> None:
    """Do everything that is due now. Without work nothing is written."""
    prune_files()
    if not (is_erasing_due() or _to_forget()):
        return
    with leases.held(LEASE, LEASE_SECONDS) as lease:
        if lease is None:
            return
        erase_asked_texts()
        for round_id in _to_forget():
            assess_after_close(round_id)  # it needs the marks
            _try(round_id, _forget)


def _to_forget() -> list[int]:
    """The rounds that were closed long enough ago, and still know who cast which ballot."""
    query = select(Round.id).join(Challenge, Challenge.id == Round.challenge_id).where(_is_to_be_forgotten())
    found = list(db.session.scalars(query.order_by(Round.id)))
    db.session.rollback()
    return found


def _is_to_be_forgotten() -> ColumnElement[bool]:
    is_over = Round.closed_at <= clock.now() - REMEMBERED
    return (Challenge.anonymity == Anonymity.FOR_GOOD) & is_over & ~Round.is_forgotten


def _forget(round_id: int) -> None:
    with write() as transaction:
        round = transaction.session.get(Round, round_id)
        if round is not None:
            forget_ballots(journal.locked(transaction, round.challenge_id), round)


def _try(record_id: int, work: Callable[[int], None]) -> None:
    try:
        work(record_id)
    except Exception:
        log.exception("%s failed for %s", work.__name__, record_id)
        db.session.rollback()
