"""Whether a vote has enough votes, as last computed (`ideas.services.readiness`). It counts no entry."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.models import Entry, Mark, Question, Readiness, Round
from ideas.voting.electorate import Electorate

PPM = 1_000_000


@dataclass(frozen=True)
class ReadinessRow:
    """The readiness of a question. `stability` is the share of bootstrap runs with the same winners, 0..1.

    `people_missing` and `reads_missing` are the distances to the floors; below the floors there is no statement.
    `marks_missing` estimates the number of further marks that would settle it; None if no number is in reach. `at` is
    the time of the computation.
    """

    question_id: int
    stability: float
    people_missing: int
    reads_missing: int
    marks_missing: int | None
    is_settled: bool
    at: datetime


def readiness_of(session: Session, round: Round) -> list[ReadinessRow]:
    """The readiness of each question that has one, in order."""
    ids = [q.id for q in round.questions]
    found = {r.question_id: r for r in session.scalars(select(Readiness).where(Readiness.question_id.in_(ids)))}
    return [
        ReadinessRow(
            r.question_id, r.stability / PPM, r.people_missing, r.reads_missing, r.marks_missing, r.settled, r.at
        )
        for r in (found[i] for i in ids if i in found)
    ]


def state_of(session: Session, question: Question, electorate: Electorate | None) -> tuple[int, int, int]:
    """The inputs of the readiness: the latest mark's number, the number of shown entries, and of people who could
    vote.
    """
    latest = session.scalar(select(func.max(Mark.seq)).filter_by(question_id=question.id)) or 0
    query = select(func.count()).select_from(Entry).where(Entry.round_id == question.round_id, Entry.shown)
    return latest, session.scalar(query) or 0, electorate.people if electorate else 0
