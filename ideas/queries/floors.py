"""The table of floors: all steps, and the one that holds in a country at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
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


def floors(session: Session) -> list[FloorRow]:
    """All steps, by country and date."""
    rows = session.scalars(select(Floor).order_by(Floor.country, Floor.since))
    return [FloorRow(row.country, row.since, row.cents, row.currency, row.time_zone) for row in rows]


def floor_countries(session: Session) -> list[str]:
    """The countries that have a floor."""
    return list(session.scalars(select(Floor.country).distinct().order_by(Floor.country)))


def floor_at(session: Session, country: str, instant: datetime) -> FloorRow | None:
    """The floor of a country at an instant; None if the table has none then."""
    return latest(floors(session), country, instant)


def latest(rows: Iterable[FloorRow], country: str, instant: datetime) -> FloorRow | None:
    """The same among rows that were read before."""
    begun = [row for row in rows if row.country == country and row.holds_at(instant)]
    return max(begun, key=lambda row: row.since, default=None)
