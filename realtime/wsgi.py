"""Serving: the one module that knows which server runs the application and what that server needs."""

import logging
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask

from ideas import offload
from ideas.worker import Worker

log = logging.getLogger(__name__)

# eventlet stops at 1,024 connections by default, WebSockets included.
CONNECTIONS_MAX = 10_000

# A connection that is silent for so long is dead: Socket.IO pings more often. This also ends half-open requests.
SILENCE_SECONDS = 75

BACKLOG = 1024


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until interrupted."""
    mode = app.config["ASYNC_MODE"]
    app.extensions["schwarm-realtime"].start_jobs()
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
    # Otherwise an answer waits for the receiver's delayed acknowledgement: 44 ms instead of 1.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def _serve_eventlet(app: Flask, host: str, port: int) -> None:
    import eventlet.tpool
    import eventlet.wsgi

    offload.use(eventlet.tpool.execute)
    _look_up_aside(eventlet.tpool.execute)
    app.extensions["schwarm-realtime"].transport.limit_reads_of_eventlet()
    eventlet.wsgi.server(
        _listening(host, port),
        app,
        max_size=CONNECTIONS_MAX,
        socket_timeout=SILENCE_SECONDS,
        log_output=False,
        debug=False,
    )


def _look_up_aside(execute: Callable[..., Any]) -> None:
    """Look names up on a thread: a slow name server would stop every socket."""
    look_up = socket.getaddrinfo
    socket.getaddrinfo = lambda *args, **kwargs: execute(look_up, *args, **kwargs)


def _serve_gevent(app: Flask, host: str, port: int) -> None:
    import gevent
    from gevent import pywsgi

    pool = gevent.get_hub().threadpool
    offload.use(lambda fn, *args: pool.apply(fn, args))
    pywsgi.WSGIServer(_listening(host, port), app, log=None).serve_forever()


def _serve_threading(app: Flask, host: str, port: int) -> None:
    app.extensions["socketio"].run(app, host=host, port=port, allow_unsafe_werkzeug=True)
