"""Signing in by password: guessers are slowed, and nobody who knows the password is locked out.

Failures are counted for an hour: for a network together with an address, for the network, for the address, and for the
password. Beyond some free failures each try costs a solved puzzle, before anything is hashed. A stranger waits if an
address was tried very often; a browser or a network that signed in to this address before never does. Such a browser
does not even solve puzzles, unless it errs itself.

Nothing here asks whether the address has an account, so known and unknown addresses get the same answers.
"""

import hashlib
import hmac
from dataclasses import dataclass

from flask import session

from app.platform import limits, puzzles
from app.platform.errors import TooMany
from app.platform.secret_key import secret_key
from app.viewers.identity import BROWSER, KNOWN_TO

HOUR = "5000 per hour"
# Failures within an hour that cost nothing.
FREE_PAIR = 5
FREE_NETWORK = 30  # an office of people who mistype
FREE_ADDRESS = 20
FREE_PASSWORD = 10  # the same password on many addresses
# Strangers wait beyond this: solved puzzles alone do not stop those who have many machines.
STRANGERS_MOST = 100
STRANGERS_WAIT = 900  # seconds

KNOWN_ERRS = "10 per 5 minutes"
# Networks are remembered in the memory of the server (or in Redis), as a digest and for so long.
KNOWN_NETWORK = "1 per 30 days"
ACCOUNTS_KNOWN = 10  # that one browser remembers


@dataclass
class Try:
    """One try to sign in with a typed address and password."""

    address: str  # digests with the server's key
    password: str
    network: str
    browser: str
    is_known: bool  # this browser signed in to this address before
    is_counted: bool = False

    @classmethod
    def of(cls, email: str, password: str) -> "Try":
        address = _digest("address", email)
        # So few digits fit many passwords: the counters of a server that was read must not give one away.
        secret = _digest("password", password)[:6]
        known = address in session.get(KNOWN_TO, ())
        return cls(address, secret, limits.neighbourhood(), session.get(BROWSER, ""), known)

    def begin(self, puzzle: str, counter: str) -> None:
        """Count the try, before anything is hashed. Tries in parallel count too.

        :raise TooMany: :raise WorkWanted:
        """
        if self._errs_little():
            return
        bits = self.bits()
        if not self._is_from_near() and self._failures("address", self.address) >= STRANGERS_MOST:
            limits.refusals().note("sign-in")
            raise TooMany(STRANGERS_WAIT)
        puzzles.require(self.about, bits, puzzle, counter)
        self._note("tries")
        self.is_counted = True

    def succeeded(self) -> None:
        """Take the try back from the failures, and remember the browser and the network."""
        if self.is_counted:
            self._note("successes")
        limits.note(KNOWN_NETWORK, "known-network", self.address, self.network)
        before = [one for one in session.get(KNOWN_TO, ()) if one != self.address]
        session[KNOWN_TO] = [*before, self.address][-ACCOUNTS_KNOWN:]
        session.permanent = True

    def puzzle(self) -> puzzles.Puzzle | None:
        """The puzzle of the next try, if it needs one."""
        bits = self.bits()
        return puzzles.new_puzzle(self.about, bits) if bits and not self._may_err() else None

    @property
    def about(self) -> str:
        return f"sign-in:{self.address}:{self.network}"

    def bits(self) -> int:
        return max(
            puzzles.bits_after(self._failures(kind, *who), free)
            for kind, free, who in (
                ("pair", FREE_PAIR, (self.address, self.network)),
                ("network", FREE_NETWORK, (self.network,)),
                ("address", FREE_ADDRESS, (self.address,)),
                ("password", FREE_PASSWORD, (self.password,)),
            )
        )

    def _note(self, what: str) -> None:
        limits.note(HOUR, "sign-in", what, "pair", self.address, self.network)
        limits.note(HOUR, "sign-in", what, "network", self.network)
        limits.note(HOUR, "sign-in", what, "address", self.address)
        limits.note(HOUR, "sign-in", what, "password", self.password)

    def _failures(self, kind: str, *who: str) -> int:
        tries, successes = (limits.count(HOUR, "sign-in", what, kind, *who) for what in ("tries", "successes"))
        return max(0, tries - successes)

    def _errs_little(self) -> bool:
        """Count the try of a known browser; whether it is still free."""
        if not self._may_err():
            return False
        limits.note(KNOWN_ERRS, "known-browser", self.address, self.browser)
        return True

    def _may_err(self) -> bool:
        return self.is_known and not limits.is_spent(KNOWN_ERRS, "known-browser", self.address, self.browser)

    def _is_from_near(self) -> bool:
        return self.is_known or limits.is_spent(KNOWN_NETWORK, "known-network", self.address, self.network)


def remember(email: str) -> None:
    """Remember that this browser and its network signed in to an address, by a link or a new account."""
    Try.of(email, "").succeeded()


def _digest(kind: str, text: str) -> str:
    return hmac.new(secret_key(), f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()[:24]
