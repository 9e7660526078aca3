"""Leaving a wave out, and taking it in again: all people in it or none, and only before the close.

It is the one exception to the rule that the marks of removed people count: it picks no person. It touches no text.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.errors import Conflict
from ideas.events import ParticipantBarred, ParticipantReadmitted
from ideas.marks import TallyKey, store_tallies
from ideas.merging import fit_again, merges_of, settle
from ideas.models import Arrival, ExcludedMark, GoodPoint, Mark, Participant, Round, Wave
from ideas.models.wave import LEFT_OUT
from ideas.people import take_facilitation
from ideas.round_lock import facilitated_current_round
from ideas.statements import at_once
from ideas.voting.combining import Merges


def exclude_wave(actor: Actor, wave_id: int) -> None:
    """Remove all people of a wave and leave their marks out, by one entry of the journal.

    :raise Conflict: if it is left out already. :raise RoundIsClosed: :raise NotFound: :raise Forbidden:
    """
    with write() as transaction:
        act = _WaveAct.on(transaction, actor, wave_id)
        session, wave = transaction.session, act.wave
        if wave.excluded_at:
            raise Conflict
        wave.excluded_at, wave.round_id, wave.people = clock.now(), act.round.id, len(act.people)
        for arrival, participant in act.arrivals:
            # People who come later from this network are no part of it any more.
            arrival.network, arrival.was_barred = None, participant.barred_at is not None
            participant.barred_at = participant.barred_at or wave.excluded_at
        session.flush()
        act.settle({})  # what waits is left out as it was cast
        _move(session, act.round, act.people, back=False)
        seq = act.append("exclude")
        for participant in act.people:
            take_facilitation(transaction, act.chain, actor, participant)
            transaction.record(ParticipantBarred(wave.challenge_id, participant.id, actor))
        act.touch(seq)


def restore_wave(actor: Actor, wave_id: int) -> None:
    """Take a wave in again: its people may act, except for those who were removed before, and their marks count.

    :raise Conflict: if it is not left out. :raise RoundIsClosed: :raise NotFound: :raise Forbidden:
    """
    with write() as transaction:
        act = _WaveAct.on(transaction, actor, wave_id)
        session, wave = transaction.session, act.wave
        if wave.excluded_at is None or wave.round_id != act.round.id:
            raise Conflict  # what a closed round left out stays left out
        for arrival, participant in act.arrivals:
            if arrival.was_barred:
                continue
            participant.barred_at = None
            transaction.record(ParticipantReadmitted(wave.challenge_id, participant.id, actor))
            account = session.get(Participant, participant.merged_into) if participant.merged_into else None
            if account and account.barred_at == wave.excluded_at:
                account.barred_at = None  # it took the removal over when the guest signed in
                transaction.record(ParticipantReadmitted(wave.challenge_id, account.id, actor))
        wave.excluded_at = wave.round_id = None
        wave.people = 0
        session.flush()
        _move(session, act.round, act.people, back=True)
        seq = act.append("restore")
        act.settle(merges_of(session, act.round.id))
        act.touch(seq)


class _WaveAct:
    """An act on a wave under the lock of its challenge."""

    def __init__(self, chain: journal.Chain, actor: Actor, wave: Wave, round: Round) -> None:
        self.chain, self.actor, self.wave, self.round = chain, actor, wave, round
        rows = chain.transaction.session.execute(
            select(Arrival, Participant)
            .join(Participant, Participant.id == Arrival.participant_id)
            .where(Arrival.wave_id == wave.id)
            .order_by(Participant.id)
        )
        self.arrivals = [(arrival, participant) for arrival, participant in rows]
        self.people = [participant for _, participant in self.arrivals]

    @classmethod
    def on(cls, transaction: Transaction, actor: Actor, wave_id: int) -> "_WaveAct":
        session = transaction.session
        challenge_id = require(session, Wave, wave_id).challenge_id
        chain, round = facilitated_current_round(transaction, actor, challenge_id)
        return cls(chain, actor, require(session, Wave, wave_id), round)

    def append(self, kind: str) -> int:
        """Append the one entry: the pseudonyms in order, so that it tells nothing about who is who."""
        pseudonyms = sorted(journal.pseudonym(self.round.key, person.secret) for person in self.people)
        seq = self.chain.append(kind, {"p": pseudonyms, "reason": "wave"}, self.round)
        self.chain.act(kind, self.wave.handle, self.actor, "", seq)
        return seq

    def settle(self, merges: Merges) -> None:
        """Let the marks of these people count by these merges, within the limits of their ballots."""
        session, ids = self.chain.transaction.session, [person.id for person in self.people]
        for question in self.round.polled:
            settle(session, question, None, merges, ids)
            if self.wave.excluded_at is None:
                fit_again(self.chain, self.round, question, ids)

    def touch(self, seq: int) -> None:
        self.chain.touch(seq, ["figures"], [journal.ROOM])
        self.chain.touch(seq, [*(person.handle for person in self.people), "figures"], [journal.FACILITATORS])


def _move(session: Session, round: Round, people: Sequence[Participant], *, back: bool) -> None:
    """Move the marks, good points and ballots of these people out of what counts, or back; the tallies follow."""
    questions, ids = [q.id for q in round.polled], [person.id for person in people]
    counted = ExcludedMark if back else Mark
    keys = (counted.question_id, counted.subject, counted.versus, counted.value)
    changes: Counter[TallyKey] = Counter()
    for some in _parts(ids):
        points = update(GoodPoint).where(GoodPoint.round_id == round.id, GoodPoint.participant_id.in_(some))
        session.execute(points.values(is_excluded=not back).execution_options(synchronize_session=False))
        query: Select[tuple[int, int, int, int, int]] = select(*keys, func.count())
        query = query.where(counted.question_id.in_(questions), counted.participant_id.in_(some)).group_by(*keys)
        for question, subject, versus, value, n in session.execute(query):
            changes[question, subject, versus, value] += n if back else -n
        for table, waiting in LEFT_OUT:
            source, target = (waiting, table) if back else (table, waiting)
            names = [column.name for column in waiting.__table__.columns]
            of = source.__table__.c.question_id.in_(questions) & source.__table__.c.participant_id.in_(some)
            session.execute(
                insert(target).from_select(names, select(*(source.__table__.c[name] for name in names)).where(of))
            )
            session.execute(delete(source).where(of).execution_options(synchronize_session=False))
    with at_once(session) as statements:
        store_tallies(statements, changes)


# A statement has at most as many ids.
IDS_PER_STATEMENT = 500


def _parts(ids: list[int]) -> list[list[int]]:
    return [ids[n : n + IDS_PER_STATEMENT] for n in range(0, len(ids), IDS_PER_STATEMENT)]
