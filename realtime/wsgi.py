"""Serving: the one module that knows which server runs the application and what that server needs."""

import _socket
import contextlib
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask

from ideas import offload
from ideas.worker import Workers
from realtime.admission import Admission, Listener, connections_within, raise_file_limit
from realtime.framing import is_ambiguous
from realtime.hub_watch import HubWatch
from realtime.hubs import EventletHub, GeventHub
from realtime.lines import Taken
from realtime.shutdown import SHUTDOWN_SECONDS, Shutdown
from realtime.transport import TAKE

# The key of a function in the environment of a request: leave the rest of its body unread, and end the connection.
LEAVE_UNREAD = "schwarm.leave_unread"
# Bytes and seconds for which an ending connection takes what its sender has on the way. Without this the sender hears
# that the connection broke, and not the answer.
LINGER_BYTES, LINGER_SECONDS = 1024 * 1024, 2.0

# A connection that is silent for so long is dead: Socket.IO pings more often. This also ends half-open requests.
# Earlier it ends if another one needs its place (`admission`).
SILENCE_SECONDS = 75

BACKLOG = 1024


class _Overdue(Exception):
    """The time of an orderly end is over."""


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until interrupted or asked to end. :raise SystemExit: with one sentence, if the address can't be used."""
    mode = app.config["ASYNC_MODE"]
    files_max = raise_file_limit()
    listening = _listening(host, port) if mode != "threading" else None
    realtime = app.extensions["schwarm-realtime"]
    realtime.start_loops()
    workers = Workers()
    offload.use_workers(workers)
    admission = Admission(connections_within(files_max, app.config["CONNECTIONS_MAX"]))
    app.extensions["schwarm-gauges"] |= {
        "worker_tasks": ("Tasks that run in the workers of this process or wait for them.", workers.tasks),
        "connections": ("Open connections, sockets included.", lambda: len(admission)),
        "connections_max": ("The most connections of this process.", lambda: admission.most),
        "connections_refused_total": ("Connections and sockets that were answered 503.", lambda: admission.refusals),
    }
    _tell(f"serving on http://{host}:{port} with {mode}")
    if mode != "threading":
        _tell(f"{admission.most} connections at once (the limit of open files is {files_max})")
    realtime.long_lived.begin()
    try:
        if listening is None:
            _serve_threading(app, host, port)
        else:
            {"eventlet": _serve_eventlet, "gevent": _serve_gevent}[mode](app, listening, admission)
        _tell("stopped")
    except KeyboardInterrupt:
        _tell("stopped at once")
    except _Overdue:
        _tell(f"stopped after {SHUTDOWN_SECONDS:.0f} s, with connections that were still served")
    finally:
        workers.stop()


def _tell(line: str) -> None:
    """Print a line to the operator, whatever the level of the log."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def refusing_early(wsgi: Callable[..., Any]) -> Callable[..., Any]:
    """An application whose answer to a body that is too large does not wait until that has come.

    The servers read what is left of a body before the next request on a connection: a gigabyte for nothing.
    """

    def refusing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def started(status: str, *more: Any) -> Any:
            if status.startswith("413") and LEAVE_UNREAD in environ:
                environ[LEAVE_UNREAD]()
            return start_response(status, *more)

        return wsgi(environ, started)

    return refusing


def _linger(connection: Any) -> None:
    """Take a little of what is still sent, after the answer was."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(LINGER_SECONDS)
        left = LINGER_BYTES
        while left > 0 and (data := connection.recv(64 * 1024)):
            left -= len(data)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        raise SystemExit(f"HOST, PORT: can't serve on {host}, port {port}: {error.strerror}.") from None
    return listener


def _serve_eventlet(app: Flask, listening: socket.socket, admission: Admission) -> None:
    import eventlet.tpool
    import eventlet.wsgi

    class EventletProtocol(eventlet.wsgi.HttpProtocol):  # type: ignore[misc]
        is_left = False

        def __init__(self, state: Any, server: Any) -> None:
            try:
                super().__init__(state, server)
            finally:
                admission.left(state[1])
                self.environ = None  # eventlet's `set_idle` in it refers to this object

        def setup(self) -> None:
            super().setup()
            _send_at_once(self.connection)

        def get_environ(self) -> dict[str, Any]:
            return super().get_environ() | {TAKE: self.take, LEAVE_UNREAD: self.leave_unread}

        def leave_unread(self) -> None:
            self.is_left = True
            self.close_connection = 1  # then nothing more of the body is read

        def take(self) -> Taken:
            """Give the connection to a WebSocket, which outlives this request and everything that belongs to it."""
            eventlet.wsgi.WSGI_LOCAL.already_handled = True
            return _taken(self.connection, hub, admission)

        def handle_one_request(self) -> None:
            admission.waits(self.connection)
            super().handle_one_request()

        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            if is_ambiguous(self.headers):
                self.send_error(400)  # this ends the connection
                return False
            return True

        def handle_one_response(self) -> None:
            admission.serves(self.connection)
            super().handle_one_response()
            if self.is_left:
                _linger(self.connection)

    hub = EventletHub()
    offload.use(eventlet.tpool.execute)
    _look_up_aside(eventlet.tpool.execute)
    realtime = app.extensions["schwarm-realtime"]
    listener = Listener(listening, admission, eventlet.sleep, eventlet.spawn_n)
    shutdown = Shutdown(realtime, eventlet.sleep, app.config["DRAIN_SECONDS"])
    serving = eventlet.getcurrent()

    def stop() -> None:
        _tell("asked to end: no further connections")
        listener.stop()
        eventlet.hubs.get_hub().schedule_call_global(SHUTDOWN_SECONDS, serving.throw, _Overdue)

    shutdown.heed()
    eventlet.spawn_n(shutdown.run, stop)
    eventlet.spawn_n(HubWatch(eventlet.sleep).run)
    eventlet.wsgi.server(
        listener,
        refusing_early(admission.door_of(app)),
        max_size=2 * admission.most,  # the admission counts; this pool must never make it wait
        protocol=EventletProtocol,
        socket_timeout=SILENCE_SECONDS,
        log_output=False,
        debug=False,
    )
    shutdown.wait()


def _send_at_once(connection: socket.socket) -> None:
    """Otherwise an answer waits for the receiver's delayed acknowledgement: 44 ms instead of 1."""
    with contextlib.suppress(OSError):  # it was closed meanwhile
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _taken(connection: Any, hub: EventletHub | GeventHub, admission: Admission) -> Taken:
    """Move the file of a connection to a plain socket that never waits; the old one is as good as closed."""
    plain = _socket.socket(fileno=connection.detach())
    plain.setblocking(False)
    admission.moved(connection, plain)
    return Taken(plain, hub, partial(admission.left, plain))


def _look_up_aside(execute: Callable[..., Any]) -> None:
    """Look names up on a thread: a slow name server would stop every socket."""
    look_up = socket.getaddrinfo
    socket.getaddrinfo = lambda *args, **kwargs: execute(look_up, *args, **kwargs)


def _serve_gevent(app: Flask, listening: socket.socket, admission: Admission) -> None:
    import gevent
    from gevent import pywsgi
    from gevent.pool import Pool

    class GeventHandler(pywsgi.WSGIHandler):  # type: ignore[misc]
        is_left = False

        def handle_one_request(self) -> Any:
            admission.waits(self.socket)
            return super().handle_one_request()

        def MessageClass(self, *args: Any) -> Any:  # `read_request` drops headers after it
            headers = super().MessageClass(*args)
            if is_ambiguous(headers):
                raise ValueError("the request ends in two places")  # it is answered 400 and ends the connection
            return headers

        def handle_one_response(self) -> None:
            admission.serves(self.socket)
            super().handle_one_response()
            if self.is_left:
                _linger(self.socket)

        def get_environ(self) -> Any:
            environ = super().get_environ()
            environ[TAKE] = self.take
            environ[LEAVE_UNREAD] = self.leave_unread
            return environ

        def leave_unread(self) -> None:
            self.is_left = self.close_connection = True
            self.wsgi_input.content_length = self.wsgi_input.position  # then nothing more of the body is read

        def take(self) -> Taken:
            """Give the connection to a WebSocket, which outlives this request and everything that belongs to it."""
            self.close_connection = True
            return _taken(self.socket, hub, admission)

    class GeventServer(pywsgi.WSGIServer):  # type: ignore[misc]
        max_accept = 16  # in one turn of the loop, in which no dropped connection is closed

        def do_handle(self, connection: socket.socket, address: Any) -> None:
            if admission.admit(connection):
                super().do_handle(connection, address)
            else:
                gevent.spawn(admission.refuse, connection)

        def handle(self, connection: socket.socket, address: Any) -> None:
            connection.settimeout(SILENCE_SECONDS)
            _send_at_once(connection)
            try:
                super().handle(connection, address)
            finally:
                admission.left(connection)

    hub = GeventHub()
    pool = gevent.get_hub().threadpool
    offload.use(lambda fn, *args: pool.apply(fn, args))
    # With a pool, an end waits for the requests that are still served.
    server = GeventServer(
        listening, refusing_early(admission.door_of(app)), spawn=Pool(), log=None, handler_class=GeventHandler
    )
    shutdown = Shutdown(app.extensions["schwarm-realtime"], gevent.sleep, app.config["DRAIN_SECONDS"])
    shutdown.heed()
    gevent.spawn(shutdown.run, server.close)
    gevent.spawn(HubWatch(gevent.sleep).run)
    server.serve_forever(stop_timeout=SHUTDOWN_SECONDS)
    with gevent.Timeout(SHUTDOWN_SECONDS, _Overdue):
        shutdown.wait()


def _serve_threading(app: Flask, host: str, port: int) -> None:
    app.extensions["socketio"].run(app, host=host, port=port, allow_unsafe_werkzeug=True)
