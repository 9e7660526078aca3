"""The answers to the questions of a round: as totals, which the close freezes, and by person, for the bootstrap.

This module checks no permission: `ideas.policy.sees_counts` does.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ideas import journal, policy
from ideas.models import Entry, EntryStatus, Mark, Participant, Question, Reads, Round, Tally
from ideas.models.entry import RANKED_AMONG_ALL
from ideas.queries.ballots import turnout_of
from ideas.queries.electorate import electorate_of
from ideas.queries.waves import excluded_of
from ideas.statements import listed
from ideas.voting.arrays import Ints, np
from ideas.voting.electorate import Electorate
from ideas.voting.profiles import OrderProfile
from ideas.voting.ranked import pairwise
from ideas.voting.rules import NO_GRADE, RULE_OF_FIRST_FORMAT, BallotRule, Marks, rule_of
from ideas.voting.scores import CountRow, Counts, profile_of

FORMAT = 2

# Of the counts in a pack.
PUBLISHED_FORMAT = 1

# Where fewer jurors graded an idea, their grades are shown to nobody.
ENOUGH_JURORS = 3


@dataclass(frozen=True)
class AskedQuestion:
    """A question as its answers were counted; `reads` is `{entry: number of deals}`."""

    id: int
    rule: BallotRule
    counts: Counts
    done: int
    reads: Mapping[int, int]


@dataclass(frozen=True)
class ScoredCriterion:
    """A criterion as the jury's grades were counted. `weight` is relative to the other criteria. `jurors` is the number
    of jurors with a mark on it, "can't say" included.
    """

    id: int
    rule: BallotRule
    weight: int
    jurors: int
    rows: list[CountRow]


@dataclass(frozen=True)
class Tallied:
    """A round's counts. `shown` are the ranked entries, `others` the entries outside the ranking.

    `electorate` is None for an import, and for a result that was frozen without it. `criteria` are those of the jury,
    in order; there are none without a jury.
    """

    turnout: int
    electorate: Electorate | None
    shown: list[int]
    others: list[int]
    questions: list[AskedQuestion]
    criteria: list[ScoredCriterion] = field(default_factory=list)


def counted(session: Session, round: Round) -> dict[str, object]:
    """The counts of a round as they stand now, as a canonical body: integers and enum words only.

    `electorate`: who could vote; missing in an import. `excluded`: `{"wave": people who are left out}`, if there are
    any. `entries`: `[entry, status, 1 if it is ranked]` for every entry that is not withdrawn, with or without marks.
    Per question there are `counts`: `[entry, the other of a pair or 0,
    value, number]`; `orders`, where a mark is a place: `[number, [[entry, place], …]]`; and `reads`: `[entry, number of
    deals]`. `criteria` of the jury have `counts` alone, and are missing without a jury. A recount needs nothing else.
    """
    # A close reveals every visible idea; while it counts, that is not stored yet.
    shown = Entry.status == EntryStatus.VISIBLE if round.is_closed else Entry.shown
    rows = session.execute(select(Entry.id, Entry.status, shown).where(Entry.round_id == round.id).order_by(Entry.id))
    turnouts = {turnout.question_id: turnout for turnout in turnout_of(session, round)}
    of = electorate_of(session, round)
    electorate = {"electorate": {"people": of.people, "voted": of.voted, "late": of.late}} if of else {}
    return (
        electorate
        | _excluded(session, round)
        | {
            "format": FORMAT,
            "round": round.id,
            "turnout": round.turnout,
            "entries": [[e, str(status), int(shown)] for e, status, shown in rows if status in RANKED_AMONG_ALL],
            "questions": [
                {
                    "question": question.id,
                    "rule": question.rule,
                    "options": question.ballot_rule.options(),
                    "voters": turnouts[question.id].voted,
                    "done": turnouts[question.id].done,
                    "counts": _counts(session, question),
                    "orders": _orders(session, question) if question.ballot_rule.is_ordered else [],
                    "reads": _reads(session, question),
                }
                for question in round.questions
            ],
        }
        | ({"criteria": _criteria(session, round)} if round.criteria else {})
    )


def _criteria(session: Session, round: Round) -> list[dict[str, object]]:
    """The grades of the jury. `jurors`: those with a mark that counts."""
    query = select(Mark.question_id, func.count(Mark.participant_id.distinct())).group_by(Mark.question_id)
    jurors = dict(session.execute(query.where(Mark.question_id.in_([q.id for q in round.criteria]))).tuples().all())
    return [
        {
            "question": question.id,
            "rule": question.rule,
            "options": question.ballot_rule.options(),
            "weight": question.weight,
            "jurors": jurors.get(question.id, 0),
            "counts": _counts(session, question),
        }
        for question in round.criteria
    ]


def _excluded(session: Session, round: Round) -> dict[str, object]:
    people = excluded_of(session, round)
    return {"excluded": {"wave": people}} if people else {}


def _counts(session: Session, question: Question) -> list[list[int]]:
    """`[subject, versus, value, number]`, in order. Pairs have nearly as many as there are answers."""
    rows = _numbers(session, (Tally.versus, Tally.value, Tally.n), Tally.subject, question, Tally.n > 0)
    found: list[list[int]] = rows[np.lexsort(rows.T[2::-1])].tolist()
    return found


def _orders(session: Session, question: Question) -> list[list[object]]:
    """The number of ballots with each order, without names, in the order of the orders."""
    rows = _numbers(session, (Mark.subject, Mark.value), Mark.participant_id, question, Mark.value != 0)
    person, entry, place = rows[np.lexsort(rows.T[[1, 2, 0]])].T
    _, first, number, size = np.unique(person, return_index=True, return_inverse=True, return_counts=True)
    if not len(size):
        return []
    # One ballot a row: entry, place, entry, place, …; a shorter ballot is before a longer one that begins like it.
    table = np.full((len(size), 2 * int(size.max())), -1)
    at = 2 * (np.arange(len(person)) - first[number])
    table[number, at], table[number, at + 1] = entry, place
    order = np.lexsort(table.T[::-1])
    table, size = table[order], size[order]
    new = np.flatnonzero(np.concatenate([[True], (table[1:] != table[:-1]).any(axis=1)]))
    many = np.diff(np.append(new, len(table)))
    pairs = table.reshape(len(table), -1, 2)[new].tolist()
    return [[n, pair[:k]] for n, pair, k in zip(many.tolist(), pairs, size[new].tolist(), strict=True)]


def _numbers(
    session: Session,
    columns: Sequence[InstrumentedAttribute[int]],
    by: InstrumentedAttribute[int],
    question: Question,
    *where: ColumnElement[bool],
    **values: object,
) -> Ints:
    """`[row, column]`: whole numbers of the table of `by`, which is the first column, for a question.

    The database joins all rows with the same first number to one text: so many rows cost several times as much.
    """
    told = [cast(column, String) for column in columns]
    text: ColumnElement[str] = told[0]
    for word in told[1:]:
        text = text + " " + word
    query = select(by, func.count(), func.aggregate_strings(text, " ")).group_by(by).order_by(by)
    of = by.class_.question_id == question.id
    rows = session.connection().execute(query.where(of, *where), values).all()
    numbers = np.fromstring(" ".join(row[2] for row in rows), dtype=np.int64, sep=" ").reshape(-1, len(columns))
    first = np.repeat(np.array([row[0] for row in rows], dtype=np.int64), [row[1] for row in rows])
    return np.column_stack([first, numbers])


def _reads(session: Session, question: Question) -> list[list[int]]:
    query = select(Reads.entry_id, Reads.n).where(Reads.question_id == question.id, Reads.n > 0)
    return [list(row) for row in session.execute(query.order_by(Reads.entry_id))]


def tallied(body: Mapping[str, Any], round: Round) -> Tallied:
    """Read the output of `counted`, also in its first format, which held approval only."""
    if "format" not in body:
        return _first_form(body, round)
    electorate = _electorate(body, round)
    return Tallied(
        turnout=body["turnout"],
        electorate=electorate,
        shown=[entry for entry, _, shown in body["entries"] if shown],
        others=[entry for entry, _, shown in body["entries"] if not shown],
        questions=[
            AskedQuestion(
                id=q["question"],
                rule=rule_of(q["rule"], q["options"]),
                counts=Counts(
                    q["voters"],
                    [*map(tuple, q["counts"])],
                    [(n, tuple(map(tuple, order))) for n, order in q["orders"]],
                    electorate,
                ),
                done=q["done"],
                reads=dict(q["reads"]),
            )
            for q in body["questions"]
        ],
        criteria=[
            ScoredCriterion(
                q["question"], rule_of(q["rule"], q["options"]), q["weight"], q["jurors"], [*map(tuple, q["counts"])]
            )
            for q in body.get("criteria", [])
        ],
    )


def _electorate(body: Mapping[str, Any], round: Round) -> Electorate | None:
    of = body.get("electorate")
    return Electorate(of["people"], of["voted"], of["late"], policy.own_marks_count(round)) if of else None


def published(body: Mapping[str, Any], round: Round) -> dict[str, object]:
    """The counts that anybody may hold, from the output of `counted`: those from which the rules rank, and no ballot.

    `entries`: `[entry, 1 if it is ranked]`. Only ranked entries have counts: per question `counts`, `[entry, value,
    number of people]`; by rules that compare two entries `preferences` instead, `[a, b, number of people who prefer a
    to b]`. `orders` is the number of orders that place a ranked entry. The orders themselves would show whose they are,
    because they leave out their author's own idea. All of this stands on the result page or its explanation.

    `minds` (`ideas.queries.minds`) is missing without a first look. The rest tells nothing more of who moved: the marks
    of the first look have no counts.

    `criteria` is missing without a jury. A criterion has `counts` for the entries that `ENOUGH_JURORS` graded, and
    `few` for those that fewer graded: `[entry, number of grades, twice their median, null for a single grade]`. So they
    tell no more about the grades of a juror than the jury's score of the entry does.
    """
    of = tallied(body, round)
    shown = set(of.shown)
    said = {name: body[name] for name in ("electorate", "excluded", "verdict", "minds") if name in body}
    hands = [row for row in body.get("hands", []) if row[-3] in shown]
    return said | {
        "format": PUBLISHED_FORMAT,
        "round": round.id,
        "turnout": of.turnout,
        "entries": sorted([[e, 1] for e in of.shown] + [[e, 0] for e in of.others]),
        "questions": [_published_question(asked, shown) for asked in of.questions],
        "hands": [[of.questions[0].id, *row] if len(row) == len(("entry", "value", "n")) else row for row in hands],
        **({"criteria": [_published_criterion(scored, shown) for scored in of.criteria]} if of.criteria else {}),
    }


def _published_criterion(scored: ScoredCriterion, shown: set[int]) -> dict[str, object]:
    counts, few = list[list[int]](), list[list[int | None]]()
    for entry, values in sorted(values_by_entry(scored, shown).items()):
        given = sorted(value for value, n in values.items() if value != NO_GRADE for _ in range(n))
        if len(given) >= ENOUGH_JURORS:
            counts += [[entry, value, n] for value, n in sorted(values.items())]
        elif given:
            few.append([entry, len(given), given[0] + given[-1] if len(given) > 1 else None])
    return {
        "question": scored.id,
        "rule": scored.rule.name,
        "options": scored.rule.options(),
        "weight": scored.weight,
        "jurors": scored.jurors,
        "counts": counts,
        "few": few,
    }


def values_by_entry(scored: ScoredCriterion, entries: Collection[int]) -> dict[int, dict[int, int]]:
    """`{entry: {grade: number of jurors}}` of those of `entries` that have any; "can't say" is a grade here."""
    found: dict[int, dict[int, int]] = {}
    for entry, _, value, n in scored.rows:
        if entry in entries and n:
            found.setdefault(entry, {})[value] = n
    return found


def _published_question(asked: AskedQuestion, shown: set[int]) -> dict[str, object]:
    return {
        "question": asked.id,
        "rule": asked.rule.name,
        "options": asked.rule.options(),
        "voters": asked.counts.voters,
        "done": asked.done,
        "reads": sorted([entry, n] for entry, n in asked.reads.items() if entry in shown),
        **_published_counts(asked, shown),
    }


def _published_counts(asked: AskedQuestion, shown: set[int]) -> dict[str, object]:
    rule = asked.rule
    if rule.is_ordered:
        profile, weights = profile_of(rule, shown, asked.counts)
        assert isinstance(profile, OrderProfile)
        wins, ids = pairwise(profile, weights).astype(np.int64), np.array(sorted(shown), dtype=np.int64)
        one, other = np.nonzero(wins)
        higher = np.column_stack([ids[one], ids[other], wins[one, other]])
        return {"preferences": higher.tolist(), "orders": int(weights.sum())}
    if rule.is_paired:
        return {"preferences": _preferences(asked.counts.rows, shown)}
    rows = [row for row in asked.counts.rows if row[0] in shown and row[3]]
    return {"counts": sorted([entry, value, n] for entry, _, value, n in rows)}


def _preferences(rows: Sequence[CountRow], shown: Collection[int]) -> list[list[int]]:
    """`[a, b, number of people who prefer a to b]`, in order."""
    one, other, value, n = np.fromiter(chain.from_iterable(rows), np.int64, 4 * len(rows)).reshape(-1, 4).T
    kept = np.isin(one, [*shown]) & np.isin(other, [*shown]) & (value != 0) & (n != 0)
    preferred, less = np.where(value > 0, one, other)[kept], np.where(value > 0, other, one)[kept]
    order = np.lexsort((less, preferred))
    found = np.column_stack([preferred, less, n[kept]])[order]
    if not len(found):
        return []
    new = np.flatnonzero(np.concatenate([[True], (found[1:, :2] != found[:-1, :2]).any(axis=1)]))
    told: list[list[int]] = np.column_stack([found[new, :2], np.add.reduceat(found[:, 2], new)]).tolist()
    return told


def _first_form(body: Mapping[str, Any], round: Round) -> Tallied:
    rows = [
        (entry, 0, value, n)
        for entry, _, *numbers in body["entries"]
        for value, n in zip((1, -1, 0), numbers, strict=True)
        if n
    ]
    shown = {entry for entry, status, *_ in body["entries"] if status == EntryStatus.VISIBLE}
    question = AskedQuestion(round.questions[0].id, RULE_OF_FIRST_FORMAT, Counts(body["turnout"], rows), 0, {})
    return Tallied(
        turnout=body["turnout"],
        electorate=None,
        shown=sorted(shown),
        others=[entry for entry, *_ in body["entries"] if entry not in shown],
        questions=[question],
    )


def marks_of_people(session: Session, question: Question, entries: Sequence[int]) -> Marks:
    """All marks on `entries`; an entry's number is its position there.

    People are numbered in the order of their pseudonyms, so a recount from an export draws the same people.
    """
    round = session.get_one(Round, question.round_id)
    found = marks_by_person(session, question, entries)
    place = {person: n for n, person in enumerate(_by_pseudonym(session, round, set(found.people)))}
    order = np.array([place[person] for person in found.people], dtype=np.int64)
    return replace(found.marks, participant=order[found.marks.participant])


@dataclass(frozen=True)
class MarksByPerson:
    """Marks, and the participants behind the numbers of their people."""

    people: list[int]
    marks: Marks


def marks_by_person(
    session: Session, question: Question, entries: Sequence[int], of: Sequence[int] | None = None
) -> MarksByPerson:
    """The marks on `entries` that say something, of all participants or of those in `of`, in their order."""
    where = []
    if of is not None:
        table = listed(session.get_bind().dialect.name, "people", person=Integer)
        where.append(Mark.participant_id.in_(select(table)))
    told = {"people": json.dumps([[person] for person in of])} if of is not None else {}
    columns = (Mark.subject, Mark.versus, Mark.value)
    owner, subject, versus, value = _numbers(session, columns, Mark.participant_id, question, *where, **told).T
    rule = question.ballot_rule
    one, other = _numbers_of(entries, subject), _numbers_of(entries, versus)
    says = np.isin(value, [n for n in np.unique(value).tolist() if rule.says(n)])
    kept = says & (one >= 0) & ((versus == 0) | (other >= 0))
    people, participant = np.unique(owner[kept], return_inverse=True)
    marks = Marks(len(people), len(entries), participant, one[kept], other[kept], value[kept])
    return MarksByPerson(people.tolist(), marks)


def _numbers_of(entries: Sequence[int], ids: Ints) -> Ints:
    """The position of each id in `entries`; -1 if it is not there."""
    order = np.argsort(np.array(entries, dtype=np.int64), kind="stable")
    known = np.append(np.array(entries, dtype=np.int64)[order], np.iinfo(np.int64).max)
    at = np.searchsorted(known, ids)
    return np.where(known[at] == ids, np.append(order, -1)[at], -1)


def _by_pseudonym(session: Session, round: Round, people: set[int]) -> list[int]:
    rows = session.execute(
        select(Participant.id, Participant.secret).where(Participant.challenge_id == round.challenge_id)
    )
    names = {person: journal.pseudonym(round.key, secret) for person, secret in rows if person in people}
    return sorted(names, key=lambda person: names[person])
