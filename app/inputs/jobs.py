"""Inputs of the form of a job: its fields as typed or stored, and the parsed terms."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from app.inputs.prizes import amount_shown, cents_of
from app.inputs.times import instant_of, wall_clock
from app.platform.i18n import LANGUAGES
from ideas.errors import Problems
from ideas.job_terms import FILE_TYPES, SECOND, WORDS, JobForm, JobWords
from ideas.models import AiRule, DeliveryKind, EstimateBy, Licence, SeenBy, Taking, WorkKind
from ideas.prizes import CURRENCIES

Form = MultiDict[str, str]
W = TypeVar("W", bound=StrEnum)

NUMBER_DIGITS = 8


@dataclass(frozen=True)
class TypedJob:
    """The fields of the form as their inputs show them: as stored, or as typed if the form is shown again."""

    title: str = ""
    kind: str = WorkKind.TEXT
    artistic: bool = True
    language: str = "en"
    brief: str = ""
    example: str = ""
    criteria: str = ""  # one a line
    delivery: str = DeliveryKind.TEXT
    words_min: str = ""
    words_max: str = ""
    files_max: str = "1"
    file_types: str = ""  # with spaces or commas between
    source: str = ""
    target_language: str = ""
    places: str = "1"
    per_person: str = "1"
    taking: str = Taking.APPLY
    cents: str = ""
    currency: str = "EUR"
    floor_country: str = "DE"
    costs: str = ""
    minutes: str = ""
    estimate_by: str = EstimateBy.GUESS
    revisions: str = "1"
    revision_cents: str = ""
    apply_on: str = ""  # "2026-12-24T18:00" in the zone of the browser
    apply_utc_offset: str = ""
    deliver_days: str = "3"
    review_days: str = "7"
    pay_days: str = "14"
    licence: str = Licence.SIMPLE
    licence_use: str = ""
    licence_months: str = ""
    may_edit: bool = True
    names_author: bool = False
    ai: str = AiRule.SAID
    seen_by: str = SeenBy.PUBLIC
    room_id: str = ""
    asks_author: bool = False
    # The second language; without any word in these fields the job has one.
    also_language: str = ""
    also_title: str = ""
    also_brief: str = ""
    also_example: str = ""
    also_criteria: str = ""
    also_costs: str = ""
    also_licence_use: str = ""

    @property
    def second_language(self) -> str:
        """The chosen second language; before a choice the first one of the server's languages that is not used yet."""
        return self.also_language or next((code for code in LANGUAGES if code != self.language), "")

    @property
    def has_second(self) -> bool:
        return any(getattr(self, SECOND + field).strip() for field in WORDS)

    @property
    def apply_on_utc(self) -> datetime | None:
        """The instant, for the script that shows it in the zone of the browser."""
        try:
            return instant_of(self.apply_on, self.apply_utc_offset)
        except ValueError:
            return None


_TICKS = ("artistic", "may_edit", "names_author", "asks_author")


def job_typed_in(form: Form) -> TypedJob:
    """The fields as sent. A tick that is missing was not set."""
    values: dict[str, str | bool] = {}
    for each in fields(TypedJob):
        values[each.name] = each.name in form if each.name in _TICKS else form.get(each.name, str(each.default))
    return TypedJob(**values)  # type: ignore[arg-type]


def job_typed_of(form: JobForm) -> TypedJob:
    """The fields of stored terms."""
    decimals = CURRENCIES[form.currency]

    def number(value: int | None) -> str:
        return "" if value is None else str(value)

    return TypedJob(
        title=form.title,
        kind=form.kind,
        artistic=form.artistic,
        language=form.language,
        brief=form.brief,
        example=form.example,
        criteria="\n".join(form.criteria),
        delivery=form.delivery,
        words_min=number(form.words_min),
        words_max=number(form.words_max),
        files_max=number(form.files_max),
        file_types=" ".join(form.file_types),
        source=form.source,
        target_language=form.target_language,
        places=number(form.places),
        per_person=number(form.per_person),
        taking=form.taking,
        cents=amount_shown(form.cents, decimals),
        currency=form.currency,
        floor_country=form.floor_country,
        costs=form.costs,
        minutes=number(form.minutes),
        estimate_by=form.estimate_by,
        revisions=number(form.revisions),
        revision_cents=amount_shown(form.revision_cents, decimals),
        apply_on=wall_clock(form.apply_by),
        apply_utc_offset="0",
        deliver_days=_days_of(form.deliver_hours),
        review_days=number(form.review_days),
        pay_days=number(form.pay_days),
        licence=form.licence,
        licence_use=form.licence_use,
        licence_months=number(form.licence_months),
        may_edit=form.may_edit,
        names_author=form.names_author,
        ai=form.ai,
        seen_by=form.seen_by,
        room_id=number(form.room_id),
        **_second_typed(form.second),
    )


def _second_typed(words: JobWords | None) -> dict[str, str]:
    if words is None:
        return {}
    typed = {field: getattr(words, field) for field in ("language", *WORDS)} | {"criteria": "\n".join(words.criteria)}
    return {SECOND + field: text for field, text in typed.items()}


def _days_of(hours: int) -> str:
    return str(hours // 24) if hours % 24 == 0 else f"{hours} h"


def job_form_of(typed: TypedJob) -> tuple[JobForm, Problems]:
    """Parse the fields; the domain checks its own rules. Unreadable fields keep their defaults and are problems."""
    unread = Problems()
    currency = typed.currency if typed.currency in CURRENCIES else "EUR"
    decimals = CURRENCIES[currency]
    form = JobForm(
        title=typed.title,
        kind=_word(WorkKind, "kind", typed.kind, unread, WorkKind.OTHER),
        artistic=typed.artistic,
        language=typed.language if typed.language in LANGUAGES else _unknown("language", unread, "en"),
        brief=typed.brief,
        example=typed.example,
        criteria=_lines(typed.criteria),
        delivery=_word(DeliveryKind, "delivery", typed.delivery, unread, DeliveryKind.TEXT),
        words_min=_number("words_min", typed.words_min, unread),
        words_max=_number("words_max", typed.words_max, unread),
        files_max=_required("files_max", typed.files_max, unread, 1),
        file_types=_types(typed.file_types, unread),
        source=typed.source,
        target_language=typed.target_language[:12],
        places=_required("places", typed.places, unread, 1),
        per_person=_required("per_person", typed.per_person, unread, 1),
        taking=_word(Taking, "taking", typed.taking, unread, Taking.APPLY),
        cents=_cents("cents", typed.cents, decimals, unread),
        currency=currency,
        floor_country=typed.floor_country[:2],
        costs=typed.costs,
        minutes=_number("minutes", typed.minutes, unread),
        estimate_by=_word(EstimateBy, "estimate_by", typed.estimate_by, unread, EstimateBy.GUESS),
        revisions=_required("revisions", typed.revisions, unread, 1),
        revision_cents=_cents("revision_cents", typed.revision_cents, decimals, unread),
        apply_by=_instant(typed, unread),
        deliver_hours=_hours(typed.deliver_days, unread),
        review_days=_required("review_days", typed.review_days, unread, 7),
        pay_days=_required("pay_days", typed.pay_days, unread, 14),
        licence=_word(Licence, "licence", typed.licence, unread, Licence.SIMPLE),
        licence_use=typed.licence_use,
        licence_months=_number("licence_months", typed.licence_months, unread),
        may_edit=typed.may_edit,
        names_author=typed.names_author,
        ai=_word(AiRule, "ai", typed.ai, unread, AiRule.SAID),
        seen_by=_word(SeenBy, "seen_by", typed.seen_by, unread, SeenBy.PUBLIC),
        room_id=_number("room_id", typed.room_id, unread) if typed.seen_by == SeenBy.ROOM else None,
        second=_second_of(typed, unread) if typed.has_second else None,
    )
    if typed.currency not in CURRENCIES:
        unread["currency"] = "unknown"
    return form, unread


def read_job(form: Form) -> JobForm:
    """:raise Invalid: for fields that can't be read."""
    found, unread = job_form_of(job_typed_in(form))
    unread.refuse()
    return found


def _second_of(typed: TypedJob, unread: Problems) -> JobWords:
    words = {field: getattr(typed, SECOND + field) for field in WORDS} | {"criteria": _lines(typed.also_criteria)}
    language = typed.second_language
    return JobWords(language if language in LANGUAGES else _unknown(SECOND + "language", unread, "de"), **words)


def _lines(typed: str) -> tuple[str, ...]:
    return tuple(line for line in typed.splitlines() if line.strip())


def _word(of: type[W], field: str, typed: str, unread: Problems, default: W) -> W:
    if typed in list(of):
        return of(typed)
    unread[field] = "unknown"
    return default


def _unknown(field: str, unread: Problems, default: str) -> str:
    unread[field] = "unknown"
    return default


def _number(field: str, typed: str, unread: Problems) -> int | None:
    text = typed.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS):
        unread[field] = "number"
        return None
    return int(text)


def _required(field: str, typed: str, unread: Problems, default: int) -> int:
    found = _number(field, typed, unread)
    if found is None:
        unread.setdefault(field, "missing")
        return default
    return found


def _cents(field: str, typed: str, decimals: int, unread: Problems) -> int | None:
    if not typed.strip():
        return None
    try:
        return cents_of(typed, decimals)
    except ValueError:
        unread[field] = "amount_needed"
        return None


def _types(typed: str, unread: Problems) -> tuple[str, ...]:
    words = [word.lower().removeprefix(".") for word in typed.replace(",", " ").split()]
    if not set(words) <= set(FILE_TYPES):
        unread["file_types"] = "unknown_file_type"
        return ()
    return tuple(dict.fromkeys(words))


def _hours(typed: str, unread: Problems) -> int:
    """Days, or hours with an "h" behind."""
    text = typed.strip().lower()
    unit = 1 if text.endswith("h") else 24
    return _required("deliver_days", text.removesuffix("h"), unread, 3) * unit


def _instant(typed: TypedJob, unread: Problems) -> datetime | None:
    try:
        return instant_of(typed.apply_on, typed.apply_utc_offset)
    except ValueError:
        unread["apply_by"] = "date"
        return None
