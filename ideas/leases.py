"""Leases in the database: only one of an installation's processes runs a loop at a time.

A lease is taken for one run of a loop and given back after it, so an idle server writes nothing. If a process dies
during a run, its lease stays until it expires. A lease must therefore be longer than a run, and its length is the delay
after which another process takes over. The clocks of the processes must agree within a second.

A lease prevents that two processes do the same work at the same time. It does not prove that work is done only once: a
process may stall past the end of its lease. So each loop must check in its own transaction that its work is still to
be done.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql import Executable

from ideas import clock
from ideas.database import insertion, write
from ideas.models import Lease


@dataclass(frozen=True)
class HeldLease:
    """A lease that this process holds."""

    name: str
    holder: str
    seconds: float

    def renew(self) -> bool:
        """Extend the lease to its full length from now. :return: False if another process holds it."""
        return _take(self)


@contextmanager
def held(name: str, seconds: float) -> Iterator[HeldLease | None]:
    """Hold the lease `name` for at most `seconds`, and give it back at the end.

    The value is None if another process holds it. A second run in the same process is treated like another process.
    """
    lease = HeldLease(name, str(uuid.uuid4()), seconds)
    if not _take(lease):
        yield None
        return
    try:
        yield lease
    finally:
        _give_back(lease)


def _take(lease: HeldLease) -> bool:
    with write() as transaction:
        session, now = transaction.session, clock.now()
        until = now + timedelta(seconds=lease.seconds)
        free = (Lease.holder == lease.holder) | (Lease.until < now)
        mine = update(Lease).where(Lease.name == lease.name, free).values(holder=lease.holder, until=until)
        if _touched(session, mine.execution_options(synchronize_session=False)):
            return True
        return _touched(session, insertion(Lease, ignoring=True), name=lease.name, holder=lease.holder, until=until)


def _touched(session: Session, statement: Executable, **row: object) -> bool:
    """Whether the statement wrote its one row."""
    result = session.execute(statement, row)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _give_back(lease: HeldLease) -> None:
    with write() as transaction:
        transaction.session.execute(delete(Lease).filter_by(name=lease.name, holder=lease.holder))
