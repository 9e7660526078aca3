"""What both sides see of orders: lists, one order, the public records, and the statements."""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ideas import clock
from ideas.database import db
from ideas.errors import Forbidden, NotFound
from ideas.exports.csv import GERMAN, PLAIN
from ideas.exports.due_statements import write_statement_csv, write_statement_json
from ideas.models import Role, Ruling, WorkKind
from ideas.orders import OrderAct
from ideas.queries.due_statements import statement_of_organisation, statement_of_worker
from ideas.queries.jobs import places_taken
from ideas.queries.orders import order_view, orders_of_job, orders_of_organisation, own_orders
from ideas.queries.records import CompanyRecord, WorkerRecord, company_record, worker_record
from ideas.services import dues, order_clock, orders
from ideas.services.orders import ApplicationForm, Fault
from tests import factories
from tests.jobs import worker
from tests.orders import WORK, accepted, apply, declined, delivered, on_application, published, working

DAY = 24 * 3600
BERLIN = "Europe/Berlin"


@pytest.fixture(autouse=True)
def still(app, frozen_clock):
    return frozen_clock


def test_each_side_sees_its_own_orders_and_a_stranger_none():
    job, other = published(places=2), published()
    (first, by), (second, _) = delivered(job), working(job)
    working(other)
    session = db.session()

    assert [row.order.id for row in own_orders(session, by)] == [first]
    assert {row.order.id for row in orders_of_organisation(session, job.owner, job.organisation_id)} == {first, second}
    waiting = orders_of_organisation(session, job.owner, job.organisation_id, waiting=True)
    assert [(row.order.id, row.versions) for row in waiting] == [(first, 1)]
    assert places_taken(session, [job.id, other.id]) == {job.id: 2, other.id: 1}
    for actor in (by, other.owner, worker()):
        with pytest.raises(NotFound):
            orders_of_job(session, actor, job.id)
    with pytest.raises(NotFound):
        order_view(session, other.owner, first)


def test_the_company_sees_no_draft_and_no_minutes_and_may_do_what_its_role_permits():
    job = published()
    moderator = factories.member(job.organisation_id, job.owner)
    viewer = factories.member(job.organisation_id, job.owner, Role.VIEWER)
    order_id, by = working(job)
    session = db.session()
    assert order_view(session, job.owner, order_id).acts == (OrderAct.CANCEL,)
    assert order_view(session, moderator, order_id).acts == ()
    orders.deliver(by, order_id, WORK)

    own, of_company, of_viewer = (order_view(session, actor, order_id) for actor in (by, moderator, viewer))

    assert (own.versions[0].minutes, own.draft.text) == (40, WORK.text)
    assert (of_company.versions[0].minutes, of_company.versions[0].text, of_company.draft) == (None, WORK.text, None)
    assert of_company.acts == (OrderAct.ACCEPT, OrderAct.ASK_CHANGES, OrderAct.DECLINE)
    assert of_viewer.acts == ()


def test_after_a_decline_that_stands_the_company_keeps_the_digest_and_loses_the_words(still):
    order_id, by = declined(job := published())
    still.advance(14 * DAY)
    order_clock.run_order_clock()

    [kept] = order_view(db.session(), job.owner, order_id).versions
    [own] = order_view(db.session(), by, order_id).versions

    assert (kept.text, kept.digest) == ("", own.digest)
    assert own.text == WORK.text


def test_the_record_of_a_company_counts_decisions_payments_and_lost_objections(still):
    job = published(places=9)
    paid, _ = accepted(job)
    accepted(job)
    delivered(job)
    objected, by = declined(job)
    orders.object_to_decline(by, objected, "It does.")
    still.advance(2 * DAY)
    dues.note_payment(job.owner, paid, 1200, clock.now().date())
    orders.answer_objection(job.owner, objected, Ruling.GIVE_IN, "")
    still.advance(12 * DAY + 1)
    order_clock.run_order_clock()

    found = company_record(db.session(), job.organisation_id)

    assert found == CompanyRecord(
        review_tenths=0,  # three decisions at once, and one after seven days
        accepted=4,
        decided=4,
        paid=1,
        paid_in_time=1,
        to_pay=2,
        overdue=1,
        objections_lost=1,
    )
    assert company_record(db.session(), published().organisation_id) == CompanyRecord()
    still.advance(366 * DAY)
    assert company_record(db.session(), job.organisation_id).decided == 3, "what is not paid stays in sight"


def test_what_the_clock_dated_back_has_its_whole_time_in_the_record_too(still):
    """The server stood still over the end of the review: the time to pay began when the clock ran."""
    job = published()
    order_id, by = delivered(job)
    still.advance(40 * DAY)
    order_clock.run_order_clock()
    still.advance(13 * DAY)
    paid = dues.note_payment(job.owner, order_id, 1200, clock.now().date())

    found = company_record(db.session(), job.organisation_id)
    assert (found.paid_in_time, found.to_pay) == (1, 1)
    db.session.rollback()

    dues.contest_payment(by, paid)  # the day that was there before holds again, and is not over
    assert company_record(db.session(), job.organisation_id).overdue == 0
    db.session.rollback()
    still.advance(DAY + 1)
    found = company_record(db.session(), job.organisation_id)
    assert (found.paid_in_time, found.to_pay, found.overdue) == (0, 1, 1)


def test_the_record_of_a_worker_has_one_decline_a_job_at_most(still):
    job, by = published(places=9, per_person=9), worker()
    for n in range(2):
        order_id, _ = delivered(job, by)
        orders.decline_delivery(job.owner, order_id, 1, Fault(0, f"It has {n} words, and 300 were asked for."))
    accepted(job, by)
    late, _ = working(job, by)
    still.advance(14 * DAY)
    order_clock.run_order_clock()
    orders.deliver(by, late, WORK)
    orders.ask_for_changes(job.owner, late, 1, [Fault(0, "More")])

    assert worker_record(db.session(), by.person_id) == WorkerRecord(
        accepted=1, changes_asked=1, declined=1, in_time=3, delivered=4, by_kind={WorkKind.TEXT: 1}
    )


def test_an_applicant_comes_with_a_record():
    job, by = on_application(), worker()
    accepted(published(), by)
    apply(job, by)

    [row] = orders_of_job(db.session(), job.owner, job.id)

    assert (row.order.name, row.record.accepted) == ("Kim", 1)


# Statements


def statements(job, by, year=2026):
    session = db.session()
    of_company = statement_of_organisation(session, job.owner, job.organisation_id, year, BERLIN)
    return of_company, statement_of_worker(session, by, year, BERLIN)


def written(statement, dialect=PLAIN):
    table, document = io.BytesIO(), io.BytesIO()
    write_statement_csv(statement, table, dialect=dialect)
    write_statement_json(statement, document)
    return table.getvalue().decode("utf-8-sig").splitlines(), json.loads(document.getvalue())


def test_the_statements_of_both_sides_agree_to_the_cent():
    """Case 2."""
    job = published()
    order_id, by = accepted(job)
    dues.add_bonus(job.owner, [order_id], 438)
    first = dues.note_payment(job.owner, order_id, 1001, date(2026, 3, 1), "SEPA 17")
    dues.correct_payment(job.owner, first, -1)
    dues.contest_payment(by, first)
    dues.note_payment(job.owner, order_id, 1638, date(2026, 3, 2))

    for statement in statements(job, by):
        assert statement.sums == {"EUR": (1638, 1638)}
        lines, document = written(statement)
        rows = [line.split(",") for line in lines[1:]]
        owed, paid = (sum(Decimal(row[n]) for row in rows if row[n]) for n in (10, 11))
        assert (owed, paid) == (Decimal("16.38"), Decimal("16.38"))
        assert document["sums"]["EUR"] == {"owed_cents": 1638, "paid_cents": 1638, "open_cents": 0}
    assert [row.partner for row in statements(job, by)[1].rows][:1] == ["Mill & Oven"]


def test_a_german_table_has_commas_and_no_name_is_a_formula():
    """Case 24."""
    job, by = published(), worker()
    order_id = orders.take_place(by, job.id, 1, ApplicationForm('=HYPERLINK("x")'))
    orders.deliver(by, order_id, WORK)
    orders.accept_delivery(job.owner, order_id, 1)
    dues.contest_payment(by, dues.note_payment(job.owner, order_id, 1200, date(2026, 3, 1)))

    lines, _ = written(statements(job, by)[0], GERMAN)

    assert '"12,00"' in lines[1]
    assert '"-12,00"' in lines[3]
    assert '"\'=HYPERLINK(""x"")"' in lines[1]
    assert lines[0].startswith('"date";"date_of_service"')


def test_a_statement_has_the_year_of_the_time_zone_and_only_owners_get_that_of_a_company(still):
    still.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # it is 2027 in Berlin
    job = published()
    moderator = factories.member(job.organisation_id, job.owner)
    _, by = accepted(job)

    assert [len(statements(job, by, year)[0].rows) for year in (2026, 2027)] == [0, 1]
    with pytest.raises(Forbidden):
        statement_of_organisation(db.session(), moderator, job.organisation_id, 2027, BERLIN)
    with pytest.raises(NotFound):
        statement_of_organisation(db.session(), by, job.organisation_id, 2027, BERLIN)
