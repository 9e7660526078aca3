"""What tests of the domain stand on: a room beside another one, who writes in it, and time that is turned by hand."""

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


class Hands:
    """The clock's hands: they stand still until a test turns them. Whole milliseconds, as the database keeps them."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def turn(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def hands(monkeypatch):
    """The domain's clock stands at nine o'clock, and goes on by `hands.turn(seconds)`."""
    hands = Hands()
    monkeypatch.setattr(clock, "now", lambda: hands.now)
    return hands
