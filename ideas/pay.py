"""The pay line: money per hour, before somebody says yes. Pure functions over whole cents and minutes.

The organisation's estimate and the minutes that people reported are two things and are never mixed: mixing helps only
an honest estimate, and the line exists against the other kind. Its earlier contests tell how far its estimates were
from the truth; that is a third thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from statistics import median

# With fewer reports there is a range and no average.
AVERAGE_FROM = 5

# So many earlier contests, each with an average, tell how good the estimates of an organisation are.
CONTESTS_FROM = 3

# Ranges of few reports are widened to whole steps of so many minutes, so that they tell no single report.
STEP_MINUTES = 5

# Reported minutes of a person, at most.
MINUTES_MAX = 100_000

# Nobody takes part in less time than it takes to read what is asked: some who type "1" would lift the rate for all.
WORDS_A_MINUTE = 250


def rate(cents: int, minutes: int) -> int:
    """Cents per hour, rounded down."""
    return cents * 60 // minutes


def interval_rank(n: int) -> int:
    """The k for which the k-th smallest and the k-th largest of n values hold the median with a chance of at least
    75 %: the largest such k, 0 if there is none.

    The number of values below the median is binomial with chance 1/2 (David and Nagaraja 2003, Order Statistics, 7.1).
    """
    # `outside`: the ways in which fewer than k values are below the median, or fewer than k above it.
    outside, ways, k, quarter = 0, 1, 0, Fraction(2**n, 4)
    while 2 * (k + 1) <= n + 1:
        outside += 2 * ways
        if outside > quarter:
            break
        k += 1
        ways = ways * (n - k + 1) // k
    return k


@dataclass(frozen=True)
class Times:
    """The reported minutes of several people, in the form in which they may be shown.

    `median` is None for few reports; otherwise at least half of the people needed it or more. `low` and `high` are then
    the interval that holds the median; for few reports they are the range, widened to whole steps.
    """

    reports: int
    low: int
    high: int
    median: int | None = None


def times_of(minutes: Sequence[int]) -> Times | None:
    """None without any report."""
    if not minutes:
        return None
    ordered, n = sorted(minutes), len(minutes)
    if n < AVERAGE_FROM:
        low = ordered[0] // STEP_MINUTES * STEP_MINUTES
        return Times(n, max(1, low), -(-ordered[-1] // STEP_MINUTES) * STEP_MINUTES)
    k = interval_rank(n)
    return Times(n, ordered[k - 1], ordered[n - k], ordered[n // 2])


def reading_minutes(text: str) -> int:
    """The whole minutes in which a text can be read, at least one; of a script without spaces it is one."""
    return max(1, -(-len(text.split()) // WORDS_A_MINUTE))


def clamped(minutes: int, joined_at: datetime, closed_at: datetime, least: int = 1) -> int:
    """Minutes as they are kept: at least `least`, and no more than passed between joining and the close, or one."""
    passed = int((closed_at - joined_at).total_seconds() // 60)
    return max(1, min(max(minutes, least), passed, MINUTES_MAX))


class Pay(StrEnum):
    """The kinds of pay line of a contest."""

    FUN = "fun"  # no prize
    UNPRICED = "unpriced"  # prizes without an amount
    UNKNOWN = "unknown"  # an amount, and neither an estimate nor reports
    ESTIMATE = "estimate"
    FEW = "few"
    AVERAGE = "average"


@dataclass(frozen=True)
class Effort:
    """So many people with so many minutes each: the whole time that a contest takes."""

    people: int
    minutes: int

    def rate_of(self, cents: int, tenths: int = 10) -> int:
        """Cents per hour if the prizes are divided among all; if it takes `tenths` tenths of the time, for that."""
        return rate(cents * 10, self.people * self.minutes * tenths)


def times_expected(ratios: Sequence[Fraction]) -> int | None:
    """How many times the expected time earlier contests took, in tenths; None if it is not known or not more.

    It is the median of `ratios`: for each contest with an average, the whole time by its reports to the expected one.
    It is rounded before it is used, so that readers get the same rate as they compute from what they see.
    """
    if len(ratios) < CONTESTS_FROM:
        return None
    tenths = int(median(ratios) * 10 + Fraction(1, 2))
    return tenths if tenths > 10 else None


@dataclass(frozen=True)
class PayLine:
    """Money per hour in a contest. Rates are cents per hour; those of the reports are None where there are none.

    `slow` and `fast` are the rates at the longest and the shortest time of `times`. `tenths`: how many times the
    expected time earlier contests took (`times_expected`), where that counts; `longer_rate` is the rate of the estimate
    for that time. `is_below`: less than the floor; None if that cannot be judged.
    """

    kind: Pay
    cents: int = 0
    expected: Effort | None = None
    expected_rate: int | None = None
    people: int = 0
    times: Times | None = None
    slow: int | None = None
    typical: int | None = None
    fast: int | None = None
    is_below: bool | None = None
    tenths: int | None = None
    longer_rate: int | None = None


def contest_line(
    cents: int | None,
    expected: Effort | None,
    minutes: Sequence[int],
    people: int,
    floor: int | None,
    tenths: int | None = None,
) -> PayLine:
    """The pay line of a contest. Without an average, the lower one of the estimate's rates is judged.

    :param cents: the sum of all prizes; 0 if none has an amount, None without prizes.
    :param minutes: as reported after the close. :param people: those who took part then.
    :param floor: cents per hour in the currency of the prizes; None if there is none to compare with.
    :param tenths: as of `times_expected`, from earlier contests of the organisation.
    """
    if not cents:
        return PayLine(Pay.FUN if cents is None else Pay.UNPRICED)
    line = PayLine(Pay.UNKNOWN, cents, people=people, times=times_of(minutes) if people else None)
    if expected:
        line = replace(line, kind=Pay.ESTIMATE, expected=expected, expected_rate=expected.rate_of(cents))
    if line.times:
        slow, fast = (Effort(people, each).rate_of(cents) for each in (line.times.high, line.times.low))
        line = replace(line, kind=Pay.FEW, slow=slow, fast=fast)
    if line.times and line.times.median is not None:
        typical = Effort(people, line.times.median).rate_of(cents)
        return replace(line, kind=Pay.AVERAGE, typical=typical, is_below=_is_below(typical, floor))
    if expected and tenths:
        line = replace(line, tenths=tenths, longer_rate=expected.rate_of(cents, tenths))
    judged = line.expected_rate if line.longer_rate is None else line.longer_rate
    return replace(line, is_below=_is_below(judged, floor))


def job_line(
    cents: int | None, expected: int | None, minutes: Sequence[int], floor: int | None, tenths: int | None = None
) -> PayLine:
    """The pay line of a job: what one accepted delivery pays for the time that one person needs.

    :param cents: for one delivery; None until it is typed. :param expected: the minutes that the organisation expects.
    :param minutes: as the workers reported them, one for each order. :param floor: :param tenths: as of `contest_line`,
        `tenths` from earlier jobs.
    """
    if cents is None:
        return PayLine(Pay.UNPRICED, expected=Effort(1, expected) if expected else None)
    return contest_line(cents, Effort(1, expected) if expected else None, minutes, 1, floor, tenths)


def top_up(cents: int, minutes: int, floor: int) -> int:
    """What is missing for so many minutes at the floor (cents per hour), in cents, rounded up; 0 if nothing is."""
    return max(0, -(-floor * minutes // 60) - cents)


def judged_minutes(line: PayLine) -> int | None:
    """The minutes of one person by which the line of a job is judged, rounded up; None if there are none."""
    if line.typical is not None and line.times is not None:
        return line.times.median
    return -(-line.expected.minutes * (line.tenths or 10) // 10) if line.expected else None


def _is_below(judged: int | None, floor: int | None) -> bool | None:
    return None if judged is None or floor is None else judged < floor
