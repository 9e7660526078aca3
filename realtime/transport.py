"""The transport: Socket.IO over WebSockets. The private hooks into python-socketio and engineio are in this file.

The hooks are needed for four things: to check frames before they are parsed (`gate`), to own the connections
(`lines`), to close connections that say nothing or read too slowly, and to find a client without a walk over all
(`clients`). Under the server `threading` connections stay the library's own.
"""

import contextlib
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from engineio import packet as engine
from engineio.exceptions import SocketIsClosedError
from flask import Flask
from flask_socketio import ConnectionRefusedError, SocketIO
from socketio import packet

from ideas.counters import COUNTERS
from realtime import gate, websocket
from realtime.batching import Batcher
from realtime.clients import NAMESPACE, Clients
from realtime.lines import QUEUED_FRAMES_MAX, Line
from realtime.origins import is_allowed_origin

log = logging.getLogger(__name__)

# The versions with which the hooks of this package were checked. After an update read every hook again in the
# libraries' source, run the tests of sockets, then write the new numbers here.
CHECKED_VERSIONS = {
    "flask-socketio": "5.7.0",
    "python-socketio": "5.18.1",
    "python-engineio": "4.15.1",
    "eventlet": "0.41.3",
    "gevent": "26.9.0",
}

# The name under which a server of requests offers to give a connection away (`wsgi`).
TAKE = "schwarm.take"

# A connection whose CONNECT was not accepted within this time is closed.
IDENTIFY_SECONDS = 5

# The pause after everybody was sent away, before those are looked for who connected meanwhile.
FAREWELL_SECONDS = 0.05

# Frames up to this size reach the gate and get an answer; a larger one ends the connection.
TRANSPORT_BYTES_MAX = 4 * gate.BYTES_MAX

# After so many receivers of one event others get their turn. No other event is sent to a room meanwhile.
RECEIVERS_AT_ONCE = 500

# What our clients send in engineio's words: close, pong, and messages, which are packets of Socket.IO.
_CLOSE, _PONG, _MESSAGE = str(engine.CLOSE), str(engine.PONG), str(engine.MESSAGE)
_PING = websocket.frame(b"%d" % engine.PING)

# Socket.IO's packets.
_CONNECT, _DISCONNECT, _EVENT, _ACK = map(str, (packet.CONNECT, packet.DISCONNECT, packet.EVENT, packet.ACK))

# What a server says that goes away for a restart (RFC 6455, the code is registered by IANA). Pages connect again.
RESTARTING = websocket.closing(1012, "restart")

# What the sender of a refused CONNECT is told.
NOBODY = "not_found"

# What an event's sender is answered.
Ack = dict[str, Any]
Reply = Callable[[Ack], None]
OnEvent = Callable[[str, str, object, Reply], object]

# The event that the writer answers.
CAST = "cast"


class SocketTransport:
    """The sockets of one process: events in, events out, and the server's own kind of background work."""

    def __init__(self, app: Flask, async_mode: str) -> None:
        self._clients = Clients()
        self._is_threading = async_mode == "threading"
        self._socketio = SocketIO(
            app,
            async_mode=async_mode,
            client_manager=self._clients,
            manage_session=False,
            transports=["websocket"],
            cors_allowed_origins=partial(is_allowed_origin, app),
            max_http_buffer_size=TRANSPORT_BYTES_MAX,
            ping_interval=app.config["PING_SECONDS"],
            ping_timeout=app.config["PING_SECONDS"],
            monitor_clients=self._is_threading,
            serve_client=False,
        )
        self._server = self._socketio.server
        self._lines: dict[str, Line] = {}  # by engineio's sid
        self._due: deque[tuple[float, Line]] = deque()  # when each line is pinged next, the next one first
        self._strangers: dict[str, float] = {}  # engineio's sids of those without an accepted CONNECT: opened at
        self._buckets: dict[str, gate.TokenBucket] = {}  # of the library's own connections
        self._turn = threading.Lock()
        self._on_open: Callable[[], object] = lambda: None
        self._on_event: OnEvent = lambda *_: None
        self._arrivals = Batcher(self.spawn, self.sleep, self._introduce_all)
        self._gone = Batcher(self.spawn, self.sleep, _cut_all)
        self._identified: dict[str, Any] = {}  # who is behind a connection whose CONNECT is being handled
        self._hook_into_connections()

    def listen(
        self,
        *,
        on_open: Callable[[], object],
        identify: Callable[[list[dict[str, Any]]], list[Any]],
        on_connect: Callable[[str, Any], object],
        on_disconnect: Callable[..., object],
        on_event: OnEvent,
        answer_to: Callable[..., Ack],
    ) -> None:
        """Hand over what comes in.

        `on_open()` is called when a WebSocket opens. `identify(environs)` finds out who sent each of these requests,
        None for nobody, and `on_connect(sid, identity)` is told of a new socket. None of these is called in a context:
        building one for each would cost more than a cast. `on_disconnect(sid, reason)` and `on_event(name, sid, data,
        reply)` must not wait; `reply(answer)` may be called at any time. `answer_to(name, sid, data)`
        does wait; it serves the connections that are the library's own.
        """
        self._on_open, self._identify, self._on_connect, self._on_event = on_open, identify, on_connect, on_event
        self._server.on("connect", self._accept)
        self._server.on("disconnect", on_disconnect)
        for name in gate.EVENTS - {CAST}:
            self._server.on(name, partial(answer_to, name))

    # Out

    def emit(self, event: str, payload: dict[str, object], to: str) -> None:
        """Send an event to one socket (its sid)."""
        COUNTERS.messages += 1
        text = _packet(event, json.dumps(payload, separators=(",", ":")))
        self._write(to, text, _frame(text))

    def emit_to_all(self, event: str, payload: dict[str, object], sids: list[str]) -> None:
        """Send an event to many sockets: it is encoded and framed once."""
        text = _packet(event, json.dumps(payload, separators=(",", ":")))
        frame = _frame(text)
        COUNTERS.messages += len(sids)
        with self._turn:
            for n, sid in enumerate(sids, 1):
                self._write(sid, text, frame)
                if n % RECEIVERS_AT_ONCE == 0:
                    self.sleep(0)

    def emit_to_each(self, event: str, payloads: Iterable[tuple[str, str]]) -> None:
        """Send an event to many sockets, each with its own payload: `(sid, JSON)`."""
        with self._turn:
            for n, (sid, payload) in enumerate(payloads, 1):
                text = _packet(event, payload)
                COUNTERS.messages += 1
                self._write(sid, text, _frame(text))
                if n % RECEIVERS_AT_ONCE == 0:
                    self.sleep(0)

    def _write(self, sid: str, text: str, frame: bytes) -> None:
        eio_sid = self._clients.eio_sid_from_sid(sid, NAMESPACE)
        line = self._lines.get(eio_sid or "")
        if line is not None:
            line.write(frame)
        elif eio_sid is not None:
            self._server.eio.send(eio_sid, text)

    def end(self, sid: str) -> None:
        """End a socket. Its connection is closed with the next beat, if its page does not close it at once."""
        eio_sid = self._clients.eio_sid_from_sid(sid, NAMESPACE)
        self._server.disconnect(sid)
        if eio_sid in self._server.eio.sockets:
            self._strangers[eio_sid] = 0.0

    def send_away(self, seconds: float, per_second: int) -> None:
        """Close every connection with the code of a restart: evenly over `seconds`, a small crowd at `per_second`.

        No Socket.IO packet says goodbye: after one, pages would not connect again by themselves.
        """
        while lines := list(self._lines.values()):
            pause = min(seconds / len(lines), 1 / per_second)
            for line in lines:
                line.end(RESTARTING)
                self.sleep(pause)
            self.sleep(FAREWELL_SECONDS)

    def waiting_bytes(self) -> int:
        """How many bytes wait for slow receivers."""
        return sum(line.waiting_bytes for line in self._lines.values())

    # Background work

    def spawn(self, act: Callable[..., object], *args: object) -> None:
        """Run a function in the background."""
        self._socketio.start_background_task(act, *args)

    def sleep(self, seconds: float) -> None:
        self._socketio.sleep(seconds)

    def new_event(self) -> Any:
        """An event (`set`, `clear`, `wait(seconds)`, `is_set`) of the server's own kind."""
        return self._server.eio.create_event()

    def ping(self) -> None:
        """Ping every line whose time has come, and end those that did not answer the last time."""
        now, again = time.monotonic(), self._server.eio.ping_interval
        while self._due and self._due[0][0] <= now:
            _, line = self._due.popleft()
            if line.closed:
                continue
            if not line.is_answered:
                line.close(reason=self._server.eio.reason.PING_TIMEOUT)
                continue
            line.is_answered = False
            line.write(_PING)
            self._due.append((now + again, line))

    def close_idle(self) -> None:
        """Close the WebSockets of nobody (refused, never introduced, signed out)."""
        late = time.monotonic() - IDENTIFY_SECONDS
        for eio_sid, opened_at in list(self._strangers.items()):
            socket = self._server.eio.sockets.get(eio_sid)
            if socket is None or self._is_known(eio_sid):
                self._strangers.pop(eio_sid, None)
            elif opened_at < late:
                socket.close(wait=False, abort=True)
        if self._is_threading:
            for socket in list(self._server.eio.sockets.values()):
                if socket.queue.qsize() > QUEUED_FRAMES_MAX:
                    socket.close(wait=False, abort=True)

    def _is_known(self, eio_sid: str) -> bool:
        return self._clients.is_connected(self._clients.sid_from_eio_sid(eio_sid, NAMESPACE), NAMESPACE)

    # Private hooks

    def _hook_into_connections(self) -> None:
        server, eio = self._server, self._server.eio
        self._pass_on = server._handle_eio_message
        eio.on("message", self._on_frame)
        self._library_opened = server._handle_eio_connect
        eio.on("connect", self._on_transport_open)
        self._library_closed = server._handle_eio_disconnect
        eio.on("disconnect", self._on_transport_close)
        self._library_connect = eio._handle_connect
        eio._handle_connect = self._connect

    def _connect(self, environ: dict[str, Any], start_response: Any, transport: str, jsonp: int | None = None) -> Any:
        """Open a line where the server of requests gives its connection away."""
        if TAKE not in environ:
            return self._library_connect(environ, start_response, transport, jsonp)
        eio, answer = self._server.eio, websocket.handshake(environ)
        if answer is None:
            return eio._bad_request()
        calls = (self._on_text, self._on_line_end, self._gone.put)
        line = Line(eio.generate_id(), environ[TAKE](), TRANSPORT_BYTES_MAX, *calls)
        self._lines[line.sid] = eio.sockets[line.sid] = line
        self._due.append((line.opened_at + eio.ping_interval, line))
        opening = {
            "sid": line.sid,
            "upgrades": [],
            "pingTimeout": int(eio.ping_timeout * 1000),
            "pingInterval": int(eio.ping_interval * 1000),
            "maxPayload": eio.max_http_buffer_size,
        }
        self._on_transport_open(line.sid, environ)
        line.write(answer + websocket.frame(b"%d%s" % (engine.OPEN, json.dumps(opening).encode())))
        line.start()
        return []

    def _on_transport_open(self, eio_sid: str, environ: dict[str, Any]) -> None:
        self._strangers[eio_sid] = time.monotonic()
        self._on_open()
        self._library_opened(eio_sid, environ)

    def _on_transport_close(self, eio_sid: str, reason: str) -> None:
        self._buckets.pop(eio_sid, None)
        self._strangers.pop(eio_sid, None)
        self._library_closed(eio_sid, reason)

    def _on_line_end(self, line: Line, reason: str | None) -> None:
        eio = self._server.eio
        self._lines.pop(line.sid, None)
        eio.sockets.pop(line.sid, None)
        eio._trigger_event("disconnect", line.sid, reason or eio.reason.TRANSPORT_CLOSE, run_async=False)

    # Frames of the library's own connections

    def _on_frame(self, eio_sid: str, frame: str | bytes) -> None:
        refused = gate.check(frame, self._buckets.setdefault(eio_sid, gate.TokenBucket()))
        if refused is not None:
            if refused.ack is not None:
                self._server.eio.send(eio_sid, refused.packet())
            return
        event = gate.event_of(frame) if isinstance(frame, str) and frame[0] == _EVENT else None
        sid = self._clients.sid_from_eio_sid(eio_sid, NAMESPACE)
        if event is not None and event.name == CAST and self._clients.is_connected(sid, NAMESPACE):
            self._on_event(CAST, sid, event.argument, partial(self._send_answer, eio_sid, event.ack))
        else:
            self._pass_on(eio_sid, frame)

    def _send_answer(self, eio_sid: str, ack: str | None, answer: Ack) -> None:
        if ack is not None:
            with contextlib.suppress(SocketIsClosedError):
                self._server.eio.send(eio_sid, _answer_packet(ack, answer))

    # Messages of lines. They come from the loop of the server and must not wait.

    def _on_text(self, line: Line, text: str) -> None:
        if text == _PONG:
            line.is_answered = True
        elif text == _CLOSE:
            line.close(abort=True, reason=self._server.eio.reason.CLIENT_DISCONNECT)
        elif text[:1] == _MESSAGE:
            try:
                self._on_packet(line, text[1:])
            except Exception:  # the loop would stop reading from this line
                log.exception("a packet failed")

    def _on_packet(self, line: Line, text: str) -> None:
        refused = gate.check(text, line.bucket)
        if refused is not None:
            if refused.ack is not None:
                line.write(_frame(refused.packet()))
        elif text[0] == _CONNECT:
            self._arrivals.put((line, text))
        elif text[0] == _DISCONNECT:
            self._pass_on(line.sid, text)
            self._strangers[line.sid] = line.opened_at
        elif text[0] == _EVENT:
            self._on_event_packet(line, text)

    def _introduce_all(self, arrivals: list[tuple[Line, str]]) -> None:
        """Let the library accept or refuse these CONNECTs. It needs the requests only for this."""
        waiting = [(line, text) for line, text in arrivals if line.sid in self._server.environ]
        try:
            found = self._identify([self._server.environ[line.sid] for line, _ in waiting])
        except Exception:
            log.exception("the senders of %s CONNECTs could not be looked up", len(waiting))
            return  # their connections end as those of strangers, and they try again
        for (line, text), identity in zip(waiting, found, strict=True):
            self._identified[line.sid] = identity
            try:
                self._pass_on(line.sid, text)
            except Exception:
                log.exception("a CONNECT failed")
            self._identified.pop(line.sid, None)
            if self._is_known(line.sid):
                self._server.environ.pop(line.sid, None)

    def _accept(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        """:raise ConnectionRefusedError: for nobody."""
        eio_sid = self._clients.eio_sid_from_sid(sid, NAMESPACE)
        identity = self._identified[eio_sid] if eio_sid in self._identified else self._identify([environ])[0]
        if identity is None:
            raise ConnectionRefusedError(NOBODY)
        self._on_connect(sid, identity)

    def _on_event_packet(self, line: Line, text: str) -> None:
        sid = self._clients.sid_from_eio_sid(line.sid, NAMESPACE)
        event = gate.event_of(text)
        if event is not None and self._clients.is_connected(sid, NAMESPACE):
            self._on_event(event.name, sid, event.argument, partial(_reply, line, event.ack))


def _reply(line: Line, ack: str | None, answer: Ack) -> None:
    """Answer an event under its number, if it has one."""
    if ack is not None:
        line.write(_frame(_answer_packet(ack, answer)))


def _cut_all(lines: list[Line]) -> None:
    for line in lines:
        line.cut()


def _packet(event: str, payload: str) -> str:
    """An event of Socket.IO with a payload in JSON."""
    return f'{_EVENT}["{event}",{payload}]'


def _answer_packet(ack: str, answer: Ack) -> str:
    """The answer to the event with this number."""
    return f"{_ACK}{ack}[{_encode(answer)}]"


# One encoder for all: `json.dumps` makes a new one for each text.
_encode = json.JSONEncoder(separators=(",", ":")).encode


def _frame(text: str) -> bytes:
    """A packet of Socket.IO as a message of engineio in one WebSocket frame."""
    return websocket.frame((_MESSAGE + text).encode())
