"""Mechanics of merged entries: the marks that count while merges stand, and the marks as they were cast.

`Mark` holds what counts, so that a vote, a tally and a page read one table. Marks that another one stands for wait in
`MergedMark`, as they were cast; the mark that stands for them is a row of the entry that stays, with the client
`MERGED`. Which marks count follows from the marks as cast and the merges that stand (`ideas.voting.combining`).

The functions open no transaction: the caller holds the lock of the challenge.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.marks import COLUMNS, Cast, LatestMark, TallyKey, mark_body, store_marks, store_tallies
from ideas.models import Entry, Mark, MergedMark, Participant, Question, Round
from ideas.statements import at_once
from ideas.voting.combining import Given, Key, Merged, Merges, combined
from ideas.voting.rules import BallotRule, subject_of

# A statement has at most as many ids.
IDS_PER_STATEMENT = 500

Table = type[Mark] | type[MergedMark]


def merges_of(session: Session, round_id: int) -> dict[int, Merged]:
    """The merges that stand in a round: `{entry: where it went}`."""
    query = select(Entry.id, Entry.merged_into, Entry.merged_seq)
    rows = session.execute(query.where(Entry.round_id == round_id, Entry.merged_into.is_not(None)))
    return {entry: Merged(into or 0, seq or 0) for entry, into, seq in rows}


def cast_marks(session: Session, question_id: int, people: Collection[int]) -> list[LatestMark]:
    """All marks of these people on a question as they were cast, whatever is merged."""
    return [*_cast(session, question_id, None, people).values()]


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
    ballots: defaultdict[int, dict[Key, LatestMark]] = defaultdict(dict)
    for mark in _cast(session, question.id, entries, people).values():
        ballots[mark.participant_id][mark.key] = mark
    stored = {_row_key(mark): mark for mark in _rows(session, Mark, question.id, entries, people)}
    counting: dict[RowKey, LatestMark] = {}
    waiting: list[LatestMark] = []
    for who, cast in ballots.items():
        given = {key: Given(mark.value, mark.seq) for key, mark in cast.items()}
        counts = combined(rule.combined, given, merges)
        for key, one in counts.items():
            counting[who, key] = _standing_for(cast[one.key], key, one.value)
        waiting += [mark for key, mark in cast.items() if key not in counts or counts[key].key != key]
    return _replace(session, question.id, stored, counting, waiting, entries, people)


RowKey = tuple[int, Key]  # participant, subject


def _row_key(mark: LatestMark) -> RowKey:
    return mark.participant_id, mark.key


def _standing_for(mark: LatestMark, key: Key, value: int) -> LatestMark:
    """The row that counts on subject `key`; it keeps the journal number and the time of the mark."""
    if mark.key == key:
        return mark
    return replace(mark, subject=key[0], versus=key[1], value=value, client=journal.MERGED, n=0)


def _replace(
    session: Session,
    question_id: int,
    stored: dict[RowKey, LatestMark],
    counting: dict[RowKey, LatestMark],
    waiting: list[LatestMark],
    entries: Collection[int] | None,
    people: Collection[int] | None,
) -> set[int]:
    changed = {key for key in stored.keys() | counting.keys() if stored.get(key) != counting.get(key)}
    tallies: Counter[TallyKey] = Counter()
    for rows, sign in ((stored, -1), (counting, 1)):
        for mark in (rows[key] for key in changed if key in rows):
            tallies[question_id, *mark.key, mark.value] += sign
    _delete(session, Mark, question_id, [key for key in changed if key not in counting])
    with at_once(session) as statements:
        store_marks(statements, [counting[key] for key in changed if key in counting])
        store_tallies(statements, tallies)
    waited = {_row_key(mark) for mark in _rows(session, MergedMark, question_id, entries, people)}
    _delete(session, MergedMark, question_id, waited)
    with at_once(session) as statements:
        statements.insert(MergedMark, [tuple(getattr(mark, name) for name in COLUMNS) for mark in waiting])
    return {who for who, _ in changed}


def _cast(
    session: Session, question_id: int, entries: Collection[int] | None, people: Collection[int] | None
) -> dict[RowKey, LatestMark]:
    """The marks as they were cast. A mark that waits was replaced if its subject has a later one that was cast."""
    found = {_row_key(mark): mark for mark in _rows(session, MergedMark, question_id, entries, people)}
    for mark in _rows(session, Mark, question_id, entries, people):
        if mark.client != journal.MERGED:
            found[_row_key(mark)] = mark
    return found


def _rows(
    session: Session,
    table: Table,
    question_id: int,
    entries: Collection[int] | None,
    people: Collection[int] | None,
) -> Iterator[LatestMark]:
    columns = table.__table__.c
    query = select(*(columns[name] for name in COLUMNS)).where(columns.question_id == question_id)
    if entries is not None:
        query = query.where(or_(columns.subject.in_(entries), columns.versus.in_(entries)))
    connection = session.connection()
    for some in [None] if people is None else _parts(people):
        part = query if some is None else query.where(columns.participant_id.in_(some))
        for row in connection.execute(part):
            question, who, subject, versus, value, seq, client, n, at = row
            yield LatestMark(question, who, subject, versus, value, seq, client, n, clock.to_ms(at))


def _delete(session: Session, table: Table, question_id: int, keys: Collection[RowKey]) -> None:
    columns = table.__table__.c
    by_subject: defaultdict[Key, list[int]] = defaultdict(list)
    for who, key in keys:
        by_subject[key].append(who)
    for (subject, versus), people in by_subject.items():
        of = (columns.question_id == question_id) & (columns.subject == subject) & (columns.versus == versus)
        for some in _parts(people):
            session.execute(
                delete(table).where(of, columns.participant_id.in_(some)).execution_options(synchronize_session=False)
            )


def _parts(ids: Collection[int]) -> Iterator[Sequence[int]]:
    every = sorted(ids)
    for start in range(0, len(every), IDS_PER_STATEMENT):
        yield every[start : start + IDS_PER_STATEMENT]


def fit_again(chain: journal.Chain, round: Round, question: Question, people: Iterable[int]) -> set[int]:
    """Bring ballots within their limit again: points that were free while ideas were merged may be given elsewhere.

    The latest marks of such a ballot fall as far as they must. The journal holds this as a command of the voter, so
    that a recount finds the same.

    :return: the participants whose marks fell.
    """
    rule, session = question.ballot_rule, chain.transaction.session
    if not rule.is_limited:
        return set()
    ballots: defaultdict[int, list[LatestMark]] = defaultdict(list)
    for mark in _rows(session, Mark, question.id, None, people := [*people]):
        ballots[mark.participant_id].append(mark)
    fallen = {who: less for who in people if (less := _lessened(rule, ballots[who]))}
    for who, less in sorted(fallen.items()):
        _cast_for(chain, round, question, session.get_one(Participant, who), ballots[who], less)
    return set(fallen)


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
    voter: Participant,
    marks: list[LatestMark],
    less: dict[Key, int],
) -> None:
    n = chain.challenge.seq
    values = {subject_of(key): value for key, value in less.items()}
    cast = Cast(voter.id, round.id, "", journal.UNMERGED, n, values, question.id)
    pseudonym = journal.pseudonym(round.key, voter.secret)
    seq = chain.append("mark", mark_body(pseudonym, voter.tier, question.id, cast), round)
    fallen = [mark for mark in marks if mark.key in less]
    tallies: Counter[TallyKey] = Counter()
    for mark in fallen:
        tallies[question.id, *mark.key, mark.value] -= 1
        tallies[question.id, *mark.key, less[mark.key]] += 1
    with at_once(chain.transaction.session) as statements:
        changed = [replace(mark, value=less[mark.key], seq=seq, client=journal.UNMERGED, n=n) for mark in fallen]
        store_marks(statements, changed)
        store_tallies(statements, tallies)
