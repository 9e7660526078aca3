"""Puzzles: work that a browser does before an act that guessers repeat (proof of work, as in Back 2002, Hashcash).

The puzzle: find a counter so that SHA-256 of "<puzzle>:<counter>" begins with so many zero bits. A puzzle is signed,
belongs to one kind of act of one visitor, holds its bits, and is valid for one try within `SECONDS`.
"""

import hashlib
import itertools
import math
import secrets
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.platform import limits
from app.platform.errors import TooMany, WorkWanted

BITS_LEAST = 16  # half a second on a phone
BITS_MOST = 22  # half a minute on a phone: more would refuse the people who share an address with a guesser
SECONDS = 300  # the last bits take a slow phone a minute, and people type meanwhile
SOLVED_ONCE = "1 per 10 minutes"  # longer than a puzzle is valid


@dataclass(frozen=True)
class Puzzle:
    text: str
    bits: int


def bits_after(count: int, free: int, *, per_doubling: int = 1) -> int:
    """The bits of work after `count` acts of which `free` cost nothing; 0 for none. They grow with each doubling."""
    if count < free:
        return 0
    return min(BITS_MOST, BITS_LEAST + int(per_doubling * math.log2(count / free)))


def new_puzzle(about: str, bits: int) -> Puzzle:
    """A puzzle for the act `about`, signed by this server."""
    return Puzzle(str(_puzzles(about).dumps([secrets.token_urlsafe(12), bits])), bits)


def require(about: str, bits: int, puzzle: str, counter: str) -> None:
    """Require a fresh solution; a puzzle that got harder since it was given still counts.

    :raise WorkWanted: if work is wanted and this is no solution.
    """
    if bits and not _is_solved(about, puzzle, counter):
        limits.refusals().note("work")
        raise WorkWanted(bits)


def solve(puzzle: Puzzle) -> str:
    """The counter that solves a puzzle; for programs that visit the pages."""
    return next(str(n) for n in itertools.count() if is_solution(puzzle.text, str(n), puzzle.bits))


def is_solution(puzzle: str, counter: str, bits: int) -> bool:
    """Whether the digest begins with enough zero bits."""
    digest = hashlib.sha256(f"{puzzle}:{counter}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0


def _is_solved(about: str, puzzle: str, counter: str) -> bool:
    if not puzzle or len(counter) > 20:
        return False
    try:
        nonce, bits = _puzzles(about).loads(puzzle, max_age=SECONDS)
    except BadSignature:  # expired puzzles included
        return False
    if not is_solution(puzzle, counter, bits):
        return False
    try:
        limits.spend(SOLVED_ONCE, "puzzle", nonce)
    except TooMany:
        return False
    return True


def _puzzles(about: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=f"work:{about}")
