"""The way in: keys of links, work for wrong codes, and work for crowds that join from one address.

A code has 30 bits; it is safe because guessing costs work. Wrong codes are counted for the browser, for its address and
for the whole server; beyond some free ones each further try needs a solved puzzle. Nobody is ever refused: a conference
hall sits behind one address. Links and QR codes carry a key beside the code, which cannot be guessed, so the right link
opens without work, whatever others try. A browser that found a code gets its key too.
"""

import hashlib
import hmac
import re
from base64 import b32encode

from flask import Flask, request, session, url_for

from app.platform import limits, puzzles
from app.platform.secret_key import secret_key
from app.viewers.identity import BROWSER
from ideas.loops import Loop
from ideas.waves import forget_networks, next_forgetting

KEY = "key"
KEY_LENGTH = 10  # characters of base 32: 50 bits
_KEY_IN_LINK = re.compile(rf"[?&]{KEY}=([a-z2-7]{{{KEY_LENGTH}}})\b")

WRONG = "5000 per minute"
# Wrong codes within a minute that cost nothing.
FREE_BROWSER = 5
FREE_ADDRESS = 60  # a hall whose people mistype
FREE_AT_ALL = 100

JOINS = "5000 per minute"
# People who join from one address within a minute and cost nothing. A hall of 500 who come within a minute costs its
# last people a million digests, while they type a name.
FREE_JOINS = 120

FORGET_SECONDS = 30  # how often the networks of people who joined are forgotten


def init_app(app: Flask) -> None:
    app.jinja_env.globals["way_in"] = way_in
    loop = Loop("arrivals", FORGET_SECONDS, forget_networks, next_at=next_forgetting())
    app.extensions.setdefault("schwarm-loops", []).append(loop)


def key_of(code: str) -> str:
    """The key of a code, for links. It ends with the code."""
    digest = hmac.new(secret_key(), f"way-in:{code}".encode(), hashlib.sha256).digest()
    return b32encode(digest).decode()[:KEY_LENGTH].lower()


def is_key(key: str, code: str) -> bool:
    return hmac.compare_digest(key.encode(), key_of(code).encode())


def key_in(typed: str) -> str | None:
    """The key in a whole link that was pasted, None if there is none."""
    found = _KEY_IN_LINK.search(typed)
    return found[1] if found else None


def way_in(code: str, **values: str | None) -> str:
    """The address of the join page of a code that the viewer is to get; it opens without work."""
    return url_for("participants.join", code=code, **{KEY: key_of(code)}, **values)


def guard(code: str | None) -> None:
    """Check, before a code is looked up, whether the visitor has its key or did the work of a try.

    :raise WorkWanted: if a puzzle must be solved first.
    """
    if code is None or is_key(request.values.get(KEY, ""), code):
        return
    puzzles.require(_about(), code_bits(), *_solution())


def code_bits() -> int:
    """The bits of work of the next try of a code."""
    return max(
        puzzles.bits_after(_wrong("browser", _browser()), FREE_BROWSER) if _browser() else 0,
        puzzles.bits_after(_wrong("address", limits.network()), FREE_ADDRESS),
        puzzles.bits_after(_wrong("all"), FREE_AT_ALL),
    )


def note_wrong() -> None:
    """Count a code that opened nothing."""
    if _browser():
        limits.note(WRONG, "wrong-code", "browser", _browser())
    limits.note(WRONG, "wrong-code", "address", limits.network())
    limits.note(WRONG, "wrong-code", "all")


def code_puzzle(bits: int) -> puzzles.Puzzle:
    return puzzles.new_puzzle(_about(), bits)


def join_puzzle() -> puzzles.Puzzle | None:
    """The puzzle that a person who joins now has to solve, if any."""
    bits = _join_bits()
    return puzzles.new_puzzle(_about_joining(), bits) if bits else None


def count_join() -> None:
    """Count a person who joins, before it is done. :raise WorkWanted:"""
    puzzles.require(_about_joining(), _join_bits(), *_solution())
    limits.note(JOINS, "joining", limits.network())


def network_digest(challenge_id: int) -> str:
    """The digest of the visitor's network for one challenge, by which waves are found."""
    text = f"network:{challenge_id}:{limits.network()}"
    return hmac.new(secret_key(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _join_bits() -> int:
    return puzzles.bits_after(limits.count(JOINS, "joining", limits.network()), FREE_JOINS, per_doubling=2)


def _solution() -> tuple[str, str]:
    return request.values.get("puzzle", ""), request.values.get("counter", "")


def _wrong(*who: str) -> int:
    return limits.count(WRONG, "wrong-code", *who)


def _browser() -> str:
    return session.get(BROWSER, "")


def _about() -> str:
    return f"join-code:{limits.network()}"


def _about_joining() -> str:
    return f"joining:{limits.network()}"
