"""Whether a vote has enough votes, as last computed (`ideas.services.readiness`). It counts no entry."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.journal import chain_of
from ideas.models import JournalEntry, Readiness, Round
from ideas.voting.closing import Look
from ideas.voting.electorate import Electorate

PPM = 1_000_000


@dataclass(frozen=True)
class ReadinessRow:
    """The readiness of a question. `stability` is the chance that the present winners are the true ones, 0..1.

    `people_missing` and `reads_missing` are the distances to the floors; below the floors there is no statement.
    `marks_missing` estimates the number of further marks that would settle it; None if no number is in reach. `at` is
    the time of the computation. `sampled` is the number of voters in the sample on which the certainty rests, None if
    it rests on all. `confirmed_by`: with this number of voters, the same winners confirm a settled vote.
    """

    question_id: int
    stability: float
    people_missing: int
    reads_missing: int
    marks_missing: int | None
    sampled: int | None
    is_settled: bool
    confirmed_by: int | None
    at: datetime


def readiness_of(session: Session, round: Round) -> list[ReadinessRow]:
    """The readiness of each question that has one, in order."""
    ids = [q.id for q in round.questions]
    found = {r.question_id: r for r in session.scalars(select(Readiness).where(Readiness.question_id.in_(ids)))}
    return [
        ReadinessRow(
            question_id=r.question_id,
            stability=r.stability / PPM,
            people_missing=r.people_missing,
            reads_missing=r.reads_missing,
            marks_missing=r.marks_missing,
            sampled=r.sampled,
            is_settled=r.settled,
            confirmed_by=Look(r.settled_people, ()).confirmed_by if r.settled and r.settled_people else None,
            at=r.at,
        )
        for r in (found[i] for i in ids if i in found)
    ]


# What the journal holds of acts that change neither an idea in the room nor a mark.
QUIET = (
    "argument",
    "good",
    "ungood",
    "kinder",
    "unkinder",
    "unargue",
    "reargue",
    "turns",
    "deal",
    "group",
    "hands",
    "join",
    "jury",
    "rename",
    "phase",
    "time",
    "plan",
    "share",
    "unshare",
    "revise",
)


def state_of(session: Session, challenge_id: int, electorate: Electorate | None) -> tuple[int, int]:
    """The state of a vote: the journal's number of the latest act that can change what counts, and the number of people
    who could vote.

    Two acts that cancel out in every number, such as an approval and a hiding, are a change.
    """
    query = select(JournalEntry.seq).where(
        JournalEntry.chain_id == chain_of(challenge_id), JournalEntry.kind.not_in(QUIET)
    )
    latest = session.scalar(query.order_by(JournalEntry.seq.desc()).limit(1))
    return latest or 0, electorate.people if electorate else 0
