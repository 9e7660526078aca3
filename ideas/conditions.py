"""The conditions of a challenge beside its prizes: rights, the promised answer, and the estimate for the pay line."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ideas import clock
from ideas.errors import Problems
from ideas.models import Challenge, Rights
from ideas.pay import Effort
from ideas.prizes import PrizeRules
from ideas.texts import TEXT_MAX, cleaned

PEOPLE_MAX = 20_000
MINUTES_MAX = 10_000
ANSWER_DAYS_MAX = 365


@dataclass(frozen=True)
class Conditions:
    """What people get beside the prizes. `answer_at` and `answer_days` (after the close) exclude each other."""

    rights: Rights = Rights.STAY
    rights_words: str = ""
    answer_at: datetime | None = None
    answer_days: int | None = None
    expected_people: int | None = None
    expected_minutes: int | None = None  # of each person
    floor_country: str = "DE"

    def checked(self) -> "Conditions":
        """The conditions with words in stored form.

        :raise Invalid: with a problem per field.
        """
        problems, words = Problems(), ""
        with problems.noted():
            words = cleaned("rights_words", self.rights_words, TEXT_MAX)
        if self.rights == Rights.OTHER and not words:
            problems["rights_words"] = "missing"
        if self.answer_at and self.answer_at <= clock.now():
            problems["answer_at"] = "past"
        for field, most in (
            ("answer_days", ANSWER_DAYS_MAX),
            ("expected_people", PEOPLE_MAX),
            ("expected_minutes", MINUTES_MAX),
        ):
            value = getattr(self, field)
            if value is not None and not 1 <= value <= most:
                problems[field] = "out_of_range"
        if (self.expected_people is None) != (self.expected_minutes is None):
            problems["expected_minutes" if self.expected_minutes is None else "expected_people"] = "missing"
        problems.refuse()
        return Conditions(
            self.rights,
            # Where the rights stay, no words may say anything else.
            "" if self.rights == Rights.STAY else words,
            *(self.answer_at, self.answer_days, self.expected_people, self.expected_minutes, self.floor_country),
        )

    @property
    def expected(self) -> Effort | None:
        """The organisation's estimate; None without one."""
        if self.expected_people is None or self.expected_minutes is None:
            return None
        return Effort(self.expected_people, self.expected_minutes)

    def answer_due_at(self, closed_at: datetime | None) -> datetime | None:
        """The instant until which the answer is promised; None without a promise, or while a count of days waits for
        the close.
        """
        if self.answer_at or not self.answer_days:
            return self.answer_at
        return closed_at + timedelta(days=self.answer_days) if closed_at else None

    def promised(self) -> dict[str, object]:
        """What differs from the default, for the digest of the promises."""
        stored = {name: getattr(self, name) for name in FIELDS if getattr(self, name) != getattr(DEFAULT, name)}
        return {name: clock.to_ms(value) if isinstance(value, datetime) else value for name, value in stored.items()}


# The columns of a challenge.
FIELDS = (
    *("rights", "rights_words", "answer_at", "answer_days"),
    *("expected_people", "expected_minutes", "floor_country"),
)
DEFAULT = Conditions()


def conditions_of(challenge: Challenge) -> Conditions:
    """The conditions of a challenge as stored."""
    return Conditions(**{name: getattr(challenge, name) for name in FIELDS})


def prize_cents(rules: PrizeRules, words: str) -> int | None:
    """The sum of all prizes; 0 if none has an amount, None if there is none at all. `words`: a prize in words alone."""
    if not rules and not words.strip():
        return None
    return sum((prize.cents or 0) * prize.winners for prize in rules.prizes)
