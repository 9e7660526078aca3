"""How often: counters over a moving window, kept in memory or, where REDIS_URL is set, in Redis.

A conference hall sits behind one address, so no limit on ordinary acts goes by address alone.
"""

from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.errors import TooMany


def init_app(app: Flask) -> None:
    storage = storage_from_string(app.config["RATELIMIT_STORAGE_URI"])
    app.extensions["schwarm-limits"] = MovingWindowRateLimiter(storage)


def _limiter() -> MovingWindowRateLimiter:
    return current_app.extensions["schwarm-limits"]


def spend(limit: str, *who: str) -> None:
    """Count one act against `limit` ("20 per minute") for `who`.

    :raise TooMany: if that was one too many.
    """
    item = parse(limit)
    if not _limiter().hit(item, *who):
        raise TooMany(item.get_expiry())


def is_spent(limit: str, *who: str) -> bool:
    """Whether `limit` is used up for `who`; counts nothing."""
    item: RateLimitItem = parse(limit)
    return not _limiter().test(item, *who)


def note(limit: str, *who: str) -> None:
    """Count one act against `limit` without refusing it."""
    _limiter().hit(parse(limit), *who)


def address() -> str:
    """The address this request came from."""
    return request.remote_addr or "unknown"
