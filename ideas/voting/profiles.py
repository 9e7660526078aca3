"""Profiles: ballots as plain arrays for counting, one class for each kind of mark. No database, no ids.

People are numbered 0..people-1 and entries 0..entries-1. The caller may number them in any order. A profile holds the
marks that count: at most one mark of a person on an entry (the latest), and every answer to a pair.

A counting method is a module (or object) that fits `CountingMethod`. The bootstrap draws people again, so all counting
uses weights: `weights[person]` is how often a person counts, 0 for not at all. In a plain count it is 1 for everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from ideas.voting.arrays import Floats, Ints, Ranks

# In `OrderProfile.ranks`: the person did not place the entry. It ranks below all placed entries, tied with the other
# unplaced ones.
UNPLACED = 32767  # the largest number of `Ranks`

LEFT, SKIP, RIGHT = 1, 0, -1


@dataclass(frozen=True, eq=False)
class ScoreProfile:
    """One number per person and entry: approval (1, 0, -1), points, grades, stars and lemons. One row per mark."""

    people: int
    entries: int
    participant: Ints
    subject: Ints
    value: Floats


@dataclass(frozen=True, eq=False)
class PairProfile:
    """Choices between two entries. One row per answer; `outcome` is LEFT, RIGHT or SKIP ("can't say")."""

    people: int
    entries: int
    participant: Ints
    left: Ints
    right: Ints
    outcome: Ints


@dataclass(frozen=True, eq=False)
class OrderProfile:
    """One order per person: `ranks[person, entry]`, int16, 1 for the best, the same number for a tie, or UNPLACED.

    `weight[person]` multiplies a person's order; None means 1 for all. An order is still one person's: the bootstrap
    draws people, whatever their weight.
    """

    ranks: Ranks
    weight: Floats | None = None

    @property
    def people(self) -> int:
        return int(self.ranks.shape[0])

    @property
    def entries(self) -> int:
        return int(self.ranks.shape[1])


Profile: TypeAlias = ScoreProfile | PairProfile | OrderProfile
ProfileKind = TypeVar("ProfileKind", bound=Profile)
ProfileKind_contra = TypeVar("ProfileKind_contra", bound=Profile, contravariant=True)


@dataclass(frozen=True, eq=False)
class Counted:
    """The result of a count, as arrays over the entries.

    `score`, `low` and `high` are for display, in the rule's own unit; NaN if unknown. Only `key` determines places:
    higher is better, and keys that differ by less than `places.SAME` are a tie.
    """

    score: Floats
    low: Floats
    high: Floats
    key: Floats


@dataclass(frozen=True, eq=False)
class Sums:
    """A count in two steps: sums over people, and the keys that follow from them.

    `total` is the sum of everybody, of any shape. `of_runs` gives `[run, …]`, the sums of some people of the same vote
    by `weights[run, person]`, which may be negative. `keys` turns `[run, …]` into `[run, entry]`, which order the
    entries as `CountingMethod.keys` does. `scale` turns them into numbers whose differences a variance describes.
    `is_by_entry`: the sums are `[entry, …]`, and the keys of some entries follow from theirs alone.
    """

    total: Floats
    of_runs: Callable[[Any, Floats], Floats]
    keys: Callable[[Floats], Floats]
    scale: Callable[[Floats], Floats]
    is_by_entry: bool = True


class CountingMethod(Protocol[ProfileKind_contra]):
    """A way to count. `ideas.voting.approval`, `.pairs`, `.points`, `.grades`, `.stars` and `.ranked` implement it."""

    def tally(self, profile: ProfileKind_contra, weights: Floats | None = None) -> Counted:
        """Count once. `weights[person]`; None counts everybody once."""
        ...

    def keys(self, profile: ProfileKind_contra, weights: Floats) -> Floats:
        """Count many times and return only the keys: `weights[run, person]` → `keys[run, entry]`.

        Within a run, the keys order the entries as `tally(profile, weights[run]).key` does. Keys of different runs are
        not comparable.
        """
        ...

    def sums(self, profile: ProfileKind_contra, numbers: Floats, people: float) -> Sums:
        """The count of everybody as sums. A row of `profile` stands for `numbers[person]` of the `people` who voted."""
        ...
