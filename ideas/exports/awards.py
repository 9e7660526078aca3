"""The prizes of a challenge and the awards that stand, as the exports write them. They are later records beside the
result. Names are those that the page of the winners shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from ideas.models import Challenge
from ideas.prizes import PrizeRules, prize_rules_of
from ideas.queries.winners import AwardRow, award_rows

Line = Sequence[str | int | None]


@dataclass(frozen=True)
class ExportedAwards:
    """`rows` are the awards that stand, in the order of the prizes."""

    rules: PrizeRules
    rows: list[AwardRow]

    def __bool__(self) -> bool:
        return bool(self.rules)

    def amount(self, cents: int | None) -> str | None:
        """An amount with its decimals, such as "1500.00"."""
        return None if cents is None else str(Decimal(cents).scaleb(-self.rules.decimals))

    @property
    def document(self) -> dict[str, object]:
        """The prizes with their rules, and the awards. Amounts are in the smallest unit of the currency."""
        rules = self.rules
        return {
            "prizes": {
                "currency": rules.currency,
                "prizes": [prize.stored() for prize in rules.prizes],
                "shares": {
                    "idea": rules.shares.idea,
                    "parents": rules.shares.parents,
                    "arguments": rules.shares.arguments,
                },
                "tie": str(rules.tie),
            },
            "awards": [_award(row) for row in self.rows],
        }

    @property
    def cells(self) -> Iterable[Line]:
        """One line for each part."""
        for row in self.rows:
            for part in row.parts:
                of = (row.id, " + ".join(row.prizes), row.entry_id, row.title)
                about = part.words or part.title
                yield (*of, str(part.kind), about, str(part.holder), part.name, self.amount(part.cents), self._currency)

    @property
    def _currency(self) -> str:
        return self.rules.currency


AWARDS = ("award", "prize", "entry", "idea_title", "part", "of", "holder", "name", "amount", "currency")


def exported_awards(session: Session, challenge: Challenge) -> ExportedAwards:
    """The awards of a challenge; without a statement if it has no prizes."""
    rules = prize_rules_of(challenge)
    rows = [row for row in award_rows(session, challenge) if row.stands] if rules else []
    return ExportedAwards(rules, rows)


def _award(row: AwardRow) -> dict[str, object]:
    return {
        "award": row.id,
        "entry": row.entry_id,
        "prizes": list(row.prizes),
        "cents": row.cents,
        "shared": row.is_shared,
        "drawn": row.is_drawn,
        "parts": [
            {"part": str(p.kind), "holder": str(p.holder), "name": p.name or None, "cents": p.cents} for p in row.parts
        ],
    }
