"""Casting marks: the hot path, and the only durable write that also comes over the socket.

Casts are grouped: all casts that arrive within a few milliseconds are one transaction. No cast is answered before it is
on disk. The socket and the form both call this module.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ClauseElement, bindparam, literal_column, select

from ideas import clock, journal, operations
from ideas.activities import ACTIVITIES
from ideas.ballot_facts import (
    TURNOUT_LANES,
    BatchFacts,
    CastFacts,
    RoundFacts,
    VoterFacts,
    lock_challenges,
    read_ballots,
    read_facts,
    read_later,
)
from ideas.counters import COUNTERS
from ideas.database import Transaction, write
from ideas.devices import digest_of
from ideas.errors import Forbidden, Refusal
from ideas.events import StreamAdvanced
from ideas.marks import Cast, LatestMark, Sender, TallyKey, mark_body, store_marks, store_tallies
from ideas.models import Ballot, Challenge, Operation, Round
from ideas.statements import Prepared
from ideas.voting.rules import BallotRule, Pair, Subject, key_of

MARKS_PER_CAST = 200


@dataclass(frozen=True)
class CastAnswer:
    """The result of a cast. `error` is a word of the protocol, or None when the marks are on disk.

    A whole ballot without a change has no receipt. `is_stranger`: the sender takes no part, or is somebody else now;
    `is_signed_out`: the browser is not the person that it was when it connected.
    """

    error: str | None = None
    seq: int = 0
    receipt: str = ""
    dup: bool = False
    is_stranger: bool = False
    is_signed_out: bool = False

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
    sender = Sender(digest_of(token), None, owner_id)
    with write() as transaction:
        [(slug, round_id)] = transaction.statements.rows(_CURRENT_ROUND, challenge_id=challenge_id) or [("", None)]
        if round_id is None:
            raise Forbidden
        [answer] = take_casts(transaction, [replace(cast, round_id=round_id, sender=sender)])
        if answer.is_stranger:
            raise Forbidden
    if answer.error:
        raise CastRefused(answer.error)
    return answer, slug


def _current_round(_: str) -> ClauseElement:
    of_challenge = Challenge.id == bindparam("challenge_id")
    rounds = select(Challenge.slug, Round.id).join_from(Challenge, Round).where(of_challenge)
    return rounds.order_by(Round.n.desc()).limit(literal_column("1"))


_CURRENT_ROUND = Prepared(_current_round)


def cast_ballots(casts: Sequence[Cast]) -> list[CastAnswer]:
    """Do all casts in one transaction. Each stands alone: a refused cast does not affect the others.

    The number of statements does not depend on the number of casts, people and rounds. All casts have a sender, or none
    has.

    :return: an answer for each, in order; everything accepted is durable when this returns.
    """
    if not casts:
        return []
    with write() as transaction:
        answers = take_casts(transaction, casts)
    _count(casts, answers)
    return answers


def take_casts(transaction: Transaction, casts: Sequence[Cast]) -> list[CastAnswer]:
    """Take casts in the caller's transaction. A refused one has changed nothing."""
    lock_challenges(transaction.statements, {cast.round_id for cast in casts})
    return _Batch(transaction, casts, read_facts(transaction.statements, casts)).answers()


def _count(casts: Sequence[Cast], answers: Sequence[CastAnswer]) -> None:
    COUNTERS.batches.note(len(casts))
    for cast, answer in zip(casts, answers, strict=True):
        if answer.error:
            COUNTERS.refused_casts += 1
        elif not answer.dup:
            COUNTERS.casts += 1
            COUNTERS.marks += len(cast.marks)


@dataclass
class _Work:
    """A cast in progress: its voter and round, the digest of the command as it was sent, and what it will change."""

    cast: Cast
    facts: CastFacts
    round: RoundFacts
    voter: VoterFacts
    digest: str
    question: int = 0
    marks: dict[Pair, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str]:
        return self.voter.id, self.cast.op

    @property
    def rule(self) -> BallotRule:
        return self.round.rules[self.question]


MarkKey = tuple[int, int, Pair]  # question, participant, subject
BallotKey = tuple[int, int]  # question, participant
PageKey = tuple[str, str]  # the handle of a participant, a page load


class _Batch:
    """A batch of casts: what the database says, read once, and what it will become."""

    def __init__(self, transaction: Transaction, casts: Sequence[Cast], facts: BatchFacts) -> None:
        self.transaction, self.casts, self.facts = transaction, casts, facts
        self.rounds, self.ballots, self.entries = facts.rounds, facts.ballots, facts.entries
        self.now = clock.to_ms(clock.now())
        self.marks: dict[MarkKey, LatestMark] = {}
        # Of limited rules the whole ballots, `{subject: value}`.
        self.held: defaultdict[BallotKey, dict[Pair, int]] = defaultdict(dict)
        # What later commands of a page load marked: `(n, subjects)`.
        self.told: defaultdict[PageKey, list[tuple[int, set[Pair]]]] = defaultdict(list)
        self.fresh: dict[tuple[int, str], tuple[str, CastAnswer]] = {}  # `{(participant, op): (digest, answer)}`

        self.changed: dict[MarkKey, LatestMark] = {}
        self.tallies: dict[TallyKey, int] = defaultdict(int)
        self.new_ballots: set[BallotKey] = set()
        self.new_operations: list[tuple[object, ...]] = []
        self.entry_rows: list[journal.EntryRow] = []
        self.turned_out: dict[int, tuple[RoundFacts, int]] = {}  # `{challenge: (round, number of the last new ballot)}`

    def answers(self) -> list[CastAnswer]:
        works = [self.work(*pair) for pair in zip(self.casts, self.facts.casts, strict=True)]
        known = [work for work in works if isinstance(work, _Work)]
        self.read(known)
        found = [self.answer(work) if isinstance(work, _Work) else work for work in works]
        self.store()
        return found

    # Reading

    def work(self, cast: Cast, facts: CastFacts) -> _Work | CastAnswer:
        """A cast with its voter, or the answer if there is none."""
        round, voter, sender = self.rounds.get(cast.round_id), facts.voter, cast.sender
        if sender and sender.person_id not in (None, facts.person_id):
            return CastAnswer(BARRED, is_stranger=True, is_signed_out=True)
        if round is None or voter is None:
            return CastAnswer(NOT_FOUND, is_stranger=True)
        if sender and sender.owner_id not in (None, voter.id):
            return CastAnswer(BARRED, is_stranger=True)
        marks = sorted([*key_of(subject), value] for subject, value in cast.marks.items())
        digest = operations.digest_of(voter.secret, cast.question_id, cast.client, cast.n, marks)
        return _Work(cast, facts, round, voter, digest, _question(cast, round, voter) or 0)

    def read(self, works: list[_Work]) -> None:
        """Take the standing marks; read whole ballots, and the later commands of page loads, where they matter."""
        rules = {question: rule for round in self.rounds.values() for question, rule in round.rules.items()}
        whole = {(work.question, work.voter.id) for work in works if work.question and work.rule.is_limited}
        statements = self.transaction.statements
        for mark in [*self.facts.marks, *(read_ballots(statements, whole) if whole else ())]:
            self.hold(mark, rules[mark.question_id])
        if overtaken := self.maybe_late(works):
            for owner, client, n, subjects in read_later(statements, overtaken):
                self.told[owner, client].append((n, {_key_of_body(told) for told in subjects or ()}))

    def maybe_late(self, works: list[_Work]) -> set[tuple[str, str, int]]:
        """The casts `(owner, client, n)` on subjects that another page load has marked, or may mark in this batch."""
        pages: defaultdict[int, set[str]] = defaultdict(set)
        for work in works:
            pages[work.voter.id].add(work.cast.client)
        found = set()
        for work in works:
            of, cast = work.voter.id, work.cast
            standing = (self.marks.get((work.question, of, key_of(subject))) for subject in cast.marks)
            if len(pages[of]) > 1 or any(mark and mark.client != cast.client for mark in standing):
                found.add((work.voter.handle, cast.client, cast.n))
        return found

    def hold(self, mark: LatestMark, rule: BallotRule) -> None:
        """Take a mark as the latest on its subject."""
        self.marks[mark.question_id, mark.participant_id, mark.key] = mark
        if rule.is_limited:
            self.held[mark.question_id, mark.participant_id][mark.key] = mark.value

    # Answering

    def answer(self, work: _Work) -> CastAnswer:
        if work.facts.done:
            return _done_before(work, *work.facts.done)
        if work.key in self.fresh:  # a second copy of the command in the same batch
            digest, first = self.fresh[work.key]
            return replace(first, dup=True) if digest == work.digest else CastAnswer(INVALID)
        if error := self.refusal(work):
            return CastAnswer(error)
        return self.take(work) if work.cast.marks else CastAnswer()

    def refusal(self, work: _Work) -> str | None:
        """The reason for refusing a cast, or None; then `work` has its marks."""
        cast = work.cast
        if work.voter.has_left:
            return NOT_FOUND
        if work.voter.is_barred:
            return BARRED
        if not work.round.open_questions:
            return CLOSED
        if not work.question or not cast.marks:
            return INVALID
        if work.question not in work.round.open_questions:  # the vote during the first look, or the other way round
            return CLOSED
        if cast.blanks is not None:
            cast = work.cast = replace(cast, marks=self.changes(work))
            if not cast.marks:
                return None
        if len(cast.marks) > MARKS_PER_CAST:
            return INVALID
        return self.misfit(work) or self.over(work)

    def changes(self, work: _Work) -> Mapping[Subject, int]:
        """The marks of a whole ballot that are changes.

        By rules with a limited ballot, a 0 without an earlier mark is no mark. By other rules a field without a value
        is no mark.
        """
        cast = work.cast
        if not work.rule.is_limited:
            return {subject: value for subject, value in cast.marks.items() if subject not in (cast.blanks or ())}
        held = self.held[work.question, work.voter.id]
        return {subject: value for subject, value in cast.marks.items() if value or key_of(subject) in held}

    def misfit(self, work: _Work) -> str | None:
        """The reason for refusing a single mark, or None."""
        question, rule, who = work.question, work.rule, work.voter.id
        if self.ballots.get((question, who)):
            return DONE
        keys = {key_of(subject): value for subject, value in work.cast.marks.items()}
        for (subject, versus), value in keys.items():
            if not rule.takes(value) or (subject >= versus if rule.is_paired else versus):
                return INVALID
        for key, value in keys.items():
            for entry in key if key[1] else key[:1]:
                authors = self.entries.get((work.round.id, entry))
                # A voter can take back a mark on an entry that was hidden later; otherwise its budget would be lost.
                if authors is None and not (value == 0 and rule.is_limited and (question, who, key) in self.marks):
                    return NOT_FOUND
                if authors and who in authors and not work.round.own_marks_count:
                    return INVALID
        return None

    def over(self, work: _Work) -> str | None:
        """Whether the ballot would exceed its limit. Adds the marks that count to `work`."""
        cast, question, who = work.cast, work.question, work.voter.id
        late: set[Pair] | None = None
        for subject, value in cast.marks.items():
            key = key_of(subject)
            standing = self.marks.get((question, who, key))
            if standing and standing.client == cast.client:
                if standing.n > cast.n:
                    continue
            elif standing:
                late = self.later(work) if late is None else late
                if key in late:
                    continue
            work.marks[key] = value
        if not work.rule.is_limited:
            return None
        return None if work.rule.fits((self.held[question, who] | work.marks).values()) else BUDGET

    def later(self, work: _Work) -> set[Pair]:
        """The subjects that the same page load changed with a higher number. Another page load marked them in between,
        so the marks do not show this, but the stored operations do.
        """
        told = self.told[work.voter.handle, work.cast.client]
        return {key for n, keys in told if n > work.cast.n for key in keys}

    def take(self, work: _Work) -> CastAnswer:
        """Make the marks of an accepted cast the latest, except where a later cast of its page load was faster."""
        cast, voter, round, question = work.cast, work.voter, work.round, work.question
        body = mark_body(journal.pseudonym(round.key, voter.secret), voter.tier, question, cast)
        row = journal.added(round.end, "mark", body, round.id)
        seq, h = row[1], row[-1]
        self.entry_rows.append(row)
        if (question, voter.id) not in self.ballots:
            self.ballots[question, voter.id] = None
            self.new_ballots.add((question, voter.id))
            if not voter.is_juror and ACTIVITIES[round.activities[question]].takes_marks:
                self.turned_out[round.end.id] = round, seq
        for key, value in work.marks.items():
            at = (question, voter.id, key)
            if old := self.marks.get(at):
                self.tallies[question, *key, old.value] -= 1
            self.tallies[question, *key, value] += 1
            mark = LatestMark(question, voter.id, *key, value, seq, cast.client, cast.n, self.now)
            self.changed[at] = mark
            self.hold(mark, work.rule)
        answer = CastAnswer(seq=seq, receipt=journal.receipt(round.key, seq, h))
        self.fresh[work.key] = work.digest, answer
        self.note(work, answer)
        return answer

    def note(self, work: _Work, answer: CastAnswer) -> None:
        """Remember the command, for its repetitions and for late commands of its page load."""
        cast, handle = work.cast, work.voter.handle
        self.told[handle, cast.client].append((cast.n, set(map(key_of, cast.marks))))
        told = f'{{"seq": {answer.seq}, "receipt": "{answer.receipt}"}}'
        subjects = str(sorted(map(_subject_body, cast.marks)))  # lists of numbers are the same in JSON
        self.new_operations.append((cast.op, handle, work.digest, told, None, self.now, cast.client, cast.n, subjects))

    # Storing

    def store(self) -> None:
        if not self.entry_rows:
            return
        statements = self.transaction.statements
        journal.store_entries(statements, self.entry_rows)
        ends = {round.end.id: round.end for round in self.rounds.values()}
        journal.store_ends(statements, ends.values())
        store_marks(statements, self.changed.values())
        store_tallies(statements, self.tallies)
        statements.insert(Operation, self.new_operations)
        statements.insert(Ballot, [(*key, None) for key in self.new_ballots])
        advances = [*self.advances()]
        for advance in advances:
            self.transaction.record(advance)
        journal.store_advances(statements, advances)

    def advances(self) -> Iterator[StreamAdvanced]:
        """The lanes of every room with new voters hear of the turnout, and of no mark."""
        for chain_id, (round, seq) in self.turned_out.items():
            for lane in TURNOUT_LANES:
                yield StreamAdvanced(chain_id, round.challenge_id, lane, round.lanes[lane], seq, ("figures",))


def _question(cast: Cast, round: RoundFacts, voter: VoterFacts) -> int | None:
    """The question of a cast: a criterion for jurors, one for everybody for others.

    A cast may omit it if only one takes marks.
    """
    own = round.criteria if voter.is_juror else round.rules.keys() - round.criteria
    if cast.question_id is None:
        own = own & round.open_questions
        return next(iter(own)) if len(own) == 1 else None
    return cast.question_id if cast.question_id in own else None


def _done_before(work: _Work, digest: str | None, answer: Mapping[str, object]) -> CastAnswer:
    seq, receipt = answer.get("seq"), answer.get("receipt")
    # Otherwise the number belongs to another kind of command, or to other marks.
    if isinstance(seq, int) and isinstance(receipt, str) and operations.is_same(digest, work.digest):
        return CastAnswer(seq=seq, receipt=receipt, dup=True)
    return CastAnswer(INVALID)


def _subject_body(subject: Subject) -> int | list[int]:
    """A subject in the JSON of a stored operation."""
    return subject if isinstance(subject, int) else list(subject)


def _key_of_body(told: int | list[int]) -> Pair:
    return (told, 0) if isinstance(told, int) else (told[0], told[1])
