"""Reading notifications. The recorders of `ideas.notifications` write them."""

from sqlalchemy import update

from ideas import clock
from ideas.actor import Actor
from ideas.database import write
from ideas.models import Notification


def mark_read(actor: Actor, latest: int) -> None:
    """Mark the actor's notifications up to the id `latest` as read."""
    with write() as transaction:
        unread = update(Notification).filter_by(person_id=actor.person_id, read_at=None)
        transaction.session.execute(unread.where(Notification.id <= latest).values(read_at=clock.now()))


def mark_one_read(actor: Actor, notification_id: int) -> None:
    """Mark one of the actor's notifications as read."""
    with write() as transaction:
        unread = update(Notification).filter_by(person_id=actor.person_id, id=notification_id, read_at=None)
        transaction.session.execute(unread.values(read_at=clock.now()))
