"""Casting marks: the hot path, and the only durable write that also comes over the socket.

Casts are done in groups: everything that arrived within a few milliseconds is one transaction, and
nobody is answered before it is on disk. Both doors (socket and form) end here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.database import Transaction, write
from ideas.errors import Refusal
from ideas.models import (
    Activity,
    Ballot,
    Entry,
    Idea,
    Mark,
    Operation,
    Participant,
    Round,
    Tally,
)
from ideas.voting import approval

MARKS_PER_CAST = 200

# More bound values than this in one statement and SQLite refuses it.
IDS_PER_QUERY = 500


@dataclass(frozen=True)
class Cast:
    """One command: a participant's marks on entries of one question.

    `op` is unique per participant; `client` and `n` order the casts of one page load (TRUST: protocol).
    `marks` maps entry ids to values of the question's rule.
    """

    participant_id: int
    round_id: int
    op: str
    client: str
    n: int
    marks: Mapping[int, int]
    question_id: int | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a cast. `error` is a word of the protocol, or None when the marks are on disk."""

    error: str | None = None
    seq: int = 0
    receipt: str = ""
    dup: bool = False

    @property
    def ok(self) -> bool:
        return self.error is None


CLOSED, BARRED, INVALID, NOT_FOUND = "closed", "barred", "invalid", "not_found"


class CastRefused(Refusal):
    """A single cast was refused; `error` is the protocol's word for the reason."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def cast_ballot(cast: Cast) -> Answer:
    """Cast one participant's marks.

    :raise CastRefused: if it was not counted.
    """
    [answer] = cast_ballots([cast])
    if answer.error:
        raise CastRefused(answer.error)
    return answer


def cast_ballots(casts: Sequence[Cast]) -> list[Answer]:
    """Do all casts in one transaction, each for itself: one that is refused does not touch the others.

    :return: an answer for each, in order; everything accepted is durable when this returns.
    """
    with write() as transaction:
        answers: dict[int, Answer] = {}
        by_round: dict[int, list[int]] = defaultdict(list)
        for index, cast in enumerate(casts):
            by_round[cast.round_id].append(index)
        for round_id in sorted(by_round):
            indexes = by_round[round_id]
            group = [casts[i] for i in indexes]
            answers.update(zip(indexes, _cast_in_round(transaction, round_id, group), strict=True))
    return [answers[i] for i in range(len(casts))]


def _cast_in_round(transaction: Transaction, round_id: int, casts: list[Cast]) -> list[Answer]:
    found = transaction.session.get(Round, round_id)
    if found is None:
        return [Answer(NOT_FOUND)] * len(casts)
    chain = journal.locked(transaction, found.challenge_id)
    transaction.session.refresh(found)
    return _Box(transaction, chain, found, casts).answers()


@dataclass
class _Box:
    """One round's part of a batch: what the database says of it, read once, and what it will become."""

    transaction: Transaction
    chain: journal.Chain
    round: Round
    casts: list[Cast]
    now: datetime = field(default_factory=lambda: clock.now())

    def __post_init__(self) -> None:
        session = self.transaction.session
        people = {c.participant_id for c in self.casts}
        subjects = {s for c in self.casts for s in c.marks}
        self.question_ids = [q.id for q in self.round.questions]
        self.participants = _participants(session, self.round.challenge_id, people)
        self.authors = _visible_entries(session, self.round.id, subjects)
        self.done = _operations(session, people, {c.op for c in self.casts})
        self.marks = _marks(session, self.question_ids, people, subjects)
        self.ballots = _ballots(session, self.question_ids, people)
        self.changed: dict[tuple[int, int, int], Mark] = {}
        self.tallies: dict[tuple[int, int, int], int] = defaultdict(int)
        self.new_ballots: set[tuple[int, int]] = set()
        self.new_operations: list[dict[str, object]] = []

    def answers(self) -> list[Answer]:
        accepted: dict[tuple[int, str], Cast] = {}
        refused: dict[int, str] = {}
        for i, cast in enumerate(self.casts):
            key = (cast.participant_id, cast.op)
            if key in self.done or key in accepted:
                continue
            error = self.refusal(cast)
            if error:
                refused[i] = error
            else:
                accepted[key] = cast
        links = self.chain.append_all("mark", [self.body(c) for c in accepted.values()], self.round.id)
        fresh: dict[tuple[int, str], Answer] = {}
        for (key, cast), (seq, h) in zip(accepted.items(), links, strict=True):
            fresh[key] = Answer(seq=seq, receipt=journal.receipt(self.round.key, seq, h))
            self.take(cast, seq)
            self.note(cast, fresh[key])
        self.store(links[-1][0] if links else 0)
        return [self.answer(i, cast, refused, fresh) for i, cast in enumerate(self.casts)]

    def answer(self, i: int, cast: Cast, refused: Mapping[int, str], fresh: dict[tuple[int, str], Answer]) -> Answer:
        if i in refused:
            return Answer(refused[i])
        key = (cast.participant_id, cast.op)
        if key in self.done:
            done = self.done[key]
            if "receipt" not in done:  # the number belongs to another kind of command
                return Answer(INVALID)
            return Answer(seq=done["seq"], receipt=done["receipt"], dup=True)
        first = fresh[key]
        # A second copy of the command in the same batch is told that it is one.
        fresh[key] = Answer(seq=first.seq, receipt=first.receipt, dup=True)
        return first

    def refusal(self, cast: Cast) -> str | None:
        participant = self.participants.get(cast.participant_id)
        if participant is None:
            return NOT_FOUND
        if participant.barred_at:
            return BARRED
        if self.round.is_closed or not self.round.phase.permits(Activity.VOTE, self.now):
            return CLOSED
        if not cast.marks or len(cast.marks) > MARKS_PER_CAST or self.question(cast) is None:
            return INVALID
        if any(value not in approval.VALUES for value in cast.marks.values()):
            return INVALID
        for subject in cast.marks:
            if subject not in self.authors:
                return NOT_FOUND
            if self.authors[subject] == cast.participant_id and not policy.own_marks_count(self.round):
                return INVALID
        return None

    def question(self, cast: Cast) -> int | None:
        """The question a cast answers; it may be left out where there is only one."""
        if cast.question_id is None:
            return self.question_ids[0] if len(self.question_ids) == 1 else None
        return cast.question_id if cast.question_id in self.question_ids else None

    def body(self, cast: Cast) -> journal.Body:
        participant = self.participants[cast.participant_id]
        return mark_body(self.round, participant, self.question(cast) or 0, cast)

    def take(self, cast: Cast, seq: int) -> None:
        """Make the marks of an accepted cast the latest, where no later one of its page load did before."""
        question = self.question(cast) or 0
        if (question, cast.participant_id) not in self.ballots:
            self.ballots.add((question, cast.participant_id))
            self.new_ballots.add((question, cast.participant_id))
        for subject, value in cast.marks.items():
            key = (question, cast.participant_id, subject)
            old = self.marks.get(key)
            if old and self.is_late(cast, subject, old):
                continue
            if old:
                self.tallies[question, subject, old.value] -= 1
            self.tallies[question, subject, value] += 1
            self.marks[key] = self.changed[key] = Mark(
                question_id=question,
                participant_id=cast.participant_id,
                subject=subject,
                value=value,
                seq=seq,
                client=cast.client,
                n=cast.n,
                at=self.now,
            )

    def is_late(self, cast: Cast, subject: int, standing: Mark) -> bool:
        """Whether the same page load already changed this mark with a higher number."""
        if standing.client == cast.client:
            return standing.n > cast.n
        # Another page load marked in between; the operations remember what this one did before.
        session = self.transaction.session
        later = select(Operation.subjects).where(
            Operation.participant_id == cast.participant_id,
            Operation.client == cast.client,
            Operation.n > cast.n,
        )
        in_batch = [
            o["subjects"]
            for o in self.new_operations
            if o["participant_id"] == cast.participant_id and o["client"] == cast.client and int(str(o["n"])) > cast.n
        ]
        return any(subject in (subjects or ()) for subjects in [*session.scalars(later), *in_batch])

    def note(self, cast: Cast, answer: Answer) -> None:
        self.new_operations.append(
            {
                "participant_id": cast.participant_id,
                "op": cast.op,
                "client": cast.client,
                "n": cast.n,
                "subjects": sorted(cast.marks),
                "answer": {"seq": answer.seq, "receipt": answer.receipt},
            }
        )

    def store(self, seq: int) -> None:
        session = self.transaction.session
        store_marks(session, self.changed.values())
        store_tallies(session, self.tallies)
        if self.new_operations:
            session.execute(insert(Operation), self.new_operations)
        if self.new_ballots:
            rows = [{"question_id": q, "participant_id": p} for q, p in self.new_ballots]
            session.execute(insert(Ballot), rows)
            self.round.turnout += len({p for _, p in self.new_ballots} - self.voted_before)
            self.chain.touch(seq, ["figures"], [journal.ROOM, journal.FACILITATORS])

    @property
    def voted_before(self) -> set[int]:
        """Those who had a ballot on another question of the round before this batch."""
        return {p for q, p in self.ballots - self.new_ballots}


def mark_body(round: Round, participant: Participant, question_id: int, cast: Cast) -> journal.Body:
    """What the journal keeps of a cast: no time, no address, no name."""
    return {
        "p": journal.pseudonym(round.key, participant.secret),
        "q": question_id,
        "m": [[subject, cast.marks[subject]] for subject in sorted(cast.marks)],
        "c": cast.client,
        "n": cast.n,
        "t": str(participant.tier),
    }


def store_marks(session: Session, marks: Iterable[Mark]) -> None:
    """Insert marks or replace what stood there."""
    columns = ("question_id", "participant_id", "subject", "value", "seq", "client", "n", "at")
    rows = [{c: getattr(mark, c) for c in columns} for mark in marks]
    if not rows:
        return
    statement = journal.upsert(session, Mark)
    replaced = {c: statement.excluded[c] for c in columns[3:]}
    session.execute(statement.on_conflict_do_update(index_elements=columns[:3], set_=replaced), rows)


def store_tallies(session: Session, changes: Mapping[tuple[int, int, int], int]) -> None:
    """Move the counters: `{(question, subject, value): difference}`."""
    rows = [
        {"question_id": question, "subject": subject, "value": value, "n": difference}
        for (question, subject, value), difference in changes.items()
        if difference
    ]
    if not rows:
        return
    statement = journal.upsert(session, Tally)
    moved = {"n": Tally.n + statement.excluded.n}
    keys = ["question_id", "subject", "value"]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=moved), rows)


def _participants(session: Session, challenge_id: int, ids: set[int]) -> dict[int, Participant]:
    rows = session.scalars(
        select(Participant)
        .where(
            Participant.id.in_(ids),
            Participant.challenge_id == challenge_id,
            Participant.merged_into.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return {p.id: p for p in rows}


def _visible_entries(session: Session, round_id: int, ids: set[int]) -> dict[int, int]:
    """`{entry: its author}` for those of the round that may be marked."""
    found: dict[int, int] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_PER_QUERY):
        rows = session.execute(
            select(Entry.id, Idea.author_id)
            .join(Idea)
            .where(
                Entry.id.in_(wanted[start : start + IDS_PER_QUERY]),
                Entry.round_id == round_id,
                Entry.shown,
            )
        )
        found.update((entry, author) for entry, author in rows)
    return found


def _operations(session: Session, people: set[int], ops: set[str]) -> dict[tuple[int, str], dict[str, Any]]:
    rows = session.execute(
        select(Operation.participant_id, Operation.op, Operation.answer).where(
            Operation.participant_id.in_(people), Operation.op.in_(ops)
        )
    )
    return {(participant, op): answer for participant, op, answer in rows}


def _marks(
    session: Session, questions: list[int], people: set[int], subjects: set[int]
) -> dict[tuple[int, int, int], Mark]:
    found: dict[tuple[int, int, int], Mark] = {}
    wanted = sorted(subjects)
    for start in range(0, len(wanted), IDS_PER_QUERY):
        rows = session.scalars(
            select(Mark).where(
                Mark.question_id.in_(questions),
                Mark.participant_id.in_(people),
                Mark.subject.in_(wanted[start : start + IDS_PER_QUERY]),
            )
        )
        found.update({(m.question_id, m.participant_id, m.subject): m for m in rows})
    for mark in found.values():
        session.expunge(mark)
    return found


def _ballots(session: Session, questions: list[int], people: set[int]) -> set[tuple[int, int]]:
    rows = session.execute(
        select(Ballot.question_id, Ballot.participant_id).where(
            Ballot.question_id.in_(questions), Ballot.participant_id.in_(people)
        )
    )
    return {(q, p) for q, p in rows}
