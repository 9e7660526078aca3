"""Mechanics of merged entries: the marks that count while merges stand, and the marks as they were cast.

`Mark` holds what counts, so that a vote, a tally and a page read one table. Marks that another one stands for wait in
`MergedMark`, as they were cast; the mark that stands for them is a row of the entry that stays, with the client
`MERGED`. Which marks count follows from the marks as cast and the merges that stand (`ideas.voting.combining`).

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from sqlalchemy import BigInteger, ClauseElement, bindparam, delete, or_, select, tuple_
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.actor import Actor
from ideas.database import alias_of
from ideas.entries import touch_idea
from ideas.events import IdeaUnmerged
from ideas.exposures import lock_ledger, take_back_deals
from ideas.marks import COLUMNS, REPLACED, Cast, LatestMark, TallyKey, mark_body, row_of, store_marks, store_tallies
from ideas.models import Argument, Entry, EntryStatus, Mark, MergedMark, Participant, Question, Round
from ideas.statements import Prepared, at_once, in_json, listed
from ideas.voting.combining import Given, Key, Merged, Merges, above, combined, kin_of, stays
from ideas.voting.rules import BallotRule, subject_of

# A statement has at most as many ids.
IDS_PER_STATEMENT = 500

Table: TypeAlias = type[Mark] | type[MergedMark]
RowKey: TypeAlias = tuple[int, Key]  # participant, subject
Rows: TypeAlias = dict[RowKey, LatestMark]

# The kind of the act in the log.
MERGE = "merge"

TABLES: tuple[Table, Table] = (Mark, MergedMark)


def merges_of(session: Session, round_id: int) -> dict[int, Merged]:
    """The merges that stand in a round: `{entry: where it went}`."""
    query = select(Entry.id, Entry.merged_into, Entry.merged_seq)
    rows = session.execute(query.where(Entry.round_id == round_id, Entry.merged_into.is_not(None)))
    return {entry: Merged(into or 0, seq or 0) for entry, into, seq in rows}


def note_kin(session: Session, round_id: int, entries: Collection[int]) -> dict[int, Merged]:
    """Store which entry stands for each of these. :return: the merges that stand now."""
    session.flush()
    merges = merges_of(session, round_id)
    for entry in session.scalars(select(Entry).where(Entry.id.in_(entries))):
        root = stays(entry.id, merges)
        entry.counted_as = None if root == entry.id else root
    session.flush()
    return merges


def separate(chain: journal.Chain, round: Round, entry: Entry, actor: Actor) -> int:
    """End the merge of an entry: it stands alone again, with exactly the marks that were given to it.

    If it was withdrawn or hidden meanwhile it stays so, and the entries that were merged into it stand alone, too.

    :return: the number of the act in the journal.
    """
    session, merges = chain.transaction.session, merges_of(chain.transaction.session, round.id)
    kin, stood_for = kin_of(entry.id, merges), above(entry.id, merges)
    seq = chain.append("unmerge", {"entry": entry.id}, round)
    entry.merged_into = entry.merged_seq = None
    if entry.status == EntryStatus.MERGED:
        entry.status = EntryStatus.VISIBLE
    merges, changed = note_kin(session, round.id, kin), set[int]()
    lock_ledger(session, [question.id for question in round.asked])
    for question in round.asked:
        others = settle(session, question, kin, merges)
        fit_again(chain, round, question, others)
        take_back_deals(session, question.id, entry.id, stood_for)
        changed |= others
    direct = session.get_one(Entry, stood_for[0])
    touch_kin(chain, seq, (entry, direct), changed, was_shown=False)
    ids = (round.challenge_id, round.id, entry.idea_id, entry.idea.author_id, direct.idea_id)
    chain.transaction.record(IdeaUnmerged(*ids, seq, actor))
    if not entry.shown:
        release(chain, round, [entry.id], actor)
    return seq


def release(chain: journal.Chain, round: Round, entries: Collection[int], actor: Actor) -> None:
    """Let the ideas stand alone again for which one of these entries stood."""
    session, stood = chain.transaction.session, alias_of(Entry, "stood")
    query = select(Entry).join(stood, stood.id == Entry.merged_into)
    query = query.where(stood.id.in_(entries), stood.merged_into.is_(None)).order_by(Entry.merged_seq)
    for entry in session.scalars(query).all():
        separate(chain, round, entry, actor)


def touch_kin(
    chain: journal.Chain, seq: int, pair: tuple[Entry, Entry], voters: Collection[int], *, was_shown: bool
) -> None:
    """Touch everything that looks different after a merge or its end: both ideas of the pair, the arguments that stand
    beside those of another idea now, and the pages of the voters of whom another mark counts.
    """
    session, (entry, other) = chain.transaction.session, pair
    touch_idea(chain, seq, entry.idea, entry, was_shown=was_shown)
    touch_idea(chain, seq, other.idea, other, was_shown=other.shown)
    merges = merges_of(session, round_id=entry.round_id)
    below = [one for one in kin_of(entry.id, merges) if one == entry.id or entry.id in above(one, merges)]
    ideas = select(Entry.idea_id).where(Entry.id.in_(below))
    arguments = select(Argument).where(Argument.idea_id.in_(ideas), Argument.status == EntryStatus.VISIBLE)
    handles = [argument.handle for argument in session.scalars(arguments.order_by(Argument.id))]
    is_read = entry.shown or session.get_one(Entry, stays(entry.id, merges)).shown
    chain.touch(seq, handles, [*([journal.ROOM] if is_read else []), journal.FACILITATORS])
    chain.touch(seq, ["figures"], [f"participant-{who}" for who in sorted(voters)])


def cast_marks(session: Session, question_id: int, people: Collection[int]) -> list[LatestMark]:
    """All marks of these people on a question as they were cast, whatever is merged."""
    stored, waited = (_rows(session, table, question_id, None, people) for table in TABLES)
    return [*_as_cast(stored, waited).values()]


def settle(
    session: Session,
    question: Question,
    entries: Collection[int] | None,
    merges: Merges,
    people: Collection[int] | None = None,
) -> set[int]:
    """Work out again which marks on these entries (None: on all) count, by the merges that stand; the tallies follow.

    `people` limits it to these participants.

    :return: the participants of whom another mark counts than before.
    """
    rule = question.ballot_rule
    stored, waited = (_rows(session, table, question.id, entries, people) for table in TABLES)
    ballots: defaultdict[int, dict[Key, LatestMark]] = defaultdict(dict)
    for (who, key), mark in _as_cast(stored, waited).items():
        ballots[who][key] = mark
    counting, waiting = Rows(), Rows()
    for who, cast in ballots.items():
        given = {key: Given(mark.value, mark.seq) for key, mark in cast.items()}
        counts = combined(rule.combined, given, merges)
        for key, one in counts.items():
            counting[who, key] = _standing_for(cast[one.key], key, one.value)
        waiting |= {(who, key): m for key, m in cast.items() if key not in counts or counts[key].key != key}
    changed = _replace_counting(session, question.id, stored, counting)
    _replace_waiting(session, question.id, waited, waiting)
    return {who for who, _ in changed}


def _standing_for(mark: LatestMark, key: Key, value: int) -> LatestMark:
    """The row that counts on subject `key`; it keeps the journal number and the time of the mark."""
    if mark.key == key:
        return mark
    return replace(mark, subject=key[0], versus=key[1], value=value, client=journal.MERGED, n=0)


def _replace_counting(session: Session, question_id: int, stored: Rows, counting: Rows) -> set[RowKey]:
    changed = {key for key in stored.keys() | counting.keys() if stored.get(key) != counting.get(key)}
    tallies: Counter[TallyKey] = Counter()
    for rows, sign in ((stored, -1), (counting, 1)):
        for mark in (rows[key] for key in changed if key in rows):
            tallies[question_id, *mark.key, mark.value] += sign
    _delete(session, Mark, question_id, stored.keys() - counting.keys())
    with at_once(session) as statements:
        store_marks(statements, [counting[key] for key in changed if key in counting])
        store_tallies(statements, tallies)
    return changed


def _replace_waiting(session: Session, question_id: int, waited: Rows, waiting: Rows) -> None:
    _delete(session, MergedMark, question_id, waited.keys() - waiting.keys())
    with at_once(session) as statements:
        fresh = [row_of(mark) for key, mark in waiting.items() if waited.get(key) != mark]
        statements.insert(MergedMark, fresh, replacing=REPLACED)


def _as_cast(stored: Rows, waited: Rows) -> Rows:
    """The marks as they were cast. A mark that waits was replaced if its subject has a later one that was cast."""
    return waited | {key: mark for key, mark in stored.items() if mark.client != journal.MERGED}


def _rows(
    session: Session,
    table: Table,
    question_id: int,
    entries: Collection[int] | None,
    people: Collection[int] | None,
) -> Rows:
    columns = table.__table__.c
    query = select(*(columns[name] for name in COLUMNS)).where(columns.question_id == question_id)
    if entries is not None:
        query = query.where(or_(columns.subject.in_(entries), columns.versus.in_(entries)))
    connection, found = session.connection(), Rows()
    for some in [None] if people is None else _parts(people):
        part = query if some is None else query.where(columns.participant_id.in_(some))
        for row in connection.execute(part):
            question, who, subject, versus, value, seq, client, n, at = row
            mark = LatestMark(question, who, subject, versus, value, seq, client, n, clock.to_ms(at))
            found[who, mark.key] = mark
    return found


def _delete(session: Session, table: Table, question_id: int, keys: Collection[RowKey]) -> None:
    """Delete rows in one statement, however many subjects they are about."""
    if not keys:
        return
    wanted = in_json([(who, *key) for who, key in sorted(keys)])
    with at_once(session) as statements:
        statements.later(_DELETIONS[table], question_id=question_id, wanted=wanted)


def _deletion(table: Table, database: str) -> ClauseElement:
    columns = table.__table__.c
    wanted = listed(database, "wanted", participant_id=BigInteger, subject=BigInteger, versus=BigInteger)
    of = tuple_(columns.participant_id, columns.subject, columns.versus).in_(select(wanted))
    return delete(table).where(columns.question_id == bindparam("question_id", type_=BigInteger), of)


_DELETIONS: Mapping[Table, Prepared] = {table: Prepared(partial(_deletion, table)) for table in TABLES}


def _parts(ids: Collection[int]) -> Iterator[Sequence[int]]:
    every = sorted(ids)
    for start in range(0, len(every), IDS_PER_STATEMENT):
        yield every[start : start + IDS_PER_STATEMENT]


def fit_again(chain: journal.Chain, round: Round, question: Question, people: Iterable[int]) -> None:
    """Bring ballots within their limit again: points that were free while ideas were merged may be given elsewhere.

    The latest marks of such a ballot fall as far as they must. The journal holds this as a command of the voter, so
    that a recount finds the same.
    """
    rule, session = question.ballot_rule, chain.transaction.session
    if not rule.is_limited:
        return
    ballots: defaultdict[int, list[LatestMark]] = defaultdict(list)
    for mark in _rows(session, Mark, question.id, None, {*people}).values():
        ballots[mark.participant_id].append(mark)
    fallen = {who: less for who, marks in sorted(ballots.items()) if (less := _lessened(rule, marks))}
    if fallen:
        _cast_for(chain, round, question, fallen, ballots)


def _lessened(rule: BallotRule, marks: list[LatestMark]) -> dict[Key, int]:
    """The values to which the latest marks of a ballot must fall: `{subject: value}`."""
    held, less = {mark.key: mark.value for mark in marks}, {}
    for mark in sorted(marks, key=lambda mark: (mark.seq, mark.key), reverse=True):
        if rule.fits(held.values()):
            break
        if mark.value:
            held[mark.key] = less[mark.key] = next(
                (value for value in rule.lessened(mark.value) if rule.fits({**held, mark.key: value}.values())), 0
            )
    return less


def _cast_for(
    chain: journal.Chain,
    round: Round,
    question: Question,
    fallen: Mapping[int, dict[Key, int]],
    ballots: Mapping[int, list[LatestMark]],
) -> None:
    """Cast lower marks for voters: `fallen` is `{participant: {subject: value}}`."""
    session, n = chain.transaction.session, chain.challenge.seq
    voters = dict[int, Participant]()
    for some in _parts(fallen):
        voters |= {voter.id: voter for voter in session.scalars(select(Participant).where(Participant.id.in_(some)))}
    bodies = []
    for who, less in fallen.items():
        values = {subject_of(key): value for key, value in less.items()}
        cast = Cast(who, round.id, "", journal.UNMERGED, n, values, question.id)
        bodies.append(mark_body(journal.pseudonym(round.key, voters[who].secret), voters[who].tier, question.id, cast))
    numbers = [seq for seq, _ in chain.append_all("mark", bodies, round.id)]
    changed, tallies = list[LatestMark](), Counter[TallyKey]()
    for (who, less), seq in zip(fallen.items(), numbers, strict=True):
        for mark in (mark for mark in ballots[who] if mark.key in less):
            changed.append(replace(mark, value=less[mark.key], seq=seq, client=journal.UNMERGED, n=n))
            tallies[question.id, *mark.key, mark.value] -= 1
            tallies[question.id, *mark.key, less[mark.key]] += 1
    with at_once(session) as statements:
        store_marks(statements, changed)
        store_tallies(statements, tallies)
