"""Origins: a socket is opened only by a page of this server, since a browser sends cookies with sockets of any page."""

from typing import Any

from flask import Flask

from ideas.hosts import is_own_origin


def is_allowed_origin(app: Flask, origin: str | None, environ: dict[str, Any]) -> bool:
    """Whether a page with this `Origin` may open a socket. Programs without an `Origin` are not asked.

    `HTTP_HOST` is what a trusted proxy forwarded, if there is one; the forwarded headers themselves are not read.
    """
    settings = app.config
    return is_own_origin(origin or "", environ.get("HTTP_HOST", ""), settings["PUBLIC_URL"], settings["ALLOWED_HOSTS"])
