"""Jobs as rows of lists and on their pages."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock
from ideas.actor import Actor
from ideas.job_access import is_in_force, is_shown_to
from ideas.models import (
    ENDED_JOBS,
    Anonymity,
    Challenge,
    Entry,
    EntryStatus,
    Job,
    JobInvitation,
    JobQuestion,
    JobState,
    Organisation,
    Terms,
    WorkKind,
    WorkOrder,
)
from ideas.queries.job_pay import JobPay, is_below_floor, job_offer, job_pays
from ideas.queries.pages import ListPage, PageQuery, ordered_cut
from ideas.queries.places import holds_place


class JobOrder(StrEnum):
    """The orders of the list; none of them is by popularity."""

    NEWEST = ""
    PAY = "pay"  # the pay of one delivery
    ENDING = "ending"


@dataclass(frozen=True)
class JobQuery(PageQuery):
    """What the list of open jobs asks for: `fair` for those whose pay line is at least the floor."""

    kind: WorkKind | None = None
    language: str = ""
    readable: tuple[str, ...] = ()  # the languages that a second one of a job can be
    fair: bool = False
    order: JobOrder = JobOrder.NEWEST

    @property
    def is_plain(self) -> bool:
        return not (self.search or self.kind or self.language or self.fair)


@dataclass(frozen=True)
class JobRow:
    """A job with the terms of new orders; of a draft, with its draft."""

    job: Job
    terms: Terms
    pay: JobPay
    taken: int = 0  # places

    @property
    def left(self) -> int:
        return max(0, self.terms.places - self.taken)

    @property
    def is_full(self) -> bool:
        return self.job.state in (JobState.OPEN, JobState.PAUSED) and not self.left

    @property
    def takes_people(self) -> bool:
        return self.job.state == JobState.OPEN and not self.job.is_hidden and self.left > 0 and not self.is_past

    @property
    def is_past(self) -> bool:
        """Whether the day until which people can apply is over."""
        return self.terms.apply_by is not None and self.terms.apply_by <= clock.now()


def job_id_of(session: Session, code: str) -> int | None:
    """The job with this code in its address; None if there is none."""
    return session.scalar(select(Job.id).filter_by(code=code))


def job_row(session: Session, job: Job, terms: Terms) -> JobRow:
    return job_rows(session, [(job, terms)])[0]


def job_rows(session: Session, pairs: Collection[tuple[Job, Terms]]) -> list[JobRow]:
    """The rows of jobs with terms, in their order; in four statements for any number of them."""
    pays = job_pays(session, [job_offer(job, terms) for job, terms in pairs])
    taken = places_taken(session, [job.id for job, _ in pairs])
    return [JobRow(job, terms, pay, taken.get(job.id, 0)) for (job, terms), pay in zip(pairs, pays, strict=True)]


def places_taken(session: Session, job_ids: Collection[int]) -> dict[int, int]:
    """`{job: places that orders have}`; jobs without any are left out."""
    if not job_ids:
        return {}
    query = select(WorkOrder.job_id, func.count()).where(WorkOrder.job_id.in_(job_ids), holds_place(clock.now()))
    return dict(session.execute(query.group_by(WorkOrder.job_id)).tuples().all())


def open_jobs(session: Session, actor: Actor, asked: JobQuery) -> ListPage[JobRow]:
    """The open jobs with a free place that are shown to an actor, as far as the query lets them through.

    Any number of jobs costs the same few statements. Only a search reads a line of each of them.
    """
    offered = select(Job.id).join(Terms, is_in_force()).join(Organisation, Organisation.id == Job.organisation_id)
    offered = offered.where(_is_offered(session, actor))
    wanted = offered.where(*_wanted(session, asked))
    orders: dict[JobOrder, list[ColumnElement[Any]]] = {
        JobOrder.NEWEST: [Job.published_at.desc()],
        JobOrder.PAY: [Terms.cents.desc()],
        JobOrder.ENDING: [Terms.apply_by.is_(None), Terms.apply_by.asc()],
    }
    order = [*orders[asked.order], Job.id.desc()]
    translated = [func.coalesce(Terms.also[language, "title"].as_string(), "") for language in asked.readable]
    cut = ordered_cut(session, wanted, order, [Terms.title, Organisation.name, *translated], asked)
    pairs = select(Job, Terms).join(Terms, is_in_force()).where(Job.id.in_(cut.rows))
    pairs = pairs.options(joinedload(Job.organisation), joinedload(Job.chain))
    by_id = {job.id: (job, terms) for job, terms in session.execute(pairs).tuples()}
    rows = job_rows(session, [by_id[job_id] for job_id in cut.rows if job_id in by_id])
    # Whether there is any job tells a search that found nothing from an empty list.
    in_all = cut.found if asked.is_plain else session.scalar(offered.with_only_columns(func.count())) or 0
    return ListPage(rows, cut.asked, cut.found, in_all)


def _is_offered(session: Session, actor: Actor) -> ColumnElement[bool]:
    taken = select(func.count()).where(WorkOrder.job_id == Job.id, holds_place(clock.now())).scalar_subquery()
    return and_(
        is_shown_to(session, actor),
        Job.state == JobState.OPEN,
        or_(Terms.apply_by.is_(None), Terms.apply_by > clock.now()),
        Terms.places > taken,
    )


def _wanted(session: Session, asked: JobQuery) -> list[ColumnElement[bool]]:
    wanted = []
    if asked.kind:
        wanted.append(Terms.kind == asked.kind)
    if asked.language:
        speaks = [Terms.language == asked.language]
        if asked.language in asked.readable:  # nothing else becomes a path into JSON
            speaks.append(Terms.also[asked.language].as_string().is_not(None))
        wanted.append(or_(*speaks))
    if asked.fair:
        wanted.append(not_(is_below_floor(session, clock.now())))
    return wanted


def jobs_of(session: Session, organisation_id: int) -> list[JobRow]:
    """All jobs of an organisation, drafts included: the running ones first, then the newest."""
    query = select(Job, Terms).join(Terms, Terms.job_id == Job.id).options(joinedload(Job.chain))
    current = func.coalesce(func.nullif(Job.terms_n, 0), 1)
    query = query.where(Job.organisation_id == organisation_id, Terms.n == current)
    pairs = session.execute(query.order_by(Job.created_at.desc(), Job.id.desc())).tuples().all()
    order = list(JobState)
    return sorted(job_rows(session, pairs), key=lambda row: order.index(row.job.state))


@dataclass(frozen=True)
class JobSource:
    """The idea of a closed round from which a job grows, as everybody who sees the result reads it."""

    entry_id: int
    challenge_id: int
    round_n: int
    title: str
    text: str
    language: str


def source_of(session: Session, entry_id: int | None) -> JobSource | None:
    """The source of a job; None if there is none, or if it is not shown any more."""
    entry = session.get(Entry, entry_id) if entry_id is not None else None
    if entry is None or not entry.shown or not entry.round.is_closed:
        return None
    challenge = entry.round.challenge
    return JobSource(entry.id, challenge.id, entry.round.n, entry.version.title, entry.version.text, challenge.language)


def hides_author(session: Session, job: Job) -> bool:
    """Whether a job grew from an idea whose author nobody learns, ever."""
    entry = session.get(Entry, job.from_entry_id) if job.from_entry_id is not None else None
    return entry is not None and entry.round.challenge.anonymity == Anonymity.FOR_GOOD


def jobs_from(session: Session, round_id: int) -> dict[int, list[Job]]:
    """`{entry: published jobs that grew from it}` of a round."""
    query = select(Job).join(Entry, Entry.id == Job.from_entry_id).where(Entry.round_id == round_id)
    query = query.where(Job.state != JobState.DRAFT, Job.hidden_at.is_(None), Entry.status == EntryStatus.VISIBLE)
    found: dict[int, list[Job]] = {}
    for job in session.scalars(query.order_by(Job.id)):
        found.setdefault(job.from_entry_id or 0, []).append(job)
    return found


def questions_of(session: Session, job_id: int) -> list[JobQuestion]:
    """The questions about a job, the oldest first. Pages show no names."""
    return list(session.scalars(select(JobQuestion).filter_by(job_id=job_id).order_by(JobQuestion.id)))


def invited_to(session: Session, job_id: int) -> list[str]:
    """The addresses that were invited to a job."""
    return list(session.scalars(select(JobInvitation.email).filter_by(job_id=job_id).order_by(JobInvitation.email)))


def is_invited_to_job(session: Session, email: str) -> bool:
    """Whether an address was invited to a job that has not ended; then its owner may open an account."""
    query = select(JobInvitation.email).join(Job, Job.id == JobInvitation.job_id)
    going = query.where(Job.state.not_in(ENDED_JOBS), Job.hidden_at.is_(None))
    return session.scalar(going.where(JobInvitation.email == email.lower()).limit(1)) is not None


def rooms_of(session: Session, organisation_id: int) -> list[tuple[int, str]]:
    """`(challenge, title)` of the published challenges of an organisation, the newest first."""
    query = select(Challenge.id, Challenge.title).where(
        Challenge.organisation_id == organisation_id, Challenge.published_at.is_not(None)
    )
    return list(session.execute(query.order_by(Challenge.id.desc())).tuples())
