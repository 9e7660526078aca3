"""The pay line of jobs: their terms, the minutes that workers reported, and the floor that they are compared with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, false, func, literal, or_, select
from sqlalchemy.orm import Session, lazyload

from ideas import clock
from ideas.job_terms import languages_of, words_of
from ideas.models import Delivery, Job, JobState, Terms, WorkOrder
from ideas.pay import AVERAGE_FROM, CONTESTS_FROM, PayLine, clamped, job_line, reading_minutes, times_expected, times_of
from ideas.queries.floors import FloorRow, floors, latest, next_turn


@dataclass(frozen=True)
class JobPay:
    """The pay line of a job, with the floor that it was compared with; None if there is none to compare with.

    `year`: of the floor. `until`: the instant at which the clock changes it.
    """

    line: PayLine
    currency: str
    floor: FloorRow | None = None
    year: int = 0
    until: datetime | None = None


@dataclass(frozen=True)
class JobOffer:
    """What the pay line of a job begins with, stored or still being typed. `job_id` is None for one not stored yet."""

    organisation_id: int
    cents: int | None
    currency: str
    minutes: int | None
    floor_country: str
    job_id: int | None = None


def job_offer(job: Job, terms: Terms) -> JobOffer:
    return JobOffer(job.organisation_id, terms.cents, terms.currency, terms.minutes, terms.floor_country, job_id=job.id)


def job_pay(session: Session, job: Job, terms: Terms, at: datetime | None = None) -> JobPay:
    """The pay line of a job with these terms, by the floor at an instant (now without one)."""
    return job_pays(session, [job_offer(job, terms)], at)[0]


def job_pays(session: Session, offers: Sequence[JobOffer], at: datetime | None = None) -> list[JobPay]:
    """The pay line of each of these jobs, in three statements for any number of them."""
    if not offers:
        return []
    rows = floors(session)
    reports = reported_minutes(session, {offer.job_id for offer in offers if offer.job_id})
    ratios = earlier_ratios(session, {offer.organisation_id for offer in offers if offer.minutes})
    return [_pay(offer, rows, at or clock.now(), reports, ratios) for offer in offers]


def _pay(
    offer: JobOffer,
    rows: Collection[FloorRow],
    at: datetime,
    reports: Mapping[int, Sequence[int]],
    ratios: Mapping[int, Mapping[int, Fraction]],
) -> JobPay:
    """The job itself is none of the earlier jobs of its organisation."""
    floor = latest(rows, offer.floor_country, at)
    if floor and floor.currency != offer.currency:
        floor = None
    earlier = [ratio for key, ratio in ratios.get(offer.organisation_id, {}).items() if key != offer.job_id]
    line = job_line(
        offer.cents,
        offer.minutes,
        reports.get(offer.job_id or 0, ()),
        floor.cents if floor else None,
        times_expected(earlier),
    )
    until = next_turn(rows, offer.floor_country, at)
    return JobPay(line, offer.currency, floor, floor.year_at(at) if floor else 0, until)


def is_below_floor(session: Session, at: datetime) -> ColumnElement[bool]:
    """Whether the pay line of an open `Job` with its `Terms` in force is below the floor at an instant.

    The database compares the estimates. It cannot read a brief, by which reports are clamped: the open jobs with an
    average are judged here. Never unknown: what cannot be judged is not below.
    """
    averaged = _averaged()
    organisations = select(Job.organisation_id).where(Job.id.in_(averaged)).group_by(Job.organisation_id)
    often = session.scalars(organisations.having(func.count() >= CONTESTS_FROM)).all()
    tenths = {of: times_expected([*ratios.values()]) or 10 for of, ratios in earlier_ratios(session, often).items()}
    longer = case(tenths, value=Job.organisation_id, else_=10) if tenths else literal(10)
    rows = floors(session)
    holding = [latest(rows, country, at) for country in sorted({row.country for row in rows})]
    below = [
        and_(
            Terms.floor_country == floor.country,
            Terms.currency == floor.currency,
            cast(Terms.cents, BigInteger) * 600 < cast(Terms.minutes, BigInteger) * floor.cents * longer,
        )
        for floor in holding
        if floor
    ]
    by_estimate = and_(Terms.cents > 0, Terms.minutes > 0, or_(false(), *below))
    judged = select(Job, Terms).join(Terms, (Terms.job_id == Job.id) & (Terms.n == Job.terms_n))
    judged = judged.where(Job.state == JobState.OPEN, Job.id.in_(averaged)).options(lazyload(Job.chain))
    pairs = session.execute(judged).tuples().all()
    pays = zip(pairs, job_pays(session, [job_offer(*pair) for pair in pairs], at), strict=True)
    known = {job.id: bool(pay.line.is_below) for (job, _), pay in pays}
    is_below = and_(by_estimate, Job.id.not_in(known))
    return func.coalesce(or_(is_below, Job.id.in_([job_id for job_id, below in known.items() if below])), false())


def _averaged() -> Select[tuple[int]]:
    """The jobs for which enough people reported their minutes."""
    query = select(WorkOrder.job_id).join(Delivery, Delivery.order_id == WorkOrder.id)
    query = query.where(Delivery.minutes.is_not(None), WorkOrder.begun_at.is_not(None))
    return query.group_by(WorkOrder.job_id).having(func.count(WorkOrder.id.distinct()) >= AVERAGE_FROM)


def reported_minutes(session: Session, job_ids: Collection[int]) -> dict[int, list[int]]:
    """`{job: the minutes of each order whose worker reported them}`; jobs without any are left out.

    All versions of an order are added up. A report is clamped: nobody needs less time than it takes to read the brief,
    or more than passed between the confirmed terms and the latest version. Who reports more, and had less time than the
    company's estimate, began before: that report is left out, or it would show a rate that nobody had.
    """
    if not job_ids:
        return {}
    query = select(WorkOrder, Terms, func.sum(Delivery.minutes), func.max(Delivery.delivered_at))
    query = query.join(Terms, Terms.id == WorkOrder.terms_id).join(Delivery, Delivery.order_id == WorkOrder.id)
    query = query.where(WorkOrder.job_id.in_(job_ids), Delivery.minutes.is_not(None), WorkOrder.begun_at.is_not(None))
    found: dict[int, list[int]] = {}
    for order, terms, minutes, delivered_at in session.execute(
        query.group_by(WorkOrder.id, Terms.id).order_by(WorkOrder.id)
    ):
        passed = int((delivered_at - order.begun_at).total_seconds() // 60)
        if passed < min(minutes, terms.minutes or 0):
            continue
        readings = (words_of(terms, language) for language in languages_of(terms))
        least = min(reading_minutes(f"{said.brief} {said.example}") for said in readings)
        found.setdefault(order.job_id, []).append(clamped(minutes, order.begun_at, delivered_at, least))
    return found


def earlier_ratios(session: Session, organisation_ids: Collection[int]) -> dict[int, dict[int, Fraction]]:
    """`{organisation: {job: its median of reported minutes, as a multiple of the estimate}}`, of jobs with an
    average.
    """
    if not organisation_ids:
        return {}
    query = select(Job.id, Job.organisation_id, Terms.minutes).join(Terms, Terms.job_id == Job.id)
    query = query.where(Job.organisation_id.in_(organisation_ids), Terms.n == Job.terms_n, Terms.minutes > 0)
    jobs = {job_id: (of, estimate) for job_id, of, estimate in session.execute(query).tuples()}
    found: dict[int, dict[int, Fraction]] = {}
    for job_id, minutes in reported_minutes(session, jobs.keys()).items():
        times = times_of(minutes)
        of, estimate = jobs[job_id]
        if times and times.median is not None and estimate:
            found.setdefault(of, {})[job_id] = Fraction(times.median, estimate)
    return found
