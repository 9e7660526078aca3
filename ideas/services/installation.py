"""What operators change at the installation: its settings, and announcements. Each act stands in their log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import available_timezones

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.errors import Changed, Conflict, NotFound, Problems
from ideas.events import InstallationChanged
from ideas.installation import (
    CANCEL_SHARE,
    CONTACT_ASKED,
    DUES_YEARS,
    DUES_ZONE,
    IMPRINT_NEEDED,
    JOB_FLOOR,
    JOB_KINDS,
    NEWCOMERS_SHARE,
    OPEN_DUES_MAX,
    OVERDUE_STOPS,
    REGISTRATION,
    RETENTION,
    FloorRule,
    Registration,
    StoredSetting,
    announcement_row,
    is_fixed,
    value_of,
)
from ideas.models import Announcement, Readers, Retention, Setting, WorkKind
from ideas.operator_log import note_act
from ideas.texts import cleaned

T = TypeVar("T")

TEXT_MAX = 500
DAYS_MAX = 3650
DUES_YEARS_RANGE = range(1, 31)


def choose_registration(actor: Actor, wanted: Registration, *, seen: Registration) -> None:
    """Store who may open an account. `seen` is what the operator saw.

    :raise NotFound: :raise Changed: if another operator changed it meanwhile. :raise Conflict: if the environment
        sets it.
    """
    _store(actor, REGISTRATION, wanted, seen)


def choose_retention(actor: Actor, wanted: Retention | None, *, seen: Retention | None) -> None:
    """Store what is done with every challenge after its close. `seen` is what the operator saw.

    :raise NotFound: :raise Invalid: `{"days": …}`. :raise Changed: :raise Conflict: as `choose_registration`.
    """
    problems = Problems()
    if wanted is not None and not 1 <= wanted.days <= DAYS_MAX:
        problems["days"] = "out_of_range"
    problems.refuse()
    _store(actor, RETENTION, wanted, seen)


def _store(actor: Actor, setting: StoredSetting[T], wanted: T, seen: T) -> None:
    with write() as transaction:
        _change(transaction, actor, setting, wanted, seen)


def _change(transaction: Transaction, actor: Actor, setting: StoredSetting[T], wanted: T, seen: T) -> None:
    session = transaction.session
    policy.require_operator(session, actor)
    if is_fixed(setting):
        raise Conflict
    row = session.get(Setting, setting.name, with_for_update=True)
    present = row.value if row else setting.write(setting.default)
    if present == setting.write(wanted):
        return
    if present != setting.write(seen):
        raise Changed
    if row is None:
        row = Setting(name=setting.name)
        session.add(row)
    row.value, row.changed_at = setting.write(wanted), clock.now()
    note_act(transaction, actor, "setting", name=setting.name, value=row.value, before=present)
    transaction.record(InstallationChanged())


@dataclass(frozen=True)
class AnnouncementForm:
    """An announcement as an operator enters it: its text by language, and from when until when it is shown."""

    texts: dict[str, str]
    readers: Readers
    starts_at: datetime | None
    ends_at: datetime | None


def announce(actor: Actor, form: AnnouncementForm) -> int:
    """Show an announcement from its start (now without one) until its end. :return: its id.

    :raise NotFound: :raise Invalid: with a problem per field (`text-en`, `ends_at`).
    """
    columns = _columns_of(form)
    with write() as transaction:
        policy.require_operator(transaction.session, actor)
        row = Announcement(**columns, created_at=clock.now())
        transaction.session.add(row)
        transaction.session.flush()
        _note(transaction, actor, "announce", row)
        return row.id


def revise_announcement(actor: Actor, announcement_id: int, form: AnnouncementForm, *, seen: str) -> None:
    """Change an announcement. Readers who put it away see it again if its words are new.

    :param seen: its `version` when the operator began.
    :raise NotFound: :raise Invalid: as `announce`. :raise Changed: if another operator changed it meanwhile.
    """
    columns = _columns_of(form)
    with write() as transaction:
        policy.require_operator(transaction.session, actor)
        row = transaction.session.get(Announcement, announcement_id, with_for_update=True)
        if row is None:
            raise NotFound
        if announcement_row(row).version != seen:
            raise Changed
        for name, value in columns.items():
            setattr(row, name, value)
        _note(transaction, actor, "revise_announcement", row)


def _columns_of(form: AnnouncementForm) -> dict[str, Any]:
    problems, texts = Problems(), dict[str, str]()
    for language, text in form.texts.items():
        with problems.noted():
            texts[language] = cleaned(f"text-{language}", text, TEXT_MAX)
    texts = {language: text for language, text in texts.items() if text}
    if not texts and not problems:
        problems[f"text-{min(form.texts)}"] = "missing"
    starts_at = form.starts_at or clock.now()
    if form.ends_at is None:
        problems["ends_at"] = "missing"
    elif form.ends_at <= max(starts_at, clock.now()):
        problems["ends_at"] = "past"
    problems.refuse()
    return {"texts": texts, "readers": form.readers, "starts_at": starts_at, "ends_at": form.ends_at}


def end_announcement(actor: Actor, announcement_id: int) -> None:
    """Take an announcement down. :raise NotFound:"""
    with write() as transaction:
        policy.require_operator(transaction.session, actor)
        row = require(transaction.session, Announcement, announcement_id)
        _note(transaction, actor, "end_announcement", row)
        transaction.session.delete(row)


def _note(transaction: Transaction, actor: Actor, kind: str, row: Announcement) -> None:
    note_act(transaction, actor, kind, text=next(iter(row.texts.values())))
    transaction.record(InstallationChanged())


@dataclass(frozen=True)
class JobRules:
    """What an operator sets about jobs. `cancel_share`: percent of the pay for an order that is cancelled early.
    `dues_years`: for how many years dues are kept of whoever is deleted; `dues_zone`: the time zone of the years.
    `open_dues_max`: orders with open money beyond which no job is published, 0 without a limit. `newcomers_share`:
    percent of the places that are kept for people without accepted work at first. `contact_asked`: whether hints at
    contact outside have to be answered. `imprint_needed`: whether only organisations with an imprint publish jobs.
    """

    kinds: frozenset[WorkKind] = JOB_KINDS.default
    floor: FloorRule = JOB_FLOOR.default
    cancel_share: int = CANCEL_SHARE.default
    overdue_stops: bool = OVERDUE_STOPS.default
    dues_years: int = DUES_YEARS.default
    dues_zone: str = DUES_ZONE.default
    open_dues_max: int = OPEN_DUES_MAX.default
    newcomers_share: int = NEWCOMERS_SHARE.default
    contact_asked: bool = CONTACT_ASKED.default
    imprint_needed: bool = IMPRINT_NEEDED.default


def job_rules() -> JobRules:
    """The rules that hold."""
    return JobRules(
        value_of(JOB_KINDS),
        value_of(JOB_FLOOR),
        value_of(CANCEL_SHARE),
        value_of(OVERDUE_STOPS),
        value_of(DUES_YEARS),
        value_of(DUES_ZONE),
        value_of(OPEN_DUES_MAX),
        value_of(NEWCOMERS_SHARE),
        value_of(CONTACT_ASKED),
        value_of(IMPRINT_NEEDED),
    )


def choose_job_rules(actor: Actor, wanted: JobRules, *, seen: JobRules) -> None:
    """Store the rules about jobs. `seen` is what the operator saw. Running orders keep what was agreed.

    :raise NotFound: :raise Invalid: `cancel_share`, `dues_years`, `newcomers_share` out_of_range; `dues_zone` unknown.
    :raise Changed: as `choose_registration`.
    """
    problems = Problems()
    if not 0 <= wanted.cancel_share <= 100:
        problems["cancel_share"] = "out_of_range"
    if not 0 <= wanted.newcomers_share <= 100:
        problems["newcomers_share"] = "out_of_range"
    if wanted.dues_years not in DUES_YEARS_RANGE:
        problems["dues_years"] = "out_of_range"
    if wanted.dues_zone not in available_timezones():
        problems["dues_zone"] = "unknown"
    problems.refuse()
    with write() as transaction:
        _change(transaction, actor, JOB_KINDS, wanted.kinds, seen.kinds)
        _change(transaction, actor, JOB_FLOOR, wanted.floor, seen.floor)
        _change(transaction, actor, CANCEL_SHARE, wanted.cancel_share, seen.cancel_share)
        _change(transaction, actor, OVERDUE_STOPS, wanted.overdue_stops, seen.overdue_stops)
        _change(transaction, actor, DUES_YEARS, wanted.dues_years, seen.dues_years)
        _change(transaction, actor, DUES_ZONE, wanted.dues_zone, seen.dues_zone)
        _change(transaction, actor, OPEN_DUES_MAX, wanted.open_dues_max, seen.open_dues_max)
        _change(transaction, actor, NEWCOMERS_SHARE, wanted.newcomers_share, seen.newcomers_share)
        _change(transaction, actor, CONTACT_ASKED, wanted.contact_asked, seen.contact_asked)
        _change(transaction, actor, IMPRINT_NEEDED, wanted.imprint_needed, seen.imprint_needed)
