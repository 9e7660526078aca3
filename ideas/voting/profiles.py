"""Profiles: ballots as the counting takes them, plain arrays, one class for each kind of mark. No database, no ids.

People are numbered 0..people-1 and entries 0..entries-1; the caller may number them in any order, the counting treats
all alike. A profile holds what counts: at most one mark of a person on an entry (the latest), and every answer to a
pair.

A counting method is a module (or object) that fits `CountingMethod`. The bootstrap draws people again, so everything is
counted by weights: `weights[person]` says how often a person counts, 0 for not at all; in a plain count it is 1 for
everybody.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.integer]

# In `Orders.ranks`: a person did not place the entry. Below all that they placed, tied with the others not placed.
UNPLACED = np.iinfo(np.int16).max

LEFT, SKIP, RIGHT = 1, 0, -1


@dataclass(frozen=True, eq=False)
class ScoreProfile:
    """One number of a person on an entry: approval (1, 0, -1), points, grades, stars and lemons. One row a mark."""

    people: int
    entries: int
    participant: Ints
    subject: Ints
    value: Floats


@dataclass(frozen=True, eq=False)
class PairProfile:
    """Which of two? One row an answer; `outcome` is LEFT, RIGHT or SKIP ("can't say")."""

    people: int
    entries: int
    participant: Ints
    left: Ints
    right: Ints
    outcome: Ints


@dataclass(frozen=True, eq=False)
class OrderProfile:
    """An order of each person: `ranks[person, entry]`, int16, 1 for the best, the same number for a tie, or UNPLACED.

    `weight[person]` multiplies what the person's order counts, 1 when it is None. It is one person's all the same:
    the bootstrap draws people, whatever they weigh.
    """

    ranks: NDArray[np.int16]
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
    """What a rule says of each entry, as arrays over the entries.

    `score`, `low` and `high` are for people, in the rule's own unit; NaN where nothing is known. Places go by `key`
    alone: higher is better, and keys closer than `places.SAME` are a tie.
    """

    score: Floats
    low: Floats
    high: Floats
    key: Floats


class CountingMethod(Protocol[ProfileKind_contra]):
    """A way to count. `ideas.voting.approval`, `.pairs`, `.points`, `.grades`, `.stars` and `.ranked` are rules."""

    def tally(self, profile: ProfileKind_contra, weights: Floats | None = None) -> Counted:
        """Count once. `weights[person]`, everybody once when None."""
        ...

    def keys(self, profile: ProfileKind_contra, weights: Floats) -> Floats:
        """Count many times, only the keys: `weights[run, person]` → `keys[run, entry]`.

        Within a run they order the entries as `tally(profile, weights[run]).key` does; runs can't be compared by them.
        """
        ...
