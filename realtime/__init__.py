"""The socket edge: a leaf that subscribes to the domain's events and sends the rooms what changed.

The factory of the application alone imports it.
"""

from flask import Flask

from realtime.loops import Lease, free
from realtime.server import RealtimeServer


def attach(app: Flask, async_mode: str, lease: Lease = free) -> RealtimeServer:
    """Give an application its sockets and its catch-up address.

    `lease(name)` is asked before each run of a leased background job (`realtime.loops`).
    """
    server = RealtimeServer(app, async_mode, lease)
    app.extensions["schwarm-realtime"] = server
    return server
