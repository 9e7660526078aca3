"""Casting marks: the hot path, and the only durable write that also comes over the socket.

Casts are grouped: all casts that arrive within a few milliseconds are one transaction. No cast is answered before it is
on disk. The socket and the form both call this module.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, load_only

from ideas import clock, journal, operations, policy
from ideas.database import Transaction, write
from ideas.errors import NotFound, Refusal
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
from ideas.queries.rounds import round_by_id
from ideas.voting.rules import BallotRule, Pair, Subject, key_of

MARKS_PER_CAST = 200

# SQLite refuses a statement with more bound values than this.
IDS_PER_QUERY = 500


@dataclass(frozen=True)
class Cast:
    """One command: a participant's marks on subjects of one question.

    `op` is unique per participant; `client` and `n` order the casts of one page load (TRUST: protocol).
    `marks` maps entry ids, or pairs of them with the lower first, to values of the question's rule.
    """

    participant_id: int
    round_id: int
    op: str
    client: str
    n: int
    marks: Mapping[Subject, int]
    question_id: int | None = None


@dataclass(frozen=True)
class CastAnswer:
    """The result of a cast. `error` is a word of the protocol, or None when the marks are on disk."""

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
    return [answers[i] for i in range(len(casts))]


def _cast_in_round(transaction: Transaction, round_id: int, casts: list[Cast]) -> list[CastAnswer]:
    try:
        chain = journal.locked_by_round(transaction, round_id)
    except NotFound:
        return [CastAnswer(NOT_FOUND)] * len(casts)
    return _Box(transaction, chain, round_by_id(transaction.session, round_id), casts).answers()


@dataclass(slots=True)
class LatestMark:
    """A mark in the form of its future row; see `ideas.models.Mark`."""

    question_id: int
    participant_id: int
    subject: int
    versus: int
    value: int
    seq: int
    client: str
    n: int
    at: datetime

    @property
    def key(self) -> Pair:
        return self.subject, self.versus


@dataclass
class _Work:
    """A cast in progress: its question, its marks by key, and its changes."""

    cast: Cast
    question: int = 0
    marks: dict[Pair, int] = field(default_factory=dict)
    changes: list[LatestMark] = field(default_factory=list)
    operation: dict[str, object] = field(default_factory=dict)


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
        entries = {entry for c in self.casts for s in c.marks for entry in key_of(s)} - {0}
        self.rules = {q.id: q.ballot_rule for q in self.round.questions}
        self.participants = _participants(session, self.round.challenge_id, people)
        self.authors = _shown_entries(session, self.round.id, entries)
        self.done = _operations(session, self.participants.values(), {c.op for c in self.casts})
        self.ballots = _ballots(session, list(self.rules), people)
        self.marks: dict[tuple[int, int, Pair], LatestMark] = {}
        # Of limited rules, `{(question, participant): {subject: value}}`: the whole ballot.
        self.held: defaultdict[tuple[int, int], dict[Pair, int]] = defaultdict(dict)
        for mark in _marks(session, self.rules, people, entries):
            self.hold(mark)
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
        for i, cast in enumerate(self.casts):
            key = (cast.participant_id, cast.op)
            if key in self.done or key in accepted:
                if key in accepted and accepted[key].operation["digest"] != self.digest(cast):
                    refused[i] = INVALID
                continue
            work = _Work(cast)
            error = self.refusal(work)
            if error:
                refused[i] = error
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
        return [self.answer(i, cast, refused, fresh) for i, cast in enumerate(self.casts)]

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
        if participant is None:
            return NOT_FOUND
        if participant.barred_at:
            return BARRED
        if self.round.is_closed or not self.round.phase.permits(Activity.VOTE, self.now):
            return CLOSED
        question = self.question(cast)
        if not cast.marks or len(cast.marks) > MARKS_PER_CAST or question is None:
            return INVALID
        work.question = question
        return self.misfit(cast, question) or self.over(work)

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
            "digest": self.digest(cast),
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
            self.round.turnout += len({p for _, p in self.new_ballots} - self.voted_before)
            self.chain.touch(seq, ["figures"], [journal.ROOM, journal.FACILITATORS])

    @property
    def voted_before(self) -> set[int]:
        """The participants who had a ballot on another question of the round before this batch."""
        return {p for q, p in self.ballots.keys() - self.new_ballots}


_Late = set[Pair]

# (question, subject, versus, value)
TallyKey = tuple[int, int, int, int]


def _subject_body(subject: Subject) -> int | list[int]:
    """A subject in the JSON of a stored operation."""
    return subject if isinstance(subject, int) else list(subject)


def _key_of_body(told: int | list[int]) -> Pair:
    return (told, 0) if isinstance(told, int) else (told[0], told[1])


def mark_body(round: Round, participant: Participant, question_id: int, cast: Cast) -> journal.Body:
    """The journal's body of a cast: no time, no address, no name.

    `m` holds `[entry, value]`, for pairs `[lower, higher, value]`.
    """
    marks = cast.marks
    return {
        "p": journal.pseudonym(round.key, participant.secret),
        "q": question_id,
        "m": sorted([s, v] if isinstance(s, int) else [*s, v] for s, v in marks.items()),
        "c": cast.client,
        "n": cast.n,
        "t": str(participant.tier),
    }


_COLUMNS = ("question_id", "participant_id", "subject", "versus", "value", "seq", "client", "n", "at")


def store_marks(session: Session, marks: Iterable[LatestMark]) -> None:
    """Insert marks or replace the previous ones."""
    rows = [{c: getattr(mark, c) for c in _COLUMNS} for mark in marks]
    if not rows:
        return
    statement = journal.upsert(session, Mark)
    replaced = {c: statement.excluded[c] for c in _COLUMNS[4:]}
    session.execute(statement.on_conflict_do_update(index_elements=_COLUMNS[:4], set_=replaced), rows)


def store_tallies(session: Session, changes: Mapping[TallyKey, int]) -> None:
    """Move the counters: `{(question, subject, versus, value): difference}`."""
    rows = [
        {"question_id": question, "subject": subject, "versus": versus, "value": value, "n": difference}
        for (question, subject, versus, value), difference in changes.items()
        if difference
    ]
    if not rows:
        return
    statement = journal.upsert(session, Tally)
    moved = {"n": Tally.n + statement.excluded.n}
    keys = ["question_id", "subject", "versus", "value"]
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


def _shown_entries(session: Session, round_id: int, ids: set[int]) -> dict[int, int]:
    """`{entry: its author}` for the shown entries among `ids`."""
    found: dict[int, int] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_PER_QUERY):
        rows = session.execute(
            select(Entry.id, Idea.author_id)
            .join(Idea)
            .where(Entry.id.in_(wanted[start : start + IDS_PER_QUERY]), Entry.round_id == round_id, Entry.shown)
        )
        found.update((entry, author) for entry, author in rows)
    return found


def _operations(session: Session, people: Iterable[Participant], ops: set[str]) -> dict[tuple[int, str], Operation]:
    """The commands that these people sent before under these numbers."""
    owners = {participant.handle: participant.id for participant in people}
    rows = session.scalars(
        select(Operation)
        .where(Operation.op.in_(ops), Operation.owner.in_(owners))
        .options(load_only(Operation.digest, Operation.answer))
    )
    return {(owners[done.owner], done.op): done for done in rows}


def _marks(
    session: Session, rules: Mapping[int, BallotRule], people: set[int], entries: set[int]
) -> Iterator[LatestMark]:
    """The stored marks on these entries; for limited rules, the whole ballots of these people."""
    columns = [getattr(Mark, c) for c in _COLUMNS]
    limited = [question for question, rule in rules.items() if rule.is_limited]
    others = [question for question, rule in rules.items() if not rule.is_limited]
    by_people = select(*columns).where(Mark.participant_id.in_(people))
    if limited:
        for row in session.execute(by_people.where(Mark.question_id.in_(limited))):
            yield LatestMark(*row)
    wanted = sorted(entries)
    for start in range(0, len(wanted) if others else 0, IDS_PER_QUERY):
        some = wanted[start : start + IDS_PER_QUERY]
        for row in session.execute(by_people.where(Mark.question_id.in_(others), Mark.subject.in_(some))):
            yield LatestMark(*row)


def _ballots(session: Session, questions: list[int], people: set[int]) -> dict[tuple[int, int], datetime | None]:
    """`{(question, participant): the time at which the ballot was ended}`, None for an open ballot."""
    rows = session.execute(
        select(Ballot.question_id, Ballot.participant_id, Ballot.done_at).where(
            Ballot.question_id.in_(questions), Ballot.participant_id.in_(people)
        )
    )
    return {(q, p): done_at for q, p, done_at in rows}
