"""Floors: the step that holds in a country at an instant, and the operator who changes the table."""

from datetime import UTC, date, datetime

import pytest

from ideas.actor import OPERATOR
from ideas.database import db
from ideas.errors import Invalid, NotFound
from ideas.queries.floors import floors, latest, next_turn
from ideas.services.floors import FloorForm, add_floor, remove_floor
from tests import factories

SWISS = FloorForm("ch", date(2026, 7, 1), 2459, "chf", "Europe/Zurich")


def cents_at(*when: int, country: str = "DE") -> int | None:
    found = latest(floors(db.session()), country, datetime(*when, tzinfo=UTC))
    return found.cents if found else None


def test_a_step_begins_with_the_day_of_the_country(app):
    assert cents_at(2025, 12, 31, 22, 59) is None
    assert cents_at(2025, 12, 31, 23) == 1390, "it is 2026 in Berlin"
    assert cents_at(2026, 12, 31, 22, 59) == 1390
    assert cents_at(2026, 12, 31, 23) == 1460
    assert cents_at(2030, 6, 1) == 1460
    assert cents_at(2026, 6, 1, country="FR") is None


def test_words_on_a_floor_change_with_the_next_step_and_with_the_year(app):
    rows = floors(db.session())

    assert next_turn(rows, "DE", datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert next_turn(rows, "DE", datetime(2027, 3, 1, tzinfo=UTC)) == datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert next_turn(rows, "FR", datetime(2026, 3, 1, tzinfo=UTC)) is None


def test_an_operator_adds_changes_and_removes_a_step(app):
    add_floor(OPERATOR, SWISS)
    add_floor(OPERATOR, FloorForm("DE", date(2026, 1, 1), 1391))

    assert [(row.country, row.cents, row.currency) for row in floors(db.session())] == [
        ("CH", 2459, "CHF"),
        ("DE", 1391, "EUR"),
        ("DE", 1460, "EUR"),
    ]

    remove_floor(OPERATOR, "DE", date(2027, 1, 1))
    assert cents_at(2027, 6, 1) == 1391
    with pytest.raises(NotFound):
        remove_floor(OPERATOR, "DE", date(2027, 1, 1))


def test_nobody_else_changes_the_table(app):
    owner = factories.company().owner

    with pytest.raises(NotFound):
        add_floor(owner, SWISS)
    with pytest.raises(NotFound):
        remove_floor(owner, "DE", date(2026, 1, 1))
    assert len(floors(db.session())) == 2


def test_a_wrong_step_is_refused_by_field(app):
    with pytest.raises(Invalid) as refused:
        add_floor(OPERATOR, FloorForm("Germany", date(2026, 1, 1), 0, "DM", "Berlin"))

    assert set(refused.value.problems) == {"country", "cents", "currency", "time_zone"}


def test_the_command_lists_the_steps_and_the_present_one(app, frozen_clock):
    result = app.test_cli_runner().invoke(args=["floors"])

    assert result.output.splitlines() == [
        "DE\t2026-01-01\t13.90 EUR\tEurope/Berlin\tnow",
        "DE\t2027-01-01\t14.60 EUR\tEurope/Berlin",
    ]
