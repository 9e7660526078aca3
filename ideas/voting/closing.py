"""Closing by itself: when a vote that is looked at again and again may end.

A look is settled if the winners are certain at `SETTLED` (`ideas.voting.uncertainty`). Many looks with a stop at the
first settled one are wrong more often than one look. Therefore a round closes only when the same winners are settled
again after a quarter more people have voted, with no other winners in between. `benchmarks.honesty` measures how often
they are the true ones.
"""

from dataclasses import dataclass
from math import ceil

# How many times as many people must have voted at the look that confirms.
CONFIRMED_WITH = 1.25


@dataclass(frozen=True)
class Look:
    """A settled look: the number of voters, and the winners in ascending order."""

    people: int
    winners: tuple[int, ...]

    def confirms(self, first: "Look | None") -> bool:
        """Whether this look finds the winners of `first` again with enough more people."""
        return first is not None and first.winners == self.winners and self.people >= first.confirmed_by

    def kept(self, first: "Look | None") -> "Look":
        """The look that later ones have to confirm: the first one with these winners."""
        return first if first is not None and first.winners == self.winners else self

    @property
    def confirmed_by(self) -> int:
        """The number of voters from which on a later look confirms this one."""
        return ceil(self.people * CONFIRMED_WITH)
