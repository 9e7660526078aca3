"""The journal: an append-only, hash-chained log of a challenge or a job; and the stream of changes.

Bodies hold integers, enum words and digests only: no free text, no names, no addresses, and for marks no time. `h =
SHA-256(0x00 ‖ h_before ‖ SHA-256(body))`, so a pack may carry an entry as its digest.
"""

import hashlib
import hmac
import json
import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    TextClause,
    and_,
    bindparam,
    exists,
    func,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from ideas import clock
from ideas.actor import Actor
from ideas.database import Transaction
from ideas.errors import NotFound
from ideas.events import StreamAdvanced
from ideas.models import (
    Act,
    Assessment,
    Chained,
    ChainEnd,
    Challenge,
    HandCount,
    JournalEntry,
    KeptHead,
    Mark,
    MergedMark,
    Moment,
    Participant,
    Question,
    Result,
    Round,
    StreamItem,
    Tally,
)
from ideas.offload import pieces_of
from ideas.statements import SQLITE, Prepared, Statements, in_json
from ideas.voting.combining import Given, Key, Merged, combined
from ideas.voting.rules import BallotRule, Subject, key_of, subject_of

ROOM = "room"
FACILITATORS = "facilitators"

# The clients of marks that no page sent (`ideas.merging`): one that stands for others while their entries are merged,
# and one that the end of a merge lessened.
MERGED, UNMERGED = "merged", "unmerged"

# The head before the first entry.
GENESIS = bytes(32)

Body = Mapping[str, object]

# Kinds whose bodies are few and short, or follow from the ballots. A pack shows the digest of such a body, and whoever
# tried all bodies could read it: who joined before which text was written, or whether ballots that fit the counts are
# the right ones. A random salt prevents that. Other hidden bodies hold a pseudonym or a salted digest.
SALTED = frozenset(
    {"join", "leave", "rename", "bar", "readmit", "combine", "withdraw", "unargue", "result", "assess"}
    | {"flag", "unflag", "flags", "jury", "good", "ungood", "kinder", "unkinder", "deal"}
)


def canonical(body: Body) -> bytes:
    """The exact bytes of a body: JSON with sorted keys, no spaces, ASCII."""
    return _encode(body).encode()


# One encoder for all: `json.dumps` makes a new one for each text.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def link(before: bytes, body: bytes) -> bytes:
    """The 32-byte link that follows `before` for an entry with the canonical bytes `body`."""
    return link_of_digest(before, hashlib.sha256(body).digest())


def link_of_digest(before: bytes, digest: bytes) -> bytes:
    """The link of an entry of which only the SHA-256 of its body is known."""
    return hashlib.sha256(b"\x00" + before + digest).digest()


def text_digest(salt: bytes, *texts: str) -> str:
    """The salted digest (64 hex digits) that represents a text in the journal."""
    return hashlib.sha256(salt + "\x00".join(texts).encode()).hexdigest()


def author_digest(salt: bytes, participant_secret: bytes) -> str:
    """The digest (32 hex digits) that represents the author of a text: different for each text of one author."""
    return hashlib.sha256(b"author" + salt + participant_secret).hexdigest()[:32]


def pseudonym(round_key: bytes, participant_secret: bytes) -> str:
    """The pseudonym (32 hex digits) of a participant's marks in a round's journal and export."""
    return hmac.digest(round_key, participant_secret, "sha256")[:16].hex()


def receipt(round_key: bytes, seq: int, h: bytes) -> str:
    """A voter's receipt: the entry's number, 16 hex digits of its link, 8 of a keyed digest over both."""
    stub = f"{seq}-{h[:8].hex()}"
    return f"{stub}-{hmac.digest(round_key, stub.encode(), 'sha256')[:4].hex()}"


def shuffle_key(participant_secret: bytes, item: int) -> bytes:
    """A sort key that gives every participant a different and constant order."""
    return hmac.new(participant_secret, b"order:%d" % item, hashlib.sha256).digest()


@dataclass
class End:
    """The end of a chain, for a caller that reads it without its row."""

    id: int  # of the chain
    seq: int
    head: bytes


# A row of the journal: chain, number, round, kind, body, link.
EntryRow = tuple[int, int, int | None, str, bytes, bytes]


def added(end: ChainEnd | End, kind: str, body: Body, round_id: int | None) -> EntryRow:
    """Move the end of a journal by one entry. :return: the entry's row, which the caller stores."""
    salt = {"salt": secrets.token_hex(16)} if kind in SALTED else {}
    data = canonical({**body, **salt, "kind": kind, "round": round_id})
    end.seq, end.head = end.seq + 1, link(end.head, data)
    return end.id, end.seq, round_id, kind, data, end.head


def store_entries(statements: Statements, rows: Sequence[EntryRow]) -> None:
    """Store entries of any number of journals."""
    statements.insert(JournalEntry, rows)


def store_ends(statements: Statements, ends: Iterable[End]) -> None:
    """Store to which entry each journal has come."""
    rows = [(end.seq, end.head, end.id) for end in ends]
    if statements.database == SQLITE:
        statements.each("UPDATE chain SET seq = ?, head = ? WHERE id = ?", rows)
    else:
        statements.later(_ENDS_OF_POSTGRESQL, ends=in_json(rows))


_ENDS_OF_POSTGRESQL = Prepared(
    lambda _: text("""
UPDATE chain SET seq = CAST(each.value ->> 0 AS INTEGER), head = decode(each.value ->> 1, 'hex')
FROM json_array_elements(CAST(:ends AS JSON)) AS each WHERE chain.id = CAST(each.value ->> 2 AS INTEGER)""")
)


def store_advances(statements: Statements, advances: Iterable[StreamAdvanced]) -> None:
    """Store which handles advances touched. Others run between the pieces of many."""
    latest = {(a.chain_id, a.lane, handle): a.seq for a in advances for handle in a.handles}
    for piece in pieces_of([(*touched, seq) for touched, seq in latest.items()]):
        statements.insert(StreamItem, piece, replacing=("seq",))


@dataclass
class LockedChain:
    """The end of a chain that a write transaction has locked, by its row or by that of its owner.

    `lanes` holds the latest numbers of lanes as far as they were read.
    """

    transaction: Transaction
    end: ChainEnd
    lanes: dict[str, int] = field(default_factory=dict, kw_only=True)
    _gathered: list[StreamAdvanced] | None = field(default=None, kw_only=True)

    @property
    def challenge_id(self) -> int | None:
        """The challenge that owns the chain, None if a job does."""
        return None

    def append(self, kind: str, body: Body, round: Round | None = None) -> int:
        """Append one entry and return its number."""
        [(seq, _)] = self.append_all(kind, [body], round.id if round else None)
        return seq

    def keep_head(self, when: Moment) -> None:
        """Store the head that people are shown now, so that `ideas.audit` finds a history that was rewritten."""
        kept = KeptHead(chain_id=self.end.id, seq=self.end.seq, h=self.end.head, moment=when)
        kept.at = clock.now()
        self.transaction.session.add(kept)

    def act(
        self,
        kind: str,
        handle: str,
        actor: Actor,
        reason: str,
        seq: int,
        *,
        before: str = "",
        batch: int | None = None,
        undoes: int | None = None,
    ) -> None:
        """Store the actor and the reason of act number `seq`. They are outside the chain, so they can be erased.

        `before`, `batch` and `undoes` are those of `Act`.
        """
        row = Act(chain_id=self.end.id, seq=seq, kind=kind, handle=handle, at=clock.now())
        row.account_id, row.person_id, row.reason = actor.account_id, actor.person_id, reason
        row.before, row.batch, row.undoes = before, batch, undoes
        self.transaction.session.add(row)

    def append_all(self, kind: str, bodies: Iterable[Body], round_id: int | None) -> list[tuple[int, bytes]]:
        """Append entries of one kind in order.

        :return: `(number, link)` for each, in the order of `bodies`.
        """
        rows = [added(self.end, kind, body, round_id) for body in bodies]
        store_entries(self.transaction.statements, rows)
        self.transaction.statements.flush()
        return [(seq, h) for _, seq, *_, h in rows]

    def touch(self, seq: int, handles: Iterable[str], lanes: Iterable[str]) -> None:
        """Store that number `seq` touched `handles` on each of `lanes`, and publish it after the commit."""
        of, handles, names = (self.end.id, self.challenge_id), tuple(handles), tuple(lanes)
        self.know_lanes(names)
        advances = [StreamAdvanced(*of, name, self.lanes[name], seq, handles) for name in names]
        for advance in advances:
            self.transaction.record(advance)
            self.lanes[advance.lane] = seq
        if self._gathered is None:
            self._store(advances)
        else:
            self._gathered += advances

    def know_lanes(self, names: Iterable[str]) -> None:
        """Read the latest numbers of lanes that will be touched, all in one statement."""
        unknown = [name for name in names if name not in self.lanes]
        self.lanes |= lane_numbers(self.transaction.session, self.end.id, unknown)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Store at the end of the block what is touched in it, once for all: for an act on many records."""
        self._gathered = []
        yield
        gathered, self._gathered = self._gathered, None
        self._store(gathered)

    def _store(self, advances: Sequence[StreamAdvanced]) -> None:
        self.transaction.session.flush()
        store_advances(self.transaction.statements, advances)
        self.transaction.statements.flush()


@dataclass
class Chain(LockedChain):
    """The end of the chain of a challenge inside a write transaction, with the challenge."""

    challenge: Challenge

    @property
    def challenge_id(self) -> int:
        return self.challenge.id


# A statement has at most as many columns.
LANES_PER_QUERY = 100


def lane_numbers(session: Session, chain_id: int, lanes: Iterable[str]) -> dict[str, int]:
    """`{lane: the latest number that touched it}`, 0 for an untouched lane."""
    found: dict[str, int] = {}
    wanted = list(lanes)
    for start in range(0, len(wanted), LANES_PER_QUERY):
        names = wanted[start : start + LANES_PER_QUERY]
        places = {f"lane{n}": name for n, name in enumerate(names)}
        row = session.execute(_lanes_query(len(names)), {"chain_id": chain_id, **places}).one()
        found.update(zip(names, row, strict=True))
    return found


@cache
def _lanes_query(count: int) -> TextClause:
    """The numbers of so many lanes in one row, as a text: every act asks for some, and it costs the least to build."""
    one = "coalesce((SELECT max(seq) FROM stream WHERE chain_id = :chain_id AND lane = :lane{n}), 0)"
    return text("SELECT " + ", ".join(one.format(n=n) for n in range(count)))


def heads_of(session: Session, challenge_ids: Collection[int]) -> list[tuple[int, int, str, int]]:
    """`(challenge, chain, epoch, latest number)` of each challenge that exists."""
    if not challenge_ids:
        return []
    rows = session.execute(_heads_query(), {"challenges": list(challenge_ids)})
    return [(challenge_id, chain_id, epoch, seq) for challenge_id, chain_id, epoch, seq in rows]


@cache
def _heads_query() -> Select[tuple[int, int, str, int]]:
    """It is built once, since it is asked every second."""
    wanted = Challenge.id.in_(bindparam("challenges", expanding=True))
    return select(Challenge.id, ChainEnd.id, ChainEnd.epoch, ChainEnd.seq).join_from(Challenge, ChainEnd).where(wanted)


def lanes_touched_since(session: Session, chain_id: int, since: int) -> dict[str, int]:
    """`{lane: the latest number that touched it}` of the lanes that were touched after number `since`."""
    latest = select(StreamItem.lane, func.max(StreamItem.seq)).where(
        StreamItem.chain_id == chain_id, StreamItem.seq > since
    )
    return dict(session.execute(latest.group_by(StreamItem.lane)).tuples().all())


def touched_since(session: Session, chain_id: int, lanes: Collection[str], since: int) -> dict[str, list[str]]:
    """`{lane: the handles that were touched on it after a number}`, the oldest first."""
    rows = session.execute(
        select(StreamItem.lane, StreamItem.handle)
        .where(StreamItem.chain_id == chain_id, StreamItem.lane.in_(lanes), StreamItem.seq > since)
        .order_by(StreamItem.seq)
    )
    handles: dict[str, list[str]] = {}
    for lane, handle in rows:
        handles.setdefault(lane, []).append(handle)
    return handles


def lane_number(chain_id: ColumnElement[int], lane: str) -> ColumnElement[int]:
    """The SQL of the latest number that touched a lane: the last entry of an index, however much the lane holds."""
    latest = select(func.max(StreamItem.seq)).where(StreamItem.chain_id == chain_id, StreamItem.lane == lane)
    return func.coalesce(latest.scalar_subquery(), 0)


def chain_of(challenge_id: int) -> ScalarSelect[int]:
    """The chain of a challenge, as a part of a statement that knows the challenge by its number only."""
    return select(Challenge.chain_id).where(Challenge.id == challenge_id).correlate(None).scalar_subquery()


def locked(transaction: Transaction, challenge_id: int) -> Chain:
    """Lock a challenge and its chain for the rest of the transaction.

    :raise NotFound: if there is no such challenge.
    """
    chain, challenge = locked_with_owner(transaction, Challenge, challenge_id)
    return Chain(transaction, chain.end, challenge)


Owner = TypeVar("Owner", bound=Chained)


def locked_with_owner(transaction: Transaction, kind: type[Owner], key: int) -> tuple[LockedChain, Owner]:
    """Lock the row of an owner and its chain for the rest of the transaction, by one statement.

    SQLite has a single writer; on PostgreSQL the row locks make the numbers gapless and ordered. The owner's row is
    always the first of the two: whoever holds it may change the chain (`ballot_facts.lock_challenges`). Rows that were
    read before the lock may be out of date, so the session discards them.

    :raise NotFound: if there is no such owner.
    """
    session = transaction.session
    session.flush()
    session.expire_all()
    owner = session.scalar(select(kind).filter_by(id=key).with_for_update())
    if owner is None:
        raise NotFound
    return LockedChain(transaction, owner.chain), owner


def begin() -> ChainEnd:
    """A new chain, for the row that will own it."""
    return ChainEnd(epoch=secrets.token_hex(8), seq=0, head=GENESIS)


@dataclass(frozen=True)
class Break:
    """The first inconsistency of a journal, in words for an operator. `owner` is whose journal it is: `challenge 3`."""

    owner: str
    seq: int
    problem: str


class Broken(Exception):
    """An entry that does not follow from the one before it, or the end of a chain that is not that of its journal."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(problem)
        self.seq, self.problem = seq, problem


def verified(session: Session, end: ChainEnd) -> Iterator[tuple[int, int | None, dict[str, Any]]]:
    """The entries of a chain, `(number, round, body)`: each is verified before it is given, and then the end.

    :raise Broken: at the first one that does not hold.
    """
    head, seq = GENESIS, 0
    rows = session.execute(
        select(JournalEntry.seq, JournalEntry.round_id, JournalEntry.kind, JournalEntry.body, JournalEntry.h)
        .filter_by(chain_id=end.id)
        .order_by(JournalEntry.seq)
        .execution_options(yield_per=5000)
    )
    for number, round_id, kind, data, h in rows:
        if number != seq + 1:
            raise Broken(seq + 1, "the entry is missing")
        if not isinstance(data, bytes):  # SQLite accepts a text in a column of bytes, and manual changes leave one
            raise Broken(number, "the entry or one before it was changed")
        seq, head = number, link(head, data)
        if h != head:
            raise Broken(seq, "the entry or one before it was changed")
        body = json.loads(data)
        if (body["kind"], body["round"]) != (kind, round_id):
            raise Broken(seq, "the entry's kind or round was changed")
        yield seq, round_id, body
    if (seq, head) != (end.seq, end.head):
        raise Broken(seq, "the journal does not end where its chain says it does")


def verify_challenge(session: Session, challenge: Challenge) -> None:
    """Verify a challenge's chain (rows, numbers, head), and compare the stored marks and hands with the journal; of
    forgotten rounds the counts alone.

    `ideas.audit` compares everything else.

    :raise Broken: at the first difference.
    """
    marks, forgotten = Recount(_rules(session, challenge.id)), set[int | None]()
    for seq, round_id, body in verified(session, challenge.chain):
        kind = body["kind"]
        marks.read(seq, body)
        forgotten |= {round_id} if kind == "forget" else set()
        if kind in FROZEN and not _is_frozen(session, FROZEN[kind], round_id, body["digest"]):
            raise Broken(seq, f"the stored {kind} is not the one that was frozen")
    seq = challenge.seq
    rounds = select(Round.id).where(Round.challenge_id == challenge.id, Round.is_forgotten)
    if forgotten != set(session.scalars(rounds)):
        raise Broken(seq, "the forgotten rounds are not those of the journal")
    questions = set(session.scalars(select(Question.id).where(Question.round_id.in_(rounds))))
    for table, found in ((Mark, marks.counting()), (MergedMark, marks.waiting())):
        remembered = {key: mark for key, mark in found.items() if key[1] not in questions}
        if remembered != _stored_marks(session, challenge.id, table):
            raise Broken(seq, "the stored marks are not those of the journal")
    if _tallies(session, challenge.id) != _counted(session, challenge.id) | marks.sums(questions):
        raise Broken(seq, "the counters are not the sums of the marks")
    if marks.hands != _stored_hands(session, challenge.id):
        raise Broken(seq, "the shows of hands are not those of the journal")


# Kinds of entries that hold the digest of a row: the result, and its assessment.
FROZEN: dict[str, type[Result] | type[Assessment]] = {"result": Result, "assess": Assessment}


def _is_frozen(session: Session, table: type[Result] | type[Assessment], round_id: int | None, digest: str) -> bool:
    """Whether a round's row still has the digest in the journal."""
    body = session.scalar(select(table.body).where(table.round_id == round_id, table.digest == digest))
    return isinstance(body, bytes) and hashlib.sha256(body).hexdigest() == digest


Sums = dict[tuple[int, ...], int]
MarkKey = tuple[str, int, Subject]  # pseudonym, question, subject


def _tallies(session: Session, challenge_id: int) -> Sums:
    """`{(question, subject, versus, value): n}` of the stored counters."""
    query = select(Tally.question_id, Tally.subject, Tally.versus, Tally.value, Tally.n).join(Question).join(Round)
    rows = session.execute(query.where(Round.challenge_id == challenge_id, Tally.n != 0))
    return {tuple(key): n for *key, n in rows}


def _counted(session: Session, challenge_id: int) -> Sums:
    """`{(question, subject, versus, value): n}` as the sum of the stored marks."""
    of = (Mark.question_id, Mark.subject, Mark.versus, Mark.value)
    query = select(*of, func.count()).join(Question).join(Round).where(Round.challenge_id == challenge_id)
    return {tuple(key): n for *key, n in session.execute(query.group_by(*of))}


class Recount:
    """The latest marks and shows of hands according to a journal. The marks of a wave that is left out wait aside.

    Between page loads (`c`) the order of the entries decides, within one page load the highest `n`. `latest` maps
    `(pseudonym, question, subject)` to `(value, number of the entry)`, as the marks were cast. `merges` are those that
    stand. `hands` maps `(question, entry, value)` to the latest number of hands.
    """

    def __init__(self, rules: Mapping[int, BallotRule] | None = None) -> None:
        self.hands: Sums = {}
        self.merges: dict[int, Merged] = {}
        self.latest: dict[MarkKey, tuple[int, int]] = {}
        self._rules = rules or {}
        self._highest: dict[tuple[str, int, Subject, str], int] = {}
        self._aside: dict[MarkKey, tuple[int, int]] = {}

    def counting(self) -> dict[MarkKey, tuple[int, int]]:
        """The marks that count while the merges stand, in the form of `latest`."""
        if not self.merges:
            return self.latest
        return {key: (mark.value, mark.seq) for key, mark in self._combined().items()}

    def waiting(self) -> dict[MarkKey, tuple[int, int]]:
        """The marks that others stand for, or that do not count until a merge ends."""
        if not self.merges:
            return {}
        own = {key for key, mark in self._combined().items() if key_of(key[2]) == mark.key}
        return {key: mark for key, mark in self.latest.items() if key not in own}

    def _combined(self) -> dict[MarkKey, Given]:
        ballots: defaultdict[tuple[str, int], dict[Key, Given]] = defaultdict(dict)
        for (who, question, subject), (value, seq) in self.latest.items():
            ballots[who, question][key_of(subject)] = Given(value, seq)
        return {
            (who, question, subject_of(key)): mark
            for (who, question), given in ballots.items()
            for key, mark in combined(self._rules[question].combined, given, self.merges).items()
        }

    def read(self, seq: int, body: dict[str, Any]) -> None:
        if body["kind"] == "exclude":
            self._exclude(body)
        if body["kind"] == "restore":
            self.latest |= {key: self._aside.pop(key) for key in [*self._aside] if key[0] in body["p"]}
        if body["kind"] == "merge":
            self.merges[body["entry"]] = Merged(body["into"], seq)
        if body["kind"] == "unmerge":
            self.merges.pop(body["entry"], None)
        if body["kind"] == "hands":
            self._read_hands((body["q"], body["entry"], body["value"]), body["n"])
        if body["kind"] != "mark":
            return
        # Two ballots of one person that were combined while ideas were merged: the numbers under which they were cast.
        orders = {subject_of((one, *other) if other else (one, 0)): n for one, *other, n in body.get("o", ())}
        for subject, *versus, value in body["m"]:
            key = (body["p"], body["q"], (subject, versus[0]) if versus else subject)
            if body["n"] >= self._highest.get((*key, body["c"]), body["n"]):
                self._highest[*key, body["c"]] = body["n"]
                self.latest[key] = (value, orders.get(key[2], seq))

    def sums(self, questions: Collection[int]) -> Sums:
        """`{(question, subject, versus, value): n}` of the marks on these questions."""
        found = Counter[tuple[int, ...]]()
        for (_, question, subject), (value, _) in self.counting().items():
            if question in questions:
                found[(question, *key_of(subject), value)] += 1
        return dict(found)

    def _exclude(self, body: dict[str, Any]) -> None:
        """Take out the marks of one pseudonym on a question, for good, or those of the pseudonyms of a wave."""
        if "q" in body:
            out = (body["p"], body["q"])
            self.latest = {key: mark for key, mark in self.latest.items() if key[:2] != out}
            self._aside = {key: mark for key, mark in self._aside.items() if key[:2] != out}
        else:
            people = set(body["p"])
            self._aside |= {key: mark for key, mark in self.latest.items() if key[0] in people}
            self.latest = {key: mark for key, mark in self.latest.items() if key[0] not in people}

    def _read_hands(self, key: tuple[int, ...], n: int) -> None:
        if n:
            self.hands[key] = n
        else:
            self.hands.pop(key, None)


def _stored_hands(session: Session, challenge_id: int) -> Sums:
    """`{(question, entry, value): n}` of the stored shows of hands."""
    of = (HandCount.question_id, HandCount.entry_id, HandCount.value, HandCount.n)
    rows = session.execute(select(*of).join(Question).join(Round).where(Round.challenge_id == challenge_id))
    return {tuple(key): n for *key, n in rows}


MARK_KEY = ("question_id", "participant_id", "subject", "versus")


def _rules(session: Session, challenge_id: int) -> dict[int, BallotRule]:
    query = select(Question).join(Round).where(Round.challenge_id == challenge_id)
    return {question.id: question.ballot_rule for question in session.scalars(query)}


def _stored_marks(
    session: Session, challenge_id: int, table: type[Mark] | type[MergedMark]
) -> dict[MarkKey, tuple[int, int]]:
    """The rows of marks. One that waits and was replaced by a later mark on its subject says nothing any more."""
    replaced = and_(*(getattr(Mark, name) == getattr(table, name) for name in MARK_KEY), Mark.client != MERGED)
    rows = session.execute(
        select(Round.key, Participant.secret, table.question_id, table.subject, table.versus, table.value, table.seq)
        .join_from(table, Question)
        .join(Round)
        .join(Participant, Participant.id == table.participant_id)
        .where(Round.challenge_id == challenge_id, true() if table is Mark else ~exists().where(replaced))
    )
    return {
        (pseudonym(key, secret), question, subject_of((subject, versus))): (value, seq)
        for key, secret, question, subject, versus, value, seq in rows
    }
