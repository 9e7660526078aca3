"""Jobs as pages show them: the form with its preview, the public page, cards of lists, and the rows of a company."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import format_decimal, format_number, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import work_kinds
from app.inputs.jobs import TypedJob, job_form_of
from app.job_words import job_words
from app.mails import are_sent
from app.pages.conditions import PayText
from app.pages.job_pay import cost_said, hourly, job_pay_label, job_pay_said, least_said
from app.platform.i18n import LANGUAGES
from app.platform.rendering import money
from app.work_kinds import WorkPresenter
from ideas.installation import JOB_KINDS, value_of
from ideas.job_access import JobAccess
from ideas.job_terms import SECOND, WORDS, JobForm
from ideas.models import Account, DeliveryKind, Licence, Taking
from ideas.orders import LIVE
from ideas.queries.feedback import FeedbackCounts
from ideas.queries.floors import floor_countries
from ideas.queries.job_pay import JobOffer, job_pays
from ideas.queries.jobs import JobRow, rooms_of
from ideas.queries.orders import OrderRow
from ideas.queries.records import CompanyRecord
from ideas.work_kinds import WORK_KINDS


@dataclass(frozen=True)
class JobPreview:
    """The preview of terms that are being typed: the pay line, and the cost of all places."""

    title: str
    language: str
    organisation: str
    kind: WorkPresenter
    price: str
    pay: PayText
    cost: str
    least: str  # what would be enough, if the pay is below the floor
    hourly: str
    clocks: tuple[str, ...]


def job_preview(session: Session, organisation_id: int, name: str, typed: TypedJob, job_id: int | None) -> JobPreview:
    """The preview of the fields as typed; what can't be read is left out."""
    form, _unread = job_form_of(typed)
    minutes = form.minutes if form.minutes and form.minutes > 0 else None
    cents = form.cents if form.cents and form.cents > 0 else None
    pay = job_pays(session, [JobOffer(organisation_id, cents, form.currency, minutes, form.floor_country, job_id)])[0]
    return JobPreview(
        title=form.title,
        language=form.language,
        organisation=name,
        kind=work_kinds.PRESENTERS[form.kind],
        price=money(cents, form.currency) if cents else "",
        pay=job_pay_said(pay),
        cost=cost_said(cents, max(1, form.places), form.currency, (form.words_min, form.words_max)),
        least=least_said(pay, cents),
        hourly=hourly(pay),
        clocks=tuple(clocks_said(form)),
    )


def clocks_said(form: JobForm) -> list[str]:
    """The clocks of the terms, one sentence each, with what happens on silence."""
    return [
        _("You have %(time)s from the moment at which you confirm the terms.", time=duration(form.deliver_hours)),
        ngettext(
            "The company decides within %(num)s day. If it says nothing, your work is accepted.",
            "The company decides within %(num)s days. If it says nothing, your work is accepted.",
            form.review_days,
        ),
        ngettext(
            "It is paid within %(num)s day after that.", "It is paid within %(num)s days after that.", form.pay_days
        ),
    ]


def duration(hours: int) -> str:
    if hours % 24 == 0:
        return ngettext("%(num)s day", "%(num)s days", hours // 24)
    return ngettext("%(num)s hour", "%(num)s hours", hours)


def revisions_said(form: JobForm) -> str:
    if not form.revisions:
        said = _("The company takes the first version or declines it with a criterion; it asks for no changes.")
    else:
        said = ngettext(
            "The company may ask for changes once.",
            "The company may ask for changes %(num)s times.",
            form.revisions,
        )
    if form.revision_cents is None:
        return said
    more = _("Each further one costs %(amount)s.", amount=money(form.revision_cents, form.currency))
    return f"{said} {more}"


def rights_lines(form: JobForm) -> list[str]:
    """The rights in sentences."""
    simple = form.licence == Licence.SIMPLE
    first = (
        _("The company gets a simple right of use: you may use your work yourself, too.")
        if simple
        else _("The company gets an exclusive right of use: for this use it alone may use your work.")
    )
    end = (
        ngettext("It ends after %(num)s month.", "It ends after %(num)s months.", form.licence_months)
        if form.licence_months
        else _("It has no end.")
    )
    edited = _("The company may change your work.") if form.may_edit else _("The company may not change your work.")
    named = _("Your name is shown with it.") if form.names_author else _("Your name is not shown with it.")
    passing = _("The rights pass when the company has noted the payment. A declined delivery gives it none.")
    return [first, end, edited, named, passing]


def delivery_said(form: JobForm) -> list[str]:
    """The form of the delivery in words, and its limits."""
    lines = [str(work_kinds.DELIVERIES[form.delivery])]
    if form.second and form.delivery != DeliveryKind.TRANSLATION:
        lines.append(_("The work itself is in one language: %(language)s.", language=LANGUAGES[form.language]))
    if form.words_min or form.words_max:
        lines.append(words_said(form.words_min, form.words_max))
    if form.delivery in (DeliveryKind.FILE, DeliveryKind.PICTURE) and form.files_max > 1:
        lines.append(_("Up to %(n)s files.", n=format_number(form.files_max)))
    if form.delivery == DeliveryKind.FILE and form.file_types:
        lines.append(_("As %(types)s.", types=", ".join(form.file_types)))
    if form.delivery == DeliveryKind.TRANSLATION and form.target_language:
        lines.append(_("Into: %(language)s.", language=LANGUAGES.get(form.target_language, form.target_language)))
    return lines


def words_said(least: int | None, most: int | None) -> str:
    if least and most:
        return _("%(least)s to %(most)s words.", least=format_number(least), most=format_number(most))
    if least:
        return _("At least %(n)s words.", n=format_number(least))
    return _("At most %(n)s words.", n=format_number(most or 0))


@dataclass(frozen=True)
class JobCard:
    """A job in a list."""

    title: str
    language: str
    organisation: str
    kind: WorkPresenter
    price: str
    hourly: str
    pay: PayText
    left: str
    row: JobRow
    url: str


def job_card(row: JobRow) -> JobCard:
    terms, said = row.terms, job_words(row.terms)
    return JobCard(
        title=said.title,
        language=said.language,
        organisation=row.job.organisation.name,
        kind=work_kinds.PRESENTERS[terms.kind],
        price=money(terms.cents, terms.currency) if terms.cents else "",
        hourly=hourly(row.pay),
        pay=job_pay_label(row.pay),
        left=ngettext("%(num)s place is free", "%(num)s places are free", row.left),
        row=row,
        url=url_for("jobs.show", job_code=row.job.code),
    )


@dataclass(frozen=True)
class JobFields:
    """The options of the form's choices: `(value, words)` each."""

    kinds: list[tuple[str, Any]]
    deliveries: list[tuple[str, Any]]
    languages: list[tuple[str, str]]
    takings: list[tuple[str, Any]]
    estimates: list[tuple[str, Any]]
    licences: list[dict[str, Any]]
    ai_rules: list[tuple[str, Any]]
    seen_by: list[tuple[str, Any]]
    rooms: list[tuple[str, str]]
    countries: list[tuple[str, str]]


def job_fields(session: Session, organisation_id: int, chosen: str) -> JobFields:
    """The choices of the form. `chosen`: the kind of the stored terms, which stays in the list."""
    permitted = value_of(JOB_KINDS)
    return JobFields(
        kinds=[(kind, work_kinds.PRESENTERS[kind].name) for kind in WORK_KINDS if kind in permitted or kind == chosen],
        deliveries=list(work_kinds.DELIVERIES.items()),
        languages=list(LANGUAGES.items()),
        takings=list(work_kinds.TAKINGS.items()),
        estimates=list(work_kinds.ESTIMATES.items()),
        licences=[
            _option(Licence.SIMPLE, _("The usual case.")),
            _option(Licence.EXCLUSIVE, _("For a logo or a slogan that nobody else may use.")),
        ],
        ai_rules=list(work_kinds.AI_RULES.items()),
        seen_by=list(work_kinds.SEEN_BY.items()),
        rooms=[(str(key), title) for key, title in rooms_of(session, organisation_id)],
        countries=[(code, code) for code in floor_countries(session)],
    )


def _option(licence: Licence, explanation: str) -> dict[str, Any]:
    return {"value": licence, "title": work_kinds.LICENCES[licence], "explanation": explanation}


def field_names(typed: TypedJob) -> dict[str, str]:
    """The labels of the fields, for the list of all errors above the form; the second language is named."""
    language = LANGUAGES.get(typed.second_language, typed.second_language)
    first = _first_names()
    return first | {
        f"{SECOND}language": _("Second language"),
        **{SECOND + field: f"{first[field]} ({language})" for field in WORDS},
    }


def _first_names() -> dict[str, str]:
    return {
        "title": _("Title"),
        "kind": _("Kind of work"),
        "brief": _("What is to be done?"),
        "example": _("An example of good work"),
        "criteria": _("Criteria"),
        "delivery": _("What is handed in?"),
        "source": _("Source text"),
        "target_language": _("Into which language?"),
        "places": _("Places"),
        "per_person": _("Places for one person"),
        "cents": _("Pay"),
        "costs": _("Costs that the worker bears"),
        "minutes": _("Minutes"),
        "licence_use": _("For what is it used?"),
        "apply_by": _("Apply by"),
        "room_id": _("Challenge"),
        "words_max": _("Words at most"),
        "dues": _("Open payments"),
        "imprint": _("Imprint"),
        "taking": _("How is a place taken?"),
        "contact": _("Contact"),
    }


@dataclass(frozen=True)
class NextStep:
    """The one thing that a person can do on the page of a job."""

    label: str
    url: str
    note: str = ""


def next_step_of(row: JobRow, access: JobAccess, own: Sequence[OrderRow]) -> NextStep | None:
    """None for members, and where nobody gets a place now."""
    if access.role is not None:
        return None
    running = [each for each in own if each.order.state in LIVE]
    if running:
        return NextStep(_("To your order"), url_for("orders.show", order_id=running[0].order.id))
    if not row.takes_people or len(running) >= row.terms.per_person:
        return None
    place = url_for("orders.begin", job_code=row.job.code)
    if row.terms.taking == Taking.FIRST_COME:
        return NextStep(_("Take a place"), place, _("You confirm the terms on the next page."))
    return NextStep(_("Apply"), place, _("It is free, and one sentence is enough."))


@dataclass(frozen=True)
class Unconfirmed:
    """Why somebody cannot apply yet: no confirmed address. `email` is that of their account, "" for who is not signed
    in; `sends_mails`: whether a mail can confirm it.
    """

    email: str
    sends_mails: bool


def unconfirmed_of(account: Account | None) -> Unconfirmed | None:
    """None for who can apply, and for who can sign in first."""
    if account is not None and account.confirmed_at is not None:
        return None
    if account is None and are_sent():
        return None
    return Unconfirmed(account.email if account else "", are_sent())


@dataclass(frozen=True)
class RecordLine:
    """A fact about a company in words; `is_bad`: it has a sign, too."""

    words: str
    is_bad: bool = False


def _decision_said(tenths: int) -> str:
    """The median time to a decision, in tenths of days, as a sentence."""
    if tenths < 10:
        return _("Decides within a day at the median.")
    days = format_decimal(Decimal(tenths) / 10)
    return ngettext(
        "Decides after %(days)s day at the median.",
        "Decides after %(days)s days at the median.",
        1 if tenths == 10 else 2,
        days=days,
    )


def _feedback_lines(counts: FeedbackCounts) -> list[RecordLine]:
    all_ = format_number(counts.all)
    said = [
        _("The brief was clear to %(n)s of %(all)s.", n=format_number(counts.clear), all=all_),
        _("Answered %(n)s of %(all)s.", n=format_number(counts.answered), all=all_),
        _("%(n)s of %(all)s would work for it again.", n=format_number(counts.again), all=all_),
    ]
    return [RecordLine(each) for each in said] if counts.all else []


def record_lines(record: CompanyRecord, feedback: FeedbackCounts) -> list[RecordLine]:
    """What a company did with the deliveries of the last twelve months: counts, no stars."""
    lines = []
    if record.review_tenths is not None:
        lines.append(RecordLine(_decision_said(record.review_tenths)))
    if record.decided:
        accepted, decided = format_number(record.accepted), format_number(record.decided)
        lines.append(RecordLine(_("Accepted %(n)s of %(all)s deliveries.", n=accepted, all=decided)))
    if record.to_pay:
        paid, all_ = format_number(record.paid_in_time), format_number(record.to_pay)
        lines.append(RecordLine(_("Paid %(n)s of %(all)s in time.", n=paid, all=all_)))
    if record.objections_lost:
        lost = record.objections_lost
        lines.append(RecordLine(ngettext("Lost %(num)s objection.", "Lost %(num)s objections.", lost)))
    lines += _feedback_lines(feedback)
    if record.overdue:
        lines.append(RecordLine(_("Overdue now: %(n)s.", n=format_number(record.overdue)), is_bad=True))
    return lines or [RecordLine(_("No delivery has been decided yet."))]
