"""Digests: one mail a day with a person's news, at eight where the person is.

The row of a digest is unique for a person and a day, so any number of processes may call `queue_digests` at any time: a
restart, a second process and a change of the clocks queue none twice. If no process ran at eight, the mail goes later.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock
from ideas.attempts import attempt
from ideas.database import db, write
from ideas.mail_queue import queue
from ideas.models import MAILS, Account, Digest, GuestAddress, MailKind, Notification, Person, SwitchedOff
from ideas.receivers import Receiver, receivers

# The hour of the digest where the person is.
HOUR = 8
# News that are older go into no digest: who gets an address, or no mail for long, is not flooded.
REACH = timedelta(days=7)
# How long a digest is kept: the latest one of a person says that their day is done.
KEPT = timedelta(days=30)
# The persons of one transaction.
PIECE = 50
# The time zone of a person in a query.
ZONE = func.coalesce(Account.time_zone, Person.time_zone)


def latest_eight(now: datetime, time_zone: str | None) -> tuple[date, datetime]:
    """The latest eight o'clock in a zone: its date there, and its instant.

    An hour that the clocks skip begins when they have skipped it; one that comes twice is the first of both.
    """
    zone = _zone(time_zone)
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
        at = _eight_of(day, zone)
        if at <= now:
            return day, at
    raise AssertionError("an hour of the day before yesterday is over")


def _next_eight(now: datetime, time_zone: str | None) -> datetime:
    return _eight_of(latest_eight(now, time_zone)[0] + timedelta(days=1), _zone(time_zone))


def _eight_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(HOUR), zone).astimezone(UTC)


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


def next_digest() -> datetime | None:
    """When the next digest is due, as everything is at present; in the past if one waits, None if none is to come."""
    session, now = db.session(), clock.now()
    first = _by_zone(select(ZONE, func.min(Notification.created_at)), now).group_by(ZONE)
    zones = session.execute(first).tuples().all()
    is_due = any(at < latest_eight(now, zone)[1] for zone, at in zones) and bool(_people_due(session))
    session.rollback()
    return now if is_due else min((_next_eight(now, zone) for zone, _ in zones), default=None)


def _by_zone(query: Select[Any], now: datetime) -> Select[Any]:
    """A query among the news that wait for a digest and whose persons get mails."""
    refused = select(SwitchedOff.person_id).filter_by(topic=MAILS)
    return (
        query.select_from(Notification)
        .join(Person, Person.id == Notification.person_id)
        .outerjoin(Account, Account.id == Person.account_id)
        .outerjoin(GuestAddress, GuestAddress.person_id == Person.id)
        .where(_waiting(now), or_(Account.confirmed_at.is_not(None), GuestAddress.confirmed_at.is_not(None)))
        .where(Notification.person_id.not_in(refused))
    )


def _people_due(session: Session) -> list[int]:
    """The persons with news from before the latest eight o'clock where they are, in order."""
    now, person = clock.now(), Notification.person_id
    latest = select(func.max(Digest.day)).where(Digest.person_id == person).correlate(Notification).scalar_subquery()
    query = _by_zone(select(person, ZONE, func.min(Notification.created_at), latest), now)
    due = []
    for person_id, zone, first, last in session.execute(query.group_by(person, ZONE).order_by(person)):
        day, at = latest_eight(now, zone)
        if first < at and (last is None or last < day):
            due.append(person_id)
    return due


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
