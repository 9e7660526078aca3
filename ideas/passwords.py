"""Passwords: their limits and their hashes. Hashing runs outside of the server's loop."""

import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from ideas.errors import Invalid
from ideas.offload import run_blocking

PASSWORD_MIN = 10  # characters
PASSWORD_MAX = 200

HASHER = PasswordHasher()


def decoy() -> str:
    """A hash of no password, with the cost of a real one.

    A sign-in without an account is verified against it, so that the time of the answer does not reveal which accounts
    exist.
    """
    cost = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    salt, digest = (b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (HASHER.salt_len, HASHER.hash_len))
    return f"$argon2id$v=19${cost}${salt}${digest}"


def checked_password(password: str) -> str:
    """:raise Invalid: `{"password": "too_short" | "too_long"}`."""
    if len(password) < PASSWORD_MIN:
        raise Invalid(password="too_short")  # noqa: S106
    if len(password) > PASSWORD_MAX:
        raise Invalid(password="too_long")  # noqa: S106
    return password


def hash_of(password: str) -> str:
    """The hash to store. :raise Invalid:"""
    return run_blocking(HASHER.hash, checked_password(password))


def is_right(stored: str | None, password: str) -> bool:
    """Whether a password has the stored hash. Without a hash (no such account) it takes as long and returns False."""
    try:
        # A password above the maximum length is always wrong; it must not take more time either.
        run_blocking(HASHER.verify, stored or decoy(), password[: PASSWORD_MAX + 1])
    except VerifyMismatchError:
        return False
    return stored is not None
