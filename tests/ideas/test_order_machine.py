"""The machine of an order, its clocks and the sums of its ledger, as pure functions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideas.dues import CENTS_MAX, DueKind, DueLine, balance_of, change_of, checked_entry, waivers, was_paid_in_time
from ideas.errors import Invalid
from ideas.orders import (
    DONE,
    ENDED,
    LIVE,
    SILENCE,
    STEPS,
    By,
    Clocks,
    OrderAct,
    OrderState,
    acts_in,
    cancellation_cents,
    delivered_as,
    is_overdue,
    next_reminder,
    reminders,
    step_of,
)
from ideas.words import count_words

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
CLOCKS = Clocks(deliver=timedelta(hours=72))


def test_every_state_is_reached_and_has_a_way_out_unless_it_is_an_end():
    reached = {step.target for step in STEPS} | {delivered_as(OrderState.LAPSED, has_place=False)}
    left = {state for step in STEPS for state in step.sources}

    assert reached == set(OrderState)
    assert left == set(OrderState) - ENDED


def test_silence_ends_every_state_in_which_somebody_waits_and_no_other():
    """A lapsed order has no clock: its text waits for as long as the person likes."""
    assert {*SILENCE} == LIVE
    assert {state for state in OrderState if CLOCKS.until(state, NOON)} == LIVE


def test_no_clock_declines_work_and_none_ends_an_order_that_was_delivered_and_agreed_without_its_pay():
    by_the_clock = {step.target for step in STEPS if step.by == By.CLOCK}

    assert not by_the_clock & {OrderState.DECLINED, OrderState.REFUSED, OrderState.CANCELLED}
    assert SILENCE[OrderState.DELIVERED].target in DONE
    assert SILENCE[OrderState.OBJECTED].target in DONE
    assert SILENCE[OrderState.SECOND].target in DONE


def test_an_act_leads_from_a_state_to_one_other_and_is_refused_elsewhere():
    keys = [(step.act, step.by, state) for step in STEPS for state in step.sources]

    assert len(keys) == len(set(keys))
    assert step_of(OrderAct.DECLINE, OrderState.WORKING, By.COMPANY) is None
    assert step_of(OrderAct.STAY, OrderState.OBJECTED, By.SECOND) is None
    assert step_of(OrderAct.ACCEPT, OrderState.DELIVERED, By.WORKER) is None
    assert acts_in(OrderState.DELIVERED, By.COMPANY) == [OrderAct.ACCEPT, OrderAct.ASK_CHANGES, OrderAct.DECLINE]


def test_48_hours_of_an_offer_over_the_change_to_summer_time_are_48_hours():
    berlin = ZoneInfo("Europe/Berlin")
    offered = datetime(2027, 3, 27, 12, tzinfo=berlin).astimezone(UTC)

    until = CLOCKS.until(OrderState.OFFERED, offered)

    assert until - offered == timedelta(hours=48)
    assert until.astimezone(berlin).hour == 13


def test_an_application_ends_with_the_time_to_apply_or_after_two_weeks():
    until_friday = Clocks(timedelta(hours=72), apply_by=NOON + timedelta(days=3))

    assert until_friday.until(OrderState.APPLIED, NOON) == NOON + timedelta(days=3)
    assert CLOCKS.until(OrderState.APPLIED, NOON) == NOON + timedelta(days=14)


def test_changes_have_at_least_three_days():
    assert CLOCKS.until(OrderState.CHANGES, NOON, timedelta(hours=1)) == NOON + timedelta(days=3)
    assert CLOCKS.until(OrderState.CHANGES, NOON, timedelta(days=5)) == NOON + timedelta(days=5)


def test_a_late_clock_dates_what_it_does_to_the_moment_it_was_due_but_never_shortens_a_review():
    now = NOON + timedelta(days=20)

    assert CLOCKS.after_silence(OrderState.DELIVERED, NOON, now) == NOON
    assert CLOCKS.after_silence(OrderState.CHANGES, NOON, now) == now


def test_reminders_come_after_half_and_nine_tenths_of_the_time_and_a_missed_one_never():
    until = NOON + timedelta(hours=100)

    assert list(reminders(NOON, until)) == [NOON + timedelta(hours=50), NOON + timedelta(hours=90)]
    assert next_reminder(NOON, until, NOON + timedelta(hours=50)) == NOON + timedelta(hours=90)
    assert next_reminder(NOON, until, NOON + timedelta(hours=95)) is None


def test_a_due_is_overdue_after_its_last_moment():
    assert not is_overdue(NOON, NOON)
    assert is_overdue(NOON, NOON + timedelta(milliseconds=1))
    assert not is_overdue(None, NOON)


@pytest.mark.parametrize(
    ("hours", "cents"),
    [(0, 106), (36, 106), (37, 351), (72, 351), (90, 351)],
)
def test_a_cancellation_costs_the_whole_pay_after_half_of_the_time_and_else_a_share(hours, cents):
    deadline = NOON + timedelta(hours=72)

    assert cancellation_cents(351, NOON, deadline, NOON + timedelta(hours=hours)) == cents


def test_an_offer_that_is_taken_back_costs_the_share_that_the_operator_set():
    assert cancellation_cents(1000, None, None, NOON) == 300
    assert cancellation_cents(1000, None, None, NOON, percent=0) == 0


# The ledger


def line(n, kind, cents, about=None, currency="EUR"):
    return DueLine(n, kind, cents, currency, about)


amounts = st.integers(-500, 500)
entries = st.lists(
    st.tuples(st.sampled_from(DueKind), amounts, st.one_of(st.none(), st.integers(1, 8))), min_size=1, max_size=12
)


@given(entries)
def test_the_balance_is_the_sum_of_all_changes_and_never_negative(wanted):
    lines, changes = [], 0
    for kind, cents, about in wanted:
        new = line(len(lines) + 1, kind, cents, about)
        try:
            change = checked_entry(lines, new)
        except Invalid:
            continue
        lines.append(new)
        changes += change
        sums = balance_of(lines)
        assert sums.open == changes >= 0
        assert min(sums.owed, sums.paid, sums.confirmed, sums.contested, sums.unconfirmed) >= 0


OWED = line(1, DueKind.OWED, 350)
PAID = line(2, DueKind.PAID, 200)


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        (line(3, DueKind.PAID, 151), {"cents": "negative"}),
        (line(3, DueKind.PAID, 100, currency="CHF"), {"currency": "other"}),
        (line(3, DueKind.BONUS, 0), {"cents": "amount"}),
        (line(3, DueKind.BONUS, -5), {"cents": "amount"}),
        (line(3, DueKind.BONUS, CENTS_MAX + 1), {"cents": "amount"}),
        (line(3, DueKind.CORRECTION, -151, about=1), {"cents": "negative"}),
        (line(3, DueKind.CORRECTION, -10), {"about": "unknown"}),
        (line(3, DueKind.CONFIRMED, 200, about=1), {"about": "unknown"}),
        (line(3, DueKind.CONFIRMED, 100, about=2), {"cents": "amount"}),
    ],
)
def test_an_entry_that_would_break_the_ledger_is_refused(new, problems):
    with pytest.raises(Invalid) as refused:
        checked_entry([OWED, PAID], new)

    assert refused.value.problems == problems


def test_a_payment_is_answered_once():
    answered = [OWED, PAID, line(3, DueKind.CONFIRMED, 200, about=2)]

    for kind in (DueKind.CONFIRMED, DueKind.CONTESTED):
        with pytest.raises(Invalid):
            checked_entry(answered, line(4, kind, 200, about=2))
    with pytest.raises(Invalid):
        checked_entry(answered, line(4, DueKind.CORRECTION, -10, about=2))


def test_a_contested_payment_is_open_again_and_a_corrected_one_counts_as_corrected():
    contested = [OWED, PAID, line(3, DueKind.CONTESTED, 200, about=2)]
    corrected = [OWED, PAID, line(3, DueKind.CORRECTION, -50, about=2), line(4, DueKind.CONFIRMED, 150, about=2)]

    assert (balance_of(contested).open, balance_of(contested).contested) == (350, 200)
    assert (balance_of(corrected).open, balance_of(corrected).confirmed) == (200, 150)
    assert change_of(DueKind.CORRECTION, -50, DueKind.PAID) == 50


def test_who_waives_lowers_the_newest_entries_by_what_is_open():
    lines = [OWED, line(2, DueKind.BONUS, 100), line(3, DueKind.CORRECTION, 50, about=1), line(4, DueKind.PAID, 350)]
    assert waivers(lines) == [(2, 100), (1, 50)]
    for entry, cents in waivers(lines):
        lines.append(line(len(lines) + 1, DueKind.CORRECTION, -cents, about=entry))

    assert balance_of(lines).open == 0
    assert waivers(lines) == []


def test_a_payment_that_was_taken_back_can_still_be_answered():
    lines = [OWED, PAID, line(3, DueKind.CORRECTION, -200, about=2)]

    assert checked_entry(lines, line(4, DueKind.CONTESTED, 0, about=2)) == 0
    with pytest.raises(Invalid):
        checked_entry(lines, line(4, DueKind.CONTESTED, 200, about=2))


def dated(*entries):
    """Lines with the day on which each was written: `(day, kind, cents, about)`."""
    return [
        DueLine(n, kind, cents, "EUR", about, NOON + timedelta(days=day))
        for n, (day, kind, cents, about) in enumerate(entries, 1)
    ]


@pytest.mark.parametrize(
    ("entries", "in_time"),
    [
        ([(0, DueKind.OWED, 350, None)], None),
        ([(-15, DueKind.OWED, 350, None)], False),
        ([(-40, DueKind.OWED, 350, None), (-30, DueKind.PAID, 350, None)], True),
        ([(-40, DueKind.OWED, 350, None), (-20, DueKind.PAID, 350, None)], False),
        # A bonus has its own time, as the day to pay by has (decision 510).
        (
            [
                *((-40, DueKind.OWED, 350, None), (-30, DueKind.BONUS, 100, None)),
                *((-28, DueKind.PAID, 350, None), (-18, DueKind.PAID, 100, None)),
            ],
            True,
        ),
        # A note that is contested was none.
        (
            [
                *((-40, DueKind.OWED, 350, None), (-30, DueKind.PAID, 350, None)),
                *((-20, DueKind.CONTESTED, 350, 2), (-19, DueKind.PAID, 350, None)),
            ],
            False,
        ),
        # What was waived in time was never to be paid; after the day it was late.
        ([(-40, DueKind.OWED, 350, None), (-30, DueKind.CORRECTION, -350, 1)], None),
        ([(-40, DueKind.OWED, 350, None), (-20, DueKind.CORRECTION, -350, 1)], False),
    ],
)
def test_an_order_is_paid_in_time_if_nothing_was_open_after_its_day(entries, in_time):
    assert was_paid_in_time(dated(*entries), timedelta(days=14), NOON) is in_time


# Words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Don’t stop at 3.50 EUR.", 5),
        ("well-known", 2),
        ("**Bold** and [a link](https://example.org/with/words) to https://example.org/x", 5),
        ("- one\n- two", 2),
        ("10.000,50 €", 1),
        ("cafe\u0301 na\u00efve", 2),
        ("東京", 2),
        ("हिन्दी भाषा", 2),
        ("— … !", 0),
    ],
)
def test_words_are_counted_as_a_reader_counts_them(text, words):
    assert count_words(text) == words
