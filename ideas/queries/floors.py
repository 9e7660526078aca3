"""The table of floors: all steps, and the one that holds in a country at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Floor


@dataclass(frozen=True)
class FloorRow:
    """A step of a country's floor: from this day on, so many cents an hour."""

    country: str
    since: date
    cents: int
    currency: str
    time_zone: str

    def holds_at(self, instant: datetime) -> bool:
        """Whether its day has begun, by the clocks of the country."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date() >= self.since

    def year_at(self, instant: datetime) -> int:
        """The year by the clocks of the country."""
        return instant.astimezone(ZoneInfo(self.time_zone)).year

    def begin_of(self, day: date) -> datetime:
        """The instant at which a day begins in the country."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


def floors(session: Session) -> list[FloorRow]:
    """All steps, by country and date."""
    rows = session.scalars(select(Floor).order_by(Floor.country, Floor.since))
    return [FloorRow(row.country, row.since, row.cents, row.currency, row.time_zone) for row in rows]


def floor_countries(session: Session) -> list[str]:
    """The countries that have a floor."""
    return list(session.scalars(select(Floor.country).distinct().order_by(Floor.country)))


def latest(rows: Iterable[FloorRow], country: str, instant: datetime) -> FloorRow | None:
    """The floor of a country at an instant; None if there is none then."""
    begun = [row for row in rows if row.country == country and row.holds_at(instant)]
    return max(begun, key=lambda row: row.since, default=None)


def next_turn(rows: Iterable[FloorRow], country: str, instant: datetime) -> datetime | None:
    """The next instant at which the words on the floor of a country change: with its next step, or with the year."""
    steps = [row for row in rows if row.country == country]
    turns = [row.begin_of(row.since) for row in steps]
    turns += [row.begin_of(date(row.year_at(instant) + 1, 1, 1)) for row in steps]
    return min((turn for turn in turns if turn > instant), default=None)
