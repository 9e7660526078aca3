"""Serving: the one module that knows which server runs us and how it wants to be treated."""

import logging
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask

from ideas import offload
from ideas.worker import Worker
from realtime.metering import MeteredWebSocket

log = logging.getLogger(__name__)

# eventlet stops at 1,024 connections by default, WebSockets included.
CONNECTIONS_MAX = 10_000

# A connection that says nothing for so long is dead: Socket.IO pings every 25 s. It also ends half-open requests.
SILENCE_SECONDS = 75

BACKLOG = 1024


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until interrupted."""
    mode = app.config["ASYNC_MODE"]
    app.extensions["schwarm-realtime"].start_clock()
    app.extensions["schwarm-realtime"].meet_neighbours()
    log.info("serving on http://%s:%s with %s", host, port, mode)
    worker = Worker().start()
    offload.use_worker(worker)
    try:
        {"eventlet": _serve_eventlet, "gevent": _serve_gevent, "threading": _serve_threading}[mode](app, host, port)
    except KeyboardInterrupt:
        log.info("stopped")
    finally:
        worker.stop()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Without it an answer waits for the receiver's delayed acknowledgement: 44 ms instead of 1.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def _serve_eventlet(app: Flask, host: str, port: int) -> None:
    import eventlet.tpool
    import eventlet.wsgi

    offload.use(eventlet.tpool.execute)
    _look_up_aside(eventlet.tpool.execute)
    _meter_eventlet(app)
    eventlet.wsgi.server(
        _listening(host, port),
        app,
        max_size=CONNECTIONS_MAX,
        socket_timeout=SILENCE_SECONDS,
        log_output=False,
        debug=False,
    )


def _look_up_aside(execute: Callable[..., Any]) -> None:
    """Look names up on a thread: a name server that is slow to answer (Redis' name, say) would stop every socket."""
    look_up = socket.getaddrinfo
    socket.getaddrinfo = lambda *args, **kwargs: execute(look_up, *args, **kwargs)


def _meter_eventlet(app: Flask) -> None:
    """Put every WebSocket on a meter: eventlet itself never turns to another while one has something to read."""
    import eventlet
    from engineio.async_drivers.eventlet import WebSocketWSGI

    transport = app.extensions["socketio"].server.eio
    message_max = 2 * transport.max_http_buffer_size  # masks, lengths and pings in between are counted too

    class Metered(WebSocketWSGI):  # type: ignore[misc]
        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(lambda ws: handler(MeteredWebSocket(ws, eventlet.sleep, message_max)), server)

    transport._async = {**transport._async, "websocket": Metered}


def _serve_gevent(app: Flask, host: str, port: int) -> None:
    import gevent
    from gevent import pywsgi

    pool = gevent.get_hub().threadpool
    offload.use(lambda fn, *args: pool.apply(fn, args))
    pywsgi.WSGIServer(_listening(host, port), app, log=None).serve_forever()


def _serve_threading(app: Flask, host: str, port: int) -> None:
    app.extensions["socketio"].run(app, host=host, port=port, allow_unsafe_werkzeug=True)
