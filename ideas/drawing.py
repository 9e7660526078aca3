"""The draw between tied entries: a secret seed, whose digest is published before anybody votes.

It shows that the order was not chosen after the result. It does not stop an operator who reads the database from
knowing the seed before.
"""

import hashlib
from collections.abc import Iterable

SEED_BYTES = 32


def commitment(seed: bytes) -> str:
    """The digest (64 hex digits) that binds a draw before anybody can know who is tied."""
    return hashlib.sha256(b"draw" + seed).hexdigest()


def drawn(seed: bytes, entries: Iterable[int]) -> list[int]:
    """The entries in the order of a draw, which anybody can compute again from the seed."""
    return sorted(entries, key=lambda entry: hashlib.sha256(seed + b"entry-%d" % entry).digest())
