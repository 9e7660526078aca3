"""Rate limits: counters over a moving window, in memory or, if REDIS_URL is set, in Redis.

A conference hall shares one address, so limits on ordinary acts do not count addresses alone.
"""

import contextlib
import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from app.platform.errors import TooFast, TooMany, TooManyReports
from ideas import clock

# Submissions of one person: ideas, edits and arguments. A person cannot type so many; a program can.
WRITING = "30 per minute"

# Looks for similar ideas while one person writes; a page asks at most every 700 ms, and only after a pause.
LOOKING = "60 per minute"

# Reports of texts by one person.
REPORTING = "20 per hour"

# Reports as PDF that one network lets the worker make; those that are kept cost nothing.
TYPESETTING = "20 per 10 minutes"

log = logging.getLogger(__name__)

T = TypeVar("T")

# The pause after Redis gave no answer, so that requests do not wait for it in vain.
AWAY_SECONDS = 5.0


@dataclass
class Counters:
    """The counters of all processes, in Redis if there is one. Without an answer of Redis each process counts alone."""

    own: MovingWindowRateLimiter
    shared: MovingWindowRateLimiter | None = None
    away_until: float = 0.0

    def ask(self, question: Callable[[MovingWindowRateLimiter], T]) -> T:
        if self.shared is not None and time.monotonic() >= self.away_until:
            try:
                return question(self.shared)
            except StorageError as error:
                self.away_until = time.monotonic() + AWAY_SECONDS
                # A server that became a replica keeps its connections open and refuses every count on them.
                self.shared.storage.storage.connection_pool.disconnect(inuse_connections=False)
                log.warning("Redis does not answer; this process counts its rate limits alone: %s", error.storage_error)
        return question(self.own)


def init_app(app: Flask) -> None:
    counters = Counters(MovingWindowRateLimiter(MemoryStorage()))
    if client := app.extensions.get("schwarm-redis"):
        pool, prefix = client.connection_pool, f"{app.config['REDIS_NAMESPACE']}:limits"
        storage = RedisStorage(app.config["REDIS_URL"], pool, prefix, wrap_exceptions=True)
        counters.shared = MovingWindowRateLimiter(storage)
    app.extensions["schwarm-limits"] = counters
    prefix = f"{app.config.get('REDIS_NAMESPACE', '')}:refusals"
    app.extensions["schwarm-refusals"] = Refusals(app.extensions.get("schwarm-redis"), prefix)


def _ask(question: Callable[[MovingWindowRateLimiter], T]) -> T:
    counters: Counters = current_app.extensions["schwarm-limits"]
    return counters.ask(question)


# The hours for which refusals are counted.
REFUSALS_HOURS = 24


class Refusals:
    """How often each limit refused somebody, by the hour: in memory, or in Redis for all processes. No addresses."""

    def __init__(self, client: Any = None, prefix: str = "") -> None:
        self._client, self._prefix = client, prefix
        self._own: Counter[tuple[int, str]] = Counter()
        self._away_until = 0.0

    @property
    def is_shared(self) -> bool:
        return self._client is not None

    def note(self, kind: str) -> None:
        hour = _hour()
        for old in [key for key in self._own if key[0] <= hour - REFUSALS_HOURS]:
            del self._own[old]
        self._own[hour, kind] += 1
        if self._client is not None and time.monotonic() >= self._away_until:
            try:
                name = f"{self._prefix}:{hour}"
                self._client.hincrby(name, kind, 1)
                self._client.expire(name, REFUSALS_HOURS * 3600)
            except _redis_error():
                self._away_until = time.monotonic() + AWAY_SECONDS  # a flood of refusals must not wait each time

    def by_hour(self) -> dict[tuple[int, str], int]:
        """`{(hours since 1970, kind of limit): refusals}` of the last `REFUSALS_HOURS` hours."""
        if self._client is not None:
            with contextlib.suppress(_redis_error()):
                hours = range(_hour() - REFUSALS_HOURS + 1, _hour() + 1)
                asked = self._client.pipeline(transaction=False)
                for hour in hours:
                    asked.hgetall(f"{self._prefix}:{hour}")
                found = zip(hours, asked.execute(), strict=True)
                return {(hour, kind.decode()): int(n) for hour, counts in found for kind, n in counts.items()}
        return {key: n for key, n in self._own.items() if key[0] > _hour() - REFUSALS_HOURS}


def _hour() -> int:
    return clock.to_ms(clock.now()) // 3_600_000


def _redis_error() -> type[Exception]:
    from redis.exceptions import RedisError  # here, so that installations without Redis do not load the client

    return RedisError


def refusals() -> Refusals:
    """The counts of this application."""
    found: Refusals = current_app.extensions["schwarm-refusals"]
    return found


def spend(limit: str, *who: str, refusal: type[TooMany] = TooMany) -> None:
    """Count one act against `limit` ("20 per minute") for `who`.

    :raise TooMany: or its kind `refusal`, if the limit is exceeded.
    """
    item = parse(limit)
    if not _ask(lambda counters: counters.hit(item, *who)):
        refusals().note(who[0])
        raise refusal(item.get_expiry())


def spend_on_writing() -> None:
    """Count a submission of the viewer. :raise TooFast: if the limit is exceeded."""
    spend(WRITING, "writing", str(current_user.person_id), refusal=TooFast)


def spend_on_looking() -> None:
    """Count a look for similar ideas. :raise TooFast: if the limit is exceeded."""
    spend(LOOKING, "looking", str(current_user.person_id), refusal=TooFast)


def spend_on_reporting() -> None:
    """Count a report of a text. :raise TooManyReports: if the limit is exceeded."""
    spend(REPORTING, "reporting", str(current_user.person_id), refusal=TooManyReports)


def spend_on_typesetting() -> None:
    """Count a PDF that has to be made. :raise TooMany: if the limit is exceeded."""
    spend(TYPESETTING, "typesetting", network())


def is_spent(limit: str, *who: str) -> bool:
    """Whether `limit` is used up for `who`; this counts nothing."""
    item: RateLimitItem = parse(limit)
    return not _ask(lambda counters: counters.test(item, *who))


def count(limit: str, *who: str) -> int:
    """How many acts were counted against `limit` within its time; at most its amount."""
    item: RateLimitItem = parse(limit)
    return item.amount - _ask(lambda counters: counters.get_window_stats(item, *who).remaining)


def note(limit: str, *who: str) -> None:
    """Count one act against `limit` without refusing it."""
    _ask(lambda counters: counters.hit(parse(limit), *who))


def address() -> str:
    """The address of the client."""
    return request.remote_addr or "unknown"


def network() -> str:
    """The address of the client; for IPv6 its /64 network, since a subscriber has as many addresses as they like."""
    return _network(32)


def neighbourhood() -> str:
    """The /24 network of the client; for IPv6 its /64 network. Guessers rent addresses side by side."""
    return _network(24)


def _network(bits: int) -> str:
    try:
        found = ipaddress.ip_address(address())
    except ValueError:
        return address()
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 64), strict=False))
        found = found.ipv4_mapped
    return str(found) if bits == 32 else str(ipaddress.ip_network((found, bits), strict=False))
