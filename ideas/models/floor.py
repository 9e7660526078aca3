"""The floor: the least pay for an hour of work that the law of a country sets for employees, from a date on."""

from datetime import date

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from ideas.database import Model


class Floor(Model):
    """One step of a country's floor. It holds from the beginning of a day there until the next step begins."""

    __tablename__ = "floor"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)  # two capital letters, ISO 3166-1
    since: Mapped[date] = mapped_column(Date, primary_key=True)
    cents: Mapped[int]  # an hour, in the smallest unit of the currency
    currency: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(40))  # of the country: its days begin there
