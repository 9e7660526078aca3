"""Who is connected, in an index each way: python-socketio's own manager walks all rooms whenever one client leaves."""

from collections.abc import Iterator
from typing import Any

from socketio import Manager

NAMESPACE = "/"


class Clients(Manager):  # type: ignore[misc]
    """A client manager without rooms. `audiences` knows who listens to what."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms = {NAMESPACE: {}}  # what the library's `emit` asks for
        self._by_sid: dict[str, str] = {}  # the connections of engineio
        self._by_connection: dict[str, str] = {}
        self._accepted: set[str] = set()

    def get_namespaces(self) -> list[str]:
        return [NAMESPACE]

    def get_participants(self, namespace: str, room: str) -> Iterator[tuple[str, str]]:
        """A client is addressed by its sid."""
        if room in self._by_sid:
            yield room, self._by_sid[room]

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        return []

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        if namespace != NAMESPACE or eio_sid in self._by_connection:
            return None
        sid: str = self.server.eio.generate_id()
        self._by_sid[sid], self._by_connection[eio_sid] = eio_sid, sid
        return sid

    def is_pre_connected(self, sid: str, namespace: str) -> bool:
        return sid in self._by_sid and sid not in self._accepted

    def connect(self, sid: str, namespace: str) -> str | None:
        """Accept a client that was announced, or one that begins with this call, by its connection."""
        accepted = sid if sid in self._by_sid else self.pre_connect(sid, namespace)
        if accepted is not None:
            self._accepted.add(accepted)
        return accepted

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        return sid in self._accepted and namespace == NAMESPACE

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        return self._by_connection.get(eio_sid) if namespace == NAMESPACE else None

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        return self._by_sid.get(sid)

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        self._accepted.discard(sid)
        return self._by_sid.get(sid)

    def disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        self._accepted.discard(sid)
        self.callbacks.pop(sid, None)
        eio_sid = self._by_sid.pop(sid, None)
        if eio_sid is not None:
            self._by_connection.pop(eio_sid, None)
