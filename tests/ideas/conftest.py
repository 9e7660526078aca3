"""Time that tests turn by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from ideas import clock


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
