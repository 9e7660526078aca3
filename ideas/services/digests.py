"""Digests: one mail a day with a person's news, at eight where the person is.

The row of a digest is unique for a person and a day, so any number of processes may call `queue_digests` at any time: a
restart, a second process and a change of the clocks queue none twice. If no process ran at eight, the mail goes later.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock
from ideas.attempts import attempt
from ideas.database import db, write
from ideas.mail_queue import queue
from ideas.models import Account, Digest, GuestAddress, MailKind, Notification, Person
from ideas.receivers import Receiver, receivers

# The hour of the digest where the person is.
HOUR = 8
# News that are older go into no digest: who gets an address, or no mail for long, is not flooded.
REACH = timedelta(days=7)
# How long a digest is kept: the latest one of a person says that their day is done.
KEPT = timedelta(days=30)
# The persons of one transaction.
PIECE = 50


def latest_eight(now: datetime, time_zone: str | None) -> tuple[date, datetime]:
    """The latest eight o'clock in a zone: its date there, and its instant.

    An hour that the clocks skip begins when they have skipped it; one that comes twice is the first of both.
    """
    zone = _zone(time_zone)
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
        at = datetime.combine(day, time(HOUR), zone).astimezone(UTC)
        if at <= now:
            return day, at
    raise AssertionError("an hour of the day before yesterday is over")


def _zone(name: str | None) -> ZoneInfo:
    """The zone of this name; UTC if the machine does not know it any more."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def queue_digests() -> int:
    """Queue the digests that are due. :return: how many."""
    due = _people_due(db.session())
    db.session.rollback()
    queue_piece = partial(_queue_piece, due)
    failure = "digests could not be queued, of those that are due from number"
    return sum(attempt(queue_piece, begin, failure) or 0 for begin in range(0, len(due), PIECE))


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(Notification.digest_id.is_(None), Notification.read_at.is_(None), Notification.created_at > now - REACH)


def _people_due(session: Session) -> list[int]:
    """The persons with news from before the latest eight o'clock where they are, in order."""
    now = clock.now()
    zone = func.coalesce(Account.time_zone, Person.time_zone)
    query = (
        select(Notification.person_id, zone, func.min(Notification.created_at))
        .join(Person, Person.id == Notification.person_id)
        .outerjoin(Account, Account.id == Person.account_id)
        .outerjoin(GuestAddress, GuestAddress.person_id == Person.id)
        .where(_waiting(now), or_(Account.confirmed_at.is_not(None), GuestAddress.confirmed_at.is_not(None)))
        .group_by(Notification.person_id, zone)
        .order_by(Notification.person_id)
    )
    return [person for person, name, first in session.execute(query) if first < latest_eight(now, name)[1]]


def _queue_piece(people: Sequence[int], begin: int) -> int:
    with write() as transaction:
        found = receivers(transaction.session, people[begin : begin + PIECE])
        return sum(_queue_one(transaction.session, receiver) for receiver in found)


def _queue_one(session: Session, receiver: Receiver) -> bool:
    """Queue the digest of a person's day; everything is looked at again, since another process may have been faster."""
    now = clock.now()
    day, at = latest_eight(now, receiver.locale.time_zone)
    waiting = select(Notification.created_at).where(_waiting(now), Notification.person_id == receiver.person_id)
    first = session.scalar(waiting.order_by(Notification.created_at).limit(1))
    latest = session.scalar(select(func.max(Digest.day)).filter_by(person_id=receiver.person_id))
    if first is None or first >= at or (latest is not None and latest >= day):
        return False
    digest = Digest(person_id=receiver.person_id, day=day)
    session.add(digest)
    session.flush()
    into = update(Notification).where(_waiting(now), Notification.person_id == receiver.person_id)
    session.execute(into.values(digest_id=digest.id).execution_options(synchronize_session=False))
    queue(session, MailKind.DIGEST, receiver.target, receiver.locale, digest=digest.id)
    return True


def forget_old_digests() -> int:
    """Delete digests that no day needs any more. :return: how many."""
    before = (clock.now() - KEPT).date()
    if db.session().scalar(select(Digest.id).where(Digest.day < before).limit(1)) is None:
        return 0
    with write() as transaction:
        found = transaction.session.scalars(select(Digest.id).where(Digest.day < before)).all()
        transaction.session.execute(delete(Digest).where(Digest.day < before))
        return len(found)
