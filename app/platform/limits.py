"""How often: counters over a moving window, kept in memory or, where REDIS_URL is set, in Redis.

A conference hall sits behind one address, so no limit on ordinary acts goes by address alone.
"""

import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, request
from flask_login import current_user
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from app.platform.errors import Crowded, TooFast, TooMany

# What one person hands in: ideas, new words for them, arguments. Far above what hands can do, far below a machine.
WRITING = "30 per minute"
# New people through the doors from one network: a hall of 500 is in within the minute, twice over.
JOINING = "1000 per minute"

log = logging.getLogger(__name__)

# How long Redis is left alone once it gave no answer: not every request should wait for it in vain.
AWAY_SECONDS = 5.0


@dataclass
class Counters:
    """Redis' where there is one. While it is away each process counts by itself."""

    own: MovingWindowRateLimiter
    shared: MovingWindowRateLimiter | None = None
    away_until: float = 0.0

    def ask(self, question: Callable[[MovingWindowRateLimiter], bool]) -> bool:
        if self.shared is not None and time.monotonic() >= self.away_until:
            try:
                return question(self.shared)
            except StorageError as error:
                self.away_until = time.monotonic() + AWAY_SECONDS
                log.warning("Redis is away, limits are counted by this process alone: %s", error.storage_error)
        return question(self.own)


def init_app(app: Flask) -> None:
    counters = Counters(MovingWindowRateLimiter(MemoryStorage()))
    if client := app.extensions.get("schwarm-redis"):
        pool, prefix = client.connection_pool, f"{app.config['REDIS_NAMESPACE']}:limits"
        storage = RedisStorage(app.config["REDIS_URL"], pool, prefix, wrap_exceptions=True)
        counters.shared = MovingWindowRateLimiter(storage)
    app.extensions["schwarm-limits"] = counters


def _ask(question: Callable[[MovingWindowRateLimiter], bool]) -> bool:
    counters: Counters = current_app.extensions["schwarm-limits"]
    return counters.ask(question)


def spend(limit: str, *who: str, refusal: type[TooMany] = TooMany) -> None:
    """Count one act against `limit` ("20 per minute") for `who`.

    :raise TooMany: as `refusal`, if that was one too many.
    """
    item = parse(limit)
    if not _ask(lambda counters: counters.hit(item, *who)):
        raise refusal(item.get_expiry())


def spend_on_writing() -> None:
    """Count something that the viewer hands in. :raise TooFast:"""
    spend(WRITING, "writing", str(current_user.person_id), refusal=TooFast)


def spend_on_joining() -> None:
    """Count somebody who comes in. :raise Crowded:"""
    spend(JOINING, "joining", network(), refusal=Crowded)


def is_spent(limit: str, *who: str) -> bool:
    """Whether `limit` is used up for `who`; counts nothing."""
    item: RateLimitItem = parse(limit)
    return not _ask(lambda counters: counters.test(item, *who))


def note(limit: str, *who: str) -> None:
    """Count one act against `limit` without refusing it."""
    _ask(lambda counters: counters.hit(parse(limit), *who))


def address() -> str:
    """The address this request came from."""
    return request.remote_addr or "unknown"


def network() -> str:
    """The address, or for IPv6 the network that one subscriber has: single addresses cost nothing there."""
    try:
        found = ipaddress.ip_address(address())
    except ValueError:
        return address()
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
