"""The life of an order: its states, the acts that lead from one to the next, what silence does, and the clocks.

Pure functions. An order begins as an application and is one person's place in a job. `STEPS` is the whole machine: an
act that is not in it is refused. `SILENCE` says what the clock does in a state whose time is over; no clock declines
work or deletes it. All times are real hours and days: 48 hours over a change to summer time are 48 hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order is."""

    APPLIED = "applied"
    OFFERED = "offered"
    WORKING = "working"
    LATE = "late"  # after the deadline, for a day
    LAPSED = "lapsed"  # the place is free again; the draft stays, and it may still be delivered
    DELIVERED = "delivered"
    EXTRA = "extra"  # delivered after somebody else took the place: the company sees both and may take both
    CHANGES = "changes"  # the company asked for them
    DECLINED = "declined"
    OBJECTED = "objected"  # against the decline; the company answers
    SECOND = "second"  # the company stays with the decline; a second person decides

    ACCEPTED = "accepted"
    PART_PAID = "part_paid"
    UPHELD = "upheld"  # the decline stands
    REFUSED = "refused"  # the application
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    HANDED_BACK = "handed_back"
    CANCELLED = "cancelled"
    LEFT = "left"  # by the worker, since nobody answered a question that blocked the work
    PASSED_OVER = "passed_over"  # an extra delivery that the company did not take


S = OrderState

# Nothing more happens to the order itself; its dues live on.
ENDED = frozenset(
    {S.ACCEPTED, S.PART_PAID, S.UPHELD, S.REFUSED, S.WITHDRAWN, S.EXPIRED, S.HANDED_BACK, S.CANCELLED, S.LEFT}
    | {S.PASSED_OVER}
)

# States with one of the job's places. An extra delivery has none; an accepted one keeps the place, it is done.
PLACED = frozenset({S.OFFERED, S.WORKING, S.LATE, S.DELIVERED, S.CHANGES, S.DECLINED, S.OBJECTED, S.SECOND})
DONE = frozenset({S.ACCEPTED, S.PART_PAID})
TAKING_A_PLACE = PLACED | DONE

# An order in these states is one of those that a person may have in a job at a time, and one that somebody waits for.
LIVE = frozenset(S) - ENDED - {S.LAPSED}

# Work that is agreed and not decided: an account, an organisation or a challenge with one cannot be deleted.
OPEN_WORK = LIVE - {S.APPLIED}

# The states in which a worker writes on. In others nothing is saved any more, and nothing is lost.
WRITABLE = frozenset({S.WORKING, S.LATE, S.LAPSED, S.CHANGES, S.DELIVERED})


class OrderAct(StrEnum):
    """What is done to an order."""

    APPLY = "apply"
    TAKE = "take"  # first come: a place at once
    WITHDRAW = "withdraw"
    REFUSE = "refuse"
    OFFER = "offer"
    CONFIRM = "confirm"
    HAND_BACK = "hand_back"
    LEAVE = "leave"  # with a part of the pay
    DELIVER = "deliver"
    ACCEPT = "accept"
    ASK_CHANGES = "ask_changes"
    DECLINE = "decline"
    OBJECT = "object"
    GIVE_IN = "give_in"  # to an objection: the whole pay
    SETTLE = "settle"  # an objection, with a part of the pay
    STAY = "stay"  # with the decline
    CANCEL = "cancel"
    # Of the clock.
    EXPIRE = "expire"
    BE_LATE = "be_late"
    LAPSE = "lapse"
    RETURN = "return"  # no second version came: the company decides on the one it has
    PASS_OVER = "pass_over"  # noqa: S105 (no secret)


class By(StrEnum):
    """Who does an act."""

    WORKER = "worker"
    COMPANY = "company"
    SECOND = "second"  # a person who neither declined nor answered
    CLOCK = "clock"


@dataclass(frozen=True)
class OrderStep:
    """An act that leads from some states to another one. No state before means that it makes the order."""

    act: OrderAct
    by: By
    sources: frozenset[OrderState]
    target: OrderState


def _step(act: OrderAct, by: By, target: OrderState, *sources: OrderState) -> OrderStep:
    return OrderStep(act, by, frozenset(sources), target)


A = OrderAct

# The machine. Three questions are the caller's: whether the delivery of a lapsed order has a place (`delivered_as`),
# that a second delivery comes only where changes were asked for (it may come after their time, too), and that who
# leaves has waited for an answer (`UNANSWERED`).
STEPS = (
    _step(A.APPLY, By.WORKER, S.APPLIED),
    _step(A.TAKE, By.WORKER, S.WORKING),
    _step(A.WITHDRAW, By.WORKER, S.WITHDRAWN, S.APPLIED, S.OFFERED),
    _step(A.REFUSE, By.COMPANY, S.REFUSED, S.APPLIED),
    _step(A.OFFER, By.COMPANY, S.OFFERED, S.APPLIED),
    _step(A.CONFIRM, By.WORKER, S.WORKING, S.OFFERED),
    _step(A.HAND_BACK, By.WORKER, S.HANDED_BACK, S.WORKING, S.LATE),
    _step(A.LEAVE, By.WORKER, S.LEFT, S.WORKING),
    _step(A.DELIVER, By.WORKER, S.DELIVERED, S.WORKING, S.LATE, S.LAPSED, S.CHANGES, S.DELIVERED),
    _step(A.ACCEPT, By.COMPANY, S.ACCEPTED, S.DELIVERED, S.CHANGES, S.EXTRA),
    _step(A.ASK_CHANGES, By.COMPANY, S.CHANGES, S.DELIVERED),
    _step(A.DECLINE, By.COMPANY, S.DECLINED, S.DELIVERED),
    _step(A.OBJECT, By.WORKER, S.OBJECTED, S.DECLINED),
    _step(A.GIVE_IN, By.COMPANY, S.ACCEPTED, S.OBJECTED),
    _step(A.SETTLE, By.COMPANY, S.PART_PAID, S.OBJECTED),
    _step(A.STAY, By.COMPANY, S.SECOND, S.OBJECTED),
    _step(A.GIVE_IN, By.SECOND, S.ACCEPTED, S.SECOND),
    _step(A.SETTLE, By.SECOND, S.PART_PAID, S.SECOND),
    _step(A.STAY, By.SECOND, S.UPHELD, S.SECOND),
    _step(A.CANCEL, By.COMPANY, S.CANCELLED, S.OFFERED, S.WORKING, S.LATE),
    _step(A.EXPIRE, By.CLOCK, S.EXPIRED, S.APPLIED, S.OFFERED),
    _step(A.BE_LATE, By.CLOCK, S.LATE, S.WORKING),
    _step(A.LAPSE, By.CLOCK, S.LAPSED, S.LATE),
    _step(A.ACCEPT, By.CLOCK, S.ACCEPTED, S.DELIVERED),
    _step(A.PASS_OVER, By.CLOCK, S.PASSED_OVER, S.EXTRA),
    _step(A.RETURN, By.CLOCK, S.DELIVERED, S.CHANGES),
    _step(A.STAY, By.CLOCK, S.UPHELD, S.DECLINED),
    _step(A.GIVE_IN, By.CLOCK, S.ACCEPTED, S.OBJECTED, S.SECOND),
)

# What the clock does in a state whose time is over. In every other state it does nothing.
SILENCE = {state: step for step in STEPS if step.by == By.CLOCK for state in step.sources}


# States in which silence frees the place of an order, at its time or, of work, a day later.
FREED_BY_SILENCE = frozenset(
    state for state, step in SILENCE.items() if state in TAKING_A_PLACE and step.target not in TAKING_A_PLACE
)


def step_of(act: OrderAct, state: OrderState | None, by: By) -> OrderStep | None:
    """The step by which this act of this side leads on from a state; None if it does not. None as the state: a new
    order.
    """
    fits = (step for step in STEPS if (step.act, step.by) == (act, by))
    return next((step for step in fits if (state in step.sources if state else not step.sources)), None)


def acts_in(state: OrderState, by: By) -> list[OrderAct]:
    """What one side can do in a state, in the order of the machine."""
    return [step.act for step in STEPS if step.by == by and state in step.sources]


def delivered_as(state: OrderState, *, has_place: bool) -> OrderState:
    """The state after a delivery: a lapsed order whose place somebody took is one more than was agreed."""
    return S.EXTRA if state == S.LAPSED and not has_place else S.DELIVERED


# The clocks

APPLICATION = timedelta(days=14)
OFFER = timedelta(hours=48)
GRACE = timedelta(hours=24)  # between the deadline and the lapse
CHANGES_LEAST = timedelta(days=3)
UNANSWERED = timedelta(days=3)  # a question that blocks the work; then its worker may leave
OBJECTION = timedelta(days=14)
ANSWER = timedelta(days=7)  # of the company, to an objection
SECOND_LOOK = timedelta(days=14)
CONTESTABLE = timedelta(days=183)  # a note of a payment

REVIEW_DAYS = range(1, 22)
REVISIONS_MAX = 3
REASON_LEAST = 30  # characters of the reason for a decline
REASON_WORDS = 3  # different ones in it: thirty points are no reason

REMINDERS = (50, 90)  # percent of the time


@dataclass(frozen=True)
class Clocks:
    """The clocks of the terms that an order is bound to."""

    deliver: timedelta
    review: timedelta = timedelta(days=7)
    pay: timedelta = timedelta(days=14)
    apply_by: datetime | None = None

    def until(self, state: OrderState, since: datetime, changes: timedelta = CHANGES_LEAST) -> datetime | None:
        """When silence ends a state that began at `since`; None if it does not.

        `since` is the deadline for a late order. `changes` is the time that the company gives for a further version.
        """
        if state == S.APPLIED:
            return self.apply_by if self.apply_by and self.apply_by > since else since + APPLICATION
        spans = {
            S.OFFERED: OFFER,
            S.WORKING: self.deliver,
            S.LATE: GRACE,
            S.DELIVERED: self.review,
            S.EXTRA: self.review,
            S.CHANGES: max(changes, CHANGES_LEAST),
            S.DECLINED: OBJECTION,
            S.OBJECTED: ANSWER,
            S.SECOND: SECOND_LOOK,
        }
        return since + spans[state] if state in spans else None

    def after_silence(self, state: OrderState, until: datetime, now: datetime) -> datetime:
        """When the state begins that silence leads to: at the moment that was due, however late the clock runs.

        A new review time begins now, since the company decides only from now on: its time is never shorter.
        """
        return now if state == S.CHANGES else until


def reminders(since: datetime, until: datetime) -> Iterator[datetime]:
    """The moments at which a worker is reminded of a deadline, from the first to the last."""
    return (since + (until - since) * percent / 100 for percent in REMINDERS)


def next_reminder(since: datetime, until: datetime, now: datetime) -> datetime | None:
    """The next reminder after now; of those that a stopped server missed none is sent later."""
    return next((at for at in reminders(since, until) if at > now), None)


Span = tuple[datetime, datetime | None]  # from a question to its answer; None while it is open


def time_stood(spans: Iterable[Span], since: datetime, now: datetime) -> timedelta:
    """For how long a clock that began at `since` stood by now. Time that two spans share counts once."""
    stood, reached = timedelta(), since
    for asked, answered in sorted(spans, key=lambda span: span[0]):
        begin, end = max(asked, reached), min(answered or now, now)
        if begin < end:
            stood, reached = stood + (end - begin), end
    return stood


def stopped_since(spans: Iterable[Span], since: datetime) -> datetime | None:
    """Since when a question is open that stops a clock which began at `since`; None while the clock runs."""
    return min((max(asked, since) for asked, answered in spans if answered is None), default=None)


def is_overdue(pay_by: datetime | None, now: datetime) -> bool:
    """Whether what is owed until then is overdue. On the last moment it is not yet."""
    return pay_by is not None and now > pay_by


CANCELLATION_PERCENT = 30


def cancellation_cents(
    cents: int, begun: datetime | None, deadline: datetime | None, now: datetime, percent: int = CANCELLATION_PERCENT
) -> int:
    """What the company owes when it cancels before a delivery, rounded up to whole cents.

    The full pay if more than half of the time is over, else a share; `begun` and `deadline` are None for an offer.
    """
    if begun and deadline and 2 * (now - begun) > deadline - begun:
        return cents
    return share_of(cents, percent)


def share_of(cents: int, percent: int = CANCELLATION_PERCENT) -> int:
    """A share of the pay, rounded up to whole cents."""
    return -(-cents * percent // 100)
