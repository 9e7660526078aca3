"""Changing the table of floors, which is an operator's task."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import available_timezones

from ideas import policy
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import NotFound, Problems
from ideas.models import Floor
from ideas.operator_log import note_act
from ideas.prizes import CURRENCIES

CENTS_MAX = 10**8


@dataclass(frozen=True)
class FloorForm:
    """A step of a country's floor as an operator enters it."""

    country: str
    since: date
    cents: int
    currency: str = "EUR"
    time_zone: str = "Europe/Berlin"

    def checked(self) -> "FloorForm":
        """The form with its words in stored form.

        :raise Invalid: with a problem per field.
        """
        problems, country, currency = Problems(), self.country.strip().upper(), self.currency.strip().upper()
        if not (len(country) == 2 and country.isascii() and country.isalpha()):
            problems["country"] = "unknown"
        if not 1 <= self.cents <= CENTS_MAX:
            problems["cents"] = "amount"
        if currency not in CURRENCIES:
            problems["currency"] = "unknown"
        if self.time_zone not in available_timezones():
            problems["time_zone"] = "unknown"
        problems.refuse()
        return FloorForm(country, self.since, self.cents, currency, self.time_zone)


def add_floor(actor: Actor, form: FloorForm) -> None:
    """Add a step, or change the one that begins in the country on this day.

    :raise NotFound: for anybody but an operator. :raise Invalid: with a problem per field.
    """
    wanted = form.checked()
    with write() as transaction:
        policy.require_operator(transaction.session, actor)
        step = transaction.session.get(Floor, (wanted.country, wanted.since))
        if step is None:
            step = Floor(country=wanted.country, since=wanted.since)
            transaction.session.add(step)
        step.cents, step.currency, step.time_zone = wanted.cents, wanted.currency, wanted.time_zone
        note_act(
            transaction,
            actor,
            "add_floor",
            country=wanted.country,
            since=wanted.since.isoformat(),
            cents=wanted.cents,
            currency=wanted.currency,
        )


def remove_floor(actor: Actor, country: str, since: date) -> None:
    """Remove a step; the one before it then holds on.

    :raise NotFound: for anybody but an operator, and if there is no such step.
    """
    with write() as transaction:
        policy.require_operator(transaction.session, actor)
        step = transaction.session.get(Floor, (country, since))
        if step is None:
            raise NotFound
        transaction.session.delete(step)
        note_act(transaction, actor, "remove_floor", country=country, since=since.isoformat())
