"""The pay line of a job in words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from flask_babel import format_decimal, format_number, ngettext
from flask_babel import gettext as _

from app.pages.conditions import PayText, country_of, per_hour
from app.platform.rendering import money
from ideas.pay import Pay, judged_minutes, top_up
from ideas.queries.job_pay import JobPay
from ideas.queries.top_ups import TopUp


@dataclass(frozen=True)
class PaidShare:
    """So many of the decided deliveries of an organisation were paid."""

    paid: int
    decided: int


def job_pay_label(pay: JobPay) -> PayText:
    """The label of the pay line, without its sentences."""
    if pay.line.is_below is None:
        return PayText("", "", "clock")
    if pay.line.is_below:
        return PayText(_("Below the minimum wage"), "against", "circle-alert", is_on_cards=True)
    return PayText(_("At least the minimum wage"), "for", "circle-check", is_on_cards=True)


def job_pay_said(pay: JobPay, share: PaidShare | None = None) -> PayText:
    """The pay line: what people reported, else what the organisation reckons with, then the floor."""
    if pay.line.kind == Pay.UNPRICED:
        return PayText("", "", "clock", sentences=(_("No pay is typed yet."),))
    if pay.line.kind == Pay.UNKNOWN:
        sentences: tuple[str, ...] = (_("Nobody has said yet how long it takes."),)
    else:
        sentences = (*_reported(pay), *_expected(pay))
    return replace(job_pay_label(pay), sentences=(*sentences, *_share(share), *_floor(pay)))


def hourly(pay: JobPay) -> str:
    """The rate by which the line is judged, as a card shows it; "" if there is none."""
    line = pay.line
    if line.typical is not None:
        return per_hour(line.typical, pay.currency)
    if line.slow is not None and line.fast is not None:
        return _("%(slow)s to %(fast)s", slow=money(line.slow, pay.currency), fast=per_hour(line.fast, pay.currency))
    judged = line.expected_rate if line.longer_rate is None else line.longer_rate
    return "" if judged is None else per_hour(judged, pay.currency)


def least_said(pay: JobPay, cents: int | None) -> str:
    """The pay that would reach the floor; "" if this one does, or if one of the figures is missing."""
    minutes = judged_minutes(pay.line)
    if not (pay.line.is_below and pay.floor and cents and minutes):
        return ""
    least = money(cents + top_up(cents, minutes, pay.floor.cents), pay.currency)
    return ngettext(
        "For %(num)s minute it has to be at least %(amount)s.",
        "For %(num)s minutes it has to be at least %(amount)s.",
        minutes,
        amount=least,
    )


def _reported(pay: JobPay) -> Iterable[str]:
    line, times = pay.line, pay.line.times
    if times is None or line.slow is None or line.fast is None:
        return
    span = {"low": format_number(times.low), "high": format_number(times.high)}
    if line.typical is None:
        yield ngettext(
            "%(num)s person needed %(low)s to %(high)s minutes: %(slow)s to %(fast)s. Too few for an average.",
            "%(num)s people needed %(low)s to %(high)s minutes: %(slow)s to %(fast)s. Too few for an average.",
            times.reports,
            slow=money(line.slow, pay.currency),
            fast=per_hour(line.fast, pay.currency),
            **span,
        )
        return
    yield _(
        "Half of %(n)s people needed %(minutes)s minutes or more: %(rate)s or less.",
        n=format_number(times.reports),
        minutes=format_number(times.median or 0),
        rate=per_hour(line.typical, pay.currency),
    )
    yield _("Between %(low)s and %(high)s minutes fits too.", **span)


def _expected(pay: JobPay) -> Iterable[str]:
    """The estimate of the organisation in words, as long as there is no average."""
    line = pay.line
    if line.expected is None or line.expected_rate is None or line.typical is not None:
        return
    yield ngettext(
        "The company reckons with %(num)s minute: %(rate)s.",
        "The company reckons with %(num)s minutes: %(rate)s.",
        line.expected.minutes,
        rate=per_hour(line.expected_rate, pay.currency),
    )
    if line.times is None:
        yield _("Nobody has done it yet.")
    if line.tenths and line.longer_rate is not None:
        yield _(
            "In its earlier jobs people needed %(times)s times as long: that would be %(rate)s.",
            times=format_decimal(Decimal(line.tenths) / 10),
            rate=per_hour(line.longer_rate, pay.currency),
        )


def _share(share: PaidShare | None) -> Iterable[str]:
    if share and share.decided:
        yield ngettext(
            "%(paid)s of %(num)s delivery was paid.",
            "%(paid)s of %(num)s deliveries were paid.",
            share.decided,
            paid=format_number(share.paid),
        )


def _floor(pay: JobPay) -> Iterable[str]:
    if pay.floor is None:
        return
    yield _(
        "%(rate)s is the legal minimum for employees in %(country)s in %(year)s. It does not bind freelance orders; "
        "from a fee you also pay your own insurance, holidays and tax.",
        rate=per_hour(pay.floor.cents, pay.floor.currency),
        country=country_of(pay.floor.country),
        year=str(pay.year),
    )


def top_up_said(up: TopUp, currency: str) -> list[str]:
    """The sentences that tell a company how its job gets up to the floor: raise the pay, or top up the orders."""
    minutes = ngettext("%(num)s minute", "%(num)s minutes", up.minutes)
    fair = {"minutes": minutes, "floor": money(up.floor.cents, currency), "cents": money(up.cents, currency)}
    if not up.missing:
        said = [_("%(minutes)s at %(floor)s are %(cents)s: raise the pay to it.", **fair)]
    elif up.each is not None:
        said = [
            ngettext(
                "%(minutes)s at %(floor)s are %(cents)s: raise the pay to it, or top up the %(num)s order by %(each)s.",
                "%(minutes)s at %(floor)s are %(cents)s: raise the pay to it, or top up the %(num)s orders by %(each)s "
                "each.",
                len(up.missing),
                each=money(up.each, currency),
                **fair,
            )
        ]
    else:
        said = [
            _(
                "%(minutes)s at %(floor)s are %(cents)s: raise the pay to it, or top up the %(n)s orders by %(total)s "
                "in all.",
                n=format_number(len(up.missing)),
                total=money(up.total, currency),
                **fair,
            )
        ]
    if up.topped:
        said.append(ngettext("%(num)s topped up.", "%(num)s topped up.", up.topped))
    return said


def cost_said(cents: int | None, places: int, currency: str, words: tuple[int | None, int | None]) -> str:
    """Words × price × places of a draft, in one sentence; "" without a price.

    :param words: the least and the most number of words of one delivery, None where there is none.
    """
    if cents is None:
        return ""
    total = money(cents * places, currency)
    said = ngettext(
        "%(num)s place at %(amount)s: %(total)s if every delivery is accepted.",
        "%(num)s places at %(amount)s each: %(total)s if every delivery is accepted.",
        places,
        amount=money(cents, currency),
        total=total,
    )
    most = words[1] or words[0]
    if most:
        number, price = format_number(most * places), format_decimal(Decimal(cents) / most, format="#,##0.0#")
        more = _("For up to %(words)s words in all, %(price)s cents a word.", words=number, price=price)
        said = f"{said} {more}"
    return said
