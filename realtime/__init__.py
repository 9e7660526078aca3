"""The socket edge: a leaf that subscribes to the domain's events and tells the rooms.

Nothing imports it but the factory.
"""

from flask import Flask

from realtime.hub import Hub


def attach(app: Flask, async_mode: str) -> Hub:
    """Give an application its sockets and its catch-up address."""
    hub = Hub(app, async_mode)
    app.extensions["schwarm-realtime"] = hub
    return hub
