"""The ledger of dues: what is owed for an order and what was noted as paid. Pure functions over whole cents.

Entries are only ever added. Each changes what is open by a number of cents that is fixed with it, so the balance is a
sum. It is never negative, and one order has one currency. Payment happens outside the product; `paid` is the company's
note of it, which the worker confirms or contests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ideas.errors import Invalid

CENTS_MAX = 10**9  # of one entry

REFERENCE_MAX = 140  # characters, as many as a bank transfer takes


class DueKind(StrEnum):
    """What an entry says."""

    OWED = "owed"
    BONUS = "bonus"
    PART = "part"  # of the pay, after a cancellation or an objection
    CORRECTION = "correction"  # of an entry, up or down
    PAID = "paid"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"


# What the company owes by them.
OBLIGATIONS = frozenset({DueKind.OWED, DueKind.BONUS, DueKind.PART})
ANSWERS = frozenset({DueKind.CONFIRMED, DueKind.CONTESTED})  # of the worker, to a note of a payment


@dataclass(frozen=True)
class DueLine:
    """An entry. `about` is the entry that a correction or an answer speaks of. `cents` is below 0 in a correction
    downwards only. `at` is when it was written, also where the clock dated it back.
    """

    id: int
    kind: DueKind
    cents: int
    currency: str
    about: int | None = None
    at: datetime | None = None
    paid_on: datetime | None = None


@dataclass(frozen=True)
class Balance:
    """The sums of an order, in cents. `owed` is everything that was agreed, `paid` what the company noted and the
    worker did not contest, and `open` what is still to be paid.
    """

    owed: int = 0
    paid: int = 0
    confirmed: int = 0
    contested: int = 0

    @property
    def open(self) -> int:
        return self.owed - self.paid

    @property
    def unconfirmed(self) -> int:
        return self.paid - self.confirmed


def change_of(kind: DueKind, cents: int, about: DueKind | None = None) -> int:
    """By how much an entry changes what is open. `about` is the kind of the entry that a correction speaks of."""
    if kind in OBLIGATIONS or kind == DueKind.CONTESTED:
        return cents
    if kind == DueKind.PAID:
        return -cents
    if kind == DueKind.CORRECTION:
        return -cents if about == DueKind.PAID else cents
    return 0


def balance_of(lines: Iterable[DueLine]) -> Balance:
    """The sums of one order. A payment that was corrected counts as corrected, also for its confirmation."""
    known = {line.id: line for line in lines}
    owed = noted = 0
    noted_of: dict[int, int] = {}
    answered: dict[int, DueKind] = {}
    for line in known.values():
        if line.kind in OBLIGATIONS:
            owed += line.cents
        elif line.kind == DueKind.PAID:
            noted_of[line.id] = noted_of.get(line.id, 0) + line.cents
        elif line.kind == DueKind.CORRECTION and line.about is not None:
            if known[line.about].kind == DueKind.PAID:
                noted_of[line.about] = noted_of.get(line.about, 0) + line.cents
            else:
                owed += line.cents
        elif line.about is not None:
            answered[line.about] = line.kind
    noted = sum(noted_of.values())
    by = {kind: sum(cents for key, cents in noted_of.items() if answered.get(key) == kind) for kind in ANSWERS}
    contested = by[DueKind.CONTESTED]
    return Balance(owed, noted - contested, by[DueKind.CONFIRMED], contested)


def oldest_open(lines: Iterable[DueLine]) -> DueLine | None:
    """The oldest entry of those that raise what is owed which is not paid in full; None if nothing is open. What was
    paid or waived covers the older ones first.
    """
    known = {line.id: line for line in lines}
    raising = [line for line in known.values() if _raises(line, known)]
    covered = sum(line.cents for line in raising) - balance_of(known.values()).open
    for line in raising:
        if covered < line.cents:
            return line
        covered -= line.cents
    return None


def promised_cents(lines: Iterable[DueLine]) -> int:
    """What was ever promised for an order: the pay, bonuses and what was raised, also where it was waived."""
    known = {line.id: line for line in lines}
    return sum(line.cents for line in known.values() if _raises(line, known))


def was_paid_in_time(lines: Iterable[DueLine], span: timedelta, now: datetime) -> bool | None:
    """Whether nothing of an order was ever open after its day, which is `span` after the oldest entry that is not paid.

    None while there is still time, and where the worker waived everything: then nothing was to be paid.
    """
    before, all_lines = list[DueLine](), list(lines)
    for line in all_lines:
        if _is_late(before, span, line.at):
            return False
        before.append(line)
    if _is_late(all_lines, span, now):
        return False
    sums = balance_of(all_lines)
    return None if sums.open or not sums.paid else True


def _is_late(lines: list[DueLine], span: timedelta, at: datetime | None) -> bool:
    oldest = oldest_open(lines)
    return oldest is not None and oldest.at is not None and at is not None and at > oldest.at + span


def _raises(line: DueLine, known: Mapping[int, DueLine]) -> bool:
    if line.kind == DueKind.CORRECTION and line.about is not None:
        return line.cents > 0 and known[line.about].kind in OBLIGATIONS
    return line.kind in OBLIGATIONS


def checked_entry(lines: Iterable[DueLine], new: DueLine) -> int:
    """Check an entry against those before it. :return: by how much it changes what is open.

    :raise Invalid: `cents` amount (none, or too much), negative (more than is open, or than the entry has);
        `currency` other; `about` unknown (no such entry, or the wrong kind) or answered.
    """
    known = {line.id: line for line in lines}
    if any(line.currency != new.currency for line in known.values()):
        raise Invalid(currency="other")
    least = 0 if new.kind in ANSWERS else 1  # a note may have been taken back, with nothing left of it
    if not least <= abs(new.cents) <= CENTS_MAX or (new.cents < 0 and new.kind != DueKind.CORRECTION):
        raise Invalid(cents="amount")
    about = known.get(new.about) if new.about is not None else None
    if new.kind in ANSWERS:
        if about is None or about.kind != DueKind.PAID:
            raise Invalid(about="unknown")
        if _is_answered(known.values(), about.id):
            raise Invalid(about="answered")
        if new.cents != noted_cents(known.values(), about):
            raise Invalid(cents="amount")
    if new.kind == DueKind.CORRECTION:
        if about is None or about.kind not in OBLIGATIONS | {DueKind.PAID}:
            raise Invalid(about="unknown")
        if about.kind == DueKind.PAID and _is_answered(known.values(), about.id):
            raise Invalid(about="answered")
        if noted_cents(known.values(), about) + new.cents < 0:
            raise Invalid(cents="negative")
    change = change_of(new.kind, new.cents, about.kind if about else None)
    if balance_of(known.values()).open + change < 0:
        raise Invalid(cents="negative")
    return change


def waivers(lines: Iterable[DueLine]) -> list[tuple[int, int]]:
    """What a worker lowers to give up everything that is open: `[(entry, cents)]`, the newest entry first, since what
    was paid covers the older ones.
    """
    known = list(lines)
    left, found = balance_of(known).open, list[tuple[int, int]]()
    for line in reversed(known):
        if line.kind in OBLIGATIONS and (cents := min(left, noted_cents(known, line))):
            found.append((line.id, cents))
            left -= cents
    return found


def may_be_removed(latest: datetime, now: datetime, years: int, zone: str) -> bool:
    """Whether so many years are over since the end of the year of the latest entry, as § 147 AO counts them. A year is
    that of a time zone ("Europe/Berlin").
    """
    local = ZoneInfo(zone)
    return now.astimezone(local).year > latest.astimezone(local).year + years


def noted_cents(lines: Iterable[DueLine], of: DueLine) -> int:
    """The cents of an entry with its corrections."""
    corrections = (line.cents for line in lines if line.kind == DueKind.CORRECTION and line.about == of.id)
    return of.cents + sum(corrections)


def _is_answered(lines: Iterable[DueLine], entry_id: int) -> bool:
    return any(line.kind in ANSWERS and line.about == entry_id for line in lines)
