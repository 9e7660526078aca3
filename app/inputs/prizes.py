"""Inputs of the prizes in the challenge form: for each `prize-0-name`, `prize-0-amount` and `prize-0-winners`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import format_decimal

from ideas.errors import Problems
from ideas.models import TieRule
from ideas.prizes import CURRENCIES, PRIZES_MAX, PrizePlan, PrizeRules
from ideas.voting.awards import Shares

Form = Mapping[str, str]


@dataclass(frozen=True)
class PrizeDraft:
    """A prize as its fields show it."""

    name: str = ""
    amount: str = ""
    winners: str = "1"


def drafts_in(form: Form) -> tuple[PrizeDraft, ...]:
    """The prizes as sent, without empty lines."""
    lines = (
        PrizeDraft(*(form.get(f"prize-{n}-{field}", "").strip() for field in ("name", "amount", "winners")))
        for n in range(PRIZES_MAX)
    )
    return tuple(line for line in lines if line.name or line.amount)


def drafts_of(rules: PrizeRules) -> tuple[PrizeDraft, ...]:
    """The prizes as stored, with amounts in the reader's notation."""
    return tuple(
        PrizeDraft(prize.name, amount_shown(prize.cents, rules.decimals), str(prize.winners)) for prize in rules.prizes
    )


def amount_shown(cents: int | None, decimals: int) -> str:
    """An amount without its currency; "" for none."""
    if cents is None:
        return ""
    return format_decimal(Decimal(cents).scaleb(-decimals), format="#,##0." + "0" * decimals if decimals else "#,##0")


_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*|\d+")
_BLANKS = re.compile(r"[\s'’\u00a0\u202f€$£¥]")


def cents_of(typed: str, decimals: int) -> int:
    """The amount in the smallest unit: "1.500,00", "1,500.00", "1 500" and "1500" say the same.

    A single sign before three digits parts thousands, since no currency here has three decimals.

    :raise ValueError: for anything else.
    """
    text = _BLANKS.sub("", typed)
    whole, sign, decimal = text, "", ""
    if match := re.fullmatch(r"(.*)([.,])(\d{1,2})", text):
        whole, sign, decimal = match.groups()
    if not (match := _GROUPED.fullmatch(whole)) or (sign and match[1] == sign):
        raise ValueError(typed)
    if len(decimal) > decimals and set(decimal) != {"0"}:
        raise ValueError(typed)
    return int(re.sub("[.,]", "", whole)) * 10**decimals + int((decimal + "00")[:decimals] or 0)


@dataclass(frozen=True)
class PrizeFields:
    """The fields of the prizes as typed."""

    prizes: tuple[PrizeDraft, ...]
    currency: str
    parents_share: str
    arguments_share: str
    tie_rule: str


def rules_of(typed: PrizeFields, problems: Problems) -> PrizeRules:
    """Parse the prizes; the domain checks its own rules. Unreadable fields are noted in `problems`."""
    currency = typed.currency if typed.currency in CURRENCIES else "EUR"
    if currency != typed.currency:
        problems["currency"] = "unknown"
    prizes = tuple(_prize(line, f"prize-{n}-", currency, problems) for n, line in enumerate(typed.prizes))
    shares = Shares(*(_whole(name, getattr(typed, name), problems) for name in ("parents_share", "arguments_share")))
    if typed.tie_rule not in list(TieRule):
        problems["tie_rule"] = "unknown"
        return PrizeRules(prizes, currency, shares)
    return PrizeRules(prizes, currency, shares, TieRule(typed.tie_rule))


def _prize(line: PrizeDraft, at: str, currency: str, problems: Problems) -> PrizePlan:
    cents = None
    if line.amount:
        try:
            cents = cents_of(line.amount, CURRENCIES[currency])
        except ValueError:
            problems[at + "amount"] = "amount"
    return PrizePlan(line.name, cents, _whole(at + "winners", line.winners or "1", problems, "out_of_range"))


def _whole(field: str, typed: str, problems: Problems, problem: str = "shares") -> int:
    if typed.strip().isascii() and typed.strip().isdigit() and len(typed) < 6:
        return int(typed)
    problems[field] = problem
    return 1 if problem == "out_of_range" else 0
