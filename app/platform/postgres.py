"""PostgreSQL: its driver in a green server, and how many connections a process opens.

The driver waits in C, which would stop every socket. It offers to wait by a function instead.
"""

import select
import socket
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

# The longest silence of PostgreSQL, in a connect or in a statement, before it counts as away.
PATIENCE_SECONDS = 3


def init_app(app: Flask) -> None:
    """Set the pool. Commands wait in C, and for longer: a migration may take minutes."""
    if not str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("postgresql"):
        return
    pool = {"pool_size": app.config["DATABASE_CONNECTIONS"], "max_overflow": 0, "pool_timeout": PATIENCE_SECONDS}
    options = app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {})
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = pool | options
    if app.config["ASYNC_MODE"] in ("eventlet", "gevent"):
        from psycopg2 import extensions

        extensions.set_wait_callback(wait)
        if not event.contains(Engine, "do_connect", look_up):
            event.listen(Engine, "do_connect", look_up)


def look_up(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
    """Look the name of the server up before the driver connects, which would stop every socket meanwhile.

    A green server has replaced `socket`'s look-up with one that lets others run. The name stays, since TLS checks it;
    with several addresses the driver tries one after the other.

    :raise OperationalError: if the name is unknown.
    """
    from psycopg2 import OperationalError

    host = parameters.get("host", "")
    if not host or host.startswith(("/", "@")) or "," in host or "hostaddr" in parameters:
        return  # a local socket, or the operator chose addresses
    try:
        found = socket.getaddrinfo(host, parameters.get("port"), type=socket.SOCK_STREAM)
    except OSError as error:
        raise OperationalError(f"could not look up the name {host}: {error}") from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    parameters |= {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}


def wait(connection: Any) -> None:
    """Wait until a connection has gone on, while others run: a green server has replaced `select` with its own.

    :raise OperationalError: after `PATIENCE_SECONDS` of silence; the driver then closes the connection.
    """
    from psycopg2 import OperationalError, extensions

    while (state := connection.poll()) != extensions.POLL_OK:
        descriptor = [connection.fileno()]
        reads, writes = (descriptor, []) if state == extensions.POLL_READ else ([], descriptor)
        if not any(select.select(reads, writes, [], PATIENCE_SECONDS)):
            raise OperationalError(f"PostgreSQL has not answered for {PATIENCE_SECONDS} seconds")
