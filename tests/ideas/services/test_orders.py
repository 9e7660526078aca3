"""The life of an order through the services: who may do what, what each act leaves, and what the clock does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ideas import audit, clock, operations
from ideas.actor import NOBODY, OPERATOR
from ideas.database import db
from ideas.dues import DueKind
from ideas.errors import (
    AddressUnconfirmed,
    Changed,
    Forbidden,
    Invalid,
    JobFull,
    JobNotOpen,
    NotFound,
    OrderExists,
    OrderMoved,
    OwnJob,
    SecondPerson,
)
from ideas.models import (
    Account,
    Delivery,
    DueEntry,
    JournalEntry,
    Objection,
    OrderDraft,
    Refusing,
    Review,
    Role,
    Ruling,
    WorkOrder,
)
from ideas.order_steps import open_cents
from ideas.orders import OrderState
from ideas.services import dues, jobs, order_clock, orders
from ideas.services.orders import Fault, WorkForm
from tests import factories
from tests.jobs import (
    worker as a_worker,
)
from tests.orders import (
    FAULT,
    REASON,
    WORK,
    accepted,
    apply,
    declined,
    delivered,
    on_application,
    order,
    published,
    working,
)

HOUR, DAY = 3600, 24 * 3600


@pytest.fixture(autouse=True)
def still(app, frozen_clock):
    return frozen_clock


def ledger(order_id):
    rows = db.session.query(DueEntry).filter_by(order_id=order_id).order_by(DueEntry.id)
    found = [(str(row.kind), row.cents) for row in rows]
    db.session.rollback()
    return found


# The whole way (case 2)


def test_apply_choose_confirm_deliver_accept_pay_and_confirm(still):
    job = on_application()
    order_id, worker = apply(job)
    orders.offer_place(job.owner, order_id)
    orders.confirm_terms(worker, order_id, 1)
    version = orders.deliver(worker, order_id, WORK)
    orders.accept_delivery(job.owner, order_id, version)

    assert (order(order_id).state, ledger(order_id)) == (OrderState.ACCEPTED, [("owed", 1200)])
    assert order(order_id).pay_by == clock.now() + timedelta(days=14)

    paid = dues.note_payment(job.owner, order_id, 1200, date(2026, 3, 1), "SEPA 17")
    dues.confirm_payment(worker, paid)

    assert ledger(order_id) == [("owed", 1200), ("paid", 1200), ("confirmed", 1200)]
    assert (open_cents(db.session(), order_id), order(order_id).pay_by) == (0, None)


def test_the_journal_of_a_job_holds_no_text_no_name_and_no_person():
    job = on_application()
    order_id, worker = apply(job, name="Kim Unmistakable")
    orders.offer_place(job.owner, order_id)
    orders.confirm_terms(worker, order_id, 1)
    orders.deliver(worker, order_id, WORK)
    orders.ask_for_changes(job.owner, order_id, 1, [Fault(0, "Count again, please")])

    bodies = b"".join(db.session.scalars(db.select(JournalEntry.body)).all())
    assert b'"act":"ask_changes"' in bodies
    for secret in (b"Unmistakable", b"bake", b"crust", b"Count again", b"person"):
        assert secret not in bodies


def test_changes_are_asked_once_and_the_first_version_stays_readable():
    """Case 3."""
    job = published()
    order_id, worker = delivered(job)
    orders.ask_for_changes(job.owner, order_id, 1, [Fault(1, "Name the grain")], days=4)
    assert order(order_id).until == clock.now() + timedelta(days=4)

    assert orders.deliver(worker, order_id, WorkForm("Rye!", ticked=frozenset({0, 1}))) == 2
    with pytest.raises(Invalid) as refused:
        orders.ask_for_changes(job.owner, order_id, 2, [Fault(1, "Once more")])
    orders.accept_delivery(job.owner, order_id, 2)

    assert refused.value.problems == {"faults": "used_up"}
    versions = db.session.query(Delivery).filter_by(order_id=order_id).order_by(Delivery.n).all()
    assert [version.text for version in versions] == [WORK.text, "Rye!"]
    assert [orders.digest_of_version(version) for version in versions] == [version.digest for version in versions]
    assert ledger(order_id) == [("owed", 1200)]


# Places


def test_a_place_that_is_handed_back_is_free_and_leaves_no_mark():
    """Case 5."""
    job = published()
    order_id, worker = working(job)
    with pytest.raises(JobFull):
        working(job)

    orders.hand_back(worker, order_id)

    assert (order(order_id).state, order(order_id).place) == (OrderState.HANDED_BACK, None)
    working(job)
    assert ledger(order_id) == []


def test_a_person_has_as_many_orders_in_a_job_as_its_terms_permit():
    job = published(places=3, per_person=2)
    _, worker = working(job)
    working(job, worker)

    with pytest.raises(OrderExists):
        working(job, worker)


def test_an_offer_holds_a_place_for_48_hours_over_the_change_to_summer_time(still):
    """Case 15."""
    still.now = datetime(2027, 3, 27, 12, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    job = on_application()
    (first, worker), (second, _) = apply(job), apply(job)
    orders.offer_place(job.owner, first)
    with pytest.raises(JobFull):
        orders.offer_place(job.owner, second)

    still.advance(48 * HOUR - 1)
    order_clock.run_order_clock()
    assert order(first).state == OrderState.OFFERED
    still.advance(1)
    order_clock.run_order_clock()

    assert order(first).state == OrderState.EXPIRED
    with pytest.raises(OrderMoved):
        orders.confirm_terms(worker, first, 1)
    orders.offer_place(job.owner, second)


def test_an_application_expires_and_the_reason_for_a_decline_comes_from_the_list(still):
    job = on_application(places=2)
    (first, _), (second, _) = apply(job), apply(job)
    orders.refuse_application(job.owner, first, Refusing.LANGUAGE)
    still.advance(14 * DAY)
    order_clock.run_order_clock()

    assert (order(first).state, order(first).refusing) == (OrderState.REFUSED, Refusing.LANGUAGE)
    assert order(second).state == OrderState.EXPIRED


def test_terms_are_confirmed_by_number_and_a_running_order_keeps_its_own():
    """Case 17."""
    job = on_application(places=2)
    (early, worker), (late, other) = apply(job), apply(job)
    orders.offer_place(job.owner, early)
    orders.confirm_terms(worker, early, 1)
    _cheaper(job)
    orders.offer_place(job.owner, late)

    with pytest.raises(Changed):
        orders.confirm_terms(other, late, 1)
    orders.confirm_terms(other, late, 2)
    for order_id, by in ((early, worker), (late, other)):
        orders.deliver(by, order_id, WORK)
        orders.accept_delivery(job.owner, order_id, 1)

    assert (ledger(early), ledger(late)) == ([("owed", 1200)], [("owed", 1000)])


def _cheaper(job):
    from dataclasses import replace

    from ideas.job_terms import form_of
    from ideas.models import Terms

    terms = db.session.scalars(db.select(Terms).filter_by(job_id=job.id)).one()
    form = replace(form_of(terms), cents=1000)
    db.session.rollback()
    seen = jobs.save_terms(job.owner, job.id, form, seen="2.0")
    jobs.publish_job(job.owner, job.id, seen=seen)


# Who may


def test_members_and_unconfirmed_accounts_get_no_place():
    """Case 19."""
    job = published(places=5)
    member = factories.member(job.organisation_id, job.owner, Role.VIEWER)
    owner = db.session.get_one(Account, job.owner.account_id)
    local, _, domain = owner.email.partition("@")
    second = a_worker(f"{local}+jobs@{domain}")
    unknown = a_worker("somebody.else@example.org")
    unconfirmed = factories.account()

    for actor, refusal in (
        (job.owner, OwnJob),
        (member, OwnJob),
        (second, OwnJob),
        (unconfirmed, AddressUnconfirmed),
        (factories.guest(), Forbidden),
        (NOBODY, Forbidden),
    ):
        with pytest.raises(refusal):
            working(job, actor)
    working(job, unknown)


def test_only_the_worker_hands_in_and_only_the_company_decides():
    job = published()
    order_id, worker = working(job)
    stranger = factories.account()
    viewer = factories.member(job.organisation_id, job.owner, Role.VIEWER)
    moderator = factories.member(job.organisation_id, job.owner)
    with pytest.raises(NotFound):
        orders.deliver(stranger, order_id, WORK)
    with pytest.raises(NotFound):
        orders.save_draft(job.owner, order_id, WORK)
    orders.deliver(worker, order_id, WORK)

    for actor, refusal in ((worker, NotFound), (stranger, NotFound), (viewer, Forbidden)):
        with pytest.raises(refusal):
            orders.accept_delivery(actor, order_id, 1)
    orders.accept_delivery(moderator, order_id, 1)
    with pytest.raises(Forbidden):
        dues.note_payment(moderator, order_id, 1200, date(2026, 3, 1))


def test_a_worker_who_became_a_member_does_not_review_their_own_work():
    job = published()
    order_id, worker = delivered(job)
    organisations_member(job, worker)

    with pytest.raises(Forbidden):
        orders.accept_delivery(worker, order_id, 1)


def organisations_member(job, worker):
    from ideas.services import organisations

    organisations.accept_invitation(worker, organisations.invite(job.owner, job.organisation_id, Role.OWNER))


# Late is not lost


def test_a_draft_and_a_delivery_survive_the_deadline_and_the_lapse(still):
    """Case 12: the phone was offline over the deadline."""
    job = published()
    order_id, worker = working(job)
    orders.save_draft(worker, order_id, WORK)
    still.advance(72 * HOUR)
    order_clock.run_order_clock()
    assert order(order_id).state == OrderState.LATE
    still.advance(25 * HOUR)
    order_clock.run_order_clock()
    assert (order(order_id).state, order(order_id).place) == (OrderState.LAPSED, None)

    orders.save_draft(worker, order_id, WORK)
    orders.deliver(worker, order_id, WORK)

    assert (order(order_id).state, order(order_id).place) == (OrderState.DELIVERED, 1)
    assert db.session.query(Delivery).one().is_late
    assert db.session.get_one(OrderDraft, order_id).text == WORK.text


def test_after_somebody_took_the_place_the_company_sees_both_and_owes_one_by_silence(still):
    """Case 13."""
    job = published()
    first, worker = working(job)
    still.advance(4 * DAY + 1)
    order_clock.run_order_clock()
    second, _ = delivered(job)
    orders.deliver(worker, first, WORK)
    assert [order(each).state for each in (first, second)] == [OrderState.EXTRA, OrderState.DELIVERED]

    still.advance(7 * DAY)
    order_clock.run_order_clock()

    assert [order(each).state for each in (first, second)] == [OrderState.PASSED_OVER, OrderState.ACCEPTED]
    assert (ledger(first), ledger(second)) == ([], [("owed", 1200)])


def test_the_company_may_take_an_extra_delivery_too(still):
    job = published()
    first, worker = working(job)
    still.advance(4 * DAY + 1)
    order_clock.run_order_clock()
    accepted(job)
    orders.deliver(worker, first, WORK)

    orders.accept_delivery(job.owner, first, 1)

    assert (order(first).state, ledger(first)) == (OrderState.ACCEPTED, [("owed", 1200)])


def test_a_version_that_was_asked_for_is_never_too_late_and_silence_on_it_declines_nothing(still):
    job = published()
    order_id, worker = delivered(job)
    orders.ask_for_changes(job.owner, order_id, 1, [Fault(1, "Name the grain")])
    still.advance(20 * DAY)  # the server was down, too
    order_clock.run_order_clock()
    assert order(order_id).state == OrderState.DELIVERED
    assert order(order_id).until == clock.now() + timedelta(days=7), "the company's time is never shorter"

    assert orders.deliver(worker, order_id, WORK) == 2
    with pytest.raises(OrderMoved):
        orders.deliver(worker, order_id, WORK)


def test_two_pages_do_not_write_over_each_other():
    order_id, worker = working(published())
    assert orders.save_draft(worker, order_id, WorkForm("One"), seen=0) == 1

    with pytest.raises(Changed):
        orders.save_draft(worker, order_id, WorkForm("Two"), seen=0)


def test_nothing_at_all_is_not_handed_in_and_criteria_are_ticked():
    order_id, worker = working(published())

    with pytest.raises(Invalid) as refused:
        orders.deliver(worker, order_id, WorkForm(" ", ticked=frozenset({0})))

    assert refused.value.problems == {"text": "missing", "criteria": "unticked"}


# The clock


def test_silence_accepts_once_dated_to_the_moment_that_was_due(still):
    """Case 10: the server was down over the moment."""
    job = published()
    order_id, _ = delivered(job)
    due_at = clock.now() + timedelta(days=7)
    still.advance(9 * DAY)

    assert [order_clock.run_order_clock() for _ in range(2)] == [1, 0]

    assert order(order_id).since == due_at
    [entry] = db.session.query(DueEntry).filter_by(order_id=order_id)
    assert (entry.at, entry.cents, order(order_id).pay_by) == (due_at, 1200, clock.now() + timedelta(days=14))
    review = db.session.query(Review).one()
    assert (review.by_clock, review.account_id, review.decided_at) == (True, None, due_at)


@pytest.mark.parametrize("act", ["accept", "decline"])
@pytest.mark.parametrize("early", [1, 0])
def test_of_the_company_and_the_clock_exactly_one_wins(still, act, early):
    """Case 11: the moment itself is the clock's, whether or not it ran."""
    job = published()
    order_id, _ = delivered(job)
    still.advance(7 * DAY - early)

    def decide():
        if act == "accept":
            orders.accept_delivery(job.owner, order_id, 1)
        else:
            orders.decline_delivery(job.owner, order_id, 1, FAULT)

    if early:
        decide()
    else:
        with pytest.raises(OrderMoved):
            decide()
    still.advance(1)
    order_clock.run_order_clock()

    by_clock = [review.by_clock for review in db.session.query(Review)]
    assert by_clock == [not early]
    assert ledger(order_id) == ([] if early and act == "decline" else [("owed", 1200)])


def test_what_is_overdue_is_marked_once_and_settled_by_a_note(still):
    """Case 9."""
    job = published()
    order_id, _ = accepted(job)
    still.advance(14 * DAY)
    order_clock.run_order_clock()
    assert order(order_id).overdue_at is None
    still.advance(1)

    assert [order_clock.run_order_clock() for _ in range(2)] == [1, 0]
    assert order(order_id).overdue_at is not None
    dues.note_payment(job.owner, order_id, 1200, clock.now().date())
    assert order(order_id).overdue_at is None


def test_the_clock_waits_for_the_next_moment(still):
    query = order_clock.next_order_step()
    assert db.session.scalar(query) is None
    working(published())

    assert db.session.scalar(query) == clock.now() + timedelta(hours=36), "the first reminder"


# Declining and objecting


@pytest.mark.parametrize(
    ("fault", "problems"),
    [
        (Fault(2, REASON), {"faults": "unknown"}),
        (Fault(-1, REASON), {"faults": "unknown"}),
        (Fault(0, "Too short"), {"reason": "too_short:30"}),
        (Fault(0, " " * 40), {"reason": "missing"}),
    ],
)
def test_a_decline_names_a_criterion_and_a_reason(fault, problems):
    """Case 16."""
    job = published()
    order_id, _ = delivered(job)

    with pytest.raises(Invalid) as refused:
        orders.decline_delivery(job.owner, order_id, 1, fault)

    assert (refused.value.problems, order(order_id).state) == (problems, OrderState.DELIVERED)


def test_no_script_and_nobody_in_bulk_declines():
    """Case 16."""
    job = published(places=2)
    (first, _), (second, _) = delivered(job), delivered(job)
    with pytest.raises(Forbidden):
        orders.decline_delivery(OPERATOR, first, 1, FAULT)
    orders.decline_delivery(job.owner, first, 1, FAULT)

    with pytest.raises(Invalid) as refused:
        orders.decline_delivery(job.owner, second, 1, Fault(0, f"  {REASON.upper()} "))

    assert refused.value.problems == {"reason": "used"}


def test_an_objection_that_nobody_answers_succeeds(still):
    job = published()
    order_id, worker = declined(job)
    assert ledger(order_id) == []
    orders.object_to_decline(worker, order_id, "Rye is a grain.")
    still.advance(7 * DAY)
    order_clock.run_order_clock()

    assert (order(order_id).state, ledger(order_id)) == (OrderState.ACCEPTED, [("owed", 1200)])
    assert db.session.query(Objection).one().by_clock


def test_a_decline_stands_after_two_weeks_without_an_objection(still):
    job = published()
    order_id, worker = declined(job)
    still.advance(14 * DAY)

    with pytest.raises(OrderMoved):
        orders.object_to_decline(worker, order_id, "Rye is a grain.")
    order_clock.run_order_clock()
    assert (order(order_id).state, order(order_id).place) == (OrderState.UPHELD, None)


def test_the_second_person_is_never_the_one_who_declined_or_answered():
    job = published()
    decliner, other = (factories.member(job.organisation_id, job.owner) for _ in range(2))
    order_id, worker = declined(job, decliner)
    orders.object_to_decline(worker, order_id, "Rye is a grain.")
    orders.answer_objection(job.owner, order_id, Ruling.STAY, "It is named nowhere.")

    for actor in (decliner, job.owner):
        with pytest.raises(SecondPerson):
            orders.answer_objection(actor, order_id, Ruling.STAY, "No.")
    with pytest.raises(NotFound):
        orders.answer_objection(worker, order_id, Ruling.GIVE_IN, "")
    orders.answer_objection(other, order_id, Ruling.SETTLE, "Half of it is good.", cents=600)

    assert (order(order_id).state, ledger(order_id)) == (OrderState.PART_PAID, [("part", 600)])


def test_an_operator_decides_where_a_company_has_one_member(app):
    job = published()
    order_id, worker = declined(job)
    orders.object_to_decline(worker, order_id, "Rye is a grain.")
    operator = a_worker()
    db.session.get_one(Account, operator.account_id).operator_since = clock.now()
    db.session.commit()
    with pytest.raises(NotFound):
        orders.answer_objection(operator, order_id, Ruling.GIVE_IN, "")
    orders.answer_objection(job.owner, order_id, Ruling.STAY, "It is named nowhere.")

    orders.answer_objection(operator, order_id, Ruling.GIVE_IN, "")

    assert (order(order_id).state, ledger(order_id)) == (OrderState.ACCEPTED, [("owed", 1200)])


# Cancelling


@pytest.mark.parametrize(("hours", "entry"), [(36, ("part", 360)), (37, ("owed", 1200)), (90, ("owed", 1200))])
def test_a_cancelled_order_is_paid_by_the_time_that_is_over(still, hours, entry):
    job = published()
    order_id, _ = working(job)
    still.advance(hours * HOUR)
    order_clock.run_order_clock()

    orders.cancel_order(job.owner, order_id)

    assert (order(order_id).state, ledger(order_id)) == (OrderState.CANCELLED, [entry])


def test_a_cancelled_job_cancels_what_is_not_delivered_and_pays_for_it():
    job = on_application(places=3)
    (applied, _), (running, worker), (done, other) = (apply(job) for _ in range(3))
    for order_id, by in ((running, worker), (done, other)):
        orders.offer_place(job.owner, order_id)
        orders.confirm_terms(by, order_id, 1)
    orders.deliver(other, done, WORK)

    jobs.cancel_job(job.owner, job.id)

    states = [order(each).state for each in (applied, running, done)]
    assert states == [OrderState.REFUSED, OrderState.CANCELLED, OrderState.DELIVERED]
    assert (ledger(running), ledger(done)) == ([("part", 360)], [])
    with pytest.raises((JobNotOpen, NotFound)):
        apply(job)


# The ledger


def test_a_top_up_of_five_orders_is_one_act_with_five_entries():
    """Case 6."""
    job = published(places=5)
    five = [accepted(job)[0] for _ in range(5)]
    command = operations.Command(factories.op(), f"account-{job.owner.account_id}", "", "")
    operations.begin(command)
    try:
        dues.add_bonus(job.owner, five, 438)
    finally:
        operations.begin(None)

    assert [ledger(each) for each in five] == [[("owed", 1200), ("bonus", 438)]] * 5
    assert set(db.session.scalars(db.select(DueEntry.op).filter_by(kind=DueKind.BONUS))) == {command.op}


def test_the_same_command_twice_makes_one_order_and_one_due():
    """Case 21."""
    job = published(places=3, per_person=3)
    worker, numbers = a_worker(), [factories.op(), factories.op()]
    made = []

    def command(op, owner, act):
        operations.begin(operations.Command(op, f"account-{owner.account_id}", "", ""))
        try:
            return act()
        except operations.Repeated:
            return None
        finally:
            operations.begin(None)

    for _ in range(3):
        made.append(command(numbers[0], worker, lambda: working(job, worker)[0]))
    order_id = made[0]
    orders.deliver(worker, order_id, WORK)
    for _ in range(3):
        command(numbers[1], job.owner, lambda: orders.accept_delivery(job.owner, order_id, 1))

    assert made[1:] == [None, None]
    assert db.session.query(WorkOrder).count() == 1
    assert ledger(order_id) == [("owed", 1200)]


def test_only_the_worker_lowers_what_is_owed():
    job = published()
    order_id, worker = accepted(job)
    [owed] = db.session.scalars(db.select(DueEntry.id)).all()
    for cents in (0, -100):
        with pytest.raises(Invalid):
            dues.raise_due(job.owner, owed, cents)
    with pytest.raises(NotFound):
        dues.waive_due(job.owner, owed, 100)

    dues.raise_due(job.owner, owed, 100)
    dues.waive_due(worker, owed, 300)
    paid = dues.note_payment(job.owner, order_id, 900, date(2026, 3, 1))
    dues.correct_payment(job.owner, paid, -100)
    dues.contest_payment(worker, paid)

    assert open_cents(db.session(), order_id) == 1000
    with pytest.raises(Invalid):
        dues.confirm_payment(worker, paid)
    with pytest.raises(Invalid):
        dues.note_payment(job.owner, order_id, 1001, date(2026, 3, 1))


def test_the_journal_of_the_job_holds_after_a_life():
    job = published(places=2)
    accepted(job)
    declined(job)
    assert list(audit.check(db.session())) == []
