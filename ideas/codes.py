"""Join codes: six letters and digits of Crockford's base 32, shown in two groups of three.

Crockford 2002: no I, L, O, U; case does not matter; I and L are read as 1, O as 0.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
_LOOK_ALIKES = str.maketrans("ILOU", "110V")


def new_code() -> str:
    """A random code; 30 bits, about 1.07 thousand million codes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalised(typed: str) -> str | None:
    """The code that was typed, in its normal form; None if it can be no code."""
    code = "".join(c for c in typed.upper() if c.isalnum()).translate(_LOOK_ALIKES)
    return code if len(code) == LENGTH and all(c in ALPHABET for c in code) else None


def shown(code: str) -> str:
    """A code in the form for display: "7KF 3MP"."""
    return f"{code[:3]} {code[3:]}"
