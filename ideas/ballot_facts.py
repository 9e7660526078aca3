"""Mechanics of casting: what the database says of the rounds, the voters and the subjects of a batch of casts.

One statement reads it, whatever the batch holds; limited ballots and overtaken commands take another one each.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    String,
    and_,
    func,
    join,
    literal,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy import cast as sql_cast

from ideas import clock, journal
from ideas.database import alias_of
from ideas.marks import COLUMNS, Cast, LatestMark
from ideas.models import (
    Audience,
    Ballot,
    ChainEnd,
    Challenge,
    Device,
    Entry,
    Idea,
    Mark,
    Operation,
    Participant,
    Phase,
    PhaseClock,
    Question,
    Round,
    Tier,
)
from ideas.policy import OWN_MARKS_COUNT
from ideas.statements import SQLITE, Prepared, Statements, in_json, listed
from ideas.voting.rules import BallotRule, key_of, rule_of

# The lanes that hear of a new voter.
TURNOUT_LANES = (journal.ROOM, journal.FACILITATORS)


@dataclass
class RoundFacts:
    """A round as the ballot box needs it."""

    id: int
    challenge_id: int
    key: bytes
    own_marks_count: bool
    open_for: frozenset[str]  # the activities of the phase, unless it is over at this moment
    end: journal.End
    lanes: dict[str, int]
    rules: dict[int, BallotRule] = field(default_factory=dict)  # by question, criteria included
    criteria: set[int] = field(default_factory=set)  # the questions that only jurors answer
    activities: dict[int, str] = field(default_factory=dict)  # by question, the one whose phases take its marks

    @property
    def open_questions(self) -> set[int]:
        """The questions that take marks at this moment."""
        return {question for question, activity in self.activities.items() if activity in self.open_for}


@dataclass(slots=True)
class VoterFacts:
    """The participant of a cast as the ballot box needs them."""

    id: int
    secret: bytes
    tier: str
    is_barred: bool
    has_left: bool

    @property
    def handle(self) -> str:
        return f"participant-{self.id}"

    @property
    def is_juror(self) -> bool:
        return self.tier == Tier.JURY


@dataclass(slots=True)
class CastFacts:
    """What is known of one cast: its browser's person, its voter, and the digest and answer of its first run."""

    person_id: int | None = None
    voter: VoterFacts | None = None
    done: tuple[str | None, dict[str, Any]] | None = None


@dataclass
class BatchFacts:
    """What the database says of a batch of casts.

    `casts` are in the order of the casts. `ballots` maps (question, participant) to the time at which the ballot was
    ended. `entries` maps (round, entry) to its authors, for the entries that the room sees. `marks` are those that
    stand on the subjects of the casts. Rounds of one challenge share the end of its journal.
    """

    casts: list[CastFacts]
    rounds: dict[int, RoundFacts] = field(default_factory=dict)
    ballots: dict[tuple[int, int], int | None] = field(default_factory=dict)
    entries: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    marks: list[LatestMark] = field(default_factory=list)


def lock_challenges(statements: Statements, round_ids: Iterable[int]) -> None:
    """Lock the challenges of rounds for the rest of the transaction, before anything of them is read. Whoever holds a
    challenge may change its chain.

    On SQLite the transaction is the lock. On PostgreSQL a statement that waits for a lock reads other rows as they were
    before it waited, so the lock has to come first.
    """
    if statements.database != SQLITE:
        statements.later(_LOCK, wanted=in_json([(i,) for i in round_ids]))


def _lock(database: str) -> ClauseElement:
    wanted = listed(database, "wanted", round_id=BigInteger)
    of = select(Round.challenge_id).join(wanted, Round.id == wanted.c.round_id)
    return select(Challenge.id).where(Challenge.id.in_(of)).order_by(Challenge.id).with_for_update(of=Challenge)


_LOCK = Prepared(_lock)

CAST, ENTRY, ROUND = "cast", "entry", "round"


def read_facts(statements: Statements, casts: Sequence[Cast]) -> BatchFacts:
    """Read all facts in one statement. All casts have a sender, or none has."""
    wanted = list[tuple[object, ...]]()
    entries, rounds = set[int](), set[int]()
    for n, cast in enumerate(casts):
        browser = cast.sender.browser if cast.sender else ""
        of_cast = (n, browser, cast.participant_id, cast.round_id, cast.op, cast.question_id)
        rounds.add(cast.round_id)
        keys = [key_of(subject) for subject in cast.marks]
        entries.update(entry for key in keys for entry in key if entry)
        wanted += [(*of_cast, *key) for key in keys or [(0, 0)]]
    rows = statements.rows(
        _OF_VOTERS if casts[0].sender is None else _OF_BROWSERS,
        casts=in_json(wanted),
        entries=in_json([(entry,) for entry in entries]),
        rounds=in_json([(round_id,) for round_id in rounds]),
    )
    return _facts_of(rows, len(casts), clock.to_ms(clock.now()))


def _facts_of(rows: Iterable[tuple[Any, ...]], count: int, now: int) -> BatchFacts:
    found = BatchFacts([CastFacts() for _ in range(count)])
    voters: dict[int, VoterFacts] = {}
    ends: dict[int, journal.End] = {}
    for kind, *row in rows:
        if kind == CAST:
            _take_cast(found, voters, row)
        elif kind == ENTRY:
            round_id, entry, author = row[:3]
            found.entries.setdefault((round_id, entry), set()).add(author)
        else:
            _take_round(found.rounds, ends, row, now)
    return found


def _take_cast(found: BatchFacts, voters: dict[int, VoterFacts], row: list[Any]) -> None:
    (n, person, participant, barred_at, left_at, question, has_ballot, done_at) = row[:8]
    (subject, versus, value, seq, number, at, secret, _, tier, op, digest, answer, client, _) = row[8:]
    facts = found.casts[n]
    facts.person_id = person
    if participant is None:
        return
    if facts.voter is None:
        facts.voter = voters.get(participant)
    if facts.voter is None:
        who = VoterFacts(participant, bytes(secret), tier, is_barred=bool(barred_at), has_left=bool(left_at))
        facts.voter = voters[participant] = who
    if op is not None and facts.done is None:
        facts.done = digest, json.loads(answer)
    if has_ballot:
        found.ballots[question, participant] = done_at
    if value is not None:
        found.marks.append(LatestMark(question, participant, subject, versus, value, seq, client, number, at))


def _take_round(found: dict[int, RoundFacts], ends: dict[int, journal.End], row: list[Any], now: int) -> None:
    (round_id, challenge_id, chain_id, seq, closed_at, ends_at, paused_at, question, *lanes) = row[:10]
    (key, head, origin, activities, rule, options, audience, opened_by) = row[INTEGERS:]
    if round_id not in found:
        phase: PhaseClock[int] = PhaseClock(_activities_of(activities), ends_at, paused_at)
        found[round_id] = RoundFacts(
            round_id,
            challenge_id,
            bytes(key),
            own_marks_count=origin in OWN_MARKS_COUNT,
            open_for=frozenset() if closed_at is not None or phase.is_over(now) else _activities_of(activities),
            end=ends.setdefault(chain_id, journal.End(chain_id, seq, bytes(head))),
            lanes=dict(zip(TURNOUT_LANES, lanes, strict=True)),
        )
    if question is not None:
        found[round_id].rules[question] = _rule_of(rule, options)
        found[round_id].activities[question] = opened_by
        if audience == Audience.JURY:
            found[round_id].criteria.add(question)


@lru_cache(maxsize=1000)
def _activities_of(told: str | None) -> frozenset[str]:
    """The activities of a phase; none in the lobby, which is no row."""
    return frozenset(json.loads(told) if told else ())


@lru_cache(maxsize=1000)
def _rule_of(name: str, options: str) -> BallotRule:
    return rule_of(name, json.loads(options))


# The shape of a row of facts: its kind, then so many integers, bytes and texts. A kind leaves the rest empty.
INTEGERS, BYTES, TEXTS = 14, 2, 6


def _row(kind: str, integers: list[Any], bytes_: list[Any], texts: list[Any]) -> list[ColumnElement[Any]]:
    cells = list[ColumnElement[Any]]()
    for given, count, kind_of in (
        (integers, INTEGERS, BigInteger),
        (bytes_, BYTES, LargeBinary),
        (texts, TEXTS, String),
    ):
        empty: ColumnElement[Any] = sql_cast(null(), kind_of())
        cells += [*given, *[empty] * (count - len(given))]
    # Every row of a union names its columns like the first; two columns with one name would be read as one.
    return [literal_column(f"'{kind}'").label("kind"), *(cell.label(f"c{n}") for n, cell in enumerate(cells))]


def _facts(database: str, *, by_browser: bool) -> ClauseElement:
    return union_all(_casts(database, by_browser=by_browser), _entries(database), _rounds(database))


def _casts(database: str, *, by_browser: bool) -> Select[Any]:
    """One row for each subject of each cast: its voter, the command's first run, the ballot and the standing mark."""
    wanted = listed(
        database,
        "casts",
        n=BigInteger,
        browser=String,
        participant_id=BigInteger,
        round_id=BigInteger,
        op=String,
        question_id=BigInteger,
        subject=BigInteger,
        versus=BigInteger,
    )
    who = Participant.person_id == Device.person_id if by_browser else Participant.id == wanted.c.participant_id
    handle = literal("participant-").concat(sql_cast(Participant.id, String))
    people: FromClause = wanted
    if by_browser:
        people = people.outerjoin(Device, Device.token_digest == wanted.c.browser)
    of_challenge = and_(Participant.challenge_id == Round.challenge_id, Participant.merged_into.is_(None), who)
    asked = func.coalesce(wanted.c.question_id, Question.id) == Question.id
    of_voter = and_(Ballot.question_id == Question.id, Ballot.participant_id == Participant.id)
    standing = and_(
        Mark.question_id == Question.id,
        Mark.participant_id == Participant.id,
        Mark.subject == wanted.c.subject,
        Mark.versus == wanted.c.versus,
    )
    people = (
        people.outerjoin(Round, Round.id == wanted.c.round_id)
        .outerjoin(Participant, of_challenge)
        .outerjoin(Operation, and_(Operation.op == wanted.c.op, Operation.owner == handle))
        .outerjoin(Question, and_(Question.round_id == Round.id, asked))
        .outerjoin(Ballot, of_voter)
        .outerjoin(Mark, standing)
    )
    person = Device.person_id if by_browser else sql_cast(null(), BigInteger)
    integers = [wanted.c.n, person, Participant.id, Participant.barred_at, Participant.left_at, Question.id]
    integers += [Ballot.participant_id, Ballot.done_at, Mark.subject, Mark.versus, Mark.value, Mark.seq, Mark.n]
    texts = [Participant.tier, Operation.op, Operation.digest, _text(Operation.answer), Mark.client]
    return select(*_row(CAST, [*integers, Mark.at], [Participant.secret], texts)).select_from(people)


def _entries(database: str) -> Select[Any]:
    """The entries that the room sees, each with its round and an author.

    Authors of ideas that were merged into it have rows of their own.
    """
    wanted, merged = listed(database, "entries", id=BigInteger), alias_of(Entry, "merged")
    return (
        select(*_row(ENTRY, [Entry.round_id, Entry.id, Idea.author_id], [], []))
        .select_from(
            join(wanted, Entry, Entry.id == wanted.c.id)
            .outerjoin(merged, merged.counted_as == Entry.id)
            .join(Idea, Idea.id.in_((Entry.idea_id, merged.idea_id)))
        )
        .where(Entry.shown)
    )


def _rounds(database: str) -> Select[Any]:
    """One row for each question of each round."""
    wanted = listed(database, "rounds", round_id=BigInteger)
    lanes = [journal.lane_number(ChainEnd.id.expression, lane) for lane in TURNOUT_LANES]
    integers: list[Any] = [Round.id, Round.challenge_id, ChainEnd.id, ChainEnd.seq]
    integers += [Round.closed_at, Phase.ends_at, Phase.paused_at, Question.id, *lanes]
    texts = [Round.origin, _text(Phase.activities), Question.rule, _text(Question.options), Question.audience]
    texts.append(Question.activity)
    return (
        select(*_row(ROUND, integers, [Round.key, ChainEnd.head], texts))
        .select_from(join(wanted, Round, Round.id == wanted.c.round_id))
        .join(Challenge, Challenge.id == Round.challenge_id)
        .join(ChainEnd, ChainEnd.id == Challenge.chain_id)
        .outerjoin(Phase, and_(Phase.round_id == Round.id, Phase.position == Round.position))
        .outerjoin(Question, Question.round_id == Round.id)
    )


def _text(column: Any) -> ColumnElement[str]:
    """A column of JSON as the text that it is: a driver may read JSON by itself."""
    return sql_cast(column, String)


_OF_VOTERS = Prepared(partial(_facts, by_browser=False))
_OF_BROWSERS = Prepared(partial(_facts, by_browser=True))


# Whole ballots


def read_ballots(statements: Statements, ballots: Iterable[tuple[int, int]]) -> list[LatestMark]:
    """All marks of the ballots `(question, participant)`."""
    return [LatestMark(*row) for row in statements.rows(_BALLOTS, wanted=in_json([*ballots]))]


def _ballots(database: str) -> ClauseElement:
    wanted = listed(database, "wanted", question_id=BigInteger, participant_id=BigInteger)
    of_ballot = and_(Mark.question_id == wanted.c.question_id, Mark.participant_id == wanted.c.participant_id)
    return select(*(getattr(Mark, name) for name in COLUMNS)).select_from(join(wanted, Mark, of_ballot))


_BALLOTS = Prepared(_ballots)


# Later commands


def read_later(
    statements: Statements, casts: Iterable[tuple[str, str, int]]
) -> list[tuple[str, str, int, list[int | list[int]]]]:
    """The commands of the page loads `(owner, client, n)` with a higher number, each with what it marked."""
    rows = statements.rows(_LATER, wanted=in_json([*casts]))
    return [(owner, client, n, json.loads(subjects)) for owner, client, n, subjects in rows]


def _later(database: str) -> ClauseElement:
    wanted = listed(database, "wanted", owner=String, client=String, n=BigInteger)
    same = and_(Operation.owner == wanted.c.owner, Operation.client == wanted.c.client, Operation.n > wanted.c.n)
    return select(Operation.owner, Operation.client, Operation.n, _text(Operation.subjects)).select_from(
        join(wanted, Operation, same)
    )


_LATER = Prepared(_later)
