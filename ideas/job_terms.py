"""The terms of a job as an organisation types them: what a draft may hold, and what a publication needs."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from ideas import clock
from ideas.errors import Problems
from ideas.models import AiRule, DeliveryKind, EstimateBy, Licence, SeenBy, Taking, Terms, WorkKind
from ideas.prizes import CURRENCIES
from ideas.texts import TEXT_MAX, TITLE_MAX, cleaned, one_line
from ideas.work_kinds import WORK_KINDS

BRIEF_MAX = 2 * TEXT_MAX
CRITERIA_MAX = 10
CRITERION_MAX = 300
COSTS_MAX = 200
USE_MAX = 300
SOURCE_MAX = 4 * TEXT_MAX

CENTS_MAX = 10**8
# The least and the most of each whole number.
RANGES = {
    "places": (1, 1000),
    "per_person": (1, 100),
    "cents": (1, CENTS_MAX),
    "minutes": (1, 10_000),
    "revisions": (0, 3),
    "revision_cents": (1, CENTS_MAX),
    "deliver_hours": (1, 24 * 90),
    "review_days": (1, 21),
    "pay_days": (1, 30),
    "licence_months": (1, 600),
    # As many as fit into a text that is handed in, with words of seven letters.
    "words_min": (1, 25_000),
    "words_max": (1, 25_000),
    "files_max": (1, 10),
}

APPLY_BY_MAX = timedelta(days=366)

# The endings of files that a job may ask for. Nothing of them is ever rendered.
FILE_TYPES = (
    *("pdf", "odt", "docx", "ods", "xlsx", "odp", "pptx", "csv", "txt", "md", "html", "json", "xml"),
    *("png", "jpg", "webp", "svg", "tiff", "ai", "eps", "psd", "xcf", "indd", "fig"),
    *("mp3", "wav", "flac", "mp4", "webm", "mov", "zip", "tar.gz", "7z"),
)


# What terms say in words, with the most characters of each.
LINES_MAX = {"title": TITLE_MAX, "costs": COSTS_MAX, "licence_use": USE_MAX}
TEXTS_MAX = {"brief": BRIEF_MAX, "example": BRIEF_MAX}
# The fields of the second language have this before their names.
SECOND = "also_"


@dataclass(frozen=True)
class JobWords:
    """What terms say in one language. Numbers and choices exist once, and criteria have the same numbers in both."""

    language: str
    title: str = ""
    brief: str = ""
    example: str = ""
    criteria: tuple[str, ...] = ()
    costs: str = ""
    licence_use: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, field) for field in WORDS)


WORDS = tuple(field.name for field in fields(JobWords) if field.name != "language")


@dataclass(frozen=True)
class JobForm:
    """The terms as they are typed. Numbers that are not typed yet are None where the column permits it."""

    title: str = ""
    kind: WorkKind = WorkKind.TEXT
    artistic: bool = True
    language: str = "en"
    brief: str = ""
    example: str = ""
    criteria: tuple[str, ...] = ()
    delivery: DeliveryKind = DeliveryKind.TEXT
    words_min: int | None = None
    words_max: int | None = None
    files_max: int = 1
    file_types: tuple[str, ...] = ()
    source: str = ""
    target_language: str = ""
    places: int = 1
    per_person: int = 1
    taking: Taking = Taking.APPLY
    cents: int | None = None
    currency: str = "EUR"
    floor_country: str = "DE"
    costs: str = ""
    minutes: int | None = None
    estimate_by: EstimateBy = EstimateBy.GUESS
    revisions: int = 1
    revision_cents: int | None = None
    apply_by: datetime | None = None
    deliver_hours: int = 72
    review_days: int = 7
    pay_days: int = 14
    licence: Licence = Licence.SIMPLE
    licence_use: str = ""
    licence_months: int | None = None
    may_edit: bool = True
    names_author: bool = False
    ai: AiRule = AiRule.SAID
    seen_by: SeenBy = SeenBy.PUBLIC
    room_id: int | None = None
    second: JobWords | None = None  # the same words in a second language

    def checked(self) -> "JobForm":
        """The form with its texts in stored form, as a draft holds it: incomplete, but without nonsense.

        :raise Invalid: with a problem per field.
        """
        problems, texts = Problems(), dict[str, Any]()
        texts |= _words_checked(self, problems)
        with problems.noted():
            texts["source"] = cleaned("source", self.source, SOURCE_MAX)
        if self.second:
            second = replace(self.second, **_words_checked(self.second, problems, SECOND))
            texts["second"] = None if second.is_empty else second
        for field, (least, most) in RANGES.items():
            value = getattr(self, field)
            if value is not None and not least <= value <= most:
                problems[field] = "out_of_range"
        if self.words_min and self.words_max and self.words_min > self.words_max:
            problems["words_max"] = "out_of_range"
        if self.currency not in CURRENCIES:
            problems["currency"] = "unknown"
        if self.delivery not in WORK_KINDS[self.kind].deliveries:
            problems["delivery"] = "unknown"
        if not set(self.file_types) <= set(FILE_TYPES):
            problems["file_types"] = "unknown"
        problems.refuse()
        return replace(self, **texts)

    def missing(self) -> Problems:
        """What a publication needs beside a checked form, `{field: message key}`."""
        problems = Problems()
        for field in ("title", "brief", "example", "cents", "minutes", "licence_use"):
            if not getattr(self, field):
                problems[field] = "missing"
        if not self.criteria:
            problems["criteria"] = "missing"
        if self.apply_by and not clock.now() < self.apply_by <= clock.now() + APPLY_BY_MAX:
            problems["apply_by"] = "past" if self.apply_by <= clock.now() else "out_of_range"
        if self.delivery == DeliveryKind.TRANSLATION and not self.source:
            problems["source"] = "missing"
        if self.delivery == DeliveryKind.TRANSLATION and not self.target_language:
            problems["target_language"] = "missing"
        if self.seen_by == SeenBy.ROOM and self.room_id is None:
            problems["room_id"] = "missing"
        if self.per_person > self.places:
            problems["per_person"] = "out_of_range"
        return Problems(dict(self._untranslated()) | problems)

    def _untranslated(self) -> Iterator[tuple[str, str]]:
        """What only one of two languages says, `(field, message key)`: all readers get the same terms."""
        if self.second is None:
            return
        if self.second.language == self.language:
            yield SECOND + "language", "same_language"
        for field in WORDS:
            first, second = getattr(self, field), getattr(self.second, field)
            if first and not second:
                yield SECOND + field, "missing"
            elif second and not first:
                yield field, "missing"
        if self.criteria and self.second.criteria and len(self.criteria) != len(self.second.criteria):
            yield SECOND + "criteria", "as_many_lines"

    @property
    def total_cents(self) -> int:
        """What all places cost if every delivery is accepted."""
        return (self.cents or 0) * self.places


def _words_checked(of: JobForm | JobWords, problems: Problems, prefix: str = "") -> dict[str, Any]:
    """The words of one language in stored form, `{field: text or lines}`, as far as they have no problem."""
    texts = dict[str, Any]()
    for field, most in LINES_MAX.items():
        with problems.noted():
            texts[field] = one_line(prefix + field, getattr(of, field), most)
    for field, most in TEXTS_MAX.items():
        with problems.noted():
            texts[field] = cleaned(prefix + field, getattr(of, field), most)
    with problems.noted():
        lines = (one_line(f"{prefix}criteria", line, CRITERION_MAX) for line in of.criteria)
        texts["criteria"] = tuple(line for line in lines if line)
    if len(texts.get("criteria", ())) > CRITERIA_MAX:
        problems[f"{prefix}criteria"] = "out_of_range"
    return texts


# The columns of terms that a form fills. The words of the second language stand together in one.
FIELDS = tuple(field.name for field in fields(JobForm) if field.name != "second")


def form_of(terms: Terms) -> JobForm:
    """The terms as stored."""
    stored = {name: getattr(terms, name) for name in FIELDS}
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}
    return JobForm(**values, second=next((_words(*each) for each in terms.also.items()), None))


def words_of(terms: Terms, language: str) -> JobWords:
    """What terms say, in this language if they have it, else in their first one."""
    if language != terms.language and language in terms.also:
        return _words(language, terms.also[language])
    return _words(terms.language, {field: getattr(terms, field) for field in WORDS})


def languages_of(terms: Terms) -> list[str]:
    """The languages in which terms can be read, the first one first."""
    return [terms.language, *(language for language in terms.also if language != terms.language)]


def _words(language: str, stored: Mapping[str, str | list[str]]) -> JobWords:
    values: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in stored.items()}
    return JobWords(language, **values)


def set_terms(terms: Terms, form: JobForm) -> None:
    """Store a checked form in a draft."""
    for name in FIELDS:
        value = getattr(form, name)
        setattr(terms, name, list(value) if isinstance(value, tuple) else value)
    terms.also = {}
    if second := form.second:
        words = {field: getattr(second, field) for field in WORDS} | {"criteria": list(second.criteria)}
        terms.also = {second.language: words}


def as_draft_of(frozen: Terms, n: int) -> Terms:
    """A draft with the content of other terms, under the next number."""
    draft = Terms(job_id=frozen.job_id, n=n, saves=0)
    draft.estimate_account_id = frozen.estimate_account_id
    set_terms(draft, form_of(frozen))
    return draft


def terms_digest(terms: Terms) -> str:
    """The digest (64 hex digits) of everything that terms say, for the journal. The room is not in it: a deleted room
    leaves its jobs without one.
    """
    said = {name: getattr(terms, name) for name in FIELDS if name != "room_id"} | {"also": terms.also}
    text = json.dumps(said, sort_keys=True, default=_said)
    return hashlib.sha256(text.encode()).hexdigest()


def _said(value: object) -> str:
    return str(clock.to_ms(value)) if isinstance(value, datetime) else str(value)


def version_of(terms: Terms) -> str:
    """The version of a draft that an editor saw: another one after each save."""
    return f"{terms.n}.{terms.saves}"
