"""How often: counters over a moving window, kept in memory or, where REDIS_URL is set, in Redis.

A conference hall sits behind one address, so no limit on ordinary acts goes by address alone.
"""

import ipaddress

from flask import Flask, current_app, request
from flask_login import current_user
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.errors import Crowded, TooFast, TooMany

# What one person hands in: ideas, new words for them, arguments. Far above what hands can do, far below a machine.
WRITING = "30 per minute"
# New people through the doors from one network: a hall of 500 is in within the minute, twice over.
JOINING = "1000 per minute"


def init_app(app: Flask) -> None:
    storage = storage_from_string(app.config["RATELIMIT_STORAGE_URI"])
    app.extensions["schwarm-limits"] = MovingWindowRateLimiter(storage)


def _limiter() -> MovingWindowRateLimiter:
    return current_app.extensions["schwarm-limits"]


def spend(limit: str, *who: str, refusal: type[TooMany] = TooMany) -> None:
    """Count one act against `limit` ("20 per minute") for `who`.

    :raise TooMany: as `refusal`, if that was one too many.
    """
    item = parse(limit)
    if not _limiter().hit(item, *who):
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
    return not _limiter().test(item, *who)


def note(limit: str, *who: str) -> None:
    """Count one act against `limit` without refusing it."""
    _limiter().hit(parse(limit), *who)


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
