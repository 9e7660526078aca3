"""Store the notifications of an act, in its transaction: one recorder for each event of each reason.

One statement writes the rows of all people, and three those of a hundred ideas. A newer notification replaces an unread
one about the same record for the same reason, so a list shows it once.
"""

from functools import partial

from sqlalchemy import JSON, delete, insert, literal, select, update
from sqlalchemy.orm import Session

from ideas import clock, events
from ideas.database import Instant, Transaction, add_recorder
from ideas.models import Notification
from ideas.offload import pieces_of
from ideas.reasons import REASONS, Notice, OwnNotices, Reason, Source, authors_of


def _keep(reason: Reason, source: Source, transaction: Transaction, event: events.Event) -> None:
    notice = source(transaction.session, event)
    if isinstance(notice, OwnNotices):
        _keep_own(transaction.session, reason, notice)
    elif notice is not None:
        _keep_one(transaction.session, reason, notice)


def _keep_one(session: Session, reason: Reason, notice: Notice) -> None:
    people = notice.people
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


def _keep_own(session: Session, reason: Reason, notices: OwnNotices) -> None:
    columns = {"challenge_id": notices.challenge_id, "reason": reason.name}
    for idea_ids in pieces_of(notices.idea_ids):
        subjects = [f"idea-{idea_id}" for idea_id in idea_ids]
        before = delete(Notification).filter_by(**columns, read_at=None).where(Notification.subject.in_(subjects))
        session.execute(before.execution_options(synchronize_session=False))
        rows = [
            {**columns, "person_id": person_id, "subject": f"idea-{idea_id}", "created_at": clock.now()}
            | {"ids": {"idea": idea_id, **notices.ids}}
            for person_id, idea_id in session.execute(authors_of(notices.challenge_id, idea_ids))
        ]
        if rows:
            session.execute(insert(Notification), rows)


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
