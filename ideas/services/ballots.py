"""Casting marks: the hot path, and the only durable write that also comes over the socket.

Casts are grouped: all casts that arrive within a few milliseconds are one transaction. No cast is answered before it is
on disk. The socket and the form both call this module.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    String,
    and_,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, load_only

from ideas import clock, journal, operations, policy
from ideas.counters import COUNTERS
from ideas.database import Transaction, write
from ideas.devices import digest_of
from ideas.errors import Forbidden, Refusal
from ideas.marks import COLUMNS, Cast, LatestMark, TallyKey, mark_body, store_marks, store_tallies
from ideas.models import (
    Activity,
    Ballot,
    Challenge,
    Device,
    Entry,
    Idea,
    Mark,
    Operation,
    Participant,
    Phase,
    Question,
    Round,
)
from ideas.voting.rules import BallotRule, Pair, Subject, key_of

MARKS_PER_CAST = 200

# SQLite refuses a statement with more bound values than this.
IDS_PER_QUERY = 500


@dataclass(frozen=True)
class CastAnswer:
    """The result of a cast. `error` is a word of the protocol, or None when the marks are on disk.

    A whole ballot without a change has no receipt.
    """

    error: str | None = None
    seq: int = 0
    receipt: str = ""
    dup: bool = False

    @property
    def ok(self) -> bool:
        return self.error is None


CLOSED, BARRED, INVALID, NOT_FOUND = "closed", "barred", "invalid", "not_found"

# BUDGET: the ballot would exceed its limit of points, stars, lemons or places. DONE: the voter ended the ballot.
BUDGET, DONE = "budget", "done"


class CastRefused(Refusal):
    """A single cast was refused; `error` is the protocol's word for the reason."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def cast_ballot(cast: Cast) -> CastAnswer:
    """Cast one participant's marks.

    :raise CastRefused: if the cast was not counted.
    """
    [answer] = cast_ballots([cast])
    if answer.error:
        raise CastRefused(answer.error)
    return answer


def cast_from_browser(token: str, challenge_id: int, cast: Cast, owner_id: int | None = None) -> tuple[CastAnswer, str]:
    """Cast the marks of the person behind a browser's secret, in the current round of a challenge.

    `cast` has no participant and no round yet (0). The browser is looked up in the transaction of its marks, so that a
    mark costs few statements. `owner_id` is the participant that the page says it is, None if it says nothing: several
    people may share the browser.

    :return: the answer, and the slug of the challenge for the way on.
    :raise Forbidden: if the person takes no part, or is another one. :raise CastRefused: if the cast was not counted.
    """
    with write() as transaction:
        session = transaction.session
        journal.lock(session, select(Challenge.id).filter_by(id=challenge_id))
        latest = select(func.max(Round.n)).where(Round.challenge_id == challenge_id).scalar_subquery()
        person = select(Device.person_id).filter_by(token_digest=digest_of(token)).scalar_subquery()
        current = and_(Round.challenge_id == challenge_id, Round.n == latest)
        lanes = _lane_columns(literal(challenge_id))
        facts = _Facts.read(session, current, Participant.person_id == person, {cast.op}, lanes)
        [participant_id] = facts.participants if facts and facts.participants else [None]
        if facts is None or participant_id is None or owner_id not in (None, participant_id):
            raise Forbidden
        named = replace(cast, participant_id=participant_id, round_id=facts.round.id)
        [answer] = _Box(transaction, facts, [named]).answers()
        slug = facts.challenge.slug
    if answer.error:
        raise CastRefused(answer.error)
    return answer, slug


def cast_ballots(casts: Sequence[Cast]) -> list[CastAnswer]:
    """Do all casts in one transaction. Each stands alone: a refused cast does not affect the others.

    :return: an answer for each, in order; everything accepted is durable when this returns.
    """
    with write() as transaction:
        answers: dict[int, CastAnswer] = {}
        by_round: dict[int, list[int]] = defaultdict(list)
        for index, cast in enumerate(casts):
            by_round[cast.round_id].append(index)
        for round_id in sorted(by_round):
            indexes = by_round[round_id]
            group = [casts[i] for i in indexes]
            answers.update(zip(indexes, _cast_in_round(transaction, round_id, group), strict=True))
    _count(casts, found := [answers[i] for i in range(len(casts))])
    return found


def _count(casts: Sequence[Cast], answers: Sequence[CastAnswer]) -> None:
    COUNTERS.batches.note(len(casts))
    for cast, answer in zip(casts, answers, strict=True):
        if answer.error:
            COUNTERS.refused_casts += 1
        elif not answer.dup:
            COUNTERS.casts += 1
            COUNTERS.marks += len(cast.marks)


def _cast_in_round(transaction: Transaction, round_id: int, casts: list[Cast]) -> list[CastAnswer]:
    session = transaction.session
    journal.lock(session, select(Challenge.id).join(Round).where(Round.id == round_id))
    people = Participant.id.in_({cast.participant_id for cast in casts})
    challenge_id = select(Round.challenge_id).where(Round.id == round_id).scalar_subquery()
    ops = {cast.op for cast in casts}
    facts = _Facts.read(session, Round.id == round_id, people, ops, _lane_columns(challenge_id))
    if facts is None:
        return [CastAnswer(NOT_FOUND)] * len(casts)
    return _Box(transaction, facts, casts).answers()


def _lane_columns(challenge_id: ColumnElement[int]) -> list[ColumnElement[int]]:
    # They name the challenge apart from the joined rows, so that they are read once and not for each row.
    return [journal.lane_number(challenge_id, lane) for lane in TURNOUT_LANES]


@dataclass
class _Facts:
    """What the database says of a round and of the people who cast marks in it, read in one statement."""

    challenge: Challenge  # its journal columns and its slug only
    round: Round
    phase: Phase | None
    lanes: dict[str, int]
    rules: dict[int, BallotRule] = field(default_factory=dict)
    participants: dict[int, Participant] = field(default_factory=dict)
    # `{(question, participant): the time at which the ballot was ended}`, None for an open ballot.
    ballots: dict[tuple[int, int], datetime | None] = field(default_factory=dict)
    done: dict[tuple[int, str], Operation] = field(default_factory=dict)  # the commands of `{(participant, op)}`

    @classmethod
    def read(
        cls,
        session: Session,
        of_round: ColumnElement[bool],
        of_people: ColumnElement[bool],
        ops: set[str],
        lane_columns: list[ColumnElement[int]],
    ) -> "_Facts | None":
        """Read them under the lock of the challenge; None if there is no such round."""
        handle = literal("participant-").concat(sql_cast(Participant.id, String))
        own_ballot = and_(Ballot.question_id == Question.id, Ballot.participant_id == Participant.id)
        people = and_(Participant.challenge_id == Round.challenge_id, Participant.merged_into.is_(None), of_people)
        rows = session.execute(
            select(Challenge, Round, Phase, Question, Participant)
            .add_columns(Ballot.question_id, Ballot.done_at, Operation)
            .add_columns(*lane_columns)
            .select_from(Round)
            .join(Challenge, Challenge.id == Round.challenge_id)
            .outerjoin(Phase, and_(Phase.round_id == Round.id, Phase.position == Round.position))
            .outerjoin(Question, Question.round_id == Round.id)
            .outerjoin(Participant, people)
            .outerjoin(Ballot, own_ballot)
            .outerjoin(Operation, and_(Operation.owner == handle, Operation.op.in_(ops)))
            .where(of_round)
            .order_by(Question.position, Question.id)
            .options(load_only(Challenge.seq, Challenge.head, Challenge.slug))
            .options(load_only(Operation.digest, Operation.answer))
            .execution_options(populate_existing=True)
        )
        facts: _Facts | None = None
        for challenge, round, phase, question, person, on_question, done_at, done, *lanes in rows:
            facts = facts or cls(challenge, round, phase, dict(zip(TURNOUT_LANES, lanes, strict=True)))
            if question is not None and question.id not in facts.rules:
                facts.rules[question.id] = question.ballot_rule
            if person is None:
                continue
            facts.participants[person.id] = person
            if on_question is not None:
                facts.ballots[question.id, person.id] = done_at
            if done is not None:
                facts.done[person.id, done.op] = done
        return facts


@dataclass
class _Work:
    """A cast in progress: its question, its marks by key, and its changes."""

    cast: Cast
    digest: str  # of the command as it was sent
    question: int = 0
    marks: dict[Pair, int] = field(default_factory=dict)
    changes: list[LatestMark] = field(default_factory=list)
    operation: dict[str, object] = field(default_factory=dict)


@dataclass
class _Box:
    """One round's part of a batch: what the database says of it, read once, and what it will become."""

    transaction: Transaction
    facts: _Facts
    casts: list[Cast]
    now: datetime = field(default_factory=lambda: clock.now())

    def __post_init__(self) -> None:
        people = {c.participant_id for c in self.casts}
        entries = {entry for c in self.casts for s in c.marks for entry in key_of(s)} - {0}
        self.round, self.rules, self.participants = self.facts.round, self.facts.rules, self.facts.participants
        self.done, self.ballots = self.facts.done, self.facts.ballots
        self.chain = journal.Chain(self.transaction, self.facts.challenge, self.facts.lanes)
        self.authors: dict[int, int] = {}  # `{entry: its author}` for the shown entries
        self.marks: dict[tuple[int, int, Pair], LatestMark] = {}
        # Of limited rules, `{(question, participant): {subject: value}}`: the whole ballot.
        self.held: defaultdict[tuple[int, int], dict[Pair, int]] = defaultdict(dict)
        for question, *row in _entries_and_marks(self.transaction.session, self.round.id, self.rules, people, entries):
            if question is None:
                author, entry, *_ = row
                self.authors[entry] = author
            else:
                self.hold(LatestMark(question, *row))
        self.changed: dict[tuple[int, int, Pair], LatestMark] = {}
        self.tallies: dict[TallyKey, int] = defaultdict(int)
        self.new_ballots: set[tuple[int, int]] = set()
        self.new_operations: list[dict[str, object]] = []

    def hold(self, mark: LatestMark) -> None:
        """Take a mark as the latest on its subject."""
        self.marks[mark.question_id, mark.participant_id, mark.key] = mark
        if self.rules[mark.question_id].is_limited:
            self.held[mark.question_id, mark.participant_id][mark.key] = mark.value

    def answers(self) -> list[CastAnswer]:
        accepted: dict[tuple[int, str], _Work] = {}
        refused: dict[int, str] = {}
        unchanged: set[int] = set()
        for i, cast in enumerate(self.casts):
            key = (cast.participant_id, cast.op)
            if key in self.done or key in accepted:
                if key in accepted and accepted[key].operation["digest"] != self.digest(cast):
                    refused[i] = INVALID
                continue
            work = _Work(cast, self.digest(cast))
            error = self.refusal(work)
            if error:
                refused[i] = error
            elif not work.cast.marks:
                unchanged.add(i)
            else:
                self.take(work)
                accepted[key] = work
        links = self.chain.append_all("mark", [self.body(work) for work in accepted.values()], self.round.id)
        fresh: dict[tuple[int, str], CastAnswer] = {}
        for (key, work), (seq, h) in zip(accepted.items(), links, strict=True):
            fresh[key] = CastAnswer(seq=seq, receipt=journal.receipt(self.round.key, seq, h))
            work.operation["answer"] = {"seq": seq, "receipt": fresh[key].receipt}
            for mark in work.changes:
                mark.seq = seq
        self.store(links[-1][0] if links else 0)
        return [
            CastAnswer() if i in unchanged else self.answer(i, cast, refused, fresh)
            for i, cast in enumerate(self.casts)
        ]

    def answer(
        self, i: int, cast: Cast, refused: Mapping[int, str], fresh: dict[tuple[int, str], CastAnswer]
    ) -> CastAnswer:
        if i in refused:
            return CastAnswer(refused[i])
        key = (cast.participant_id, cast.op)
        if key in self.done:
            done = self.done[key]
            seq, receipt = done.answer.get("seq"), done.answer.get("receipt")
            # Otherwise the number belongs to another kind of command, or to other marks.
            if isinstance(seq, int) and isinstance(receipt, str) and operations.is_same(done, self.digest(cast)):
                return CastAnswer(seq=seq, receipt=receipt, dup=True)
            return CastAnswer(INVALID)
        first = fresh[key]
        # A second copy of the command in the same batch is marked as a repetition.
        fresh[key] = CastAnswer(seq=first.seq, receipt=first.receipt, dup=True)
        return first

    def refusal(self, work: _Work) -> str | None:
        """The reason for refusing a cast, or None; then `work` has its question and its marks."""
        cast = work.cast
        participant = self.participants.get(cast.participant_id)
        if participant is None or participant.left_at:
            return NOT_FOUND
        if participant.barred_at:
            return BARRED
        phase = self.facts.phase
        if self.round.is_closed or phase is None or not phase.permits(Activity.VOTE, self.now):
            return CLOSED
        question = self.question(cast)
        if question is None or not cast.marks:
            return INVALID
        work.question = question
        if cast.blanks is not None:
            cast = work.cast = replace(cast, marks=self.changes(cast, question))
            if not cast.marks:
                return None
        if len(cast.marks) > MARKS_PER_CAST:
            return INVALID
        return self.misfit(cast, question) or self.over(work)

    def changes(self, cast: Cast, question: int) -> Mapping[Subject, int]:
        """The marks of a whole ballot that are changes.

        By rules with a limited ballot, a 0 without an earlier mark is no mark. By other rules a field without a value
        is no mark.
        """
        if not self.rules[question].is_limited:
            return {subject: value for subject, value in cast.marks.items() if subject not in (cast.blanks or ())}
        held = self.held[question, cast.participant_id]
        return {subject: value for subject, value in cast.marks.items() if value or key_of(subject) in held}

    def question(self, cast: Cast) -> int | None:
        """The question of a cast. A cast may omit it if the round has only one question."""
        if cast.question_id is None:
            return next(iter(self.rules)) if len(self.rules) == 1 else None
        return cast.question_id if cast.question_id in self.rules else None

    def misfit(self, cast: Cast, question: int) -> str | None:
        """The reason for refusing a single mark, or None."""
        rule, who = self.rules[question], cast.participant_id
        if self.ballots.get((question, who)):
            return DONE
        own_count = policy.own_marks_count(self.round)
        keys = {key_of(subject): value for subject, value in cast.marks.items()}
        for (subject, versus), value in keys.items():
            if not rule.takes(value) or (subject >= versus if rule.is_paired else versus):
                return INVALID
        for key, value in keys.items():
            for entry in key if key[1] else key[:1]:
                author = self.authors.get(entry)
                # A voter can take back a mark on an entry that was hidden later; otherwise its budget would be lost.
                if author is None and not (value == 0 and rule.is_limited and (question, who, key) in self.marks):
                    return NOT_FOUND
                if author == who and not own_count:
                    return INVALID
        return None

    def over(self, work: _Work) -> str | None:
        """Whether the ballot would exceed its limit. Adds the marks that count to `work`."""
        cast, question, rule = work.cast, work.question, self.rules[work.question]
        late: _Late | None = None
        for subject, value in cast.marks.items():
            key = key_of(subject)
            standing = self.marks.get((question, cast.participant_id, key))
            if standing and standing.client == cast.client:
                if standing.n > cast.n:
                    continue
            elif standing:
                late = late or self.later(cast)
                if key in late:
                    continue
            work.marks[key] = value
        if not rule.is_limited:
            return None
        held = self.held[question, cast.participant_id]
        return None if rule.fits((held | work.marks).values()) else BUDGET

    def later(self, cast: Cast) -> "_Late":
        """The subjects that the same page load changed with a higher number. Another page load marked them in between,
        so the marks do not show this, but the stored operations do.
        """
        owner = self.participants[cast.participant_id].handle
        rows = self.transaction.session.scalars(
            select(Operation.subjects).where(
                Operation.owner == owner,
                Operation.client == cast.client,
                Operation.n > cast.n,
            )
        )
        in_batch = [
            o["subjects"]
            for o in self.new_operations
            if o["owner"] == owner and o["client"] == cast.client and int(str(o["n"])) > cast.n
        ]
        return {_key_of_body(told) for subjects in [*rows, *in_batch] for told in subjects or ()}

    def digest(self, cast: Cast) -> str:
        """The digest of a command's content."""
        participant = self.participants.get(cast.participant_id)
        marks = sorted([*key_of(subject), value] for subject, value in cast.marks.items())
        key = participant.secret if participant else b""
        return operations.digest_of(key, cast.question_id, cast.client, cast.n, marks)

    def body(self, work: _Work) -> journal.Body:
        participant = self.participants[work.cast.participant_id]
        return mark_body(self.round, participant, work.question, work.cast)

    def take(self, work: _Work) -> None:
        """Make the marks of an accepted cast the latest, except where a later cast of its page load was faster."""
        cast, question = work.cast, work.question
        if (question, cast.participant_id) not in self.ballots:
            self.ballots[question, cast.participant_id] = None
            self.new_ballots.add((question, cast.participant_id))
        for key, value in work.marks.items():
            at = (question, cast.participant_id, key)
            old = self.marks.get(at)
            if old:
                self.tallies[question, *key, old.value] -= 1
            self.tallies[question, *key, value] += 1
            mark = LatestMark(question, cast.participant_id, *key, value, 0, cast.client, cast.n, self.now)
            self.changed[at] = mark
            self.hold(mark)
            work.changes.append(mark)
        work.operation = {
            "op": cast.op,
            "owner": self.participants[cast.participant_id].handle,
            "digest": work.digest,
            "at": self.now,
            "client": cast.client,
            "n": cast.n,
            "subjects": sorted(map(_subject_body, cast.marks)),
        }
        self.new_operations.append(work.operation)

    def store(self, seq: int) -> None:
        session = self.transaction.session
        store_marks(session, self.changed.values())
        store_tallies(session, self.tallies)
        if self.new_operations:
            session.execute(insert(Operation), self.new_operations)
        if self.new_ballots:
            rows = [{"question_id": q, "participant_id": p} for q, p in self.new_ballots]
            session.execute(insert(Ballot), rows)
            self.chain.touch(seq, ["figures"], TURNOUT_LANES)


_Late = set[Pair]


def _subject_body(subject: Subject) -> int | list[int]:
    """A subject in the JSON of a stored operation."""
    return subject if isinstance(subject, int) else list(subject)


def _key_of_body(told: int | list[int]) -> Pair:
    return (told, 0) if isinstance(told, int) else (told[0], told[1])


# The lanes that hear of a new voter.
TURNOUT_LANES = (journal.ROOM, journal.FACILITATORS)


def _entries_and_marks(
    session: Session, round_id: int, rules: Mapping[int, BallotRule], people: set[int], entries: set[int]
) -> Iterator[Row[tuple[Any, ...]]]:
    """The shown entries among `entries` and the stored marks on them, in the columns of a mark, in one statement.

    The row of an entry has no question; its participant is the author, and its subject the entry. For limited rules the
    marks are the whole ballots of these people.
    """
    limited = [question for question, rule in rules.items() if rule.is_limited]
    others = [question for question, rule in rules.items() if not rule.is_limited]
    wanted = sorted(entries)
    for start in range(0, max(len(wanted), 1), IDS_PER_QUERY):
        some = wanted[start : start + IDS_PER_QUERY]
        whole = Mark.question_id.in_(limited if start == 0 else [])
        on_some = and_(Mark.question_id.in_(others), Mark.subject.in_(some))
        marks = select(*(getattr(Mark, c) for c in COLUMNS)).where(Mark.participant_id.in_(people), or_(whole, on_some))
        shown = (
            select(*(_ENTRY.get(c, type_coerce(null(), getattr(Mark, c).type)).label(c) for c in COLUMNS))
            .select_from(Entry)
            .join(Idea)
            .where(Entry.id.in_(some), Entry.round_id == round_id, Entry.shown)
        )
        # The marks come first, since the first part of a union says which types its columns have.
        yield from session.execute(union_all(marks, shown))


# The columns of a mark that the row of an entry has; the others are NULL, 0 or empty.
_ENTRY: dict[str, ColumnElement[Any]] = {
    "participant_id": Idea.author_id.expression,
    "subject": Entry.id.expression,
}
