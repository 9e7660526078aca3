"""How long dues outlive whoever they belonged to, and whose years count: § 147 AO, in one time zone for both sides."""

from datetime import UTC, date, datetime

import pytest

from ideas import audit, clock
from ideas.database import db
from ideas.dues import may_be_removed
from ideas.installation import DUES_ZONE, day_of_books, value_of
from ideas.models import DueEntry, Job, Organisation, Payee, WorkOrder
from ideas.queries.company_dues import years_of, years_of_worker
from ideas.queries.due_statements import statement_of_organisation, statement_of_worker
from ideas.services import deleting, dues, installation, payees
from ideas.services.installation import JobRules
from ideas.services.leaving import Parting
from ideas.services.old_dues import remove_old_dues
from ideas.services.own_account import close_account
from tests import jobs
from tests.orders import accepted, published

DAY = 24 * 3600
YEAR = 365 * DAY


@pytest.fixture
def still(app, frozen_clock):
    return frozen_clock


def settled(job, by=None):
    """An order that is paid and confirmed."""
    order_id, by = accepted(job, by)
    entry = dues.note_payment(job.owner, order_id, 1200, clock.now().date())
    dues.confirm_payment(by, entry)
    return order_id, by


def kept():
    db.session.rollback()
    return sorted(set(db.session.scalars(db.select(DueEntry.order_id))))


@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        (datetime(2034, 12, 31, 22, 59, tzinfo=UTC), False),
        (datetime(2034, 12, 31, 23, 0, tzinfo=UTC), True),  # it is 2035 in Berlin
    ],
)
def test_the_years_begin_with_the_end_of_the_year_of_the_latest_entry(now, is_over):
    latest = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # it is 2026 in Berlin

    assert may_be_removed(latest, now, 8, "Europe/Berlin") is is_over


def test_dues_of_a_deleted_account_go_after_the_years_and_the_journal_stays_whole(still):
    job = published(places=2)
    gone, by = settled(job)
    stays, _ = settled(job)
    close_account(by, Parting.NOTHING)
    still.advance(8 * YEAR)
    assert remove_old_dues() == 0

    still.advance(YEAR)

    assert remove_old_dues() == 1
    assert kept() == [stays], "the other side still has an account and a company"
    assert db.session.get_one(WorkOrder, gone).state == "accepted"
    assert list(audit.check(db.session())) == []
    assert remove_old_dues() == 0


def test_of_a_deleted_organisation_nothing_is_left_after_the_years(still):
    job = published()
    _, by = settled(job)
    payees.keep_payee(by, "Ada", "London")
    deleting.delete_organisation(job.owner, job.organisation_id, "Mill & Oven")
    still.advance(9 * YEAR)

    remove_old_dues()

    assert kept() == []
    assert db.session.get(Job, job.id) is None
    assert db.session.get(Organisation, job.organisation_id) is None
    assert db.session.query(Payee).count() == 0
    assert list(audit.check(db.session())) == []


def test_what_is_open_never_goes(still):
    """A payment that the worker contested after the organisation was deleted is still owed."""
    job = published()
    order_id, by = accepted(job)
    entry = dues.note_payment(job.owner, order_id, 1200, clock.now().date())
    deleting.delete_organisation(job.owner, job.organisation_id, "Mill & Oven")
    dues.contest_payment(by, entry)
    still.advance(20 * YEAR)

    remove_old_dues()

    assert kept() == [order_id]


def test_both_sides_and_the_list_of_years_agree_on_the_year_of_an_entry(still):
    """Near midnight of a year's end the zone of a reader would move an entry to another year on one side only."""
    still.advance((datetime(2026, 12, 31, 23, 30, tzinfo=UTC) - clock.now()).total_seconds())  # 2027 in Berlin
    job = published()
    accepted(job)
    by = jobs.worker()
    accepted(published(), by)

    def years():
        db.session.rollback()
        session, zone = db.session(), value_of(DUES_ZONE)
        theirs = [
            year
            for year in (2026, 2027)
            if statement_of_organisation(session, job.owner, job.organisation_id, year, zone).rows
        ]
        mine = [year for year in (2026, 2027) if statement_of_worker(session, by, year, zone).rows]
        assert years_of_worker(session, by.person_id) == mine
        return theirs, mine, years_of(session, job.organisation_id)

    assert years() == ([2027], [2027], [2027])
    assert day_of_books(clock.now()) == date(2027, 1, 1)
    db.session.rollback()
    installation.choose_job_rules(jobs.operator(), JobRules(dues_zone="America/New_York"), seen=JobRules())
    assert years() == ([2026], [2026], [2026])
