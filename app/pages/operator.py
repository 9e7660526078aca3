"""The operator's overview: health, version and storage of the installation, as this process sees them."""

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask
from flask_babel import format_decimal, format_percent, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import config
from app.platform import redis
from app.platform.limits import REFUSALS_HOURS
from app.platform.startup import ALONE, ENDING, READY, readiness
from ideas import clock
from ideas.counters import COUNTERS
from ideas.database import db
from ideas.file_store import file_rules
from ideas.queries.operators import Totals

# A loop is late if it has not come to its end for so many of its pauses, and for so many seconds.
LATE_PAUSES, LATE_SECONDS = 3, 60.0
# A mail that waits for longer means that the mail server takes none.
MAIL_WAITS = timedelta(hours=2)
# Of the disk; below it the page warns.
FREE_SHARE = 0.1
LAG_SECONDS = 0.1

BACKUPS = "backups"  # the folder inside the one of the installation


@dataclass(frozen=True)
class HealthLine:
    """One part of the installation and its state in words."""

    label: str
    words: str
    is_well: bool = True


@dataclass(frozen=True)
class LoopRow:
    """A loop of background work in this process. `seconds` have passed since it last came to its end."""

    name: str
    seconds: int
    is_late: bool


@dataclass(frozen=True)
class LimitRow:
    """How often one kind of limit refused somebody, by the hour; the latest hour last."""

    name: str
    by_hour: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.by_hour)


def health_of(app: Flask, found: Totals) -> list[HealthLine]:
    """What /readyz and the watch of this process say."""
    ready = readiness(app)
    lines = [
        HealthLine(_("Server"), _READY.get(ready.words, ready.words), ready.is_ready),
        HealthLine(_("Database"), _DIALECTS.get(db.engine.dialect.name, db.engine.dialect.name)),
        _redis_line(app),
        _mail_line(app, found),
        *_process_lines(app, found),
    ]
    if workers := app.extensions["schwarm-gauges"].get("worker_tasks"):
        tasks = int(workers[1]())
        words = ngettext("%(num)s task runs or waits", "%(num)s tasks run or wait", tasks) if tasks else _("idle")
        lines.append(HealthLine(_("Workers"), words))
    return [*lines, *_hub_lines()]


_READY = {READY.words: _l("ready to serve"), ALONE.words: _l("ready, without Redis"), ENDING.words: _l("ending")}
_DIALECTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _redis_line(app: Flask) -> HealthLine:
    if not app.config["REDIS_URL"]:
        return HealthLine("Redis", _("not set: this process counts alone"))
    answers = redis.answers(app)
    return HealthLine("Redis", _("answers") if answers else _("does not answer"), answers)


def _mail_line(app: Flask, found: Totals) -> HealthLine:
    if not app.config["MAIL_SERVER"]:
        return HealthLine(_("Mail"), _("no mail server is set: mails are printed to the console"))
    oldest = found.oldest_waiting
    if oldest is not None and clock.now() - oldest > MAIL_WAITS:
        return HealthLine(_("Mail"), _("mails wait for more than two hours"), is_well=False)
    return HealthLine(_("Mail"), _("mails are sent"))


def _process_lines(app: Flask, found: Totals) -> list[HealthLine]:
    """The other processes of the installation, and the work that one of them left when it died."""
    lines = []
    if app.config["REDIS_URL"]:
        number = int(app.extensions["schwarm-gauges"]["processes"][1]())
        words = ngettext("%(num)s reports", "%(num)s report", number) if number else _("none reports")
        lines.append(HealthLine(_("Other processes"), words))
    if found.left_work:
        lines.append(HealthLine(_("Left by a process that died"), ", ".join(found.left_work), is_well=False))
    return lines


def _hub_lines() -> list[HealthLine]:
    """Only a green server watches its hub."""
    lags = COUNTERS.lags
    ticks = sum(lags.counts)
    if not ticks:
        return []
    late = sum(lags.counts[lags.bounds.index(LAG_SECONDS) + 1 :])
    share = late / ticks
    words = _("late in %(share)s of its ticks since the start", share=format_percent(share, "#,##0.0%"))
    return [HealthLine(_("Hub"), words, share < 0.01)]


def loops_of(app: Flask) -> list[LoopRow]:
    """The background work of this process, the longest silence first; empty in a process that serves nothing."""
    now = time.monotonic()
    rows = [
        LoopRow(name, int(now - at), now - at > max(LATE_PAUSES * pause, LATE_SECONDS))
        for name, (pause, at) in app.extensions["schwarm-beats"]().items()
    ]
    return sorted(rows, key=lambda row: (-row.seconds, row.name))


def storage_of(app: Flask, found: Totals) -> list[HealthLine]:
    """The sizes of what the installation keeps, and the space that is left."""
    folder, database = Path(app.config["INSTANCE"]), _file_of_database()
    lines = [HealthLine(_("Database"), size(found.database))]
    if database is not None:
        lines.append(HealthLine(_("Log of the database (WAL)"), size(_size_of([Path(f"{database}-wal")]))))
    pictures = ngettext(
        "%(size)s, %(num)s picture", "%(size)s, %(num)s pictures", found.picture_count, size=size(found.pictures)
    )
    lines += [HealthLine(_("Pictures, in the database"), pictures), _backups_line(folder / BACKUPS)]
    files = ngettext("%(size)s, %(num)s file", "%(size)s, %(num)s files", found.file_count, size=size(found.files))
    lines += [HealthLine(_("Uploaded files, in FILES_PATH"), files), _free_line(_("Free on the disk"), folder)]
    store = file_rules().folder
    if store.is_dir() and folder.is_dir() and store.stat().st_dev != folder.stat().st_dev:
        lines.append(_free_line(_("Free on the disk of FILES_PATH"), store))
    return lines


def _free_line(label: str, folder: Path) -> HealthLine:
    usage = shutil.disk_usage(folder if folder.exists() else config.ROOT)
    free = _("%(free)s of %(total)s", free=size(usage.free), total=size(usage.total))
    return HealthLine(label, free, usage.free >= usage.total * FREE_SHARE)


def _file_of_database() -> Path | None:
    url = db.engine.url
    return Path(url.database) if db.engine.dialect.name == "sqlite" and url.database else None


def _backups_line(folder: Path) -> HealthLine:
    files = [file for file in folder.glob("*") if file.is_file()] if folder.is_dir() else []
    if not files:
        return HealthLine(_("Backups"), _("none in the folder %(name)s of the installation", name=BACKUPS))
    latest = max(file.stat().st_mtime for file in files)
    days = int((time.time() - latest) // 86_400)
    age = ngettext("the latest is %(num)s day old", "the latest is %(num)s days old", days)
    number = ngettext("%(num)s file", "%(num)s files", len(files))
    return HealthLine(_("Backups"), f"{size(_size_of(files))}, {number}, {age}")


def _size_of(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.exists())


def size(number: int) -> str:
    """A number of bytes, as people read it."""
    if number < 1024:
        return ngettext("%(num)s byte", "%(num)s bytes", number)
    units = ["KiB", "MiB", "GiB", "TiB"]
    value, unit = number / 1024, units.pop(0)
    while value >= 1024 and units:
        value, unit = value / 1024, units.pop(0)
    return f"{format_decimal(value, '#,##0.0' if value < 100 else '#,##0')} {unit}"


@cache
def version() -> str:
    """The revision of the program, if it lies in a clone of its repository; "" otherwise."""
    head = config.ROOT / ".git" / "HEAD"
    try:
        said = head.read_text().strip()
        if said.startswith("ref: "):
            ref = said.removeprefix("ref: ")
            file = head.parent / ref
            said = file.read_text().strip() if file.exists() else _packed(head.parent / "packed-refs", ref)
    except OSError:
        return ""
    return said[:8]


def _packed(file: Path, ref: str) -> str:
    return next((line.split()[0] for line in file.read_text().splitlines() if line.endswith(f" {ref}")), "")


# The kinds of limits that count refusals, in words; others appear under their own name.
LIMITS = {
    "writing": _l("Ideas, edits and arguments of one person"),
    "looking": _l("Looks for similar ideas"),
    "reporting": _l("Reports of texts"),
    "typesetting": _l("Reports as PDF"),
    "sign-up": _l("Sign-ups from one network"),
    "sign-in": _l("Passwords for one address, tried by strangers"),
    "work": _l("Tries that first have to solve a puzzle"),
    "reset": _l("Links for a new password to one address"),
    "confirmation": _l("Links to confirm an address"),
    "move": _l("Changes of an address"),
    "own-password": _l("Own passwords, typed again"),
    "jury-mail": _l("Invitations to a jury by one person"),
    "jury-address": _l("Invitations to a jury to one address"),
    "puzzle": _l("Puzzles that were solved twice"),
}


def limits_of(by_hour: dict[tuple[int, str], int]) -> list[LimitRow]:
    """The limits that refused somebody in the last hours, the busiest first."""
    last = clock.to_ms(clock.now()) // 3_600_000
    hours = range(last - REFUSALS_HOURS + 1, last + 1)
    kinds = {kind for _, kind in by_hour}
    rows = [
        LimitRow(str(LIMITS.get(kind, kind)), tuple(by_hour.get((hour, kind), 0) for hour in hours)) for kind in kinds
    ]
    return sorted((row for row in rows if row.total), key=lambda row: (-row.total, row.name))


def hours_shown() -> list[datetime]:
    """The beginnings of the hours in a `LimitRow`."""
    last = clock.to_ms(clock.now()) // 3_600_000
    return [clock.from_ms(hour * 3_600_000) for hour in range(last - REFUSALS_HOURS + 1, last + 1)]
