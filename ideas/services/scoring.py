"""A juror scores ideas: grades on all criteria at once, a private note, and conflicts of interest.

The marks go through the ballot box as all marks do (`ideas.services.ballots`), on the juror's seat.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.errors import Invalid, NotFound
from ideas.marks import Cast
from ideas.models import Activity, Entry, Juror, Mark, Round, ScoreSheet
from ideas.queries.jurors import CONFLICT, closed_to, juror_of
from ideas.round_lock import locked_round
from ideas.services.ballots import CastRefused, take_casts
from ideas.texts import cleaned
from ideas.voting.rules import NO_GRADE

NOTE_MAX = 2000


@dataclass(frozen=True)
class Scores:
    """What a juror gives one entry. `grades`: `{question: grade}`, -1 for "can't say"."""

    grades: Mapping[int, int] = field(default_factory=dict)
    note: str = ""


def score_entry(actor: Actor, round_id: int, entry_id: int, scores: Scores) -> bool:
    """Store a juror's grades for an idea, and the note. Without any grade only the note is stored.

    :return: whether the idea is scored.
    :raise NotFound: for others than jurors, for an idea that the room does not see, and for one that this juror does
        not score: an own one, or one with a conflict. :raise Invalid: `{"q<id>": "missing"}` for each criterion without
        a grade if there are others, `{"note": …}`. :raise RoundIsClosed: :raise PhaseForbids: :raise CastRefused:
    """
    note = cleaned("note", scores.note, NOTE_MAX)
    with write() as transaction:
        session = transaction.session
        _, round, juror = _on_jury(transaction, actor, round_id)
        entry = _open_entry(session, round, juror, entry_id)
        missing = {f"q{q.id}": "missing" for q in round.criteria if q.id not in scores.grades}
        if scores.grades and missing:
            raise Invalid(**missing)
        if note or _kept(session, juror, entry.id):
            _sheet(session, juror, entry.id).note = note
            session.flush()
        if scores.grades:
            _cast(transaction, round, juror, entry.id, scores.grades, str(uuid.uuid4()))
        return bool(scores.grades)


def declare_conflict(actor: Actor, round_id: int, entry_id: int) -> None:
    """Say that one must not score an idea. Grades that the juror gave it are replaced by "can't say".

    :raise NotFound: as `score_entry`. :raise RoundIsClosed: :raise PhaseForbids: :raise CastRefused:
    """
    with write() as transaction:
        session = transaction.session
        _, round, juror = _on_jury(transaction, actor, round_id)
        entry = _open_entry(session, round, juror, entry_id)
        _sheet(session, juror, entry.id).conflict_at = clock.now()
        session.flush()
        given = select(Mark.question_id).where(
            Mark.participant_id == juror.seat_id, Mark.subject == entry.id, Mark.client != CONFLICT
        )
        marked = {question.id for question in round.criteria} & set(session.scalars(given))
        if marked:
            _cast(transaction, round, juror, entry.id, dict.fromkeys(sorted(marked), NO_GRADE), CONFLICT)


def take_back_conflict(actor: Actor, round_id: int, entry_id: int) -> None:
    """Let the idea be scored again by this juror. Grades from before the conflict do not come back.

    :raise NotFound: if there is no conflict. :raise RoundIsClosed: :raise PhaseForbids:
    """
    with write() as transaction:
        session = transaction.session
        _, _, juror = _on_jury(transaction, actor, round_id)
        kin = select(Entry.id).where(Entry.counted_as == entry_id)
        rows = session.scalars(
            select(ScoreSheet).where(
                ScoreSheet.juror_id == juror.id,
                ScoreSheet.conflict_at.is_not(None),
                ScoreSheet.entry_id.in_([entry_id, *session.scalars(kin)]),
            )
        ).all()
        if not rows:
            raise NotFound
        for row in rows:
            row.conflict_at = None


def _on_jury(transaction: Transaction, actor: Actor, round_id: int) -> tuple[journal.Chain, Round, Juror]:
    """Lock a round in which the actor may score now."""
    chain, round = locked_round(transaction, round_id)
    juror = juror_of(transaction.session, actor, round.id)
    if juror is None:
        raise NotFound
    policy.require_permits(round, Activity.VOTE)
    return chain, round, juror


def _open_entry(session: Session, round: Round, juror: Juror, entry_id: int) -> Entry:
    entry = session.get(Entry, entry_id)
    if entry is None or entry.round_id != round.id or not entry.shown or entry.id in closed_to(session, juror):
        raise NotFound
    return entry


def _kept(session: Session, juror: Juror, entry_id: int) -> ScoreSheet | None:
    return session.get(ScoreSheet, (juror.id, entry_id))


def _sheet(session: Session, juror: Juror, entry_id: int) -> ScoreSheet:
    found = _kept(session, juror, entry_id)
    if found is None:
        found = ScoreSheet(juror_id=juror.id, entry_id=entry_id, note="")
        session.add(found)
    return found


def _cast(
    transaction: Transaction, round: Round, juror: Juror, entry_id: int, grades: Mapping[int, int], client: str
) -> None:
    """Cast a grade on each of these criteria. :raise CastRefused: if one is refused; then none is stored."""
    n = round.challenge.seq  # later casts of the same client have higher numbers
    casts = [
        Cast(juror.seat_id, round.id, str(uuid.uuid4()), client, n, {entry_id: grade}, question)
        for question, grade in grades.items()
    ]
    for answer in take_casts(transaction, casts):
        if answer.error:
            raise CastRefused(answer.error)
