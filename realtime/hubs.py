"""The loops of the green servers, as lines need them. This file knows the private parts of eventlet and gevent."""

from collections.abc import Callable
from typing import Any

READABLE, WRITABLE = 1, 2


class EventletHub:
    """Calls from eventlet's hub."""

    def __init__(self) -> None:
        from eventlet.hubs import get_hub

        self._hub = get_hub()

    def on_readable(self, fileno: int, act: Callable[[], None]) -> "EventletWatch":
        return EventletWatch(self._hub, self._hub.READ, fileno, act)

    def on_writable(self, fileno: int, act: Callable[[], None]) -> "EventletWatch":
        return EventletWatch(self._hub, self._hub.WRITE, fileno, act)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self._hub.schedule_call_global(seconds, act)


class EventletWatch:
    """A listener of eventlet's hub: it is called again and again until it is removed."""

    __slots__ = ("_hub", "_listener")

    def __init__(self, hub: Any, kind: str, fileno: int, act: Callable[[], None]) -> None:
        self._hub = hub
        self._listener = hub.add(kind, fileno, lambda _: act(), _ignore, None)

    def stop(self) -> None:
        self._hub.remove(self._listener)


def _ignore(error: BaseException) -> None:
    """Eventlet tells a task that its file was closed; there is none."""


class GeventHub:
    """Calls from gevent's loop."""

    def __init__(self) -> None:
        import gevent

        self._loop = gevent.get_hub().loop

    def on_readable(self, fileno: int, act: Callable[[], None]) -> "GeventWatch":
        return GeventWatch(self._loop.io(fileno, READABLE), act)

    def on_writable(self, fileno: int, act: Callable[[], None]) -> "GeventWatch":
        return GeventWatch(self._loop.io(fileno, WRITABLE), act)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        from gevent import spawn_later

        spawn_later(seconds, act)


class GeventWatch:
    """A watcher of gevent's loop."""

    __slots__ = ("_watcher",)

    def __init__(self, watcher: Any, act: Callable[[], None]) -> None:
        self._watcher = watcher
        watcher.start(act)

    def stop(self) -> None:
        self._watcher.stop()
        self._watcher.close()
