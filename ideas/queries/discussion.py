"""How well the discussion of a round went, in numbers. The close freezes them; until then they follow the texts.

They count texts that everybody in the room reads, so they are no secret before the close. The number of people who
argued is one where authors are hidden: as it grows with one argument and not with the next, it would tell which
arguments are one person's. There it is told after the close only, and not below `LEAST`.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.database import alias_of
from ideas.models import Argument, Entry, EntryStatus, Idea, Participant, Result, Round, Stance
from ideas.queries.electorate import people_of, takes_part
from ideas.queries.ideas import is_answered, is_debated, status_in
from ideas.voting.timeline import LEAST

# The name in the frozen body of a result.
DISCUSSION = "discussion"


@dataclass(frozen=True)
class Discussion:
    """Replies are no arguments here. `unanswered` as everywhere (`is_answered`).

    `answered` are the questions to which the organisation replied; where authors are hidden those with an answer for
    the idea, by the organisation or the author. `argued` are the people who argued or replied, of `people`; None where
    that is not told.
    """

    ideas: int
    without_objection: int
    arguments: int
    replies: int
    questions: int
    unanswered: int
    answered: int
    people: int
    argued: int | None


def discussion_of(session: Session, round: Round, result: Result | None = None) -> Discussion:
    """The numbers of a round: as the close froze them, or as they are now. `result` is read if it is not given."""
    result = (result or session.get(Result, round.id)) if round.is_closed else None
    frozen = json.loads(result.body).get(DISCUSSION) if result else None  # earlier results have none
    return Discussion(**frozen) if frozen else _measured(session, round)


def measured_discussion(session: Session, round: Round) -> dict[str, object]:
    """The numbers as they are now, as the close freezes them."""
    return {DISCUSSION: asdict(_measured(session, round))}


def _measured(session: Session, round: Round) -> Discussion:
    named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
    is_question = Argument.stance == Stance.QUESTION
    objected = case((Argument.stance == Stance.AGAINST, func.coalesce(Entry.counted_as, Entry.id)))
    # A close reveals every visible idea; while it counts, that is not stored yet.
    shown = Entry.status == EntryStatus.VISIBLE if round.is_closed else Entry.shown
    ideas = select(func.count()).select_from(Entry).where(Entry.round_id == round.id, shown)
    people = people_of(round.challenge_id).with_only_columns(func.count()).where(takes_part(round))
    authors = _said(round, select(Argument.author_id))
    argued = people.where(Participant.id.in_(authors.correlate(None)))
    query = _said(
        round,
        select(
            func.count(case((Argument.reply_to_id.is_(None), 1))),
            func.count(Argument.reply_to_id),
            func.count(case((is_question, 1))),
            func.count(case((and_(is_question, ~is_answered(Argument, named=named)), 1))),
            func.count(case((and_(is_question, _has_answer(round, named=named)), 1))),
            func.count(objected.distinct()),
            *(one.correlate(None).scalar_subquery() for one in (ideas, people, argued)),
        ),
    )
    said, replies, questions, unanswered, answered, with_objection, all_ideas, everybody, voices = session.execute(
        query
    ).one()
    is_told = policy.sees_authors(round.challenge.anonymity, is_closed=False) or (
        round.is_closed and (named or voices >= LEAST)
    )
    return Discussion(
        ideas=all_ideas,
        without_objection=all_ideas - with_objection,
        arguments=said,
        replies=replies,
        questions=questions,
        unanswered=unanswered,
        answered=answered,
        people=everybody,
        argued=voices if is_told else None,
    )


def _said(round: Round, query: Select[Any]) -> Select[Any]:
    """The arguments and replies that the room reads, or read at the close."""
    to = alias_of(Argument, "replied_to")
    query = query.select_from(Argument).join(to, to.id == Argument.reply_to_id, isouter=True)
    query = query.join(Entry, Entry.idea_id == Argument.idea_id).join(Idea, Idea.id == Argument.idea_id)
    query = query.where(Entry.round_id == round.id, is_debated(), status_in(round) == EntryStatus.VISIBLE)
    query = query.where(or_(to.id.is_(None), status_in(round, to) == EntryStatus.VISIBLE))
    return query.where(Argument.written_at <= round.closed_at) if round.closed_at else query


def _has_answer(round: Round, *, named: bool) -> ColumnElement[bool]:
    """Whether a question has a reply of the organisation; where authors are hidden, or of the author of the idea."""
    reply = alias_of(Argument, "answer")
    by = policy.acts_for(round.challenge.organisation_id).element
    answers = by if named else or_(by, reply.author_id == Idea.author_id)
    found = select(reply.id).join(Participant, Participant.id == reply.author_id)
    found = found.where(reply.reply_to_id == Argument.id, status_in(round, reply) == EntryStatus.VISIBLE, answers)
    if round.closed_at is not None:
        found = found.where(reply.written_at <= round.closed_at)
    return exists(found.correlate(Argument, Idea))
