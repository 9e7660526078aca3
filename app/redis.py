"""Redis, where REDIS_URL is set: for what several processes share and nobody has to rely on.

A hint, never the truth: whoever gets no answer goes on alone, and asks again later.
"""

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

    app.extensions["schwarm-redis"] = redis.Redis.from_url(
        app.config["REDIS_URL"],
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once: the connection may be of before a restart
    )
