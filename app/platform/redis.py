"""Redis, where REDIS_URL is set: for what several processes share and nobody has to rely on.

A hint, never the truth: whoever gets no answer goes on alone, and asks again later.
"""

import hashlib
import hmac

from flask import Flask

# What waits for Redis could do without it.
PATIENCE_SECONDS = 1.0


def init_app(app: Flask) -> None:
    """Make the one client of this process. It connects when it is first used."""
    if not app.config["REDIS_URL"]:
        return
    import redis  # where there is none nobody pays for the client
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    app.config["REDIS_NAMESPACE"] = _namespace(app.config["SECRET_KEY"])
    app.extensions["schwarm-redis"] = redis.Redis.from_url(
        app.config["REDIS_URL"],
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once: the connection may be of before a restart
    )


def _namespace(secret: str | bytes) -> str:
    """What the names of an installation begin with, where others use the same Redis: its processes share a secret."""
    key = secret if isinstance(secret, bytes) else str(secret).encode()
    return f"schwarm:{hmac.new(key, b'redis', hashlib.sha256).hexdigest()[:16]}"
