"""What the clock tells people: a phase ends within a day or is over, a queue waits, answers or prizes are owed.

Any number of processes may call `remind`. Each occasion has a row, so it is told once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ideas import clock
from ideas.attempts import attempt
from ideas.conditions import ANSWER_DAYS_MAX, conditions_of
from ideas.database import db, write
from ideas.models import LOBBY, Challenge, Entry, Flag, Idea, Origin, Reminder, Reveal, Round
from ideas.notifications import tell
from ideas.queries.outcomes import waiting_in
from ideas.reasons import OPEN_FLAG, PENDING, REASONS, Notice, People, facilitators, members, participants

# A phase has a last day if it is longer than this.
LAST_DAY = timedelta(hours=24)
# How long a text may wait before the people who moderate get a mail. If they decide about some texts and leave others
# of that queue, the next mail has time: they know of it. Texts that came later are another queue.
QUEUE_WAITS = timedelta(hours=1)
QUEUE_PAUSE = timedelta(hours=4)
# How long after the close the organisation is reminded of what it owes, and for how long it may be too late for that.
OWED_AFTER = timedelta(days=7)
OWED_UNTIL = timedelta(days=30)
# How long before the day of a promised answer it is reminded of that instead, and again when the day is over.
PROMISED_SOON = timedelta(days=2)


@dataclass(frozen=True)
class _Due:
    """A reminder that is due at an instant, unless its occasion was told."""

    at: datetime
    reason: str
    occasion: str
    notice: Notice

    @property
    def key(self) -> tuple[int, str, str]:
        return self.notice.challenge_id, self.reason, self.occasion


def remind() -> int:
    """Tell everything that is due. :return: the number of reminders."""
    now = clock.now()
    due = [each for each in _open_occasions() if each.at <= now]
    failure = "a reminder could not be told in challenge"
    return sum(bool(attempt(partial(_tell_once, each), each.notice.challenge_id, failure)) for each in due)


def next_reminder() -> datetime | None:
    """When the next reminder is due, as everything is at present; in the past if one waits, None if none is to come."""
    return min((each.at for each in _open_occasions()), default=None)


def _open_occasions() -> list[_Due]:
    """The occasions of the present state that were not told, also those that are due later."""
    session = db.session()
    found = [*_of_open_rounds(session), *_of_closed_rounds(session)]
    told = _told(session, {each.notice.challenge_id for each in found})
    session.rollback()
    return [each for each in found if each.key not in told]


def _told(session: Session, challenge_ids: set[int]) -> set[tuple[int, str, str]]:
    query = select(Reminder.challenge_id, Reminder.reason, Reminder.occasion)
    return (
        {*session.execute(query.where(Reminder.challenge_id.in_(challenge_ids))).tuples()} if challenge_ids else set()
    )


def _tell_once(due: _Due, challenge_id: int) -> bool:
    with write() as transaction:
        session = transaction.session
        challenge = session.scalar(select(Challenge).filter_by(id=challenge_id).with_for_update())
        if challenge is None or session.get(Reminder, due.key) is not None:
            return False
        session.add(Reminder(challenge_id=challenge_id, reason=due.reason, occasion=due.occasion, told_at=clock.now()))
        session.flush()
        tell(session, REASONS[due.reason], due.notice)
    return True


def _of_open_rounds(session: Session) -> Iterator[_Due]:
    open_rounds = select(Round).where(Round.closed_at.is_(None), Round.position != LOBBY).order_by(Round.id)
    found = session.scalars(open_rounds.options(selectinload(Round.phases))).all()
    oldest = _oldest_waiting(session, [round.id for round in found])
    for round in found:
        yield from _of_phase(round)
        yield from _of_queue(session, round, oldest.get(round.id, []))


def _of_phase(round: Round) -> Iterator[_Due]:
    phase = round.phase
    if phase.ends_at is None or phase.paused_at is not None:
        return
    ends = clock.to_ms(phase.ends_at)
    occasion = f"{round.id}-{round.position}-{ends}"
    ids = {"position": round.position, "ends": ends}

    def due(at: datetime, reason: str, people: People) -> _Due:
        return _Due(at, reason, occasion, Notice(round.challenge_id, round.handle, people, ids))

    is_long = phase.started_at is not None and phase.ends_at - phase.started_at > LAST_DAY
    if phase.activities and is_long and clock.now() < phase.ends_at:
        yield due(phase.ends_at - LAST_DAY, "last_day", participants(round.challenge_id))
    if not phase.advances:
        yield due(phase.ends_at, "phase_over", facilitators(round.challenge_id))


def _oldest_waiting(session: Session, round_ids: list[int]) -> dict[int, list[tuple[str, datetime]]]:
    """`{round: [(what waits longest, since when)]}`, of the ideas that wait and of the flags."""
    if not round_ids:
        return {}
    ideas = select(Entry.round_id, func.min(Entry.id), func.min(Idea.created_at)).join(Idea)
    ideas = ideas.where(Entry.round_id.in_(round_ids), *PENDING).group_by(Entry.round_id)
    flags = select(Flag.round_id, func.min(Flag.id), func.min(Flag.flagged_at)).where(OPEN_FLAG)
    flags = flags.where(Flag.round_id.in_(round_ids)).group_by(Flag.round_id)
    found: dict[int, list[tuple[str, datetime]]] = {}
    for noun, query in (("entry", ideas), ("flag", flags)):
        for round_id, key, since in session.execute(query):
            found.setdefault(round_id, []).append((f"{noun}-{key}", since))
    return found


def _of_queue(session: Session, round: Round, waiting: list[tuple[str, datetime]]) -> Iterator[_Due]:
    if not waiting:
        return
    oldest, since = min(waiting, key=lambda each: each[1])
    revealed = session.scalar(select(func.max(Reveal.at)).filter_by(round_id=round.id))
    since = max(since, revealed) if revealed else since  # a sealed idea waits for nobody
    told = select(func.max(Reminder.told_at)).filter_by(challenge_id=round.challenge_id, reason="queue_waits")
    last = session.scalar(told)
    at = since + QUEUE_WAITS
    if last and since < last:
        at = max(at, last + QUEUE_PAUSE)
    yield _Due(at, "queue_waits", oldest, Notice(round.challenge_id, round.handle, facilitators(round.challenge_id)))


def _of_closed_rounds(session: Session) -> Iterator[_Due]:
    rounds = session.scalars(_owing_rounds()).all()
    waiting = waiting_in(session, {round.challenge_id for round in rounds}) if rounds else {}
    now = clock.now()
    for round in rounds:
        if round.challenge_id in waiting:
            yield from _of_answers(round)
        at = _closed_at(round) + OWED_AFTER
        if round.challenge.prizes and now < at + OWED_UNTIL:
            yield _Due(at, "prizes_owed", round.handle, _to_members(round))


def _owing_rounds() -> Select[tuple[Round]]:
    """The closed rounds that may owe something, now or later: those that closed lately, or with a promised answer."""
    now = clock.now()
    promise = or_(
        Challenge.answer_at > now - OWED_UNTIL,
        and_(
            Challenge.answer_days.is_not(None),
            Round.closed_at > now - OWED_UNTIL - timedelta(days=ANSWER_DAYS_MAX),
        ),
    )
    lately = Round.closed_at > now - OWED_AFTER - OWED_UNTIL
    query = select(Round).join(Challenge).where(Round.closed_at.is_not(None), or_(promise, lately))
    query = query.where(Round.origin == Origin.LIVE, Challenge.anonymised_at.is_(None))
    return query.options(joinedload(Round.challenge)).order_by(Round.id)


def _of_answers(round: Round) -> Iterator[_Due]:
    closed_at, now = _closed_at(round), clock.now()
    promised = conditions_of(round.challenge).answer_due_at(closed_at)
    at = promised or closed_at + OWED_AFTER
    if promised and now < promised:
        soon = _to_members(round, due=clock.to_ms(promised))
        yield _Due(promised - PROMISED_SOON, "answers_owed", round.handle, soon)
    if promised and now < at + OWED_UNTIL:
        overdue = _to_members(round, due=clock.to_ms(promised), overdue=1)
        yield _Due(at, "answers_owed", f"{round.handle}-overdue", overdue)
    elif not promised and now < at + OWED_UNTIL:
        yield _Due(at, "answers_owed", round.handle, _to_members(round))


def _closed_at(round: Round) -> datetime:
    assert round.closed_at
    return round.closed_at


def _to_members(round: Round, **ids: int) -> Notice:
    return Notice(round.challenge_id, round.handle, members(round.challenge_id), ids)
