"""Join codes: six letters and digits of Crockford's base 32, shown in two groups of three.

Crockford 2002: no I, L, O, U; case does not matter; I and L are read as 1, O as 0.
"""

import re
import secrets
import unicodedata
from urllib.parse import parse_qs, unquote, urlsplit

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
LINK_MAX = 2000  # characters of a pasted link
_LOOK_ALIKES = str.maketrans("ILOU", "110V")
_LINK = re.compile(r"[/?#]|%[0-9A-Fa-f]{2}")


def new_code() -> str:
    """A random code; 30 bits, about 1.07 thousand million codes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalised(typed: str) -> str | None:
    """The code that was typed, in its normal form; None if it can be no code.

    Full-width letters and the digits of other scripts count; spaces, dashes and invisible characters do not.
    """
    code = "".join(c for c in _plain(typed).upper() if c.isalnum()).translate(_LOOK_ALIKES)
    return code if len(code) == LENGTH and all(c in ALPHABET for c in code) else None


def code_in(typed: str) -> str | None:
    """The code that was typed alone or inside a whole link, in its normal form; None if there is none.

    In a link the code is the parameter `code`, or the part of the path after `/join/`, or the last part of it.
    """
    typed = _plain(typed[:LINK_MAX]).strip()
    if not _LINK.search(typed):
        return normalised(typed)
    try:
        link = urlsplit(typed if "://" in typed else f"//{typed}")
    except ValueError:
        return None
    for given in parse_qs(link.query).get("code", []):
        if code := normalised(given):
            return code
    parts = [unquote(part) for part in link.path.split("/") if part]
    if "join" in parts[:-1]:
        return normalised(parts[parts.index("join") + 1])
    if "challenges" in parts:
        return None  # a slug of six letters is no code
    return (normalised(parts[-1]) if parts else None) or normalised(unquote(typed))


def shown(code: str) -> str:
    """A code in the form for display: "7KF 3MP"."""
    return f"{code[:3]} {code[3:]}"


def _plain(typed: str) -> str:
    """Compatibility forms as their plain letters, and every decimal digit as 0 to 9."""
    return "".join(
        c if (digit := unicodedata.decimal(c, None)) is None else str(digit)
        for c in unicodedata.normalize("NFKC", typed)
    )
