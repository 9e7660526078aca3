"""The weight of flags: how much the flags of a text count where moderators sort what waits for them."""

from collections.abc import Iterable

# From so many rejected flags on, the further flags of a person count less …
REJECTED_OFTEN = 3
# … namely this much instead of 1.
LESS = 0.5


def is_doubtful(rejected: int) -> bool:
    """Whether moderators rejected so many flags of a person that the person's others count less."""
    return rejected >= REJECTED_OFTEN


def weight_of(rejected: Iterable[int]) -> float:
    """The weight of a text's open flags: the sum of 1 for each, or `LESS` if its author was rejected often.

    :param rejected: for each flag, the number of other flags of the same person that moderators rejected.
    """
    return sum(LESS if is_doubtful(n) else 1.0 for n in rejected)
