"""The conditions of a challenge in words: prizes, who decides, rights, dates, the promised answer, who sees what, and
the pay line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from flask_babel import format_decimal, format_number, get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.pages.rooms import Room
from app.platform.rendering import money
from ideas.conditions import Conditions, conditions_of
from ideas.database import db
from ideas.models import Anonymity, Challenge, ResultShare, Rights, Round
from ideas.pay import Effort, Pay
from ideas.prizes import PrizeRules, prize_rules_of
from ideas.queries.floors import floor_countries
from ideas.queries.pay import ContestPay, contest_pay
from ideas.queries.promised_answers import AnswerDue, answers_due


@dataclass(frozen=True)
class PayText:
    """The pay line. `label` is "" where nothing can be compared, `sign` is an icon. `tone` is "for" (fair), "against"
    (below the floor) or "" (neither). `is_on_cards`: the label stands on cards of the challenge, too.
    """

    label: str
    tone: str
    sign: str
    is_on_cards: bool = False
    sentences: tuple[str, ...] = ()

    @property
    def is_below(self) -> bool:
        return self.tone == "against"


@dataclass(frozen=True)
class ConditionsBox:
    """What the read-only box shows. `answer_days` counts from the close, while `answer_at` is not known yet."""

    language: str
    prize: str
    prizes: PrizeRules
    rights: Rights
    rights_words: str
    starts_at: datetime | None
    closes_at: datetime | None
    answer_at: datetime | None
    answer_days: int | None
    is_overdue: bool
    seen: tuple[str, ...]
    pay: PayText
    until: datetime | None  # the instant at which the clock changes the pay line


def box_of(session: Session, challenge: Challenge, round: Round, ideas: int | None = None) -> ConditionsBox:
    """The box of a stored challenge: before the close with the estimate, after it with what people reported. `ideas`:
    their number before the close, for a page that tells it.
    """
    conditions, due = conditions_of(challenge), None
    if round.closed_at and (conditions.answer_at or conditions.answer_days):
        due = answers_due(session, [challenge.id]).get(challenge.id)
    is_closed = round.closed_at is not None
    silent = not is_closed and not all(phase.others_visible for phase in round.phases[:-1])
    pay = contest_pay(session, challenge, round.closed_at)
    box = unsaved_box(
        conditions,
        prize_rules_of(challenge),
        pay if ideas is None else replace(pay, ideas=ideas),
        Sight(challenge.anonymity, challenge.approval, silent, challenge.result_share, is_closed),
    )
    return replace(
        box,
        language=challenge.language,
        prize=challenge.prize,
        starts_at=round.starts_at if round.is_in_lobby else None,
        closes_at=None if round.is_closed else round.phases[-2].ends_at,
        **_answer(conditions, due),
    )


def conditions_in(room: Room) -> ConditionsBox:
    """The box in the guide of a room."""
    return box_of(db.session(), room.challenge, room.round)


def _answer(conditions: Conditions, due: AnswerDue | None) -> dict[str, datetime | bool | None]:
    at = due.due_at if due else conditions.answer_at
    return {"answer_at": at, "is_overdue": due is not None and due.is_overdue}


@dataclass(frozen=True)
class Sight:
    """The settings from which "who sees what" is said. `silent`: a phase in which everybody sees only their own."""

    anonymity: str
    approval: bool
    silent: bool
    share: ResultShare
    is_closed: bool = False


def unsaved_box(conditions: Conditions, prizes: PrizeRules, pay: ContestPay, sight: Sight) -> ConditionsBox:
    """The box of a challenge that is still being written."""
    return ConditionsBox(
        language="",
        prize="",
        prizes=prizes,
        rights=conditions.rights,
        rights_words=conditions.rights_words,
        starts_at=None,
        closes_at=None,
        answer_at=conditions.answer_at,
        answer_days=conditions.answer_days,
        is_overdue=False,
        seen=tuple(seen_said(sight)),
        pay=pay_said(pay, is_closed=sight.is_closed),
        until=pay.until,
    )


def seen_said(sight: Sight) -> Iterable[str]:
    """Who sees what, one sentence for each thing."""
    if sight.silent:
        yield _("While everyone writes alone, only you see your ideas.")
    if sight.approval:
        yield _("Everyone in the room reads the ideas that the moderators have approved.")
    else:
        yield _("Everyone in the room reads the ideas.")
    if sight.anonymity == Anonymity.NAMED:
        yield _("Your name stands on yours.")
    elif sight.anonymity == Anonymity.UNTIL_RESULT:
        yield _("Names appear with the result.")
    else:
        yield _("Names are never shown.")
    yield _("Nobody sees how you vote.")
    if sight.share == ResultShare.PUBLIC:
        yield _("Everybody can see the result.")
    elif sight.share == ResultShare.LINK:
        yield _("The people in the room see the result, and others who get its link.")
    else:
        yield _("Only the people in the room see the result.")


def per_hour(cents: int, currency: str) -> str:
    """An amount per hour, as the reader's language writes it."""
    return _("%(amount)s/h", amount=money(cents, currency))


def pay_label(pay: ContestPay) -> PayText:
    """The label of the pay line, without its sentences."""
    line = pay.line
    if line.kind == Pay.FUN:
        return PayText(_("Just for fun"), "", "users", is_on_cards=True)
    if line.kind == Pay.UNPRICED:
        return PayText(_("Prize without an amount"), "", "gift")
    if line.is_below is None:
        return PayText("", "", "clock")
    if line.is_below:
        return PayText(_("Below the minimum wage"), "against", "circle-alert", is_on_cards=True)
    return PayText(_("At least the minimum wage"), "for", "circle-check")


def pay_said(pay: ContestPay, *, is_closed: bool) -> PayText:
    """The pay line in words."""
    sentences: tuple[str, ...]
    if pay.line.kind == Pay.FUN:
        sentences = (_("There is no prize."),)
    elif pay.line.kind == Pay.UNPRICED:
        sentences = (_("The prize has no amount, so nobody can say what an hour brings."),)
    else:
        sentences = (
            *_reported(pay),
            *_expected(pay, is_closed=is_closed),
            *_an_idea(pay, is_closed=is_closed),
            *_floor(pay),
        )
    return replace(pay_label(pay), sentences=sentences)


def country_names(session: Session, chosen: str) -> list[tuple[str, str]]:
    """The countries that have a floor, with their names; and the chosen one, if it has none any more."""
    countries = [(code, country_of(code)) for code in floor_countries(session)]
    if chosen in dict(countries) or not countries:
        return countries
    return [(chosen, _("%(country)s (no minimum wage known)", country=country_of(chosen))), *countries]


def country_of(code: str) -> str:
    """The name of a country in the language of the reader."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def _reported(pay: ContestPay) -> Iterable[str]:
    """What people reported after the close."""
    line, times = pay.line, pay.line.times
    if times is None or line.slow is None or line.fast is None:
        return
    people, span = format_number(line.people), {"low": format_number(times.low), "high": format_number(times.high)}
    if line.typical is None:
        yield ngettext(
            "%(num)s person needed %(low)s to %(high)s minutes.",
            "%(num)s people needed %(low)s to %(high)s minutes.",
            times.reports,
            **span,
        )
        yield _(
            "If all %(people)s people needed that long, %(amount)s are %(slow)s to %(fast)s. Too few for an average.",
            people=people,
            amount=money(line.cents, pay.currency),
            slow=per_hour(line.slow, pay.currency),
            fast=per_hour(line.fast, pay.currency),
        )
        return
    yield _(
        "Half of %(n)s people needed %(minutes)s minutes or more: %(rate)s or less, if %(amount)s are shared by all "
        "%(people)s people.",
        n=format_number(times.reports),
        minutes=format_number(times.median or 0),
        rate=per_hour(line.typical, pay.currency),
        amount=money(line.cents, pay.currency),
        people=people,
    )
    yield _("Between %(low)s and %(high)s minutes fits too.", **span)


def _expected(pay: ContestPay, *, is_closed: bool) -> Iterable[str]:
    """What the organisation reckons with, apart from what people reported."""
    line = pay.line
    if line.expected is None or line.expected_rate is None:
        if line.times is None:
            yield _(
                "%(amount)s in all. The organisation did not say how many people and how much time it expects.",
                amount=money(line.cents, pay.currency),
            )
        return
    yield _(
        "The organisation expects %(people)s with %(minutes)s each: %(amount)s are then %(rate)s on average.",
        people=_people(line.expected),
        minutes=_minutes(line.expected),
        amount=money(line.cents, pay.currency),
        rate=per_hour(line.expected_rate, pay.currency),
    )
    if line.times is None:
        yield _("Nobody has reported their time yet.") if is_closed else _("After the close people can report theirs.")
    if line.tenths and line.longer_rate is not None:
        yield _(
            "In its earlier contests people needed %(times)s times as much time in all: that would be %(rate)s.",
            times=format_decimal(Decimal(line.tenths) / 10),
            rate=per_hour(line.longer_rate, pay.currency),
        )


def _an_idea(pay: ContestPay, *, is_closed: bool) -> Iterable[str]:
    """The prizes divided by the ideas, where their number is told."""
    if not pay.ideas:
        return
    ideas = ngettext("%(num)s idea", "%(num)s ideas", pay.ideas)
    rate = money(pay.line.cents // pay.ideas, pay.currency)
    if is_closed:
        yield _("There were %(ideas)s: on average %(rate)s an idea.", ideas=ideas, rate=rate)
    else:
        yield _("So far %(ideas)s: on average %(rate)s an idea.", ideas=ideas, rate=rate)


def _people(effort: Effort) -> str:
    return ngettext("%(num)s person", "%(num)s people", effort.people)


def _minutes(effort: Effort) -> str:
    return ngettext("%(num)s minute", "%(num)s minutes", effort.minutes)


def _floor(pay: ContestPay) -> Iterable[str]:
    """The floor that the line is compared with."""
    if pay.floor is None:
        return
    yield _(
        "%(rate)s is the legal minimum for employees in %(country)s in %(year)s. It does not bind contests, in which "
        "only the winners get something.",
        rate=per_hour(pay.floor.cents, pay.floor.currency),
        country=country_of(pay.floor.country),
        year=str(pay.year),
    )
