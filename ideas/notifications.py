"""Store the notifications of an act, in its transaction: one recorder for each event of each reason.

One statement writes the rows of all people, and three those of a hundred ideas. A newer notification replaces an unread
one about the same record for the same reason, so a list shows it once. Who switched a topic off gets no row.
"""

from functools import partial

from sqlalchemy import JSON, Integer, Select, delete, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock, events
from ideas.database import Instant, Transaction, add_recorder
from ideas.mail_queue import queue
from ideas.models import Digest, MailKind, Notification, SwitchedOff
from ideas.offload import pieces_of
from ideas.reasons import REASONS, Notice, OwnNotices, Reason, Source, authors_of
from ideas.receivers import forget_address, receivers

# The number in place of a digest, of what goes into none.
NO_DIGEST = 0


def _keep(reason: Reason, source: Source, transaction: Transaction, event: events.Event) -> None:
    notice = source(transaction.session, event)
    if isinstance(notice, OwnNotices):
        _keep_own(transaction.session, reason, notice)
    elif notice is not None:
        tell(transaction.session, reason, notice)


def tell(session: Session, reason: Reason, notice: Notice) -> None:
    """Store a notice for its people; if it does not wait for the digest, queue the mails."""
    _keep_one(session, reason, notice)
    if not reason.at_once:
        return
    kept = select(Notification.id, Notification.person_id).filter_by(
        challenge_id=notice.challenge_id, reason=reason.name, subject=notice.subject, read_at=None
    )
    by_person = {person_id: key for key, person_id in session.execute(kept)}
    for people in pieces_of(list(by_person)):
        for receiver in receivers(session, people):
            ids = {"notification": by_person[receiver.person_id], "person": receiver.person_id}
            queue(session, MailKind.NOTICE, receiver.target, receiver.locale, **ids)


def _refusing(reason: Reason, challenge_id: int) -> Select[tuple[int]]:
    """The persons who want no news of the reason's topic from this challenge."""
    here = or_(SwitchedOff.challenge_id.is_(None), SwitchedOff.challenge_id == challenge_id)
    return select(SwitchedOff.person_id).where(SwitchedOff.topic == str(reason.topic), here)


def _keep_one(session: Session, reason: Reason, notice: Notice) -> None:
    people = notice.people
    columns = {"challenge_id": notice.challenge_id, "reason": reason.name, "subject": notice.subject}
    before = delete(Notification).filter_by(**columns, read_at=None).where(Notification.person_id.in_(people))
    session.execute(before.execution_options(synchronize_session=False))
    found = people.subquery()
    refusing = _refusing(reason, notice.challenge_id)
    rows = select(
        found.c[0],
        *(literal(value) for value in columns.values()),
        literal(notice.ids, JSON),
        literal(clock.now(), Instant),
        literal(NO_DIGEST if reason.at_once or not reason.is_mailed else None, Integer),
    ).where(found.c[0].not_in(refusing))
    names = ["person_id", *columns, "ids", "created_at", "digest_id"]
    session.execute(insert(Notification).from_select(names, rows, include_defaults=False))


def _keep_own(session: Session, reason: Reason, notices: OwnNotices) -> None:
    columns = {"challenge_id": notices.challenge_id, "reason": reason.name}
    refusing = {*session.scalars(_refusing(reason, notices.challenge_id))}
    for idea_ids in pieces_of(notices.idea_ids):
        subjects = [f"idea-{idea_id}" for idea_id in idea_ids]
        before = delete(Notification).filter_by(**columns, read_at=None).where(Notification.subject.in_(subjects))
        session.execute(before.execution_options(synchronize_session=False))
        rows = [
            {**columns, "person_id": person_id, "subject": f"idea-{idea_id}", "created_at": clock.now()}
            | {"ids": {"idea": idea_id, **notices.ids}}
            for person_id, idea_id in session.execute(authors_of(notices.challenge_id, idea_ids))
            if person_id not in refusing
        ]
        if rows:
            session.execute(insert(Notification), rows)


def _move(transaction: Transaction, event: events.GuestAdopted) -> None:
    """Move a guest's notifications and choices to the account; mails go to the address of the account from now on."""
    session = transaction.session
    forget_address(session, event.guest_id)
    if event.guest_id == event.person_id:
        return
    mine = update(Notification).where(Notification.person_id == event.guest_id)
    session.execute(mine.values(person_id=event.person_id))
    _move_choices(session, event.guest_id, event.person_id)
    days = select(Digest.day).filter_by(person_id=event.person_id)
    session.execute(delete(Digest).where(Digest.person_id == event.guest_id, Digest.day.in_(days)))
    session.execute(update(Digest).where(Digest.person_id == event.guest_id).values(person_id=event.person_id))


def _move_choices(session: Session, guest_id: int, person_id: int) -> None:
    known = {
        (row.challenge_id, row.topic) for row in session.scalars(select(SwitchedOff).filter_by(person_id=person_id))
    }
    for row in session.scalars(select(SwitchedOff).filter_by(person_id=guest_id)).all():
        if (row.challenge_id, row.topic) in known:
            session.delete(row)
        else:
            row.person_id = person_id
    session.flush()


def _listen() -> None:
    for reason in REASONS.values():
        for kind, source in reason.sources.items():
            add_recorder(kind, partial(_keep, reason, source))
    add_recorder(events.GuestAdopted, _move)


_listen()
