"""Store the notifications of an act, in its transaction: one recorder for each event of each reason.

One statement writes the rows of all people. A newer notification replaces an unread one about the same record for the
same reason, so a list shows it once.
"""

from functools import partial

from sqlalchemy import JSON, delete, insert, literal, select, update

from ideas import clock, events
from ideas.database import Instant, Transaction, add_recorder
from ideas.models import Notification
from ideas.reasons import REASONS, Reason, Source


def _keep(reason: Reason, source: Source, transaction: Transaction, event: events.Event) -> None:
    notice = source(transaction.session, event)
    if notice is None:
        return
    session, people = transaction.session, notice.people
    columns = {"challenge_id": notice.challenge_id, "reason": reason.name, "subject": notice.subject}
    before = delete(Notification).filter_by(**columns, read_at=None).where(Notification.person_id.in_(people))
    session.execute(before.execution_options(synchronize_session=False))
    found = people.subquery()
    rows = select(
        found.c[0],
        *(literal(value) for value in columns.values()),
        literal(notice.ids, JSON),
        literal(clock.now(), Instant),
    )
    names = ["person_id", *columns, "ids", "created_at"]
    session.execute(insert(Notification).from_select(names, rows, include_defaults=False))


def _move(transaction: Transaction, event: events.GuestAdopted) -> None:
    """Move a guest's notifications to the account."""
    if event.guest_id != event.person_id:
        mine = update(Notification).where(Notification.person_id == event.guest_id)
        transaction.session.execute(mine.values(person_id=event.person_id))


def _listen() -> None:
    for reason in REASONS.values():
        for kind, source in reason.sources.items():
            add_recorder(kind, partial(_keep, reason, source))
    add_recorder(events.GuestAdopted, _move)


_listen()
