"""Redis, if REDIS_URL is set: for data that several processes share and that may get lost.

Redis is a hint and never the truth: without an answer the caller continues alone and tries again later.
"""

import hashlib
import hmac

from flask import Flask

# The callers can continue without Redis, so they wait only briefly.
PATIENCE_SECONDS = 1.0


def init_app(app: Flask) -> None:
    """Make the one client of this process. It connects when it is first used."""
    if not app.config["REDIS_URL"]:
        return
    import redis  # imported here, so that installations without Redis do not load the client
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    app.config["REDIS_NAMESPACE"] = _namespace(app.config["SECRET_KEY"])
    app.extensions["schwarm-redis"] = redis.Redis.from_url(
        app.config["REDIS_URL"],
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once: the connection may date from before a restart of Redis
    )


def answers(app: Flask) -> bool:
    """Whether Redis answers; true where none is set."""
    client = app.extensions.get("schwarm-redis")
    if client is None:
        return True
    from redis.exceptions import RedisError

    try:
        return bool(client.ping())
    except RedisError:
        return False


def _namespace(secret: str | bytes) -> str:
    """The prefix of an installation's names in a shared Redis; the processes of an installation share a secret."""
    key = secret if isinstance(secret, bytes) else str(secret).encode()
    return f"schwarm:{hmac.new(key, b'redis', hashlib.sha256).hexdigest()[:16]}"
