"""The organisation's side of orders: people, reviews, objections, money."""

from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db, write
from ideas.dues import balance_of
from ideas.models import Delivery, DueEntry, Member, Role, WorkOrder
from ideas.order_steps import due_lines
from ideas.orders import OrderState
from ideas.services import dues, orders
from tests import factories
from tests import orders as made
from tests.jobs import operator, worker
from tests.views.test_statements import cost_of

LONG = "The grain is not named anywhere in these three sentences."


@pytest.fixture
def company(app):
    return factories.company()


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def address(order_id: int, part: str = "") -> str:
    return f"/orders/{order_id}" + (f"/{part}" if part else "")


def text(answer) -> str:
    return answer.get_data(as_text=True)


def state(order_id: int) -> OrderState:
    return made.order(order_id).state


def test_applications_stand_in_their_order_with_the_record_and_get_a_place_or_a_reason(company, owner, browser_of):
    kim = worker()
    made.accepted(made.published(company), kim)
    job = made.on_application(company, places=1)
    first, _ = made.apply(job, kim, "Kim")
    second, _ = made.apply(job, name="Lou")
    people = f"/jobs/{made.order(first).job.code}/orders"

    page = text(owner.get(people))

    assert page.index("Kim") < page.index("Lou")
    assert "accepted: 1 · changes asked for: 0 · declined: 0 · on time: 1 of 1" in page
    assert "New here: no delivery in the last twelve months." in page
    assert owner.post(address(second, "refusal"), data={}).status_code == 400
    assert state(second) == OrderState.APPLIED
    owner.post(address(second, "refusal"), data={"refusing": "unfit"})
    owner.post(address(first, "offer"), data={})
    assert (state(first), state(second)) == (OrderState.OFFERED, OrderState.REFUSED)
    assert browser_of(worker()).get(people).status_code == 404


def test_changes_are_asked_for_and_the_first_version_stays_readable(company, owner):
    order_id, by = made.delivered(made.published(company))
    asked = {"version": "1", "criterion": "1", "fault-1": "Name the rye."}

    page = text(owner.get(address(order_id)))
    assert "The crust sings of rye." in page
    assert "Without your decision it is accepted by itself:" in page
    refused = owner.post(address(order_id, "changes"), data=asked | {"days": "2"})
    assert refused.status_code == 400
    assert "Name the rye." in text(refused)
    owner.post(address(order_id, "changes"), data=asked | {"days": "5"})
    assert state(order_id) == OrderState.CHANGES
    orders.deliver(by, order_id, made.WorkForm("Rye sings.", ticked=frozenset({0, 1})))

    page = text(owner.get(address(order_id)))

    assert "Rye sings." in page
    assert "The crust sings of rye." in page
    assert "Name the rye." in page
    stale = owner.post(address(order_id, "acceptance"), data={"version": "1"})
    assert (stale.status_code, state(order_id)) == (409, OrderState.DELIVERED)
    owner.post(address(order_id, "acceptance"), data={"version": "2"})
    assert state(order_id) == OrderState.ACCEPTED
    assert balance_of(due_lines(db.session(), order_id)).open == 1200


@pytest.mark.parametrize(
    "sent", [{"reason": LONG}, {"criterion": "7", "reason": LONG}, {"criterion": "1", "reason": "Too short."}]
)
def test_a_decline_needs_a_criterion_and_a_reason_and_keeps_what_was_typed(company, owner, sent):
    order_id, _ = made.delivered(made.published(company))

    answer = owner.post(address(order_id, "decline"), data={"version": "1"} | sent)

    assert answer.status_code == 400
    assert sent["reason"] in text(answer)
    assert state(order_id) == OrderState.DELIVERED


def test_declines_are_not_done_in_bulk(company, owner):
    job = made.published(company, places=2)
    first, second = (made.delivered(job)[0] for _ in range(2))
    said = {"version": "1", "criterion": "1", "reason": LONG}

    assert owner.post(address(first, "decline"), data=said).status_code == 303
    answer = owner.post(address(second, "decline"), data=said)

    assert answer.status_code == 400
    assert "declined with the same words" in text(answer)
    assert (state(first), state(second)) == (OrderState.DECLINED, OrderState.DELIVERED)


def test_an_act_after_the_clock_gets_a_sentence_and_the_words_stay(company, owner):
    order_id, _ = made.delivered(made.published(company))
    with write() as transaction:
        transaction.session.get_one(WorkOrder, order_id).until = clock.now() - timedelta(seconds=1)

    answer = owner.post(address(order_id, "decline"), data={"version": "1", "criterion": "1", "reason": LONG})

    assert answer.status_code == 409
    assert "the clock was faster" in text(answer)
    assert LONG in text(answer)


def test_who_declined_does_not_decide_a_second_time_and_an_operator_stands_in(company, owner, browser_of):
    order_id, by = made.declined(made.published(company))
    orders.object_to_decline(by, order_id, "The grain is rye, in the first sentence.")
    page = text(owner.get(address(order_id)))
    assert "Without your answer the objection succeeds" in page
    typed = {"ruling": "stay", "text": "It is not."}
    assert owner.post(address(order_id, "ruling"), data=typed | {"text": ""}).status_code == 400
    owner.post(address(order_id, "ruling"), data=typed)
    assert state(order_id) == OrderState.SECOND

    refused = owner.post(address(order_id, "ruling"), data={"ruling": "stay", "text": "Still not."})

    assert refused.status_code == 403
    assert "Still not." in text(refused)
    judge = browser_of(operator())
    assert "Answer the objection" in text(judge.get(address(order_id)))
    judge.post(address(order_id, "ruling"), data={"ruling": "settle", "cents": "4.00", "text": "Half of it."})
    assert state(order_id) == OrderState.PART_PAID
    assert balance_of(due_lines(db.session(), order_id)).open == 400
    assert judge.get(address(order_id)).status_code == 404


def test_a_cancellation_says_its_price_and_asks_again_if_it_rises(company, owner, browser_of):
    order_id, _ = made.working(made.published(company))
    assert "If you cancel now, you owe €3.60 of €12.00." in text(owner.get(address(order_id)))
    with write() as transaction:
        transaction.session.get_one(WorkOrder, order_id).begun_at -= timedelta(days=30)

    asked = owner.post(address(order_id, "cancellation"), data={"cents": "360"})

    assert (asked.status_code, state(order_id)) == (409, OrderState.WORKING)
    assert "you owe €12.00 of €12.00" in text(asked)
    assert browser_of(_moderator(company)).post(address(order_id, "cancellation"), data={}).status_code == 403
    owner.post(address(order_id, "cancellation"), data={"cents": "1200"})
    assert state(order_id) == OrderState.CANCELLED


def _moderator(company):
    account = worker()
    with write() as transaction:
        transaction.session.add(
            Member(
                organisation_id=company.id,
                account_id=account.account_id,
                role=Role.MODERATOR,
                joined_at=clock.now(),
            )
        )
    return account


def test_five_orders_get_a_bonus_by_one_act_and_are_paid_and_the_statement_adds_up(company, owner):
    job = made.published(company, places=5)
    done = [made.accepted(job)[0] for _ in range(5)]
    page = f"/organisations/{company.id}/dues"

    assert owner.post(page, data={"then": "bonus", "bonus": "4.38"}).status_code == 400
    owner.post(page, data={"then": "bonus", "bonus": "4.38", "order": done})

    bonuses = db.session.scalars(db.select(DueEntry).filter_by(kind="bonus")).all()
    assert [entry.cents for entry in bonuses] == [438] * 5
    assert len({entry.op for entry in bonuses}) == 1
    assert "€81.90" in text(owner.get(page))
    owner.post(page, data={"then": "pay", "order": done, "paid_on": "", "reference": "=SUM(A1)"})
    assert db.session.scalars(db.select(DueEntry).filter_by(kind="paid")).all() == []
    day = clock.now().date().isoformat()
    enter = owner.post(page, data={"then": "pay", "order": done, "paid_on": day, "bonus": "5"})
    assert "Nothing is noted yet." in text(enter), "the Enter key in the field of the bonus notes no payment"
    owner.post(page, data={"then": "pay", "order": done, "paid_on": day, "reference": "=SUM(A1)"})

    assert {balance_of(due_lines(db.session(), order_id)).open for order_id in done} == {0}
    answer = owner.get(f"/organisations/{company.id}/statement-{clock.now().year}.csv")
    assert "'=SUM(A1)" in text(answer)


def test_a_part_is_paid_and_put_right_on_the_page_of_the_order(company, owner):
    order_id, by = made.accepted(made.published(company))
    day = clock.now().date().isoformat()

    too_much = owner.post(address(order_id, "payment"), data={"cents": "99", "paid_on": day, "reference": "R 7"})
    assert too_much.status_code == 400
    assert "R 7" in text(too_much)
    owner.post(address(order_id, "payment"), data={"cents": "5.00", "paid_on": day})
    paid = db.session.scalars(db.select(DueEntry).filter_by(kind="paid")).one().id
    owner.post(address(order_id, f"dues/{paid}/correction"), data={"cents": "-1.00"})

    assert balance_of(due_lines(db.session(), order_id)).open == 800
    other, _ = made.accepted(made.published(company))
    assert owner.post(address(other, f"dues/{paid}/correction"), data={"cents": "1"}).status_code == 404
    dues.contest_payment(by, paid)
    assert "Contested: €4.00" in text(owner.get(f"/organisations/{company.id}/dues"))


def test_the_dashboard_names_what_waits_with_its_clock(company, owner):
    made.delivered(made.published(company))
    made.apply(made.on_application(company))
    objected, by = made.declined(made.published(company))
    orders.object_to_decline(by, objected, "No.")
    late, _ = made.accepted(made.published(company))
    with write() as transaction:
        transaction.session.get_one(WorkOrder, late).pay_by = clock.now() - timedelta(days=1)

    page = text(owner.get(f"/organisations/{company.id}"))

    for words in (
        *("Delivery to review · accepted by itself on", "Application waits · ends on"),
        *("Objection to answer · succeeds by itself on", "Order with an overdue payment"),
    ):
        assert words in page
    assert "4 things need your attention" in page


@pytest.mark.parametrize("people", [2, 12])
def test_the_pages_cost_few_statements_at_any_number_of_orders(company, owner, people):
    job = made.published(company, places=people)
    done = [made.accepted(job)[0] for _ in range(people)]
    applied = made.on_application(company, places=2)
    for _ in range(people):
        made.apply(applied)
    pages = (f"/jobs/{made.order(done[0]).job.code}/orders", f"/organisations/{company.id}/dues")
    code = db.session.get_one(made.WorkOrder, done[0]).job.code
    costs = []
    for page in (*pages, f"/jobs/{code}/orders"):
        owner.get(page)
        costs.append(len(cost_of(owner, page).all))

    assert max(costs) <= 16, costs


@pytest.mark.parametrize("versions", [1, 4])
def test_the_page_of_an_order_costs_few_statements_at_any_number_of_versions(company, owner, browser_of, versions):
    order_id, by = made.delivered(made.published(company, revisions=3))
    for n in range(1, versions):
        orders.ask_for_changes(company.owner, order_id, n, [made.FAULT], 5)
        orders.deliver(by, order_id, made.WorkForm(f"Rye {n}.", ticked=frozenset({0, 1})))
    with write() as transaction:
        transaction.session.execute(db.update(Delivery).values(files=[["1", "a digest"]]))
    costs = {}
    for name, browser in (("company", owner), ("worker", browser_of(by))):
        browser.get(address(order_id))
        costs[name] = cost_of(browser, address(order_id)).all

    assert max(map(len, costs.values())) <= 26, {name: len(found) for name, found in costs.items()}


def test_lists_of_people_say_what_waits_for_the_company(company, owner):
    job = made.published(company, places=3)
    made.working(job)
    made.delivered(job)
    objected, by = made.declined(job)
    orders.object_to_decline(by, objected, "The grain is rye.")
    code = made.order(objected).job.code

    for page in (text(owner.get(f"/jobs/{code}")), text(owner.get(f"/jobs/{code}/orders"))):
        waiting = [page.index(f"<b>{words}</b>") for words in ("Decide on the delivery", "Answer the objection")]
        assert max(waiting) < page.index("At work")
