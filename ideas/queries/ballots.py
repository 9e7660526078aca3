"""Ballots as their own voters see them, and the spread of reads of a question's entries. No counts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.database import alias_of
from ideas.models import Ballot, Entry, Exposure, Idea, JournalEntry, Mark, Participant, Question, Reads, Round
from ideas.queries.versions import is_outdated
from ideas.voting.feed import Spread, spread_of
from ideas.voting.rules import Pair, Subject, subject_of


@dataclass(frozen=True)
class Receipt:
    """The state of one's ballot on one question; `receipt` is that of the latest mark, empty if there is none."""

    question_id: int
    marks: dict[Subject, int]
    receipt: str
    marked_at: datetime | None
    done_at: datetime | None
    outdated: frozenset[Subject] = frozenset()  # marked before an idea got its present words


@dataclass(frozen=True)
class MarkRow:
    """One mark of one participant, with its number and its hash in the journal, and its time."""

    key: Pair
    value: int
    seq: int
    h: bytes | None
    at: datetime
    is_outdated: bool = False  # an idea has other words since then


@dataclass(frozen=True)
class OwnMarks:
    """One participant's marks in a round by question, in the order of the journal, and the time at which each ballot
    was ended.
    """

    marks: dict[int, list[MarkRow]]
    done: dict[int, datetime | None]


@dataclass(frozen=True)
class OwnVotes(OwnMarks):
    """The same with the entries that they may mark (`{entry: idea}`) and, by question, the subjects dealt to them, in
    order.
    """

    may: dict[int, int]
    dealt: dict[int, list[Pair]]


def own_votes_of(session: Session, round: Round, participant: Participant, marks: OwnMarks | None = None) -> OwnVotes:
    """Load one's marks, unless they are known, with the subjects.

    This takes two statements beside those of `own_marks_of` for any number of questions and ideas.
    """
    ids = [question.id for question in round.polled]
    dealt: dict[int, list[Pair]] = {i: [] for i in ids}
    exposures = select(Exposure.question_id, Exposure.subject, Exposure.versus)
    own_exposures = exposures.where(Exposure.question_id.in_(ids), Exposure.participant_id == participant.id)
    for question, subject, versus in session.execute(
        own_exposures.order_by(Exposure.turn, Exposure.subject, Exposure.versus)
    ):
        dealt[question].append((subject, versus))
    may, own = markable(session, round, participant), marks or own_marks_of(session, round, participant)
    return OwnVotes(own.marks, own.done, may, dealt)


def own_marks_of(session: Session, round: Round, participant: Participant) -> OwnMarks:
    """Load one's marks. This takes one statement for any number of questions."""
    ids = [question.id for question in round.polled]
    marks: dict[int, list[MarkRow]] = {i: [] for i in ids}
    done: dict[int, datetime | None] = {}
    own_ballot = and_(Ballot.question_id == Question.id, Ballot.participant_id == participant.id)
    own_mark = and_(Mark.question_id == Question.id, Mark.participant_id == participant.id)
    entry = and_(JournalEntry.chain_id == journal.chain_of(round.challenge_id), JournalEntry.seq == Mark.seq)
    rows = session.execute(
        select(Question.id, Ballot.participant_id, Ballot.done_at)
        .add_columns(Mark.subject, Mark.versus, Mark.value, Mark.seq, JournalEntry.h, Mark.at, is_outdated())
        .select_from(Question)
        .outerjoin(Ballot, own_ballot)
        .outerjoin(Mark, own_mark)
        .outerjoin(JournalEntry, entry)
        .where(Question.id.in_(ids))
        .order_by(Mark.seq, Mark.subject, Mark.versus)
    )
    for question, voter, done_at, subject, versus, *rest in rows:
        if voter is not None:
            done[question] = done_at
        if subject is not None:
            marks[question].append(MarkRow((subject, versus), *rest))
    return OwnMarks(marks, done)


def receipt_of(
    session: Session, question: Question, participant: Participant, votes: OwnMarks | None = None
) -> Receipt:
    """A participant's own marks on a question with their latest receipt. Only that participant may see it."""
    round = session.get_one(Round, question.round_id)
    votes = votes or own_marks_of(session, round, participant)
    rows = votes.marks[question.id]
    rule = question.ballot_rule
    return Receipt(
        question_id=question.id,
        marks={subject_of(row.key): row.value for row in rows if rule.says(row.value)},
        receipt=journal.receipt(round.key, rows[-1].seq, rows[-1].h) if rows and rows[-1].h else "",
        marked_at=max((row.at for row in rows), default=None),
        done_at=votes.done.get(question.id),
        outdated=frozenset(subject_of(row.key) for row in rows if row.is_outdated and rule.says(row.value)),
    )


@dataclass(frozen=True)
class Turnout:
    """The number of voters on a question, and of those who ended their ballot."""

    question_id: int
    voted: int
    done: int


def turnout_of(session: Session, round: Round) -> list[Turnout]:
    """The turnout of each question, in order; no count of marks."""
    ids = [q.id for q in round.questions]
    rows = session.execute(
        select(Ballot.question_id, func.count(), func.count(Ballot.done_at))
        .where(Ballot.question_id.in_(ids))
        .group_by(Ballot.question_id)
    )
    found = {question: (voted, done) for question, voted, done in rows}
    return [Turnout(question, *found.get(question, (0, 0))) for question in ids]


def markable(session: Session, round: Round, participant: Participant) -> dict[int, int]:
    """`{entry: idea}` of the entries that a participant may mark: the shown ones except those that credit them."""
    query = select(Entry.id, Entry.idea_id).join(Idea).where(Entry.round_id == round.id, Entry.shown)
    if not policy.own_marks_count(round):
        merged, own = alias_of(Entry, "merged"), alias_of(Idea, "own")
        with_own = select(merged.counted_as).join(own, own.id == merged.idea_id)
        with_own = with_own.where(merged.round_id == round.id, own.author_id == participant.id)
        query = query.where(
            Idea.author_id != participant.id, Entry.id.not_in(with_own.where(merged.counted_as.is_not(None)))
        )
    return dict(session.execute(query).tuples().all())


# A whole ballot of pairs has this many answers; nobody can answer all pairs.
ENOUGH_PAIRS = 20


@dataclass(frozen=True)
class Deck:
    """The deck of a participant: subjects that were dealt and not judged yet, in order, and the number of judged ones.

    `left` is the number of subjects that the feed still has for them. `to_judge` is the total for now. `goal` is the
    number that makes a whole ballot.
    """

    dealt: list[Subject]
    judged: int
    left: int
    enough: int | None = None  # set if a whole ballot needs only a part of all subjects

    @property
    def to_judge(self) -> int:
        return self.judged + len(self.dealt) + self.left

    @property
    def goal(self) -> int:
        return self.to_judge if self.enough is None else min(self.to_judge, self.enough)


def deck_of(session: Session, question: Question, participant: Participant, votes: OwnVotes | None = None) -> Deck:
    """The state of a participant's deck on a question; `ideas.services.feeds.deal` deals further subjects."""
    rule = question.ballot_rule
    votes = votes or own_votes_of(session, session.get_one(Round, question.round_id), participant)
    may, exposed = votes.may, votes.dealt[question.id]
    marked = {row.key for row in votes.marks[question.id]}
    dealt = [subject_of(key) for key in exposed if key not in marked and fits_deck(key, may)]
    judged = sum(fits_deck(key, may) for key in marked)
    most = len(may) * (len(may) - 1) // 2 if rule.is_paired else len(may)
    limit = rule.deals_at_most()
    left = most - judged - len(dealt)
    left = max(0, left if limit is None else min(left, limit - len(exposed)))
    return Deck(dealt, judged, left, ENOUGH_PAIRS if rule.is_paired else None)


def exposed_to(session: Session, question_id: int, participant_id: int) -> list[Pair]:
    """The subjects that were dealt to a participant, in order."""
    rows = session.execute(
        select(Exposure.subject, Exposure.versus)
        .filter_by(question_id=question_id, participant_id=participant_id)
        .order_by(Exposure.turn, Exposure.subject, Exposure.versus)
    )
    return list(rows.tuples())


def fits_deck(key: Pair, may: dict[int, int]) -> bool:
    """Whether every entry of a subject may be marked."""
    return key[0] in may and (not key[1] or key[1] in may)


def reads_of(session: Session, question: Question) -> dict[int, int]:
    """`{entry: number of deals}` for the shown entries, zero included."""
    reads = (Reads.entry_id == Entry.id) & (Reads.question_id == question.id)
    rows = session.execute(
        select(Entry.id, func.coalesce(Reads.n, 0))
        .join(Reads, reads, isouter=True)
        .where(Entry.round_id == question.round_id, Entry.shown)
        .order_by(Entry.id)
    )
    return dict(rows.tuples().all())


def spreads_of_reads(session: Session, round: Round) -> dict[int, Spread]:
    """The spread of reads over the shown entries, by question: minimum, median, maximum, Gini's coefficient."""
    reads = (Reads.entry_id == Entry.id) & (Reads.question_id == Question.id)
    rows = session.execute(
        select(Question.id, func.coalesce(Reads.n, 0))
        .join_from(Question, Entry, Entry.round_id == Question.round_id)
        .join(Reads, reads, isouter=True)
        .where(Question.id.in_([question.id for question in round.questions]), Entry.shown)
    )
    found: dict[int, list[int]] = {question.id: [] for question in round.questions}
    for question, n in rows:
        found[question].append(n)
    return {question: spread_of(numbers) for question, numbers in found.items()}


def own_ballot(session: Session, question_id: int, participant_id: int) -> dict[Subject, int]:
    """`{subject: value}`: one participant's marks on a question. Only that participant may see them."""
    rows = session.execute(
        select(Mark.subject, Mark.versus, Mark.value).filter_by(question_id=question_id, participant_id=participant_id)
    )
    return {subject_of((subject, versus)): value for subject, versus, value in rows}


def ballots_of(session: Session, participant: Participant) -> set[int]:
    """The questions on which a participant has a ballot."""
    query = select(Ballot.question_id).where(Ballot.participant_id == participant.id)
    return set(session.scalars(query))
