"""The transport: Socket.IO over WebSockets. Every private hook into the libraries below it is in this file.

The hooks are needed for three things: to check frames before they are parsed (`gate`), to close connections that say
nothing or read too slowly, and to limit how fast the server reads from a connection (`read_budget`).
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flask import Flask
from flask_socketio import SocketIO

from realtime import gate
from realtime.origins import is_allowed_origin
from realtime.read_budget import BudgetedWebSocket

# The versions with which the hooks of this file were checked. After an update read every hook again in the libraries'
# source, run the tests of sockets, then write the new numbers here.
CHECKED_VERSIONS = {
    "flask-socketio": "5.7.0",
    "python-socketio": "5.18.1",
    "python-engineio": "4.15.1",
    "eventlet": "0.41.3",
}

# A connection whose CONNECT was not accepted within this time is closed.
IDENTIFY_SECONDS = 5

# A receiver with more waiting frames than this reads too slowly: a catch-up costs less than its queue.
QUEUED_FRAMES_MAX = 500

# The pause after everybody was sent away, before those are looked for who connected meanwhile.
FAREWELL_SECONDS = 0.05

# Frames up to this size reach the gate and get an answer; a larger one ends the connection.
TRANSPORT_BYTES_MAX = 4 * gate.BYTES_MAX

NAMESPACE = "/"

# The WebSocket code of a server that goes away for a restart (RFC 6455, registered by IANA). Pages connect again.
RESTARTING = (1012, "restart")

# What an event's sender is answered.
Ack = dict[str, Any]


class SocketTransport:
    """The sockets of one process: events in, events out, and the server's own kind of background work."""

    def __init__(self, app: Flask, async_mode: str) -> None:
        self._socketio = SocketIO(
            app,
            async_mode=async_mode,
            manage_session=False,
            transports=["websocket"],
            cors_allowed_origins=partial(is_allowed_origin, app),
            max_http_buffer_size=TRANSPORT_BYTES_MAX,
            ping_interval=app.config["PING_SECONDS"],
            ping_timeout=app.config["PING_SECONDS"],
            serve_client=False,
        )
        self._server = self._socketio.server
        self._buckets: dict[str, gate.TokenBucket] = {}
        self._opened_at: dict[str, float] = {}
        self._close_data: tuple[int, str] | None = None  # what a closing frame says
        self._on_open: Callable[[], object] = lambda: None
        self._hook_into_frames()

    def listen(
        self,
        *,
        on_open: Callable[[], object],
        on_connect: Callable[..., object],
        on_disconnect: Callable[..., object],
        on_event: Callable[..., Ack],
    ) -> None:
        """Hand over what comes in.

        `on_open()` is called when a WebSocket opens, `on_connect(auth)` in Flask's context of the request,
        `on_disconnect(sid, reason)` and `on_event(name, sid, data)` without a context: building one for each event
        would cost more than a cast.
        """
        self._on_open = on_open
        self._socketio.on_event("connect", on_connect)
        self._server.on("disconnect", on_disconnect)
        for name in gate.EVENTS:
            self._server.on(name, partial(on_event, name))

    # Out

    def emit(self, event: str, payload: dict[str, object], to: str) -> None:
        """Send an event to one connection (its sid) or to a channel."""
        self._server.emit(event, payload, room=to)

    def enter(self, sid: str, channel: str) -> None:
        self._server.enter_room(sid, channel)

    def leave(self, sid: str, channel: str) -> None:
        self._server.leave_room(sid, channel)

    def end(self, sid: str) -> None:
        """Close a connection."""
        self._server.disconnect(sid)

    def send_away(self, seconds: float, per_second: int) -> None:
        """Close every connection with the code of a restart: evenly over `seconds`, a small crowd at `per_second`.

        No Socket.IO packet says goodbye: after one, pages would not connect again by themselves.
        """
        self._close_data = RESTARTING
        while sockets := list(self._server.eio.sockets.values()):
            pause = min(seconds / len(sockets), 1 / per_second)
            for socket in sockets:
                socket.close(wait=False, abort=True)
                self.sleep(pause)
            self.sleep(FAREWELL_SECONDS)

    # Background work

    def spawn(self, act: Callable[..., object], *args: object) -> None:
        """Run a function in the background."""
        self._socketio.start_background_task(act, *args)

    def sleep(self, seconds: float) -> None:
        self._socketio.sleep(seconds)

    def new_event(self) -> Any:
        """An event (`set`, `clear`, `wait(seconds)`, `is_set`) of the server's own kind."""
        return self._server.eio.create_event()

    # Private hooks

    def _hook_into_frames(self) -> None:
        server = self._server
        self._pass_on = server._handle_eio_message
        server.eio.on("message", self._on_frame)
        self._library_opened = server._handle_eio_connect
        server.eio.on("connect", self._on_transport_open)
        self._library_closed = server._handle_eio_disconnect
        server.eio.on("disconnect", self._on_transport_close)

    def _on_frame(self, eio_sid: str, frame: str | bytes) -> None:
        refused = gate.check(frame, self._buckets.setdefault(eio_sid, gate.TokenBucket()))
        if refused is None:
            self._pass_on(eio_sid, frame)
        elif refused.ack is not None:
            self._server.eio.send(eio_sid, refused.packet())

    def _on_transport_open(self, eio_sid: str, environ: dict[str, Any]) -> None:
        self._opened_at[eio_sid] = time.monotonic()
        self._on_open()
        self._library_opened(eio_sid, environ)

    def _on_transport_close(self, eio_sid: str, reason: str) -> None:
        self._buckets.pop(eio_sid, None)
        self._opened_at.pop(eio_sid, None)
        self._library_closed(eio_sid, reason)

    def close_idle(self, known_sids: Iterable[str]) -> None:
        """Close the WebSockets of nobody (refused, never introduced, signed out) and of receivers that do not read."""
        server = self._server
        known = {server.manager.eio_sid_from_sid(sid, NAMESPACE) for sid in known_sids}
        late = time.monotonic() - IDENTIFY_SECONDS
        for eio_sid, opened_at in list(self._opened_at.items()):
            socket = server.eio.sockets.get(eio_sid)
            if socket is None:
                self._opened_at.pop(eio_sid, None)
            elif (eio_sid not in known and opened_at < late) or socket.queue.qsize() > QUEUED_FRAMES_MAX:
                socket.close(wait=False, abort=True)

    def limit_reads_of_eventlet(self) -> None:
        """Give every WebSocket a read budget: eventlet serves one connection as long as it has something to read."""
        from engineio.async_drivers.eventlet import WebSocketWSGI

        message_max = 2 * self._server.eio.max_http_buffer_size  # masks, lengths and pings in between are counted too
        sleep, close_data = self.sleep, lambda: self._close_data

        class Budgeted(WebSocketWSGI):  # type: ignore[misc]
            def __init__(self, handler: Any, server: Any) -> None:
                super().__init__(lambda ws: handler(BudgetedWebSocket(ws, sleep, message_max, close_data)), server)

        self._server.eio._async = {**self._server.eio._async, "websocket": Budgeted}
