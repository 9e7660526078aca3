"""The acts of facilitators with who, when and why, for members; and the public part: numbers without persons."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, joinedload

from ideas.actor import Actor
from ideas.journal import chain_of
from ideas.models import (
    Account,
    Act,
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Facilitation,
    IdeaGroup,
    JournalEntry,
    Member,
    Participant,
    Round,
    Wave,
)
from ideas.queries.pages import PageQuery


def undoable_act(session: Session, challenge_id: int, actor: Actor, after: int) -> tuple[int, str] | None:
    """The number and kind of the actor's first act after that number which holds the state before it; None for none."""
    by = Act.account_id == actor.account_id if actor.account_id else Act.person_id == actor.person_id
    query = select(Act.seq, Act.kind).where(
        Act.chain_id == chain_of(challenge_id), Act.seq > after, Act.before != "", by
    )
    return session.execute(query.order_by(Act.seq).limit(1)).tuples().first()


@dataclass(frozen=True)
class ActQuery(PageQuery):
    """A page of the acts. `kind`, `who` (a key of `ActPage.people`) and `round` (its number) keep only those.

    `for_reader` leaves out what only facilitators see: the words of texts that the room does not see, and people.
    """

    kind: str = ""
    who: str = ""
    round: int = 0
    for_reader: bool = False

    @property
    def is_plain(self) -> bool:
        return not (self.search or self.kind or self.who or self.round)


@dataclass(frozen=True)
class ActSubject:
    """The record that an act was about, as it is now. `words` are "" if they were erased, or are seen by nobody yet.

    `is_shown`: the room sees the words. `idea_id` leads to a page: that of the idea, or of the one that the argument is
    on.
    """

    noun: str
    key: int
    words: str = ""
    idea_id: int | None = None
    people: int = 0  # in a wave
    is_shown: bool = False

    def for_reader(self) -> "ActSubject":
        """The record as a member who does not facilitate reads it."""
        return replace(self, words=self.words if self.is_shown else "", idea_id=None)


@dataclass(frozen=True)
class ListedAct:
    """One act. `who` is a name that members may see, "" if it is not known any more. `body` is the journal's entry."""

    seq: int
    at: datetime
    kind: str
    who: str
    reason: str
    round_n: int
    subject: ActSubject
    body: dict[str, Any] = field(hash=False)
    is_undone: bool = False
    has_before: bool = False  # the state before it is known, so it may be undone
    texts: int = 1  # that were decided at once: an undo concerns all of them


@dataclass(frozen=True)
class ActPage:
    """A page of the acts of a challenge, the latest first, and what they can be searched by.

    `people` maps a key to the name of each person who acted, `kinds` are those of the acts, `rounds` the numbers.
    """

    rows: list[ListedAct]
    asked: ActQuery
    found: int
    all: int
    people: dict[str, str] = field(hash=False)
    kinds: list[str]
    rounds: list[int]

    @property
    def number(self) -> int:
        return self.asked.page

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // self.asked.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.asked.size + 1

    @property
    def last(self) -> int:
        return min(self.found, self.number * self.asked.size)


def acts_of(session: Session, challenge: Challenge, asked: ActQuery) -> ActPage:
    """The acts of all rounds of a challenge; at most ten statements at any number of acts.

    An act on a text names the text and never its author. Of an act on a participant the name is told, as the console
    does.
    """
    begins = _begins_of(session, challenge.id)
    known = session.execute(_known(challenge)).all()
    people = {_key(row.account_id, row.person_id): _name(row) for row in known}
    kept = [row for row in known if _is_asked(row, asked, begins)]
    page = [row.seq for row in kept[(asked.page - 1) * asked.size :][: asked.size]]
    query = select(Act, JournalEntry.body).where(Act.chain_id == challenge.chain_id, Act.seq.in_(page))
    same = and_(JournalEntry.chain_id == Act.chain_id, JournalEntry.seq == Act.seq)
    found = session.execute(query.outerjoin(JournalEntry, same).order_by(Act.seq.desc())).all()
    subjects = _subjects_of(session, [act.handle for act, _ in found])
    if asked.for_reader:
        subjects = {handle: subject.for_reader() for handle, subject in subjects.items()}
    undone, batches = _undone(session, challenge.id, page), _batches(session, challenge.id, page)
    rows = [
        ListedAct(
            seq=act.seq,
            at=act.at,
            kind=act.kind,
            who=people[_key(act.account_id, act.person_id)],
            reason=act.reason,
            round_n=_round_at(act.seq, begins),
            subject=subjects[act.handle],
            body=json.loads(body) if body else {},
            is_undone=act.seq in undone,
            has_before=bool(act.before),
            texts=batches.get(act.batch, 1),
        )
        for act, body in found
    ]
    names = {key: name for key, name in sorted(people.items(), key=lambda item: item[1].casefold()) if name}
    kinds = sorted({row.kind for row in known})
    return ActPage(rows, asked, len(kept), len(known), names, kinds, [n for _, n in begins])


def _undone(session: Session, challenge_id: int, page: Sequence[int]) -> set[int]:
    """The acts of a page that another act undid."""
    query = select(Act.undoes).where(Act.chain_id == chain_of(challenge_id), Act.undoes.in_(page))
    return {seq for seq in session.scalars(query) if seq is not None}


def _batches(session: Session, challenge_id: int, page: Sequence[int]) -> dict[int | None, int]:
    """`{batch: texts}` of the acts of a page that were done at once with others."""
    batches = select(Act.batch).where(Act.chain_id == chain_of(challenge_id), Act.seq.in_(page))
    query = select(Act.batch, func.count()).where(Act.chain_id == chain_of(challenge_id), Act.batch.in_(batches))
    return dict(session.execute(query.group_by(Act.batch)).tuples().all())


def _known(challenge: Challenge) -> Select[Any]:
    """Every act in short, the latest first, with the names of who did it."""
    member = and_(Member.account_id == Act.account_id, Member.organisation_id == challenge.organisation_id)
    took_part = and_(
        Participant.challenge_id == challenge.id,
        Participant.person_id == Act.person_id,
        Participant.merged_into.is_(None),
    )
    given = and_(Facilitation.challenge_id == challenge.id, Facilitation.person_id == Act.person_id)
    return (
        select(Act.seq, Act.kind, Act.reason, Act.account_id, Act.person_id)
        .add_columns(Account.shown_name.label("account_name"), Member.id.label("member"), Participant.name)
        .add_columns(Facilitation.name.label("moderator"))
        .outerjoin(Account, Account.id == Act.account_id)
        .outerjoin(Member, member)
        .outerjoin(Participant, took_part)
        .outerjoin(Facilitation, given)
        .where(Act.chain_id == challenge.chain_id)
        .order_by(Act.seq.desc())
    )


def _key(account_id: int | None, person_id: int | None) -> str:
    """A word for a person in an address."""
    if account_id is not None:
        return f"account-{account_id}"
    return f"person-{person_id}" if person_id is not None else ""


def _name(row: Any) -> str:
    """Members know one another by account; a participant who moderated is known by the name in the room."""
    in_room = row.name or row.moderator
    if row.member is not None or not in_room:
        return row.account_name or in_room or ""
    return str(in_room)


def _is_asked(row: Any, asked: ActQuery, begins: Sequence[tuple[int, int]]) -> bool:
    return (
        (not asked.kind or row.kind == asked.kind)
        and (not asked.who or _key(row.account_id, row.person_id) == asked.who)
        and (not asked.round or _round_at(row.seq, begins) == asked.round)
        and asked.finds([row.reason])
    )


def _begins_of(session: Session, challenge_id: int) -> list[tuple[int, int]]:
    """`(first number in the journal, number of the round)` of each round, the first one first."""
    query = select(func.min(JournalEntry.seq), Round.n).join(Round, Round.id == JournalEntry.round_id)
    query = query.where(JournalEntry.chain_id == chain_of(challenge_id), JournalEntry.kind.in_(("open", "import")))
    query = query.group_by(Round.n).order_by(Round.n)
    return [(seq, n) for seq, n in session.execute(query)]


def _round_at(seq: int, begins: Sequence[tuple[int, int]]) -> int:
    """The number of the round in which something happened: the latest that had begun."""
    return max((n for first, n in begins if first <= seq), default=1)


def _subjects_of(session: Session, handles: Iterable[str]) -> dict[str, ActSubject]:
    """`{handle: its record as it is now}`, a statement for each kind of record."""
    by_noun: dict[str, set[int]] = defaultdict(set)
    for handle in handles:
        noun, _, key = handle.rpartition("-")
        by_noun[noun].add(int(key))
    found = {f"{noun}-{key}": ActSubject(noun, key) for noun, keys in by_noun.items() for key in keys}
    for noun, read in _READ.items():
        if noun in by_noun:
            found |= {f"{noun}-{subject.key}": subject for subject in read(session, by_noun[noun])}
    return found


def _ideas(session: Session, keys: set[int]) -> list[ActSubject]:
    query = select(Entry).where(Entry.idea_id.in_(keys)).options(joinedload(Entry.version)).order_by(Entry.id)
    latest = {entry.idea_id: entry for entry in session.scalars(query)}
    found = []
    for key, entry in latest.items():
        words = "" if entry.sealed or entry.version.redacted_at else entry.version.title
        found.append(ActSubject("idea", key, words, key, is_shown=entry.shown))
    return found


def _arguments(session: Session, keys: set[int]) -> list[ActSubject]:
    query = select(Argument, Entry.shown).join(Entry, Entry.idea_id == Argument.idea_id)
    rows = session.execute(query.where(Argument.id.in_(keys)).order_by(Entry.id)).all()
    latest = {
        argument.id: ActSubject(
            "argument",
            argument.id,
            argument.text,
            argument.idea_id,
            is_shown=shown and argument.status == EntryStatus.VISIBLE,
        )
        for argument, shown in rows
    }
    return list(latest.values())


def _participants(session: Session, keys: set[int]) -> list[ActSubject]:
    rows = session.execute(select(Participant.id, Participant.name).where(Participant.id.in_(keys)))
    return [ActSubject("participant", key, name) for key, name in rows]


def _groups(session: Session, keys: set[int]) -> list[ActSubject]:
    rows = session.execute(select(IdeaGroup.id, IdeaGroup.name).where(IdeaGroup.id.in_(keys)))
    return [ActSubject("group", key, name) for key, name in rows]


def _waves(session: Session, keys: set[int]) -> list[ActSubject]:
    rows = session.execute(select(Wave.id, Wave.people).where(Wave.id.in_(keys)))
    return [ActSubject("wave", key, people=people) for key, people in rows]


_READ = {"idea": _ideas, "argument": _arguments, "participant": _participants, "group": _groups, "wave": _waves}


# The public part

# What the moderators did in a round, in the order in which it is told.
FACTS = (
    "ideas_approved",
    "ideas_hidden",
    "arguments_hidden",
    "shown_again",
    "texts_erased",
    "ideas_corrected",
    "ideas_merged",
    "ideas_separated",
    "people_removed",
    "waves_left_out",
    "phases_changed",
    "reports_upheld",
    "reports_rejected",
)

# The journal's kinds of entries with such a fact, and of those without an act of their own: flags are decided by
# another act.
_TELLS = ("hide", "show", "redact", "edit", "merge", "unmerge", "bar", "exclude", "time", "plan", "flags")


def moderation_facts(session: Session, round: Round) -> dict[str, int]:
    """`{fact: n}` of `FACTS`, zero included: what moderators did in a round, without persons and reasons.

    The numbers are those of the journal's entries that a moderator's act made, until the next round began.
    """
    begins = {n: seq for seq, n in _begins_of(session, round.challenge_id)}
    same = and_(Act.chain_id == JournalEntry.chain_id, Act.seq == JournalEntry.seq)
    query = (
        select(JournalEntry.kind, JournalEntry.body, Act.kind.label("act"))
        .outerjoin(Act, same)
        .where(JournalEntry.chain_id == chain_of(round.challenge_id), JournalEntry.kind.in_(_TELLS))
        .where(JournalEntry.seq >= begins.get(round.n, 0))
    )
    if round.n + 1 in begins:
        query = query.where(JournalEntry.seq < begins[round.n + 1])
    found = Counter[str]()
    for kind, body, act in session.execute(query.order_by(JournalEntry.seq)):
        found.update(_facts_in(kind, json.loads(body), act))
    return {fact: found[fact] for fact in FACTS}


def _facts_in(kind: str, body: dict[str, Any], act: str | None) -> dict[str, int]:
    """`{fact: n}` of one entry of the journal; `act` is the kind of the act that made it, None if nobody's did."""
    if kind == "flags":
        return {"reports_upheld": body.get("upheld", 0), "reports_rejected": body.get("rejected", 0)}
    if act is None:
        return {}
    if kind == "hide":
        return {"arguments_hidden" if "argument" in body else "ideas_hidden": 1}
    if kind == "show":
        return {"ideas_approved" if act == "approve" else "shown_again": 1}
    of = {
        "redact": "texts_erased",
        "edit": "ideas_corrected",
        "merge": "ideas_merged",
        "unmerge": "ideas_separated",
        "bar": "people_removed",
        "exclude": "waves_left_out",
        "time": "phases_changed",
        "plan": "phases_changed",
    }
    return {of[kind]: 1}
