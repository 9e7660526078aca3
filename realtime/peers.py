"""The other processes of an installation: each tells the others every second which people it hears, through Redis.

It publishes messages and stores no keys: Redis passes messages on and keeps nothing, so presence never reaches a disk.
"""

import json
import logging
import secrets
import time
from typing import TYPE_CHECKING

from flask import Flask

from realtime.presence import Presence

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import PubSub

log = logging.getLogger(__name__)

PUBLISH_SECONDS = 1.0

# The pause before a new line to Redis, after the old one broke.
PAUSE_SECONDS = 1.0

# Each process hears its own messages too. A line that brought none for this long is dead, though no error was seen:
# Redis moved, or a firewall dropped the connection.
ECHO_SECONDS = 5.0

# The format of the messages. Processes of releases with different formats do not hear each other.
FORMAT = 3


class PeerExchange:
    """Shares the presence of this process with the others."""

    def __init__(self, app: Flask, presence: Presence) -> None:
        self._redis: Redis | None = app.extensions.get("schwarm-redis")
        self._presence = presence
        self._name = secrets.token_hex(8)
        self._channel = f"{app.config.get('REDIS_NAMESPACE')}:presence:{FORMAT}"
        self._is_alone = False

    @property
    def has_redis(self) -> bool:
        return self._redis is not None

    def exchange(self) -> None:
        """Publish and listen until the line to Redis breaks. While Redis is away the others are forgotten."""
        from redis.exceptions import RedisError

        assert self._redis is not None
        try:
            with self._redis.pubsub(ignore_subscribe_messages=True) as listener:
                self._exchange(self._redis, listener)
        except RedisError as error:
            if not self._is_alone:
                log.warning("Redis is away, presence counts this process alone: %s", error)
            self._is_alone = True

    def _exchange(self, redis: "Redis", listener: "PubSub") -> None:
        """Publish and listen until the line is dead."""
        listener.subscribe(self._channel)
        echo_at = time.monotonic()
        while time.monotonic() - echo_at < ECHO_SECONDS:
            redis.publish(self._channel, json.dumps([self._name, self._presence.own()]))
            if self._is_alone:
                log.warning("Redis is back, presence is shared again")
            self._is_alone = False
            publish_at = time.monotonic() + PUBLISH_SECONDS
            while (left := publish_at - time.monotonic()) > 0:
                message = listener.get_message(timeout=left)
                if message is not None and self._hear(message["data"]):
                    echo_at = time.monotonic()
        log.warning("Redis brings nothing back, not even the messages of this process: opening a new line")

    def _hear(self, data: bytes) -> bool:
        """Take note of a message. :return: whether this process sent it."""
        name, heard = json.loads(data)
        if name == self._name:
            return True
        self._presence.hear(name, heard)
        return False
