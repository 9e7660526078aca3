"""The socket edge: a leaf that subscribes to the domain's events and sends the rooms what changed.

The factory of the application alone imports it.
"""

from flask import Flask

from realtime.server import RealtimeServer


def attach(app: Flask, async_mode: str) -> RealtimeServer:
    """Give an application its sockets, its catch-up address and its background loops."""
    server = RealtimeServer(app, async_mode)
    app.extensions["schwarm-realtime"] = server
    app.extensions["schwarm-looks"] = server.presence
    return server
