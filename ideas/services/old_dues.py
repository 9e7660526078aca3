"""The end of dues that outlived their account or their organisation: once the years are over, they are removed.

Both sides have to keep their vouchers; what still belongs to a person and a company stays as long as these do.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.attempts import attempt
from ideas.database import db, write
from ideas.dues import may_be_removed
from ideas.installation import DUES_YEARS, DUES_ZONE, value_of
from ideas.job_lock import locked_job
from ideas.models import DueEntry, Job, Organisation, Person, WorkOrder
from ideas.order_keeping import remove_dues
from ideas.orders import OPEN_WORK

YEAR = timedelta(days=365)


def remove_old_dues() -> int:
    """Remove the settled dues whose years are over, of orders whose person or organisation is deleted.

    :return: the number of jobs in which some were.
    """
    jobs = list(_over(db.session()))
    db.session.rollback()
    return sum(attempt(_remove, job_id, "old dues could not be removed of job") or 0 for job_id in jobs)


def _remove(job_id: int) -> int:
    with write() as transaction:
        locked_job(transaction, job_id)  # an act before this one may have opened an order again
        orders = _over(transaction.session, [job_id]).get(job_id)
        if orders:
            remove_dues(transaction, job_id, orders)
        return bool(orders)


def _over(session: Session, jobs: Collection[int] = ()) -> dict[int, list[int]]:
    """`{job: its orders whose dues are to be removed}`."""
    years, zone, now = value_of(DUES_YEARS), value_of(DUES_ZONE), clock.now()
    latest = func.max(DueEntry.at)
    query = select(WorkOrder.job_id, WorkOrder.id, latest).join(DueEntry, DueEntry.order_id == WorkOrder.id)
    query = query.join(Job, Job.id == WorkOrder.job_id).join(Organisation, Organisation.id == Job.organisation_id)
    query = query.join(Person, Person.id == WorkOrder.person_id)
    query = query.where(or_(Person.account_id.is_(None), Organisation.name == ""))
    query = query.where(WorkOrder.pay_by.is_(None), WorkOrder.state.not_in(OPEN_WORK))
    if jobs:
        query = query.where(WorkOrder.job_id.in_(jobs))
    query = query.group_by(WorkOrder.job_id, WorkOrder.id).having(latest < now - years * YEAR)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for job_id, order_id, at in session.execute(query.order_by(WorkOrder.id)).tuples():
        if may_be_removed(at, now, years, zone):
            found[job_id].append(order_id)
    return dict(found)
