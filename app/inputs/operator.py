"""Inputs of the operator's forms."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from werkzeug.datastructures import MultiDict

from app.inputs.times import instant_of, wall_clock
from app.platform.i18n import LANGUAGES
from ideas.errors import Invalid, Problems
from ideas.installation import AnnouncementRow, FloorRule, Registration
from ideas.models import Readers, Retention, RetentionAct
from ideas.prizes import CURRENCIES
from ideas.services.floors import FloorForm
from ideas.services.installation import AnnouncementForm, JobRules
from ideas.work_kinds import read_kinds, write_kinds

Form = MultiDict[str, str]


def registration_of(form: Form, name: str = "registration") -> Registration:
    """:raise Invalid: `{"registration": "unknown"}`."""
    typed = form.get(name, "")
    if typed not in list(Registration):
        raise Invalid(registration="unknown")
    return Registration(typed)


def retention_of(form: Form) -> Retention | None:
    """The rule that was typed; None for "keep".

    :raise Invalid: `{"act": "unknown"}` or `{"days": "number"}`.
    """
    chosen, number = form.get("act", ""), form.get("days", "").strip()
    if not chosen:
        return None
    if chosen not in list(RetentionAct):
        raise Invalid(act="unknown")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise Invalid(days="number")
    return Retention(RetentionAct(chosen), int(number))


def announcement_form(form: Form) -> AnnouncementForm:
    """:raise Invalid: `{"starts_at": "date"}`, `{"ends_at": "date"}`, `{"readers": "unknown"}`."""
    problems, readers = Problems(), form.get("readers", "")
    if readers not in list(Readers):
        problems["readers"] = "unknown"
    instants: dict[str, datetime | None] = {}
    for name in ("starts_at", "ends_at"):
        try:
            instants[name] = instant_of(form.get(name, ""), form.get(f"{name}_offset", ""))
        except ValueError:
            problems[name] = "date"
    problems.refuse()
    texts = {language: form.get(f"text-{language}", "") for language in LANGUAGES}
    return AnnouncementForm(texts, Readers(readers), instants["starts_at"], instants["ends_at"])


def announcement_fields(row: AnnouncementRow) -> dict[str, str]:
    """The fields of its form as they would be typed, in UTC."""
    texts = {f"text-{language}": text for language, text in row.texts.items()}
    return texts | {
        "readers": str(row.readers),
        "starts_at": wall_clock(row.starts_at),
        "ends_at": wall_clock(row.ends_at),
    }


def floor_form(form: Form) -> FloorForm:
    """:raise Invalid: with a problem per field."""
    problems, currency = Problems(), form.get("currency", "").strip().upper()
    since, amount = date_of(form, problems), Decimal(0)
    try:
        amount = Decimal(form.get("cents", "").strip().replace(",", ".")).scaleb(CURRENCIES.get(currency, 2))
        is_whole = amount.is_finite() and amount == amount.to_integral_value() and 0 < amount < 10**9
    except InvalidOperation:
        is_whole = False
    if not is_whole:
        problems["cents"] = "amount_needed"
    problems.refuse()
    assert since is not None
    return FloorForm(form.get("country", ""), since, int(amount), currency, form.get("time_zone", ""))


def date_of(form: Form, problems: Problems) -> date | None:
    """The day from which a step holds; a problem is noted."""
    try:
        return date.fromisoformat(form.get("since", "").strip())
    except ValueError:
        problems["since"] = "date"
        return None


def job_rules_of(form: Form) -> JobRules:
    """:raise Invalid: `{"floor": "unknown"}`, `{"cancel_share": "number"}`, and "number" for `dues_years`,
    `open_dues_max` and `newcomers_share`.
    """
    problems, floor = Problems(), form.get("floor", "")
    names = ("cancel_share", "dues_years", "open_dues_max", "newcomers_share")
    typed = {name: form.get(name, "").strip() for name in names}
    if floor not in list(FloorRule):
        problems["floor"] = "unknown"
    for name, number in typed.items():
        if not (number.isascii() and number.isdecimal() and len(number) < 4):
            problems[name] = "number"
    problems.refuse()
    kinds = read_kinds(" ".join(form.getlist("kind")))
    stops, zone = form.get("overdue_stops") is not None, form.get("dues_zone", "")
    share, years, most, newcomers = map(int, typed.values())
    asked, imprint = (form.get(name) is not None for name in ("contact_asked", "imprint_needed"))
    return JobRules(kinds, FloorRule(floor), share, stops, years, zone, most, newcomers, asked, imprint)


def write_job_rules(rules: JobRules) -> str:
    """The rules in one line, to notice that another operator changed them."""
    stops, kept = rules.overdue_stops, f"{rules.dues_years}/{rules.dues_zone}"
    limits = f"{rules.open_dues_max}/{rules.newcomers_share}/{rules.contact_asked}/{rules.imprint_needed}"
    return f"{write_kinds(rules.kinds)}/{rules.floor}/{rules.cancel_share}/{stops}/{kept}/{limits}"
