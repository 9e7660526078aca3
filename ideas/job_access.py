"""Who sees a job, and who may do what to it. Who may not see it learns nothing: it is not found."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.actor import Actor
from ideas.database import require
from ideas.errors import Forbidden, NotFound
from ideas.models import (
    READING,
    STEERING,
    Account,
    Challenge,
    Facilitation,
    Job,
    JobInvitation,
    JobState,
    Member,
    Participant,
    Role,
    SeenBy,
    Terms,
    WorkOrder,
)


@dataclass(frozen=True)
class JobAccess:
    """An actor's access to a job. `terms`: those of new orders, or the draft of a job that is not published."""

    job: Job
    terms: Terms
    role: Role | None  # in the organisation
    operates: bool

    def has_role(self, roles: policy.Roles) -> bool:
        return self.role in roles

    @property
    def is_outside(self) -> bool:
        """Whether the actor may work on it, as far as membership decides."""
        return self.role is None


def job_access(session: Session, actor: Actor, job_id: int) -> JobAccess:
    """Load a job with the actor's access to it.

    :raise NotFound: if there is none, or the actor may not see it.
    """
    job = require(session, Job, job_id)
    terms = present_terms(session, job)
    role, operates = policy.role_in(session, actor, job.organisation_id), policy.operates(session, actor)
    found = JobAccess(job, terms, role, operates)
    if role in STEERING or (role in READING and job.state != JobState.DRAFT):
        return found
    if job.state != JobState.DRAFT and (operates or works_on(session, actor, job.id)):
        return found
    if session.scalar(select(Job.id).join(Terms).where(Job.id == job.id, is_shown_to(session, actor))) is None:
        raise NotFound
    return found


def require_job(session: Session, actor: Actor, job_id: int, roles: policy.Roles) -> JobAccess:
    """The access of a member of the job's organisation in one of these roles.

    :raise Forbidden: for a member in another role. :raise NotFound: for everybody else, and for viewers of a draft.
    """
    found = job_access(session, actor, job_id)
    if found.role is None:
        raise NotFound
    if not found.has_role(roles):
        raise Forbidden
    return found


def present_terms(session: Session, job: Job) -> Terms:
    """The terms that a new order gets; of a job that is not published, its draft."""
    return session.execute(select(Terms).filter_by(job_id=job.id, n=job.terms_n or 1)).scalar_one()


def works_on(session: Session, actor: Actor, job_id: int) -> bool:
    """Whether the actor applied to a job or has an order of it."""
    if actor.person_id is None:
        return False
    orders = select(WorkOrder.id).filter_by(job_id=job_id, person_id=actor.person_id)
    return session.scalar(orders.limit(1)) is not None


def is_in_force() -> ColumnElement[bool]:
    """Whether a `Terms` is the one that new orders of its `Job` get."""
    return and_(Terms.job_id == Job.id, Terms.n == Job.terms_n)


def is_shown_to(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Whether a published `Job` with its `Terms` is shown to an actor as one of its audience."""
    in_room = exists().where(
        Participant.challenge_id == Terms.room_id,
        Participant.person_id == (actor.person_id or 0),
        Participant.merged_into.is_(None),
        Participant.is_here,
    )
    steers_room = exists().where(
        Challenge.id == Terms.room_id,
        Member.organisation_id == Challenge.organisation_id,
        Member.account_id == (actor.account_id or 0),
        Member.role.in_(STEERING),
    )
    guides_room = exists().where(
        Facilitation.challenge_id == Terms.room_id, Facilitation.person_id == (actor.person_id or 0)
    )
    invited = exists().where(JobInvitation.job_id == Job.id, JobInvitation.email == _address_of(session, actor))
    return and_(
        is_in_force(),
        Job.state != JobState.DRAFT,
        Job.hidden_at.is_(None),
        or_(
            Terms.seen_by == SeenBy.PUBLIC,
            and_(Terms.seen_by == SeenBy.ROOM, or_(in_room, steers_room, guides_room)),
            and_(Terms.seen_by == SeenBy.INVITED, invited) if actor.account_id else false(),
        ),
    )


def _address_of(session: Session, actor: Actor) -> str:
    """The confirmed address of an actor's account, "" for nobody's."""
    account = session.get(Account, actor.account_id) if actor.account_id else None
    return account.email if account and account.confirmed_at and not account.disabled_at else ""


def draft_of(session: Session, job: Job) -> Terms | None:
    """The draft of the next terms, if there is one."""
    return session.execute(select(Terms).filter_by(job_id=job.id, frozen_at=None)).scalar_one_or_none()
