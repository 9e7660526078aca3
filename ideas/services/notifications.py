"""Reading notifications, and choosing which of them one gets. The recorders of `ideas.notifications` write them."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import Forbidden, TokenSpent
from ideas.events import NewsRead
from ideas.locales import UNKNOWN, Locale
from ideas.mail_queue import queue
from ideas.models import MAILS, GuestAddress, MailKind, Notification, Person, SwitchedOff
from ideas.notifications import NO_DIGEST
from ideas.reasons import REASONS, Topic
from ideas.receivers import forget_address

# The question to an address is asked again only after this time.
ASKED_AGAIN = timedelta(hours=1)


def mark_read(actor: Actor, latest: int) -> None:
    """Mark the actor's notifications up to the id `latest` as read."""
    with write() as transaction:
        unread = update(Notification).filter_by(person_id=actor.person_id, read_at=None)
        transaction.session.execute(unread.where(Notification.id <= latest).values(read_at=clock.now()))
        transaction.record(NewsRead(actor.person_id))


def mark_one_read(actor: Actor, notification_id: int) -> None:
    """Mark one of the actor's notifications as read."""
    with write() as transaction:
        unread = update(Notification).filter_by(person_id=actor.person_id, id=notification_id, read_at=None)
        transaction.session.execute(unread.values(read_at=clock.now()))
        transaction.record(NewsRead(actor.person_id))


def switch_topics(actor: Actor, challenge_id: int | None, off: Collection[Topic]) -> None:
    """Get no more news of the topics `off` from a challenge, or from all; of every other topic they come.

    What was told before stays in the list, and goes into no mail any more.

    :raise Forbidden: without a person. :raise NotFound: for a challenge in which the actor has no part.
    """
    if actor.person_id is None:
        raise Forbidden
    with write() as transaction:
        session, person_id = transaction.session, actor.person_id
        if challenge_id is not None:
            policy.require_inside(session, actor, challenge_id)
        before = delete(SwitchedOff).filter_by(person_id=person_id, challenge_id=challenge_id)
        session.execute(before.where(SwitchedOff.topic != MAILS))
        rows = [SwitchedOff(person_id=person_id, challenge_id=challenge_id, topic=str(topic)) for topic in sorted(off)]
        session.add_all(rows)
        _mail_no_more(session, person_id, challenge_id, off)


def _mail_no_more(session: Session, person_id: int, challenge_id: int | None, topics: Collection[Topic]) -> None:
    reasons = [reason.name for reason in REASONS.values() if reason.topic in topics]
    waiting = update(Notification).filter_by(person_id=person_id, digest_id=None)
    if challenge_id is not None:
        waiting = waiting.filter_by(challenge_id=challenge_id)
    session.execute(waiting.where(Notification.reason.in_(reasons)).values(digest_id=NO_DIGEST))


def switch_mails(person_id: int, *, on: bool) -> None:
    """Send this person mails about news, or no more. It may be done twice, and for a person who is gone."""
    with write() as transaction:
        session = transaction.session
        person = session.get(Person, person_id, with_for_update=True)
        if person is None:
            return
        session.execute(delete(SwitchedOff).filter_by(person_id=person_id, topic=MAILS))
        if on:
            _skip_waiting(session, person_id)
        else:
            session.add(SwitchedOff(person_id=person_id, topic=MAILS))


def _skip_waiting(session: Session, person_id: int) -> None:
    """What came before the first mail goes into none."""
    waiting = update(Notification).filter_by(person_id=person_id, digest_id=None)
    session.execute(waiting.values(digest_id=NO_DIGEST))


def leave_address(actor: Actor, email: str, locale: Locale = UNKNOWN, *, asks: bool = True) -> None:
    """Store the address of a guest, and ask by mail whether it is theirs; until then nothing else is sent there.

    Without `asks` no mail goes, because the address was asked often enough.

    :raise Forbidden: for an account holder, whose mails go to the account's address.
    """
    if actor.person_id is None or actor.account_id is not None:
        raise Forbidden
    with write() as transaction:
        session = transaction.session
        person = session.get_one(Person, actor.person_id, with_for_update=True)
        person.language = person.language or locale.language
        person.time_zone = locale.time_zone or person.time_zone
        known = session.get(GuestAddress, person.id)
        if known and known.email == email and (known.confirmed_at or clock.now() - known.asked_at < ASKED_AGAIN):
            return
        forget_address(session, person.id)
        session.add(GuestAddress(person_id=person.id, email=email, asked_at=clock.now()))
        if asks:
            queue(session, MailKind.ADDRESS, email, locale, person=person.id)


def confirm_address(person_id: int, email: str) -> None:
    """The link came by mail, so the address is the guest's. Mails are on from now on.

    :raise TokenSpent: if the guest has another address by now, or none.
    """
    with write() as transaction:
        session = transaction.session
        known = session.get(GuestAddress, person_id, with_for_update=True)
        if known is None or known.email != email:
            raise TokenSpent
        if known.confirmed_at is None:
            known.confirmed_at = clock.now()
            session.execute(delete(SwitchedOff).filter_by(person_id=person_id, topic=MAILS))
            _skip_waiting(session, person_id)


def take_address_away(actor: Actor) -> None:
    """Delete the address of a guest. :raise Forbidden: without a person."""
    if actor.person_id is None:
        raise Forbidden
    with write() as transaction:
        forget_address(transaction.session, actor.person_id)
