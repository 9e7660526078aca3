"""Random lives of orders with the clock as an actor, compared with the machine (`ideas.orders.STEPS`).

After every act: no state without a way out, no due twice and none too few, no place twice, no text lost, and the
journal tells the same story.
"""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from ideas import audit, clock, events
from ideas.database import db
from ideas.dues import DueKind
from ideas.errors import Conflict, Invalid, JobFull, JobNotOpen, OrderMoved, SecondPerson
from ideas.models import Delivery, DueEntry, Notification, OrderDraft, Refusing, Ruling, WorkOrder
from ideas.order_steps import awaits_version, open_cents
from ideas.orders import DONE, ENDED, SILENCE, STEPS, TAKING_A_PLACE, By, OrderAct, OrderState, step_of
from ideas.reasons import PRESSING
from ideas.services import dues, jobs, order_clock, orders
from ideas.services.orders import ApplicationForm, Fault, WorkForm
from tests import factories
from tests.jobs import worker
from tests.orders import on_application, published

PLACES = 2
LIVES = 16
BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)

# The acts of the machine with the calls that do them: `(order, world) -> None`.
HOURS = [0, 0, 0, 0, 1, 1, 30, 49, 73, 24 * 4, 24 * 7, 24 * 15]


def _decline(order_id, world):
    words = f"It names no grain in any sentence of number {order_id}-{world.count}."
    orders.decline_delivery(world.decliner, order_id, world.version(order_id), Fault(1, words))


COMPANY = {
    OrderAct.REFUSE: lambda n, world: orders.refuse_application(world.owner, n, Refusing.UNFIT),
    OrderAct.OFFER: lambda n, world: orders.offer_place(world.owner, n),
    OrderAct.ACCEPT: lambda n, world: orders.accept_delivery(world.owner, n, world.version(n)),
    OrderAct.ASK_CHANGES: lambda n, world: orders.ask_for_changes(world.owner, n, world.version(n), [Fault(0, "More")]),
    OrderAct.DECLINE: _decline,
    OrderAct.GIVE_IN: lambda n, world: orders.answer_objection(world.owner, n, Ruling.GIVE_IN, ""),
    OrderAct.SETTLE: lambda n, world: orders.answer_objection(world.owner, n, Ruling.SETTLE, "Half.", cents=600),
    OrderAct.STAY: lambda n, world: orders.answer_objection(world.owner, n, Ruling.STAY, "No."),
    OrderAct.CANCEL: lambda n, world: orders.cancel_order(world.owner, n),
}
SECOND = {
    OrderAct.GIVE_IN: lambda n, world: orders.answer_objection(world.third, n, Ruling.GIVE_IN, ""),
    OrderAct.SETTLE: lambda n, world: orders.answer_objection(world.third, n, Ruling.SETTLE, "Half.", cents=600),
    OrderAct.STAY: lambda n, world: orders.answer_objection(world.third, n, Ruling.STAY, "No."),
}
WORKER = {
    OrderAct.WITHDRAW: lambda n, world: orders.withdraw_order(world.whose[n], n),
    OrderAct.CONFIRM: lambda n, world: orders.confirm_terms(world.whose[n], n, 1),
    OrderAct.HAND_BACK: lambda n, world: orders.hand_back(world.whose[n], n),
    OrderAct.LEAVE: lambda n, world: orders.leave_order(world.whose[n], n),
    OrderAct.OBJECT: lambda n, world: orders.object_to_decline(world.whose[n], n, "It does."),
}


# `{(act, by, state before)}` of every step that an order went since the lives began.
DONE_STEPS = set()
# How often each was tried: some need more than a state, as a second version that somebody asked for.
TRIED, TRIES = Counter(), 2

CALLS = {By.COMPANY: COMPANY, By.SECOND: SECOND, By.WORKER: WORKER}


class Lives(RuleBasedStateMachine):
    """A job with two places, four people, and a company of three. `typed` is the latest text of each order."""

    now = BEGIN

    @initialize(first_come=st.booleans(), seeds=st.tuples(*[st.integers(0, 2**32)] * 2))
    def begin(self, first_come, seeds):
        Lives.now, self.count = BEGIN, 0
        self.first_come = first_come
        self.job = (published if first_come else on_application)(places=PLACES, per_person=2, revisions=1)
        self.owner = self.job.owner
        self.decliner, self.third = (factories.member(self.job.organisation_id, self.owner) for _ in range(2))
        self.people = [worker() for _ in range(5)]
        self.whose, self.typed, self.versions = {}, {}, {}
        for n, seed in enumerate(seeds):
            self.go_on(n, seed)

    # What the machine permits

    def orders(self):
        return db.session.scalars(select(WorkOrder).filter_by(job_id=self.job.id).order_by(WorkOrder.id)).all()

    def version(self, order_id):
        return db.session.scalar(select(func.max(Delivery.n)).filter_by(order_id=order_id)) or 1

    def state_by_now(self, order_id):
        """Where silence has led the order by now, whether or not the loop ran: walked by hand, from the row."""
        order = db.session.get_one(WorkOrder, order_id)
        state, until = order.state, order.until
        full = sum(each.place is not None for each in self.orders()) >= PLACES
        open_job = order.job.state in ("open", "paused")
        while until is not None and until <= Lives.now and state in SILENCE:
            step = SILENCE[state]
            since = Lives.now if state == OrderState.CHANGES else until
            state = step.target
            if step.act == OrderAct.PASS_OVER and open_job and not full:
                state = OrderState.ACCEPTED
            spans = {OrderState.LATE: timedelta(hours=24), OrderState.DELIVERED: timedelta(days=7)}
            until = since + spans[state] if state in spans else None
        db.session.rollback()
        return state

    def attempt(self, order_id, act, by, call):
        before = self.state_by_now(order_id)
        step = step_of(act, before, by)
        self.count += 1
        try:
            call(order_id, self)
        except OrderMoved:
            assert step is None, f"{act} was refused in {before}"
        except (JobFull, JobNotOpen, SecondPerson, Invalid, Conflict):
            pass  # what is not the machine's: places, rounds, persons
        else:
            assert step is not None, f"{act} passed in {before}"
            assert self.state_of(order_id) == step.target
        db.session.rollback()

    def state_of(self, order_id):
        db.session.rollback()
        return db.session.get_one(WorkOrder, order_id).state

    def pick(self, n):
        ids = sorted(self.whose)
        return ids[n % len(ids)] if ids else None

    # Acts

    @rule(n=st.integers(0, 3))
    def seek(self, n):
        person = self.people[n]
        try:
            if self.first_come:
                order_id = orders.take_place(person, self.job.id, 1, ApplicationForm("Kim"))
            else:
                order_id = orders.apply_for_job(person, self.job.id, ApplicationForm("Kim"))
        except (JobFull, JobNotOpen, Conflict):
            db.session.rollback()
            return
        self.whose[order_id] = person

    def go_on(self, n, seed):
        """A person takes a place, and their order goes on by acts that the machine permits, with time between them.

        The acts follow from one number: drawn one by one they would mostly be the first of each list.
        """
        chance = random.Random(seed)
        self.seek(n)
        for _ in range(10):
            own = [order_id for order_id, person in self.whose.items() if person == self.people[n]]
            if not own:
                break
            step = way_to_new(self.state_by_now(max(own)))
            if step is not None and chance.random() < 0.9:
                self.do(max(own), step, chance)
            elif chance.random() < 0.3:
                self.wait_for(max(own), runs=chance.random() < 0.6)
            else:
                self.do_one(max(own), chance)
            self.hold_in_rows()
        self.the_journal_tells_the_same()

    def wait_for(self, order_id, *, runs):
        """Let everybody be silent until the clock acts."""
        until = db.session.get_one(WorkOrder, order_id).until
        db.session.rollback()
        self.pass_time(0 if until is None else max(0, 1 + (until - Lives.now) // timedelta(hours=1)), runs=runs)

    def do_one(self, order_id, chance):
        state = self.state_by_now(order_id)
        steps = [step for step in STEPS if state in step.sources and step.by != By.CLOCK]
        steps = [step for step in steps if step.act != OrderAct.LEAVE]  # mostly there is no question
        if steps:
            # A life that goes on is more likely than one that ends.
            [step] = chance.choices(steps, [1 if step.target in ENDED else 3 for step in steps])
            self.do(order_id, step, chance)

    def do(self, order_id, step, chance):
        TRIED[step.act, step.by, self.state_by_now(order_id)] += 1
        if step.by == By.CLOCK:
            self.wait_for(order_id, runs=chance.random() < 0.6)
        elif step.act == OrderAct.DELIVER:
            self.hand_in(order_id)
        else:
            self.attempt(order_id, step.act, step.by, CALLS[step.by][step.act])

    @rule(n=st.integers(0, 7), by=st.sampled_from(sorted(CALLS)), k=st.integers(0, 20))
    def try_anything(self, n, by, k):
        """Most of these are refused."""
        if (order_id := self.pick(n)) is None:
            return
        act = sorted(CALLS[by])[k % len(CALLS[by])]
        if by != By.WORKER:  # the state decides as whom the company's people act
            by = By.SECOND if self.state_by_now(order_id) == OrderState.SECOND else By.COMPANY
        if act in CALLS[by]:
            self.attempt(order_id, act, by, CALLS[by][act])

    @rule(n=st.integers(0, 7))
    def type_and_save(self, n):
        if (order_id := self.pick(n)) is None:
            return
        self.count += 1
        text = f"Text {self.count}"
        try:
            orders.save_draft(self.whose[order_id], order_id, WorkForm(text))
        except OrderMoved:
            db.session.rollback()
            return
        self.typed[order_id] = text

    @rule(n=st.integers(0, 7))
    def deliver(self, n):
        if (order_id := self.pick(n)) is not None:
            self.hand_in(order_id)

    def hand_in(self, order_id):
        self.count += 1
        text, before = f"Text {self.count}", self.state_by_now(order_id)
        asked = awaits_version(db.session(), db.session.get_one(WorkOrder, order_id))
        db.session.rollback()
        may = step_of(OrderAct.DELIVER, before, By.WORKER) is not None
        may = may and (before != OrderState.DELIVERED or asked)
        try:
            version = orders.deliver(
                self.whose[order_id], order_id, WorkForm(text, ticked=frozenset({0, 1}), minutes=9)
            )
        except OrderMoved:
            assert not may, f"work was refused in {before}"
            db.session.rollback()
            return
        assert may, f"work passed in {before}"
        self.typed[order_id] = self.versions[order_id, version] = text

    @rule(n=st.integers(0, 7), waits=st.booleans(), goes=st.booleans())
    def ask_what_blocks(self, n, waits, goes):
        """The clock stands until the answer, whatever runs; or nobody answers, and the person leaves."""
        if (order_id := self.pick(n)) is None:
            return
        person, before = self.whose[order_id], self.state_by_now(order_id)
        try:
            question = jobs.ask_about_job(person, self.job.id, "Which?", is_blocking=True)
        except OrderMoved:
            db.session.rollback()
            assert before != OrderState.WORKING
            return
        self.pass_time(24 * 4 if waits else 1, runs=True)
        if before == OrderState.WORKING:
            assert self.state_of(order_id) == OrderState.WORKING
            self.hold()
            if goes:
                self.attempt(order_id, OrderAct.LEAVE, By.WORKER, WORKER[OrderAct.LEAVE])
        jobs.answer_about_job(self.owner, self.job.id, question, "This.")

    @rule(n=st.integers(0, 2), accepts=st.booleans(), hours=st.sampled_from(HOURS))
    def be_late_and_replaced(self, n, accepts, hours):
        """The time ends, others take the places, and the first person hands in nevertheless: the company sees all."""
        self.seek(n)
        order_id = max(self.whose, default=None)
        if order_id is None or self.state_of(order_id) != OrderState.WORKING:
            return
        for _ in range(2):
            self.wait_for(order_id, runs=True)
        for other in (3, 4):
            self.seek(other)
        for replacing in [each for each in self.whose if each > order_id]:
            self.hand_in(replacing)
        self.hand_in(order_id)
        if accepts:
            self.attempt(order_id, OrderAct.ACCEPT, By.COMPANY, COMPANY[OrderAct.ACCEPT])
        self.pass_time(hours, runs=True)

    @rule(n=st.integers(0, 7))
    def note_payment(self, n):
        order_id = self.pick(n)
        if order_id is not None and (cents := open_cents(db.session(), order_id)):
            db.session.rollback()
            paid = dues.note_payment(self.owner, order_id, cents, Lives.now.date())
            (dues.confirm_payment if n % 2 else dues.contest_payment)(self.whose[order_id], paid)

    @rule(hours=st.sampled_from(HOURS), runs=st.booleans())
    def pass_time(self, hours, runs):
        """With `runs` False the server is down; whatever comes next must not notice."""
        Lives.now += timedelta(hours=hours)
        if runs:
            order_clock.run_order_clock()
            assert order_clock.run_order_clock() == 0, "the clock does nothing twice"
            waiting = [o for o in self.orders() if o.until is not None and o.until <= Lives.now]
            assert waiting == []

    @rule(cancels=st.booleans())
    def end_the_job(self, cancels):
        if self.count < 20:
            return
        try:
            (jobs.cancel_job if cancels else jobs.close_job)(self.owner, self.job.id)
        except Conflict:
            db.session.rollback()

    # What always holds

    @invariant()
    def hold(self):
        if "job" in vars(self):
            self.hold_in_rows()
            self.the_journal_tells_the_same()

    def hold_in_rows(self):
        self.every_state_has_a_way_out()
        self.places_are_held_once()
        self.nothing_is_owed_twice_and_nothing_is_forgotten()
        self.no_text_is_lost()
        self.the_worker_is_told_while_a_clock_runs_against_them()

    def every_state_has_a_way_out(self):
        for order in self.orders():
            waits = order.state == OrderState.LAPSED or order.clock_stands
            assert (order.state in ENDED) or waits or order.until is not None
            assert (order.state in ENDED) <= (order.until is None)

    def places_are_held_once(self):
        held = [order for order in self.orders() if order.place is not None]
        assert len({order.place for order in held}) == len(held) <= PLACES
        assert all(order.state in TAKING_A_PLACE for order in held)
        without = [o for o in self.orders() if o.place is None and o.state in TAKING_A_PLACE]
        assert all(order.state in DONE for order in without), "only an extra delivery that was taken has none"

    def nothing_is_owed_twice_and_nothing_is_forgotten(self):
        for order in self.orders():
            rows = db.session.scalars(select(DueEntry).filter_by(order_id=order.id)).all()
            owed = [(row.kind, row.cents) for row in rows if row.kind in (DueKind.OWED, DueKind.PART)]
            expected = {
                OrderState.ACCEPTED: [[(DueKind.OWED, 1200)]],
                OrderState.PART_PAID: [[(DueKind.PART, 600)]],
                OrderState.LEFT: [[(DueKind.PART, 360)]],
                OrderState.CANCELLED: [[(DueKind.OWED, 1200)], [(DueKind.PART, 360)]],
            }
            assert owed in expected.get(order.state, [[]]), (order.state, owed)
            assert open_cents(db.session(), order.id) == sum(row.change for row in rows) >= 0
            assert (order.pay_by is None) == (open_cents(db.session(), order.id) == 0)

    def no_text_is_lost(self):
        for order_id, text in self.typed.items():
            assert db.session.get_one(OrderDraft, order_id).text == text
        stored = db.session.scalars(select(Delivery).join(WorkOrder).where(WorkOrder.job_id == self.job.id)).all()
        assert {(row.order_id, row.n): row.text for row in stored} == self.versions
        assert all(orders.digest_of_version(row) == row.digest for row in stored)

    def the_worker_is_told_while_a_clock_runs_against_them(self):
        for order in self.orders():
            told = select(Notification).filter_by(
                person_id=order.person_id, reason="order_pressing", subject=order.handle
            )
            assert (order.state not in PRESSING) or db.session.scalar(told) is not None

    def the_journal_tells_the_same(self):
        assert list(audit.check(db.session())) == []

    def teardown(self):
        db.session.rollback()


@pytest.fixture
def moved_clock(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: Lives.now)


@pytest.mark.timeout(180)
def test_lives_of_orders(moved_clock):
    few = settings(max_examples=4, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Lives, settings=few)


@pytest.mark.timeout(180)
def test_lives_of_orders_by_lot(moved_clock):
    """The same lives from even chances: what is drawn to find a small example is mostly the first of each list.

    They go on until every actor did all that the machine permits, and silence ended every state that it ends.
    """
    events.subscribe(events.OrderMovedOn, lambda event: DONE_STEPS.add((event.act, event.by, event.before)))
    DONE_STEPS.clear()
    TRIED.clear()
    world = Lives()
    world.begin(True, [])
    world.seek(0)
    world.ask_what_blocks(0, waits=True, goes=True)
    world.be_late_and_replaced(1, accepts=True, hours=0)
    world.begin(True, [])
    world.be_late_and_replaced(0, accepts=False, hours=24 * 15)
    for seed in range(LIVES):
        if not missing():
            break
        chance = random.Random(seed)
        world.begin(seed % 2 == 0, [chance.randrange(2**32) for _ in range(2)])

    assert missing() == set()


def way_to_new(state):
    """The step by which a life comes to one that no life has done yet; None if there is no way that was not tried."""
    ways, seen = [(state, None)], {state}
    for at, first in ways:
        for step in STEPS:
            if at not in step.sources or step.act == OrderAct.LEAVE:
                continue
            if (step.act, step.by, at) not in DONE_STEPS and TRIED[step.act, step.by, at] < TRIES:
                return first or step
            if step.target not in seen:
                seen.add(step.target)
                ways.append((step.target, first or step))
    return None


def missing():
    """Acts of each actor that no life has done, and states that no silence has ended."""
    acts = {(step.act, step.by) for step in STEPS} - {(act, by) for act, by, _ in DONE_STEPS}
    silences = {*SILENCE} - {state for _, by, state in DONE_STEPS if by == By.CLOCK}
    return acts | silences
