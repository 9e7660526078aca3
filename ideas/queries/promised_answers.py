"""The answers that organisations promised: the day of each, and how many authors wait for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.conditions import Conditions
from ideas.models import Challenge, Round
from ideas.queries.outcomes import waiting_in


@dataclass(frozen=True)
class AnswerDue:
    """The promised answer of a challenge, by its latest close. `waiting`: ideas whose authors wait for it."""

    due_at: datetime
    waiting: int

    @property
    def is_overdue(self) -> bool:
        return self.waiting > 0 and self.due_at < clock.now()


def answer_dates(session: Session, challenge_ids: Collection[int]) -> dict[int, datetime]:
    """`{challenge: the instant until which its answer is promised}` of challenges with a closed round that promised
    one; in one statement.
    """
    query = (
        select(Challenge.id, Challenge.answer_at, Challenge.answer_days, func.max(Round.closed_at))
        .join(Round, Round.challenge_id == Challenge.id)
        .where(Challenge.id.in_(challenge_ids), Round.closed_at.is_not(None))
        .where(or_(Challenge.answer_at.is_not(None), Challenge.answer_days.is_not(None)))
        .group_by(Challenge.id, Challenge.answer_at, Challenge.answer_days)
    )
    due = {
        challenge_id: Conditions(answer_at=at, answer_days=days).answer_due_at(closed_at)
        for challenge_id, at, days, closed_at in session.execute(query)
    }
    return {challenge_id: at for challenge_id, at in due.items() if at}


def answers_due(session: Session, challenge_ids: Collection[int]) -> dict[int, AnswerDue]:
    """`{challenge: its promised answer, with the number of ideas whose authors wait}`, for the challenges of
    `answer_dates`; in two statements.
    """
    dates = answer_dates(session, challenge_ids)
    waiting = waiting_in(session, dates) if dates else {}
    return {key: AnswerDue(at, waiting[key].ideas if key in waiting else 0) for key, at in dates.items()}
