"""The other processes of an installation: each tells all others every second whom it hears, through Redis.

By messages, not by keys: Redis passes them on and keeps nothing, so that nothing of presence ever reaches a disk.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask

from realtime.presence import Presence

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import PubSub

log = logging.getLogger(__name__)

SPEAK_SECONDS = 1.0

# After Redis was away or a message made no sense.
PAUSE_SECONDS = 1.0

# Each process hears its own word, too. A line that did not bring it for this long is dead, though nothing broke: Redis
# moved, or a firewall forgot.
DEAF_SECONDS = 5.0

# What is said changes with this number: processes of two releases do not listen to each other.
FORM = 1


class Neighbours:
    """What this process says to the others, and what it hears from them."""

    def __init__(self, app: Flask, presence: Presence, sleep: Callable[[float], None]) -> None:
        self._redis: Redis | None = app.extensions.get("schwarm-redis")
        self._presence, self._sleep = presence, sleep
        self._name = secrets.token_hex(8)
        self._channel = f"{app.config.get('REDIS_NAMESPACE')}:presence:{FORM}"
        self._alone = False

    def exchange_forever(self) -> None:
        """Without Redis there is nobody to tell. While it is away the others are forgotten."""
        if self._redis is None:
            return
        from redis.exceptions import RedisError

        while True:
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as ear:
                    self._exchange(self._redis, ear)
            except RedisError as error:
                if not self._alone:
                    log.warning("Redis is away, presence is this process' own: %s", error)
                self._alone = True
            except Exception:
                log.exception("what was said of presence made no sense")
            self._sleep(PAUSE_SECONDS)

    def _exchange(self, redis: "Redis", ear: "PubSub") -> None:
        """Speak and listen until the line is dead."""
        ear.subscribe(self._channel)
        heard_at = time.monotonic()
        while time.monotonic() - heard_at < DEAF_SECONDS:
            redis.publish(self._channel, json.dumps([self._name, self._presence.own()]))
            if self._alone:
                log.warning("Redis is back, presence is shared again")
            self._alone = False
            speak_at = time.monotonic() + SPEAK_SECONDS
            while (left := speak_at - time.monotonic()) > 0:
                message = ear.get_message(timeout=left)
                if message is not None and self._hear(message["data"]):
                    heard_at = time.monotonic()
        log.warning("nothing comes back from Redis, not even what this process says: a new line")

    def _hear(self, data: bytes) -> bool:
        """:return: whether it is this process' own word."""
        name, told = json.loads(data)
        if name == self._name:
            return True
        self._presence.hear(name, told)
        return False
