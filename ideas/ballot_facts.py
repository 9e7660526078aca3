"""Mechanics of casting: what the database says of the rounds, the voters and the subjects of a batch of casts.

Four prepared statements read it, whatever the batch holds. They give the driver's values: instants in milliseconds.
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
    Row,
    String,
    Subquery,
    and_,
    bindparam,
    func,
    join,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, aliased

from ideas import clock, journal
from ideas.database import Prepared, listed
from ideas.marks import COLUMNS, Cast
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
from ideas.policy import OWN_MARKS_COUNT
from ideas.voting.rules import BallotRule, rule_of

# The lanes that hear of a new voter.
TURNOUT_LANES = (journal.ROOM, journal.FACILITATORS)


# Rounds


@dataclass
class RoundFacts:
    """A round as the ballot box needs it."""

    id: int
    key: bytes
    own_marks_count: bool
    takes_votes: bool  # at this moment
    end: journal.End
    slug: str
    lanes: dict[str, int]
    rules: dict[int, BallotRule] = field(default_factory=dict)  # by question, in the order of the questions


def read_rounds(session: Session, round_ids: Iterable[int]) -> dict[int, RoundFacts]:
    """The rounds with these ids. Rounds of one challenge share the end of its journal."""
    return _rounds_of(_ROUNDS.rows(session, wanted=json.dumps([[i] for i in round_ids])))


def read_current_round(session: Session, challenge_id: int) -> RoundFacts | None:
    """The latest round of a challenge."""
    return next(iter(_rounds_of(_CURRENT_ROUND.rows(session, challenge_id=challenge_id)).values()), None)


def _rounds_of(rows: Iterable[Row[Any]]) -> dict[int, RoundFacts]:
    found: dict[int, RoundFacts] = {}
    ends: dict[int, journal.End] = {}
    for row in rows:
        if row.id not in found:
            end = ends.setdefault(row.challenge_id, journal.End(row.challenge_id, row.seq, bytes(row.head)))
            found[row.id] = RoundFacts(
                row.id,
                bytes(row.key),
                own_marks_count=row.origin in OWN_MARKS_COUNT,
                takes_votes=row.closed_at is None and _permits_voting(row),
                end=end,
                slug=row.slug,
                lanes=dict(zip(TURNOUT_LANES, row[-len(TURNOUT_LANES) :], strict=True)),
            )
        if row.question_id is not None:
            found[row.id].rules[row.question_id] = _rule_of(row.rule, row.options)
    return found


def _permits_voting(row: Row[Any]) -> bool:
    """Whether the phase of a round's row, if there is one, permits voting now."""
    if row.activities is None:
        return False
    ends_at, paused_at = (None if at is None else clock.from_ms(at) for at in (row.ends_at, row.paused_at))
    phase = Phase(activities=json.loads(row.activities), ends_at=ends_at, paused_at=paused_at)
    return phase.permits(Activity.VOTE, clock.now())


@lru_cache(maxsize=1000)
def _rule_of(name: str, options: str) -> BallotRule:
    return rule_of(name, json.loads(options))


def _rounds(rounds: FromClause, of: ColumnElement[bool]) -> ClauseElement:
    """One row for each question of each round."""
    return (
        select(Round.id, Round.key, Round.origin, Round.closed_at)
        .add_columns(Round.challenge_id, Challenge.seq, Challenge.head, Challenge.slug)
        .add_columns(_text(Phase.activities).label("activities"), Phase.ends_at, Phase.paused_at)
        .add_columns(Question.id.label("question_id"), Question.rule, _text(Question.options).label("options"))
        .add_columns(*(journal.lane_number(Round.challenge_id.expression, lane) for lane in TURNOUT_LANES))
        .select_from(rounds)
        .join(Challenge, Challenge.id == Round.challenge_id)
        .outerjoin(Phase, and_(Phase.round_id == Round.id, Phase.position == Round.position))
        .outerjoin(Question, Question.round_id == Round.id)
        .where(of)
        .order_by(Question.position, Question.id)
    )


def _rounds_by_id(database: str) -> ClauseElement:
    wanted = listed(database, "wanted", round_id=BigInteger)
    return _rounds(join(wanted, Round, Round.id == wanted.c.round_id), true())


def _round_now(database: str) -> ClauseElement:
    latest = select(func.max(Round.n)).where(Round.challenge_id == bindparam("challenge_id")).scalar_subquery()
    return _rounds(Round.__table__, and_(Round.challenge_id == bindparam("challenge_id"), Round.n == latest))


_ROUNDS, _CURRENT_ROUND = Prepared(_rounds_by_id), Prepared(_round_now)


def _text(column: Any) -> ColumnElement[str]:
    """A column of JSON as the text that it is: a driver may read JSON by itself."""
    return sql_cast(column, String)


# Voters


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


@dataclass(slots=True)
class CastFacts:
    """What is known of one cast: its browser's person, its voter, and the digest and answer of its first run."""

    person_id: int | None = None
    voter: VoterFacts | None = None
    done: tuple[str | None, dict[str, Any]] | None = None


def read_voters(session: Session, casts: Sequence[Cast]) -> list[CastFacts]:
    """The facts of each cast, in order. All casts have a sender, or none has."""
    if casts[0].sender is None:
        wanted = [[n, "", c.participant_id, c.round_id, c.op] for n, c in enumerate(casts)]
        rows = _VOTERS.rows(session, wanted=json.dumps(wanted))
    else:
        wanted = [[n, c.sender.browser if c.sender else "", 0, c.round_id, c.op] for n, c in enumerate(casts)]
        rows = _SENDERS.rows(session, wanted=json.dumps(wanted))
    found = [CastFacts() for _ in casts]
    voters: dict[int, VoterFacts] = {}
    for n, person, participant, secret, tier, barred_at, left_at, op, digest, answer in rows:
        facts = found[n]
        facts.person_id = person
        if participant is None:
            continue
        facts.voter = voters.get(participant)
        if facts.voter is None:
            who = VoterFacts(participant, bytes(secret), tier, is_barred=bool(barred_at), has_left=bool(left_at))
            facts.voter = voters[participant] = who
        if op is not None:
            facts.done = digest, json.loads(answer)
    return found


def _voters(database: str, *, by_browser: bool) -> ClauseElement:
    wanted = listed(
        database, "wanted", n=BigInteger, browser=String, participant_id=BigInteger, round_id=BigInteger, op=String
    )
    who = Participant.person_id == Device.person_id if by_browser else Participant.id == wanted.c.participant_id
    handle = literal("participant-").concat(sql_cast(Participant.id, String))
    people: FromClause = wanted
    if by_browser:
        people = people.outerjoin(Device, Device.token_digest == wanted.c.browser)
    people = (
        people.outerjoin(Round, Round.id == wanted.c.round_id)
        .outerjoin(
            Participant,
            and_(Participant.challenge_id == Round.challenge_id, Participant.merged_into.is_(None), who),
        )
        .outerjoin(Operation, and_(Operation.op == wanted.c.op, Operation.owner == handle))
    )
    person = Device.person_id if by_browser else null()
    return (
        select(wanted.c.n, person, Participant.id, Participant.secret, Participant.tier)
        .add_columns(Participant.barred_at, Participant.left_at)
        .add_columns(Operation.op, Operation.digest, _text(Operation.answer))
        .select_from(people)
    )


_VOTERS = Prepared(partial(_voters, by_browser=False))
_SENDERS = Prepared(partial(_voters, by_browser=True))


# Ballots, marks and entries


@dataclass
class WantedFacts:
    """What a batch asks for. `ballots` are pairs (question, participant), `whole` those of them whose marks are all
    needed, `marks` are (question, participant, subject, versus), `entries` ids.
    """

    ballots: set[tuple[int, int]] = field(default_factory=set)
    whole: set[tuple[int, int]] = field(default_factory=set)
    marks: set[tuple[int, int, int, int]] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)


BALLOT, MARK, ENTRY = "ballot", "mark", "entry"


def read_subjects(session: Session, wanted: WantedFacts) -> Sequence[Row[Any]]:
    """What there is of what is wanted, each with its kind and the columns of a mark.

    A ballot has a question, a participant and the time `at` which it was ended. An entry is one that the room sees: its
    participant is an author, its subject the entry, `versus` its round. Authors of ideas that were merged into it have
    rows of their own.
    """
    told = {
        "ballots": [*wanted.ballots],
        "whole": [*wanted.whole],
        "marks": [*wanted.marks],
        "entries": [[entry] for entry in wanted.entries],
    }
    return _SUBJECTS.rows(session, **{name: json.dumps(rows) for name, rows in told.items()})


def _subjects(database: str) -> ClauseElement:
    of_ballot: dict[str, type[BigInteger]] = {"question_id": BigInteger, "participant_id": BigInteger}
    of_mark = of_ballot | {"subject": BigInteger, "versus": BigInteger}
    ballots, whole = listed(database, "ballots", **of_ballot), listed(database, "whole", **of_ballot)
    marks, entries = listed(database, "marks", **of_mark), listed(database, "entries", id=BigInteger)

    def columns(kind: str, table: Any, **named: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        return [literal_column(f"'{kind}'"), *(named.get(c, null()) if named else getattr(table, c) for c in COLUMNS)]

    def same(table: Any, row: Subquery, names: Iterable[str]) -> ColumnElement[bool]:
        return and_(*(getattr(table, name) == row.c[name] for name in names))

    merged = aliased(Entry)
    return union_all(
        select(*columns(MARK, Mark)).select_from(join(marks, Mark, same(Mark, marks, of_mark))),
        select(*columns(MARK, Mark)).select_from(join(whole, Mark, same(Mark, whole, of_ballot))),
        select(
            *columns(
                BALLOT,
                Ballot,
                question_id=Ballot.question_id.expression,
                participant_id=Ballot.participant_id.expression,
                at=Ballot.done_at.expression,
            )
        ).select_from(join(ballots, Ballot, same(Ballot, ballots, of_ballot))),
        select(
            *columns(
                ENTRY,
                Entry,
                participant_id=Idea.author_id.expression,
                subject=Entry.id.expression,
                versus=Entry.round_id.expression,
            )
        )
        .select_from(
            join(entries, Entry, Entry.id == entries.c.id)
            .outerjoin(merged, merged.counted_as == Entry.id)
            .join(Idea, Idea.id.in_((Entry.idea_id, merged.idea_id)))
        )
        .where(Entry.shown),
    )


_SUBJECTS = Prepared(_subjects)


# Later commands


def read_later(
    session: Session, casts: Iterable[tuple[str, str, int]]
) -> list[tuple[str, str, int, list[int | list[int]]]]:
    """The commands of the page loads `(owner, client, n)` with a higher number, each with what it marked."""
    rows = _LATER.rows(session, wanted=json.dumps([*casts]))
    return [(owner, client, n, json.loads(subjects)) for owner, client, n, subjects in rows]


def _later(database: str) -> ClauseElement:
    wanted = listed(database, "wanted", owner=String, client=String, n=BigInteger)
    same = and_(Operation.owner == wanted.c.owner, Operation.client == wanted.c.client, Operation.n > wanted.c.n)
    return select(Operation.owner, Operation.client, Operation.n, _text(Operation.subjects)).select_from(
        join(wanted, Operation, same)
    )


_LATER = Prepared(_later)
