"""The audit of `journal check`: every chain, and every row that people see against the chain.

The chain proves itself (`journal.verified`). This module finds rows that were changed beside it: texts, authors,
statuses, outcomes, awards, the time of the close, receipts, the turnout, and a history that was cut or rewritten
together with its head. Entries of earlier versions lack some digests; what they do not state is not compared.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Integer, func, select, union
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session, selectinload

from ideas import clock, journal
from ideas.job_audit import differences_of_job
from ideas.journal import Break
from ideas.models import (
    Act,
    Argument,
    Award,
    Ballot,
    Chained,
    ChainEnd,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaEdge,
    IdeaVersion,
    Job,
    JournalEntry,
    KeptHead,
    Mark,
    MergedMark,
    Operation,
    Origin,
    Outcome,
    Participant,
    Question,
    Result,
    Round,
    StreamItem,
)
from ideas.promises import words_digest
from ideas.queries.counts import published


def check(session: Session) -> Iterator[Break]:
    """Audit every journal, whoever owns it.

    :return: at most one break per journal; none if everything is consistent.
    """
    found = set[int]()
    for kind in sorted(Chained.__subclasses__(), key=lambda kind: kind.__name__):
        for owner in session.scalars(select(kind).order_by(kind.id)):
            found.add(owner.chain_id)
            if problem := _problem(session, owner):
                yield Break(f"{kind.__name__.lower()} {owner.id}", *problem)
    for end in session.scalars(select(ChainEnd).order_by(ChainEnd.id)):
        if end.id not in found:
            yield Break(f"chain {end.id}", end.seq, "nothing owns the journal any more")


def _problem(session: Session, owner: Chained) -> tuple[int, str] | None:
    """The first problem of a journal: the number of its entry, and the problem."""
    try:
        if isinstance(owner, Challenge):
            journal.verify_challenge(session, owner)
        else:
            for _ in journal.verified(session, owner.chain):
                pass
    except journal.Broken as broken:
        return broken.seq, broken.problem
    of_kind: Differences = iter(())
    if isinstance(owner, Challenge):
        of_kind = _of_challenge(session, owner)
    elif isinstance(owner, Job):
        of_kind = differences_of_job(session, owner)
    return next(chain(_heads(session, owner), _left_over(session, owner), of_kind), None)


def _of_challenge(session: Session, challenge: Challenge) -> "Differences":
    """What the rows of a challenge say otherwise than its journal."""
    stated = _stated(session, challenge.id)
    for differences in (
        _receipts(session, challenge.id),
        _closes(session, challenge, stated),
        _entries(session, challenge.id, stated),
        _arguments(session, challenge.id, stated),
        _turnouts(session, challenge.id, stated),
        _outcomes(session, challenge.id, stated),
        _decisive(session, challenge.id, stated),
        _awards(session, challenge.id, stated),
    ):
        yield from differences


# The number of a journal entry, or that of the head, and the problem.
Differences = Iterator[tuple[int, str]]


@dataclass
class _Text:
    """An idea or an argument according to the journal: the number of its latest entry, its status and its digests."""

    seq: int
    status: EntryStatus
    sealed: bool = False
    digests: dict[int, str] = field(default_factory=dict)  # by version; arguments have one
    author: str | None = None
    erased: bool = False
    parents: list[int] = field(default_factory=list)  # the entries from which an idea grew
    into: int | None = None  # the entry into which it was merged
    to: int | None = None  # the argument to which it replies


@dataclass
class _Stated:
    """What a journal states, apart from marks."""

    ideas: dict[int, _Text] = field(default_factory=dict)  # by entry
    arguments: dict[int, _Text] = field(default_factory=dict)
    closes: dict[int, tuple[int, int | None]] = field(default_factory=dict)  # `{round: (number, ms)}`
    counts: dict[int, tuple[int, str]] = field(default_factory=dict)  # `{round: (number, digest)}`
    words: tuple[int, str] | None = None  # of the challenge
    outcomes: dict[tuple[int, int], str] = field(default_factory=dict)  # `{(entry, number): decision}`
    decisive: dict[int, int] = field(default_factory=dict)  # `{argument: number}`
    awards: dict[int, tuple[int, list[Any]]] = field(default_factory=dict)  # `{award: (number, what was given)}`
    withdrawn: dict[int, int] = field(default_factory=dict)  # `{award: number}`
    groups: dict[int, tuple[int, list[int]]] = field(default_factory=dict)  # `{group: (number, its entries)}`
    done: dict[tuple[str, int], int] = field(default_factory=dict)  # `{(pseudonym, question): number}`

    def read(self, seq: int, body: dict[str, Any]) -> None:
        """Take one entry. An unknown kind states nothing."""
        match body["kind"]:
            case "entry" | "edit":
                text = self.ideas.setdefault(body["entry"], _Text(seq, EntryStatus.VISIBLE))
                text.seq, text.status, text.sealed = seq, EntryStatus(body["status"]), bool(body.get("sealed"))
                text.digests[body["version"]] = body["text"]
                text.author = body.get("author", text.author)
                text.parents += body.get("parents", [])
            case "argument":
                digests = {1: body["text"]}
                author = body.get("author")
                to = body.get("to")
                self.arguments[body["argument"]] = _Text(
                    seq, EntryStatus.VISIBLE, digests=digests, author=author, to=to
                )
            case "reargue":
                changed = self.arguments[body["argument"]]
                changed.seq, changed.digests = seq, {1: body["text"]}
            case "hide":
                self._move(seq, body, EntryStatus.HIDDEN)
            case "show":
                shown = self._text(body)
                self._move(seq, body, EntryStatus.MERGED if shown and shown.into else EntryStatus.VISIBLE)
            case "bar":  # where names are shown, a removal hides the texts
                for noun, texts in (("entries", self.ideas), ("arguments", self.arguments)):
                    for key in body.get(noun, []):
                        texts[key].seq, texts[key].status = seq, EntryStatus.HIDDEN
            case "merge":
                self._move(seq, body, EntryStatus.MERGED)
                self.ideas[body["entry"]].into = body["into"]
            case "unmerge":
                text = self.ideas[body["entry"]]
                text.seq, text.into = seq, None
                if text.status == EntryStatus.MERGED:
                    text.status = EntryStatus.VISIBLE
            case "withdraw" | "unargue":
                self._move(seq, body, EntryStatus.WITHDRAWN)
            case "redact":
                if erased := self._text(body):
                    erased.seq, erased.erased = seq, True
            case "reveal":
                for entry in body["entries"]:
                    if entry in self.ideas:
                        self.ideas[entry].sealed = False
            case "group":
                self.groups[body["group"]] = (seq, body["entries"])
            case "close":
                self.closes[body["round"]] = (seq, body.get("at"))
            case "counts":
                self.counts[body["round"]] = (seq, body["digest"])
            case "outcome":
                self.outcomes |= {(entry, seq): body["outcome"] for entry in body["entries"]}
            case "decisive":
                self.decisive[body["argument"]] = seq
            case "undecisive":
                self.decisive.pop(body["argument"], None)
            case "award":
                for award in body["awards"]:
                    given = [award[key] for key in ("entry", "prizes", "cents", "drawn", "parts")]
                    self.awards[award["award"]] = (seq, given)
            case "unaward":
                self.withdrawn[body["award"]] = seq
            case "open" | "revise":
                self.words = (seq, body["words"]) if "words" in body else self.words
            case "done":
                self.done[body["p"], body["q"]] = seq
            case "reopen":
                self.done.pop((body["p"], body["q"]), None)
            case "exclude":
                gone = [body["p"]] if isinstance(body["p"], str) else body["p"]
                self.done = {key: n for key, n in self.done.items() if key[0] not in gone}

    def _text(self, body: dict[str, Any]) -> _Text | None:
        return self.ideas.get(body["entry"]) if "entry" in body else self.arguments.get(body["argument"])

    def _move(self, seq: int, body: dict[str, Any], status: EntryStatus) -> None:
        if text := self._text(body):
            text.seq, text.status = seq, status


def _stated(session: Session, challenge_id: int) -> _Stated:
    stated = _Stated()
    rows = session.execute(
        select(JournalEntry.seq, JournalEntry.body)
        .where(JournalEntry.chain_id == journal.chain_of(challenge_id), JournalEntry.kind != "mark")
        .order_by(JournalEntry.seq)
    )
    for seq, body in rows:
        stated.read(seq, json.loads(body))
    return stated


def _heads(session: Session, owner: Chained) -> Differences:
    """Heads that people were shown: a cut or rewritten history does not contain them."""
    rows = session.execute(
        select(KeptHead.seq, KeptHead.h, KeptHead.at, JournalEntry.h)
        .outerjoin(
            JournalEntry,
            (JournalEntry.chain_id == KeptHead.chain_id) & (JournalEntry.seq == KeptHead.seq),
        )
        .where(KeptHead.chain_id == owner.chain_id)
        .order_by(KeptHead.seq)
    )
    for seq, kept, at, h in rows:
        if kept != h:
            shown = at.isoformat(timespec="minutes")
            yield seq, f"the journal does not contain the head that was shown on {shown}"


def _left_over(session: Session, owner: Chained) -> Differences:
    """Rows that belong to entries beyond the end of the journal: its tail was cut."""
    for table, name in ((Act, "an act"), (StreamItem, "a frame")):
        latest = session.scalar(select(func.max(table.seq)).where(table.chain_id == owner.chain_id)) or 0
        if latest > owner.seq:
            yield owner.seq, f"{name} with number {latest} stands beyond the end of the journal"


def _receipts(session: Session, challenge_id: int) -> Differences:
    """The receipts that people were given."""
    of_challenge = select(Participant.id).where(Participant.challenge_id == challenge_id)
    owner = sql_cast(func.replace(Operation.owner, "participant-", ""), Integer)
    answers = session.scalars(
        select(Operation.answer).where(Operation.owner.like("participant-%"), owner.in_(of_challenge))
    )
    links = {seq: (h, round_id) for seq, h, round_id in _marks_of(session, challenge_id)}
    keys: dict[int, bytes] = {n: key for n, key in session.execute(_rounds(challenge_id))}  # noqa: C416 (typed rows)
    for answer in answers:
        seq, receipt = answer.get("seq"), answer.get("receipt")
        if not isinstance(seq, int) or not isinstance(receipt, str):
            continue
        h, round_id = links.get(seq, (b"", 0))
        if not h or (keys.get(round_id) and receipt != journal.receipt(keys[round_id], seq, h)):
            yield seq, "the journal does not contain the entry of a receipt that was given"


def _marks_of(session: Session, challenge_id: int) -> Iterator[tuple[int, bytes, int]]:
    query = select(JournalEntry.seq, JournalEntry.h, JournalEntry.round_id)
    query = query.where(JournalEntry.chain_id == journal.chain_of(challenge_id), JournalEntry.kind == "mark")
    for seq, h, round_id in session.execute(query.execution_options(yield_per=5000)):
        yield seq, h, round_id or 0


def _rounds(challenge_id: int) -> Any:
    return select(Round.id, Round.key).where(Round.challenge_id == challenge_id)


def _closes(session: Session, challenge: Challenge, stated: _Stated) -> Differences:
    """The time of each close, its counts, and the words of the challenge."""
    for round in session.scalars(select(Round).filter_by(challenge_id=challenge.id).order_by(Round.id)):
        seq, at = stated.closes.get(round.id, (challenge.seq, None))
        if round.is_closed != (round.id in stated.closes):
            yield seq, f"round {round.id} is {'closed' if round.is_closed else 'open'}, and the journal says otherwise"
        elif at is not None and round.closed_at is not None and clock.to_ms(round.closed_at) != at:
            yield seq, f"the time of the close of round {round.id} was changed"
        result = session.get(Result, round.id)
        if round.id in stated.counts:
            seq, digest = stated.counts[round.id]
            counts = journal.canonical(published(json.loads(result.body), round)) if result else b""
            if result is None or not digest == result.counts_digest == hashlib.sha256(counts).hexdigest():
                yield seq, f"the counts of round {round.id} are not those of the journal"
    if stated.words and stated.words[1] != words_digest(challenge):
        yield stated.words[0], "the words of the challenge were changed"


def _entries(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    """The status, the author and the words of every idea."""
    rows = session.execute(
        select(Entry, Idea, IdeaVersion, Participant, Round.origin)
        .join(Idea, Idea.id == Entry.idea_id)
        .join(IdeaVersion, IdeaVersion.id == Entry.version_id)
        .join(Participant, Participant.id == Idea.author_id)
        .join(Round, Round.id == Entry.round_id)
        .where(Idea.challenge_id == challenge_id)
        .order_by(Entry.id)
    ).all()
    secrets, earlier = _secrets(session, challenge_id), _earlier_versions(session, challenge_id)
    yield from _missing("idea", stated.ideas, {entry.id for entry, *_ in rows})
    for entry, _, version, author, origin in rows:
        text = stated.ideas.get(entry.id)
        if text is None:
            if origin != Origin.IMPORT:
                yield 0, f"the idea of entry {entry.id} is not in the journal"
            continue
        name = f"the idea of entry {entry.id}"
        if (entry.status, entry.sealed) != (text.status, text.sealed):
            yield text.seq, f"the status of {name} was changed"
        if entry.merged_into != text.into:
            yield text.seq, f"{name} is merged into another one than the journal says"
        if version.n != max(text.digests):
            yield text.seq, f"{name} has another version than the journal says"
        for stored in (version, *(one for one in earlier.get(entry.idea_id, ()) if one.n in text.digests)):
            yield from _words(name, text, stored.n, stored, (stored.title, stored.text))
        yield from _author(name, text, version.salt, secrets[author.id])
    yield from _groups(session, challenge_id, stated)
    yield from _edges(session, challenge_id, stated, {entry.id: idea.id for entry, idea, *_ in rows})


def _earlier_versions(session: Session, challenge_id: int) -> dict[int, list[IdeaVersion]]:
    """`{idea: its versions}`, of ideas with more than one."""
    later = select(IdeaVersion.idea_id).where(IdeaVersion.n > 1)
    query = select(IdeaVersion).join(Idea, Idea.id == IdeaVersion.idea_id)
    query = query.where(Idea.challenge_id == challenge_id, Idea.id.in_(later)).order_by(IdeaVersion.id)
    found: dict[int, list[IdeaVersion]] = {}
    for version in session.scalars(query):
        found.setdefault(version.idea_id, []).append(version)
    return found


def _groups(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    """The entries of each group."""
    query = select(Entry.group_id, Entry.id).join(Round, Round.id == Entry.round_id)
    query = query.where(Round.challenge_id == challenge_id, Entry.group_id.is_not(None)).order_by(Entry.id)
    found: dict[int, list[int]] = {}
    for group, entry in session.execute(query):
        found.setdefault(group, []).append(entry)
    for group in sorted(found.keys() | stated.groups.keys()):
        seq, entries = stated.groups.get(group, (0, []))
        if found.get(group, []) != entries:
            yield seq, f"the ideas in group {group} are not those of the journal"


def _edges(session: Session, challenge_id: int, stated: _Stated, ideas: dict[int, int]) -> Differences:
    """From which ideas each idea grew; `ideas` is `{entry: idea}`."""
    query = select(IdeaEdge.child_id, IdeaEdge.parent_id).join(Idea, Idea.id == IdeaEdge.child_id)
    stored = {(child, parent) for child, parent in session.execute(query.where(Idea.challenge_id == challenge_id))}
    told = {
        (ideas[entry], ideas.get(parent, 0)): text.seq
        for entry, text in stated.ideas.items()
        for parent in text.parents
        if entry in ideas
    }
    for edge in sorted(stored ^ told.keys()):
        yield told.get(edge, 0), f"the ideas from which idea {edge[0]} grew are not those of the journal"


def _arguments(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    rows = session.scalars(
        select(Argument)
        .join(Idea, Idea.id == Argument.idea_id)
        .where(Idea.challenge_id == challenge_id)
        .order_by(Argument.id)
    ).all()
    secrets = _secrets(session, challenge_id)
    yield from _missing("argument", stated.arguments, {argument.id for argument in rows})
    for argument in rows:
        text = stated.arguments.get(argument.id)
        if text is None:
            yield 0, f"argument {argument.id} is not in the journal"
            continue
        name = f"argument {argument.id}"
        if argument.status != text.status:
            yield text.seq, f"the status of {name} was changed"
        if argument.reply_to_id != text.to:
            yield text.seq, f"{name} does not reply to the argument of the journal"
        yield from _words(name, text, 1, argument, (argument.text,))
        yield from _author(name, text, argument.salt, secrets[argument.author_id])


def _missing(noun: str, texts: dict[int, _Text], found: set[int]) -> Differences:
    for key in sorted(texts.keys() - found):
        yield texts[key].seq, f"the {noun} of number {texts[key].seq} is gone"


def _words(name: str, text: _Text, n: int, row: IdeaVersion | Argument, words: tuple[str, ...]) -> Differences:
    """Whether words are those of the digest, or gone by an act that the journal knows."""
    if row.redacted_at is None and not text.erased:
        if journal.text_digest(row.salt, *words) != text.digests.get(n):
            yield text.seq, f"the words of {name} were changed"
    elif any(words) or not text.erased:
        yield text.seq, f"the words of {name} were erased or restored without an act"


def _author(name: str, text: _Text, salt: bytes, secrets: set[bytes]) -> Differences:
    """Whether the author is the one of the digest; one whose secret was destroyed is unknown."""
    if text.author and secrets and text.author not in {journal.author_digest(salt, secret) for secret in secrets}:
        yield text.seq, f"the author of {name} was changed"


def _secrets(session: Session, challenge_id: int) -> dict[int, set[bytes]]:
    """`{participant: the secrets of the participant and of all guests that became this one}`."""
    rows = session.execute(
        select(Participant.id, Participant.secret, Participant.merged_into).filter_by(challenge_id=challenge_id)
    ).all()
    into = {key: merged for key, _, merged in rows}
    found: dict[int, set[bytes]] = {key: set() for key in into}
    for key, secret, _ in rows:
        at: int | None = key
        while secret and at is not None:
            found[at].add(secret)
            at = into[at]
    return found


def _outcomes(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    """What the organisation decided for each idea. The reasons can be erased, so the journal does not hold them."""
    query = select(Outcome.entry_id, Outcome.seq, Outcome.decision).join(Round, Round.id == Outcome.round_id)
    rows = session.execute(query.where(Round.challenge_id == challenge_id))
    stored = {(entry, seq): str(decision) for entry, seq, decision in rows}
    for entry, seq in sorted(stored.keys() | stated.outcomes.keys()):
        if stored.get((entry, seq)) != stated.outcomes.get((entry, seq)):
            yield seq, f"the outcome of entry {entry} is not the one of the journal"


def _decisive(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    """The arguments that the organisation marked as decisive."""
    query = select(Argument.id, Argument.decisive_seq).join(Idea, Idea.id == Argument.idea_id)
    rows = session.execute(query.where(Idea.challenge_id == challenge_id, Argument.decisive_seq.is_not(None)))
    stored: dict[int, int | None] = dict(rows.tuples().all())
    for argument in sorted(stored.keys() | stated.decisive.keys()):
        if stored.get(argument) != stated.decisive.get(argument):
            yield stated.decisive.get(argument, 0), f"the mark of argument {argument} is not the one of the journal"


def _awards(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    """The awards with their parts. The journal names the ideas and arguments, and their authors stand there."""
    query = select(Award).join(Round, Round.id == Award.round_id).where(Round.challenge_id == challenge_id)
    stored = {award.id: award for award in session.scalars(query.options(selectinload(Award.parts)))}
    for key in sorted(stored.keys() | stated.awards.keys()):
        seq, given = stated.awards.get(key, (0, []))
        award = stored.get(key)
        if award is None or (award.seq, _given(award)) != (seq, given):
            yield seq, f"award {key} is not the one of the journal"
        elif award.withdrawn_seq != stated.withdrawn.get(key):
            yield stated.withdrawn.get(key, seq), f"award {key} was withdrawn or given without an act"


def _given(award: Award) -> list[Any]:
    parts = [[str(part.kind), part.idea_id or part.argument_id, part.cents] for part in award.parts]
    return [award.entry_id, award.prizes, award.cents, int(award.is_drawn), parts]


def _turnouts(session: Session, challenge_id: int, stated: _Stated) -> Differences:
    """The people who voted are those with marks, and ended ballots are those of the journal."""
    kept = (Round.challenge_id == challenge_id, ~Round.is_forgotten)
    marks = union(
        *(select(t.question_id, t.participant_id).join(Question).join(Round).where(*kept) for t in (Mark, MergedMark))
    )
    ballots = select(Ballot.question_id, Ballot.participant_id).join(Question).join(Round).where(*kept)
    voted, turnout = ({tuple(row) for row in session.execute(query)} for query in (marks, ballots))
    if voted != turnout:
        yield 0, f"{len(turnout)} ballots are stored, and {len(voted)} people have marks"
    rows = session.execute(
        select(Round.key, Participant.secret, Ballot.question_id, Ballot.done_at)
        .join_from(Ballot, Question)
        .join(Round)
        .join(Participant, Participant.id == Ballot.participant_id)
        .where(Round.challenge_id == challenge_id)
    )
    for key, secret, question, done_at in rows:
        seq = stated.done.get((journal.pseudonym(key, secret), question)) if key and secret else None
        if seq is not None and done_at is None:
            yield seq, "a ballot that was ended is stored as open"
