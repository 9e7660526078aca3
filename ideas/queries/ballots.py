"""Ballots as their own voters see them, and how evenly a question's entries were read. Counts are not told here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.models import Ballot, Entry, Exposure, Idea, JournalEntry, Mark, Participant, Question, Reads, Round
from ideas.voting.feed import Spread, spread_of
from ideas.voting.rules import Pair, Subject, subject_of


@dataclass(frozen=True)
class Receipt:
    """What counts of one's ballot on one question; `receipt` is that of the latest mark, empty when there is none."""

    question_id: int
    marks: dict[Subject, int]
    receipt: str
    marked_at: datetime | None
    done_at: datetime | None


def receipt_of(session: Session, question: Question, participant: Participant) -> Receipt:
    """A participant's own marks on a question with their latest receipt: for their eyes only."""
    rows = list(
        session.execute(
            select(Mark.subject, Mark.versus, Mark.value, Mark.seq, Mark.at)
            .filter_by(question_id=question.id, participant_id=participant.id)
            .order_by(Mark.seq, Mark.subject, Mark.versus)
        )
    )
    ballot = session.get(Ballot, (question.id, participant.id))
    rule = question.ballot_rule
    round = session.get_one(Round, question.round_id)
    return Receipt(
        question_id=question.id,
        marks={subject_of((s, versus)): value for s, versus, value, *_ in rows if rule.says(value)},
        receipt=_receipt(session, round, rows[-1].seq) if rows else "",
        marked_at=max((row.at for row in rows), default=None),
        done_at=ballot.done_at if ballot else None,
    )


def _receipt(session: Session, round: Round, seq: int) -> str:
    h = session.scalar(select(JournalEntry.h).filter_by(challenge_id=round.challenge_id, seq=seq))
    return journal.receipt(round.key, seq, h) if h else ""


@dataclass(frozen=True)
class Turnout:
    """How many voted on a question, and how many of them said to be done."""

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
    """`{entry: idea}` of what a participant may mark: what the room sees, less their own."""
    query = select(Entry.id, Entry.idea_id).join(Idea).where(Entry.round_id == round.id, Entry.shown)
    if not policy.own_marks_count(round):
        query = query.where(Idea.author_id != participant.id)
    return dict(session.execute(query).tuples().all())


# So many answers make a whole ballot of pairs; all pairs would be too many for anybody.
ENOUGH_PAIRS = 20


@dataclass(frozen=True)
class Deck:
    """How far a participant is: what was dealt and not judged yet, in order, and how many they judged.

    `left` tells whether the feed has more for them; `to_judge` what it deals them in all, as things stand; `goal`
    how much of it makes a whole ballot.
    """

    dealt: list[Subject]
    judged: int
    left: int
    enough: int | None = None  # where nobody is asked for all that there is

    @property
    def to_judge(self) -> int:
        return self.judged + len(self.dealt) + self.left

    @property
    def goal(self) -> int:
        return self.to_judge if self.enough is None else min(self.to_judge, self.enough)


def deck_of(session: Session, question: Question, participant: Participant) -> Deck:
    """What a participant has in hand; dealing more is `ideas.services.feeds.deal`."""
    rule = question.ballot_rule
    round = session.get_one(Round, question.round_id)
    may = markable(session, round, participant)
    marked = marked_by(session, question.id, participant.id)
    exposed = exposed_to(session, question.id, participant.id)
    dealt = [subject_of(key) for key in exposed if key not in marked and fits_deck(key, may)]
    judged = sum(fits_deck(key, may) for key in marked)
    most = len(may) * (len(may) - 1) // 2 if rule.is_paired else len(may)
    limit = rule.deals_at_most()
    left = most - judged - len(dealt)
    left = max(0, left if limit is None else min(left, limit - len(exposed)))
    return Deck(dealt, judged, left, ENOUGH_PAIRS if rule.is_paired else None)


def marked_by(session: Session, question_id: int, participant_id: int) -> set[Pair]:
    rows = session.execute(
        select(Mark.subject, Mark.versus).filter_by(question_id=question_id, participant_id=participant_id)
    )
    return set(rows.tuples())


def exposed_to(session: Session, question_id: int, participant_id: int) -> list[Pair]:
    """What was dealt to a participant, in the order of the dealing."""
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
    """`{entry: how often it was dealt}` for what the room sees, zero included."""
    reads = (Reads.entry_id == Entry.id) & (Reads.question_id == question.id)
    rows = session.execute(
        select(Entry.id, func.coalesce(Reads.n, 0))
        .join(Reads, reads, isouter=True)
        .where(Entry.round_id == question.round_id, Entry.shown)
        .order_by(Entry.id)
    )
    return dict(rows.tuples().all())


def spread_of_reads(session: Session, question: Question) -> Spread:
    """How evenly the entries that the room sees were dealt: least, median, most, Gini's coefficient."""
    return spread_of(reads_of(session, question).values())


def own_ballot(session: Session, question_id: int, participant_id: int) -> dict[Subject, int]:
    """`{subject: value}`: one participant's marks on a question, for their eyes only."""
    rows = session.execute(
        select(Mark.subject, Mark.versus, Mark.value).filter_by(question_id=question_id, participant_id=participant_id)
    )
    return {subject_of((subject, versus)): value for subject, versus, value in rows}


def ballots_of(session: Session, round: Round, participant: Participant) -> set[int]:
    """The questions of a round on which somebody has a ballot."""
    questions = [question.id for question in round.questions]
    query = select(Ballot.question_id).where(Ballot.participant_id == participant.id, Ballot.question_id.in_(questions))
    return set(session.scalars(query))
