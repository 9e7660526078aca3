"""Store the notifications of an act, in its transaction: one recorder for each event of each reason.

One statement writes the rows of all people, and three those of a hundred ideas. A newer notification replaces an unread
one about the same record for the same reason, so a list shows it once. Who switched a topic off gets no row.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, Select, and_, delete, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock, events
from ideas.database import Transaction, add_recorder
from ideas.mail_queue import queue
from ideas.models import Digest, MailKind, Notification, SwitchedOff
from ideas.offload import pieces_of
from ideas.reasons import REASONS, JobNotice, Notice, OwnNotices, Reason, Source, authors_of
from ideas.receivers import forget_address, receivers

AnyNotice = Notice | JobNotice | OwnNotices

# The number in place of a digest, of what goes into none.
NO_DIGEST = 0


def _keep(reason: Reason, source: Source, transaction: Transaction, event: events.Event) -> None:
    notice = source(transaction.session, event)
    if notice is not None:
        tell(transaction.session, reason, notice)


def tell(session: Session, reason: Reason, notice: AnyNotice) -> None:
    """Store a notice for its people; if it does not wait for the digest, queue the mails."""
    for part in _parts_of(notice):
        of = _owner_of(notice) | {"reason": reason.name}
        before = delete(Notification).filter_by(**of, read_at=None).where(part.is_before)
        session.execute(before.execution_options(synchronize_session=False))
        waits = reason.is_mailed and not reason.at_once
        kept = {**of, "created_at": clock.now(), "digest_id": None if waits else NO_DIGEST}
        part.store(session, kept, _refusing(reason, notice))
        if reason.at_once:
            _queue_mails(session, of, part.is_before)


def _owner_of(notice: AnyNotice) -> dict[str, object]:
    """The columns of the challenge or of the job that a notice belongs to."""
    if isinstance(notice, JobNotice):
        return {"challenge_id": None, "job_id": notice.job_id}
    return {"challenge_id": notice.challenge_id, "job_id": None}


def _refusing(reason: Reason, notice: AnyNotice) -> Select[tuple[int]]:
    """The persons who want no news of the reason's topic: from this challenge, or at all."""
    here: ColumnElement[bool] = SwitchedOff.challenge_id.is_(None)
    if not isinstance(notice, JobNotice):
        here = or_(here, SwitchedOff.challenge_id == notice.challenge_id)
    return select(SwitchedOff.person_id).where(SwitchedOff.topic == str(reason.topic), here)


def _queue_mails(session: Session, of: dict[str, object], which: ColumnElement[bool]) -> None:
    kept = select(Notification.id, Notification.person_id).filter_by(**of, read_at=None).where(which)
    by_person = {person_id: key for key, person_id in session.execute(kept)}
    for people in pieces_of(list(by_person)):
        for receiver in receivers(session, people):
            ids = {"notification": by_person[receiver.person_id], "person": receiver.person_id}
            queue(session, MailKind.NOTICE, receiver.target, receiver.locale, **ids)


@dataclass(frozen=True)
class _Part:
    """What one statement stores of a notice. `is_before`: whether a row is about the same, for the same people.

    `store` takes the columns that all rows share, and the persons who get none.
    """

    is_before: ColumnElement[bool]
    store: Callable[[Session, dict[str, object], Select[tuple[int]]], object]


def _parts_of(notice: AnyNotice) -> Iterator[_Part]:
    if isinstance(notice, Notice | JobNotice):
        is_before = and_(Notification.subject == notice.subject, Notification.person_id.in_(notice.people))
        yield _Part(is_before, partial(_store_one, notice))
        return
    for idea_ids in pieces_of(notice.idea_ids):
        subjects = [notice.subject or f"idea-{idea_id}" for idea_id in idea_ids]
        yield _Part(Notification.subject.in_(subjects), partial(_store_own, notice, idea_ids))


def _store_one(
    notice: Notice | JobNotice, session: Session, kept: dict[str, object], refusing: Select[tuple[int]]
) -> None:
    """The same words for all: the rows never leave the database."""
    found = notice.people.subquery()
    columns = {**kept, "subject": notice.subject, "ids": notice.ids}
    values = [literal(value, Notification.__table__.c[name].type) for name, value in columns.items()]
    rows = select(found.c[0], *values).where(found.c[0].not_in(refusing))
    session.execute(insert(Notification).from_select(["person_id", *columns], rows, include_defaults=False))


def _store_own(
    notices: OwnNotices,
    idea_ids: Sequence[int],
    session: Session,
    kept: dict[str, object],
    refusing: Select[tuple[int]],
) -> None:
    without = {*session.scalars(refusing)}
    rows = [
        {
            **kept,
            "person_id": person_id,
            "subject": notices.subject or f"idea-{idea_id}",
            "ids": {"idea": idea_id, **notices.ids},
        }
        for person_id, idea_id in session.execute(authors_of(notices.challenge_id, idea_ids))
        if person_id not in without
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
