"""Prizes of a challenge: their amounts, how each is shared along the family tree, and what a tie does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ideas.errors import Problems
from ideas.models import Challenge, TieRule
from ideas.texts import TITLE_MAX, one_line
from ideas.voting.awards import Shares, Slot

PRIZES_MAX = 6
WINNERS_MAX = 50
AMOUNT_MAX = 10**11  # in the smallest unit

# The currencies of amounts, with the decimals of each.
CURRENCIES: Mapping[str, int] = {
    "EUR": 2,
    "CHF": 2,
    "USD": 2,
    "GBP": 2,
    "CZK": 2,
    "DKK": 2,
    "NOK": 2,
    "PLN": 2,
    "SEK": 2,
    "AUD": 2,
    "CAD": 2,
    "JPY": 0,
}


@dataclass(frozen=True)
class PrizePlan:
    """A prize. `cents` is the amount for each winner in the smallest unit of the currency, None for one in words."""

    name: str
    cents: int | None = None
    winners: int = 1

    def stored(self) -> dict[str, str | int | None]:
        return {"name": self.name, "cents": self.cents, "winners": self.winners}


@dataclass(frozen=True)
class PrizeRules:
    """The prizes of a challenge, the first one first, with the rules by which they are given."""

    prizes: tuple[PrizePlan, ...] = ()
    currency: str = "EUR"
    shares: Shares = field(default=Shares())
    tie: TieRule = TieRule.SHARED

    def __bool__(self) -> bool:
        return bool(self.prizes)

    @property
    def decimals(self) -> int:
        return CURRENCIES[self.currency]

    @property
    def slots(self) -> list[Slot]:
        """One for each winner."""
        return [Slot(n, prize.cents) for n, prize in enumerate(self.prizes) for _ in range(prize.winners)]

    @property
    def cents(self) -> int:
        """The sum of all amounts, 0 without one."""
        return sum((prize.cents or 0) * prize.winners for prize in self.prizes)

    def checked(self) -> "PrizeRules":
        """The rules with names in their normal form.

        :raise Invalid: with a problem per field: `prize-0-name`, `prize-0-amount`, `prize-0-winners`, `prizes`,
            `currency`, `parents_share`.
        """
        problems, prizes = Problems(), []
        for n, prize in enumerate(self.prizes):
            with problems.noted():
                name = one_line(f"prize-{n}-name", prize.name, TITLE_MAX, required=True)
                prizes.append(PrizePlan(name, prize.cents, prize.winners))
            if not 1 <= prize.winners <= WINNERS_MAX:
                problems[f"prize-{n}-winners"] = "out_of_range"
            if prize.cents is not None and not 1 <= prize.cents <= AMOUNT_MAX:
                problems[f"prize-{n}-amount"] = "amount"
        if len(self.prizes) > PRIZES_MAX:
            problems["prizes"] = "out_of_range"
        if self.currency not in CURRENCIES:
            problems["currency"] = "unknown"
        shares = (self.shares.idea, self.shares.parents, self.shares.arguments)
        if not all(0 <= share <= 100 for share in shares):
            problems["parents_share"] = "shares"
        problems.refuse()
        return PrizeRules(tuple(prizes), self.currency, self.shares, self.tie)


NO_PRIZES = PrizeRules()


def prize_rules_of(challenge: Challenge) -> PrizeRules:
    """The prizes of a challenge as stored."""
    return PrizeRules(
        tuple(PrizePlan(**prize) for prize in challenge.prizes),  # type: ignore[arg-type]
        challenge.currency,
        Shares(challenge.parents_share, challenge.arguments_share),
        challenge.tie_rule,
    )


def prize_names(challenge: Challenge, numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of these prizes, which an award holds."""
    return tuple(str(challenge.prizes[n]["name"]) for n in numbers)


def set_prizes(challenge: Challenge, rules: PrizeRules) -> None:
    """Store checked rules."""
    challenge.prizes = [prize.stored() for prize in rules.prizes]
    challenge.currency, challenge.tie_rule = rules.currency, rules.tie
    challenge.parents_share, challenge.arguments_share = rules.shares.parents, rules.shares.arguments
