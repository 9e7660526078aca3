"""The installation: what its environment says, and what operators stored. The environment comes first.

The edge says how to read the environment (`use_environment`); without an edge nothing is set. What is stored is kept in
the memory of each process (`stored`), since every page needs it. A change here is seen at once (`forget`), and one of
another process as soon as the edge looks again (`look`).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, events
from ideas.database import db
from ideas.models import Announcement, Readers, Retention, RetentionAct, Setting, WorkKind
from ideas.work_kinds import USUAL_KINDS, read_kinds, write_kinds

T = TypeVar("T")

# The owners of a challenge get a mail so long before a rule ends its storage.
ANNOUNCED = timedelta(days=7)


class Registration(StrEnum):
    """Who may open an account."""

    OPEN = "open"
    INVITE = "invite"
    CLOSED = "closed"


class FloorRule(StrEnum):
    """What happens to a job whose pay is below the floor."""

    REFUSE = "refuse"  # it is not published
    WARN = "warn"  # it is published with a line that its organisation cannot hide


@dataclass(frozen=True)
class Environment:
    """What stands in the environment; None is not set. `operators`: the addresses of OPERATORS."""

    operators: frozenset[str] | None = None
    sends_mails: bool = False
    registration: Registration | None = None
    retention: Retention | None = None


@dataclass(frozen=True)
class StoredSetting(Generic[T]):
    """A setting that operators may store. `variables` are its names in the environment, which comes first."""

    name: str
    variables: str
    default: T
    in_environment: Callable[[Environment], T | None]
    read: Callable[[str], T]
    write: Callable[[T], str]


def read_retention(text: str) -> Retention | None:
    """The rule in stored form, "delete 30"; None for ""."""
    act, _, days = text.partition(" ")
    return Retention(RetentionAct(act), int(days)) if text else None


def write_retention(rule: Retention | None) -> str:
    return f"{rule.act} {rule.days}" if rule else ""


REGISTRATION: StoredSetting[Registration] = StoredSetting(
    "registration", "REGISTRATION", Registration.OPEN, lambda of: of.registration, Registration, str
)
RETENTION: StoredSetting[Retention | None] = StoredSetting(
    "retention", "RETENTION, RETENTION_DAYS", None, lambda of: of.retention, read_retention, write_retention
)

JOB_KINDS: StoredSetting[frozenset[WorkKind]] = StoredSetting(
    "job_kinds", "", USUAL_KINDS, lambda _: None, read_kinds, write_kinds
)
JOB_FLOOR: StoredSetting[FloorRule] = StoredSetting("job_floor", "", FloorRule.REFUSE, lambda _: None, FloorRule, str)
# What is paid for an order that is cancelled before half of its time is over, in percent; after that, it is all.
CANCEL_SHARE: StoredSetting[int] = StoredSetting("cancel_share", "", 30, lambda _: None, int, str)
# Whether an organisation with an overdue due may publish no further job.
OVERDUE_STOPS: StoredSetting[bool] = StoredSetting(
    "overdue_stops", "", True, lambda _: None, lambda text: text == "yes", lambda stops: "yes" if stops else "no"
)
# Whether an organisation needs an imprint to publish a job.
IMPRINT_NEEDED: StoredSetting[bool] = StoredSetting(
    "imprint_needed", "", False, lambda _: None, lambda text: text == "yes", lambda needed: "yes" if needed else "no"
)
# With more orders than this on which money is open an organisation publishes no further job; 0: without a limit.
OPEN_DUES_MAX: StoredSetting[int] = StoredSetting("open_dues_max", "", 0, lambda _: None, int, str)
# What part of a job's places is kept for people without accepted work in its first days, in percent, rounded down.
NEWCOMERS_SHARE: StoredSetting[int] = StoredSetting("newcomers_share", "", 0, lambda _: None, int, str)
# Whether who publishes a job with an address, a number or a messenger in it has to say that nobody must use them.
CONTACT_ASKED: StoredSetting[bool] = StoredSetting(
    "contact_asked", "", True, lambda _: None, lambda text: text == "yes", lambda asked: "yes" if asked else "no"
)

# For how many years after the end of the year of the latest entry settled dues outlive what they belonged to; § 147 AO
# wants eight.
DUES_YEARS: StoredSetting[int] = StoredSetting("dues_years", "", 8, lambda _: None, int, str)
# Whose years those are, and those of the statements: both sides have to get the same entries.
DUES_ZONE: StoredSetting[str] = StoredSetting("dues_zone", "", "Europe/Berlin", lambda _: None, str, str)


@dataclass(frozen=True)
class AnnouncementRow:
    id: int
    texts: Mapping[str, str]
    readers: Readers
    starts_at: datetime
    ends_at: datetime
    created_at: datetime

    @property
    def is_current(self) -> bool:
        return self.starts_at <= clock.now() < self.ends_at

    @property
    def text_version(self) -> str:
        """Another one after each change of the words: a reader who put it away sees the new ones. A database may use an
        id again, so the id does not do.
        """
        return _digest_of(self.id, clock.to_ms(self.created_at), *sorted(self.texts.items()))

    @property
    def version(self) -> str:
        """Another one after each change."""
        times = (clock.to_ms(at) for at in (self.starts_at, self.ends_at))
        return _digest_of(self.text_version, self.readers, *times)


def _digest_of(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


def announcement_row(row: Announcement) -> AnnouncementRow:
    """An announcement as pages and acts take it."""
    return AnnouncementRow(row.id, row.texts, row.readers, row.starts_at, row.ends_at, row.created_at)


@dataclass(frozen=True)
class Stored:
    """What operators stored: `{name: (value, when it was stored)}`, and the announcements that are not over."""

    settings: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    announcements: tuple[AnnouncementRow, ...] = ()


_read: Callable[[], Environment] = Environment
_stored: Stored | None = None


def use_environment(read: Callable[[], Environment]) -> None:
    """Read the environment by this function from now on."""
    global _read
    _read = read


def environment() -> Environment:
    """The environment of the present application."""
    return _read()


def is_reserved(email: str) -> bool:
    """Whether OPERATORS names an address. No account moves to it: a stranger's would operate the installation if the
    owner of the address opened the link of the move by mistake.
    """
    return email in (environment().operators or ())


def stored() -> Stored:
    """What operators stored, from memory if it is there."""
    return _stored if _stored is not None else look(db.session())


def look(session: Session) -> Stored:
    """Read what operators stored, in two statements, and keep it in memory."""
    global _stored
    settings = {row.name: (row.value, row.changed_at) for row in session.scalars(select(Setting))}
    rows = session.scalars(select(Announcement).where(Announcement.ends_at > clock.now()).order_by(Announcement.id))
    _stored = Stored(settings, tuple(map(announcement_row, rows)))
    return _stored


def keep(known: Stored | None) -> None:
    """Take this for what is stored; None: read it when it is needed."""
    global _stored
    _stored = known


def value_of(setting: StoredSetting[T]) -> T:
    """The value that holds: of the environment, else the stored one, else the default."""
    found = setting.in_environment(environment())
    return found if found is not None else stored_value(setting)


def stored_value(setting: StoredSetting[T]) -> T:
    """The stored value, or the default."""
    kept = stored().settings.get(setting.name)
    return setting.read(kept[0]) if kept else setting.default


def day_of_books(at: datetime) -> date:
    """The day of an instant in the time zone in which dues are counted."""
    return at.astimezone(ZoneInfo(value_of(DUES_ZONE))).date()


def is_fixed(setting: StoredSetting[T]) -> bool:
    """Whether the environment sets it, so that a stored value has no effect."""
    return setting.in_environment(environment()) is not None


def retention_rule() -> Retention | None:
    """The rule that holds for every challenge. A stored one does nothing before owners could get the mail about it."""
    rule = value_of(RETENTION)
    if rule is None or is_fixed(RETENTION):
        return rule
    return replace(rule, not_before=stored().settings[RETENTION.name][1] + ANNOUNCED)


def _forget(_event: events.InstallationChanged) -> None:
    keep(None)


events.subscribe(events.InstallationChanged, _forget)
