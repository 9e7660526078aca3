"""Trying join codes: how many wrong ones are taken, and the proof of work beyond that.

A code has 30 bits; what keeps it from being guessed is that guessing is slow. A conference hall sits behind one
address and types well, so only wrong codes count. Whoever came in once (a pass) is asked nothing again.

The puzzle: find a counter so that SHA-256 of "<puzzle>:<counter>" begins with `WORK_BITS` zero bits. It is signed
and good for one try within its minute.
"""

import hashlib
import secrets

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from app.platform import limits
from app.platform.errors import TooMany

# A conference hall sits behind one address, and people mistype: this is for machines, not for halls.
WRONG_PER_ADDRESS = "60 per minute"
WRONG_WITHOUT_WORK = "100 per minute"  # on the whole server; beyond it each try costs a puzzle
WRONG_AT_ALL = "600 per minute"

WORK_BITS = 16
WORK_SECONDS = 60


class WorkWanted(Exception):
    """So many wrong codes are being tried that this try must be paid for with a solved puzzle."""


def guard(puzzle: str = "", counter: str = "") -> None:
    """Ask before a code is looked up whether it may be tried at all.

    :raise TooMany: if this address or the whole server tried too many wrong ones.
    :raise WorkWanted: if a puzzle must be solved and this is no fresh solution of one.
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
    """A puzzle that this server signed."""
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
    except BadSignature:  # expired ones included
        return False
    try:
        limits.spend("1 per 2 minutes", "join-work", nonce)
    except TooMany:
        return False
    return True


def _puzzles() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="join-work")


def pass_for(code: str) -> str:
    """What the join page's form carries, to say that its code was looked up and found already."""
    return str(_passes().dumps(code))


def is_pass(signed: str, code: str) -> bool:
    try:
        return bool(_passes().loads(signed) == code)
    except BadSignature:
        return False


def _passes() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="join-pass")
