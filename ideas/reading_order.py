"""The order in which a reader finds the arguments on an idea. It knows no votes, marks or names.

Both sides alternate as long as both last. Each side is a ring in the order of writing, which every reader enters at
another place, so that over all readers each argument is the first of its side equally often. The latest arguments
follow near the top, since earlier readers could not see them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import sqrt

# The latest arguments of a side stand at its second, fourth … place, unless the ring brings them earlier.
NEWCOMERS = 2

# Multiples of these fill the interval from 0 to 1 evenly: the golden ratio best of all numbers (Knuth, TAOCP 3, 6.4).
GOLDEN, ROOT = (sqrt(5) - 1) / 2, sqrt(2) - 1


@dataclass(frozen=True)
class ReadingPlace:
    """Where a reader begins: `turn` is the share of the ring of each side, 0 ≤ turn < 1."""

    turn: float = 0.0
    begins_with_second: bool = False


def reading_of(reader_id: int, idea_id: int) -> ReadingPlace:
    """The place of a reader: the same at every visit, another one on every idea."""
    n = reader_id + 7 * idea_id
    return ReadingPlace(n * GOLDEN % 1, n * ROOT % 1 >= 0.5)


def begins_at(side: Sequence[int], reading: ReadingPlace) -> int:
    """The index of the first argument of a side; 0 for an empty one."""
    return int(reading.turn * len(side))


def in_turn(side: Sequence[int], reading: ReadingPlace) -> list[int]:
    """The arguments of one side, given in the order of writing, in the order of a reader."""
    at = begins_at(side, reading)
    found = [*side[at:], *side[:at]]
    for n, newcomer in enumerate(reversed(side[-NEWCOMERS:])):
        place = 2 * n + 1
        if newcomer in found[place + 1 :]:
            found.remove(newcomer)
            found.insert(place, newcomer)
    return found


def both_in_turn(first: Sequence[int], second: Sequence[int], reading: ReadingPlace) -> list[int]:
    """Two sides, alternating."""
    sides = [in_turn(first, reading), in_turn(second, reading)]
    return list(_alternating(*(sides[::-1] if reading.begins_with_second else sides)))


def _alternating(one: Sequence[int], other: Sequence[int]) -> Iterator[int]:
    return (found for pair in zip_longest(one, other) for found in pair if found is not None)
