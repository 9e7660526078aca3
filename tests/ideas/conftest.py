"""Fixtures of the domain tests: a room beside another one, an author in it, and a clock that the test moves."""

from datetime import UTC, datetime, timedelta

import pytest

from ideas import clock
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room()


@pytest.fixture
def author(room):
    return factories.participant(room, "Author")


class FrozenClock:
    """A clock that stands still until a test moves it. It counts whole milliseconds, as the database does."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def frozen_clock(monkeypatch):
    """Set the domain's clock to nine o'clock; `frozen_clock.advance(seconds)` moves it."""
    frozen_clock = FrozenClock()
    monkeypatch.setattr(clock, "now", lambda: frozen_clock.now)
    return frozen_clock
