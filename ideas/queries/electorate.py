"""The people of a challenge, and the electorate of a round: those who joined and are still there, without facilitators
who never voted. The close freezes it with the counts (`ideas.queries.counts`).
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, union
from sqlalchemy.orm import Session

from ideas import policy
from ideas.models import (
    PROXIES,
    STEERING,
    Activity,
    Ballot,
    Challenge,
    Facilitation,
    Member,
    Origin,
    Participant,
    Person,
    Question,
    Round,
)
from ideas.voting.electorate import Electorate


def people_of(challenge_id: int) -> Select[tuple[Participant]]:
    """Everybody who joined, also those who were removed or left; proxies are left out."""
    query = select(Participant).filter_by(challenge_id=challenge_id, merged_into=None)
    return query.where(Participant.tier.not_in(PROXIES))


def takes_part(round: Round) -> ColumnElement[bool]:
    """Whether a participant was neither removed nor left. The result keeps the people who leave after the close,
    and knows none who joined for a later round.
    """
    stayed: ColumnElement[bool] = Participant.left_at.is_(None)
    if round.closed_at:
        stayed = and_(or_(stayed, Participant.left_at > round.closed_at), Participant.joined_at <= round.closed_at)
    return and_(Participant.barred_at.is_(None), stayed)


def electors_of(round: Round) -> Select[tuple[Participant]]:
    """The participants in the electorate of a round."""
    steers, voted = _steers(round), _voted(round)
    return people_of(round.challenge_id).where(takes_part(round), or_(~steers, voted))


def unvoted_electors_of(round: Round) -> Select[tuple[Participant]]:
    """The participants in the electorate of a round without any mark."""
    steers, voted = _steers(round), _voted(round)
    return people_of(round.challenge_id).where(takes_part(round), ~steers, ~voted)


def electorate_of(session: Session, round: Round) -> Electorate | None:
    """The electorate as it stands now; None if it is unknown: an import does not say who could have voted."""
    if round.origin == Origin.IMPORT:
        return None
    began = _vote_began(round)
    late = Participant.joined_at > began if began else literal(value=False)
    electors = electors_of(round).with_only_columns(
        func.count(), func.count(case((_voted(round), 1))), func.count(case((late, 1)))
    )
    people, voted, late_n = session.execute(electors).one()
    return Electorate(people, voted, late_n, policy.own_marks_count(round))


def looked_of(session: Session, round: Round, look: Question) -> tuple[int, int]:
    """`(those who marked any idea in a first look, all who could)`: people who take part and do not steer."""
    marked = exists().where(Ballot.question_id == look.id, Ballot.participant_id == Participant.id)
    people = people_of(round.challenge_id).where(takes_part(round), or_(~_steers(round), marked))
    looked, everybody = session.execute(people.with_only_columns(func.count(case((marked, 1))), func.count())).one()
    return looked, everybody


def idle_facilitators_of(round: Round) -> Select[tuple[int]]:
    """The number of participants who are left out of the electorate, since they steer the round and did not vote."""
    query = people_of(round.challenge_id).where(takes_part(round), _steers(round), ~_voted(round))
    return query.with_only_columns(func.count())


def gone_voters_of(round: Round) -> Select[tuple[int]]:
    """The number of participants who voted before they were removed or left; their marks count."""
    query = people_of(round.challenge_id).where(~takes_part(round), _voted(round))
    return query.with_only_columns(func.count())


def _vote_began(round: Round) -> datetime | None:
    """The time at which the first phase with a vote began."""
    starts = (p.started_at for p in round.phases if p.started_at and p.permits(Activity.VOTE, p.started_at))
    return min(starts, default=None)


def _voted(round: Round) -> ColumnElement[bool]:
    """Whether a participant has a mark in the vote. The seats of jurors are no people, so their marks don't matter."""
    ballot = select(Ballot.question_id).join(Question, Question.id == Ballot.question_id)
    return exists(
        ballot.where(Question.round_id == round.id, ~Question.is_first_look, Ballot.participant_id == Participant.id)
    )


def _steers(round: Round) -> ColumnElement[bool]:
    """Whether a participant facilitates, as `policy.facilitates` decides it."""
    given = select(Facilitation.person_id).where(Facilitation.challenge_id == round.challenge_id)
    members = (
        select(Person.id)
        .join(Member, Member.account_id == Person.account_id)
        .join(Challenge, Challenge.organisation_id == Member.organisation_id)
        .where(Challenge.id == round.challenge_id, Member.role.in_(STEERING))
    )
    return Participant.person_id.in_(union(given, members))
