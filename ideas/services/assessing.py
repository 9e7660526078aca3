"""The uncertainty of a closed round's result: computed right after the close from the frozen counts, and stored.

It is not part of the close: the bootstrap of a large crowd takes seconds, and the close holds the one writer. The marks
of a closed round never change, and the seed comes from the digest of the frozen counts. So nobody can choose the seed,
and the result is the same whenever it is computed. It is computed once by each method: results of an earlier one are
kept and get a second assessment.
"""

import hashlib
import json
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.database import db, require, write
from ideas.errors import NotClosed
from ideas.events import ResultAssessed
from ideas.models import Assessment, Result, Round
from ideas.offload import DATABASE, run_task, task
from ideas.queries.counts import marks_of_people, tallied
from ideas.queries.rounds import current_round
from ideas.snapshot import Source, snapshot, source_of
from ideas.voting.assessing import METHOD, assess, stored

log = logging.getLogger(__name__)

SEED_DIGITS = 8


def assess_round(round_id: int) -> bool:
    """Compute and store the uncertainty of a closed round's result by the present method, in a worker.

    :return: False if it was computed before, or can't be any more.
    :raise NotFound: :raise NotClosed: while the round is open.
    """
    session = db.session()
    round = require(session, Round, round_id)
    result = session.get(Result, round_id)
    if result is None:
        raise NotClosed
    if session.get(Assessment, (round_id, METHOD)) or round.is_forgotten:
        return False
    source = source_of(session)
    session.rollback()  # hold no read transaction while the crowd is drawn
    return _keep(round_id, run_task(assessment_of, source, round_id))


def assess_missing() -> None:
    """Compute the assessments that are missing because of a crash right after a close, or since an earlier method."""
    for round_id in rounds_to_assess(db.session()):
        assess_after_close(round_id)


def rounds_to_assess(session: Session) -> list[int]:
    """The closed rounds without an assessment, and one whose assessment is by an earlier method: a server with many
    results goes on with its other work in between.
    """
    query = select(Result.round_id).join(Round, Round.id == Result.round_id).where(~Round.is_forgotten)
    query = query.order_by(Result.round_id.desc())
    missing = list(session.scalars(query.where(Result.round_id.not_in(select(Assessment.round_id)))))
    present = select(Assessment.round_id).where(Assessment.method == METHOD)
    outdated = session.scalar(query.where(Result.round_id.not_in([*missing]), Result.round_id.not_in(present)).limit(1))
    return missing if outdated is None else [*missing, outdated]


def assess_after_close(round_id: int) -> None:
    """Run `assess_round` after a close. An error is logged: the round stays closed."""
    try:
        assess_round(round_id)
    except Exception:
        log.exception("how sure the result of round %s is could not be worked out", round_id)
        db.session.rollback()


@task(seconds=600, megabytes=3000, worker=DATABASE)
def assessment_of(source: Source, round_id: int) -> bytes:
    """The assessment of a closed round by the present method, in its canonical form."""
    with snapshot(source) as session:
        round, result = session.get_one(Round, round_id), session.get_one(Result, round_id)
        of = tallied(json.loads(result.body), round)
        seed = int(result.shown_digest[:SEED_DIGITS], 16)
        questions = {question.id: question for question in round.questions}
        marks = {asked.id: marks_of_people(session, questions[asked.id], of.shown) for asked in of.questions}
    found = [
        {"question": asked.id, **stored(assess(asked.rule, of.shown, marks[asked.id], asked.counts, seed))}
        for asked in of.questions
    ]
    return journal.canonical({"round": round_id, "method": METHOD, "questions": found})


def _keep(round_id: int, body: bytes) -> bool:
    with write() as transaction:
        session = transaction.session
        round = session.get_one(Round, round_id)
        chain = journal.locked(transaction, round.challenge_id)
        if session.get(Assessment, (round_id, METHOD)):
            return False
        digest = hashlib.sha256(body).hexdigest()
        row = Assessment(round_id=round_id, method=METHOD, body=body, digest=digest, assessed_at=clock.now())
        session.add(row)
        seq = chain.append("assess", {"digest": digest, "method": METHOD}, round)
        if current_round(session, round.challenge_id).id != round.id:
            # While a later round is open, kept pages of this result change only with what touches a lane.
            chain.touch(seq, [round.handle], [journal.FACILITATORS])
        transaction.record(ResultAssessed(round.challenge_id, round_id))
        return True
