"""The turnout over time of a closed round, read in a worker: a large vote has a million marks.

No time of a person leaves this module; `ideas.voting.timeline` joins them to parts of at least five people.
"""

from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from ideas import clock
from ideas.database import require
from ideas.errors import NotClosed
from ideas.models import Activity, Mark, MergedMark, Origin, Phase, Round
from ideas.offload import DATABASE, run_task, task
from ideas.snapshot import Source, snapshot, source_of
from ideas.voting.timeline import Timeline, timeline_of


def turnout_over_time(session: Session, round: Round) -> Timeline | None:
    """The timeline of a closed round. None if it is unknown: the marks were imported, or who gave them is forgotten.

    The objects of the session are read anew afterwards. The caller checks the permission.

    :raise NotClosed: while the round is open. :raise TaskFailed: :raise Busy: as `ideas.offload.run_task`.
    """
    if not round.is_closed:
        raise NotClosed
    return turnout_until_now(session, round)


def turnout_until_now(session: Session, round: Round) -> Timeline | None:
    """As `turnout_over_time`, also of a round that runs: of a vote the turnout is no secret, and no part of it is
    smaller than in a closed one.

    :raise TaskFailed: :raise Busy: as `ideas.offload.run_task`.
    """
    if round.is_forgotten or round.origin == Origin.IMPORT:
        return None
    source, round_id = source_of(session), round.id
    session.rollback()  # hold no read transaction during the task
    return run_task(timeline_in_worker, source, round_id)


@task(seconds=60, megabytes=500, worker=DATABASE)
def timeline_in_worker(source: Source, round_id: int) -> Timeline:
    """The timeline of a round, until its close or until now."""
    with snapshot(source) as session:
        round = require(session, Round, round_id)
        times = _first_marks(session, round)
        begin, end = _span_of(round, times)
        seconds = [(time - begin).total_seconds() for time in times]
        return timeline_of(seconds, (end - begin).total_seconds())


def _first_marks(session: Session, round: Round) -> list[datetime]:
    """The time of each voter's first mark, in order; marks that were combined with others count as they were cast.

    Grades of the jury are no votes.
    """
    of_round = [question.id for question in round.questions]
    rows = union_all(
        *(select(of.participant_id, of.at).where(of.question_id.in_(of_round)) for of in (Mark, MergedMark))
    ).subquery()
    return sorted(session.scalars(select(func.min(rows.c.at)).group_by(rows.c.participant_id)))


def _span_of(round: Round, times: list[datetime]) -> tuple[datetime, datetime]:
    """The beginning and the end of the vote. If facilitators stepped back, phases began anew after the first marks:
    then the whole round counts.
    """
    closes = round.closed_at or clock.now()
    phases = [phase for phase in round.phases if phase.started_at]
    voting = [phase for phase in phases if phase.permits(Activity.VOTE, _started(phase))]
    begin, end = min((_started(phase) for phase in voting), default=closes), closes
    if voting:
        end = min((_started(phase) for phase in phases if phase.position > voting[-1].position), default=end)
    if times and times[0] < begin:
        begin = min(_started(phase) for phase in phases)
    if times and times[-1] > end:
        end = closes
    return begin, max(begin, end)


def _started(phase: Phase) -> datetime:
    assert phase.started_at
    return phase.started_at
