"""Trying join codes: the limit of wrong codes, and the proof of work beyond it.

A code has 30 bits; it is safe because guessing is slow. A conference hall sits behind one address and types codes
correctly, so only wrong codes count. A browser that has found a code once gets a pass and is not checked again.

The puzzle: find a counter so that SHA-256 of "<puzzle>:<counter>" begins with `WORK_BITS` zero bits. It is signed and
valid for one try within its minute.
"""

import hashlib
import secrets

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from app.platform import limits
from app.platform.errors import TooMany

# A conference hall sits behind one address, and people mistype: this limit stops machines, not halls.
WRONG_PER_ADDRESS = "60 per minute"
WRONG_WITHOUT_WORK = "100 per minute"  # on the whole server; beyond it each try needs a solved puzzle
WRONG_AT_ALL = "600 per minute"

WORK_BITS = 16
WORK_SECONDS = 60


class WorkWanted(Exception):
    """So many wrong codes are tried that this try needs a solved puzzle."""


def guard(puzzle: str = "", counter: str = "") -> None:
    """Check, before a code is looked up, whether it may be tried at all.

    :raise TooMany: if this address or the whole server tried too many wrong codes.
    :raise WorkWanted: if a puzzle must be solved and this is no fresh solution.
    """
    here = limits.network()
    if limits.is_spent(WRONG_PER_ADDRESS, "wrong-code", here) or limits.is_spent(WRONG_AT_ALL, "wrong-code-hard"):
        raise TooMany(60)
    if limits.is_spent(WRONG_WITHOUT_WORK, "wrong-code-soft") and not _is_solved(puzzle, counter):
        raise WorkWanted


def note_wrong() -> None:
    """Count a code that opened nothing: wrong, closed and full alike."""
    limits.note(WRONG_PER_ADDRESS, "wrong-code", limits.network())
    limits.note(WRONG_WITHOUT_WORK, "wrong-code-soft")
    limits.note(WRONG_AT_ALL, "wrong-code-hard")


def new_puzzle() -> str:
    """A puzzle, signed by this server."""
    return str(_puzzles().dumps(secrets.token_urlsafe(12)))


def is_solution(puzzle: str, counter: str) -> bool:
    """Whether the digest begins with enough zero bits."""
    digest = hashlib.sha256(f"{puzzle}:{counter}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - WORK_BITS) == 0


def _is_solved(puzzle: str, counter: str) -> bool:
    if len(counter) > 20 or not is_solution(puzzle, counter):
        return False
    try:
        nonce = _puzzles().loads(puzzle, max_age=WORK_SECONDS)
    except BadSignature:  # expired puzzles included
        return False
    try:
        limits.spend("1 per 2 minutes", "join-work", nonce)
    except TooMany:
        return False
    return True


def _puzzles() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="join-work")


def pass_for(code: str) -> str:
    """A signed value in the join page's form: proof that its code was found before."""
    return str(_passes().dumps(code))


def is_pass(signed: str, code: str) -> bool:
    try:
        return bool(_passes().loads(signed) == code)
    except BadSignature:
        return False


def _passes() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="join-pass")
