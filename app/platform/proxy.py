"""Behind nginx or Caddy: the number of trusted proxies, and the path of the application."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

Environ = dict[str, Any]
Start = Callable[..., Any]


def init_app(app: Flask) -> None:
    hops = app.config["TRUSTED_PROXIES"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    path = urlsplit(app.config["PUBLIC_URL"]).path
    if path:
        app.config["APPLICATION_ROOT"] = path
        app.config["SESSION_COOKIE_PATH"] = path
        app.wsgi_app = _UnderPath(app.wsgi_app, path)  # type: ignore[method-assign]


class _UnderPath:
    """Serves the application under a path, whether the proxy strips it from the request or not."""

    def __init__(self, wsgi: Callable[[Environ, Start], Iterable[bytes]], path: str) -> None:
        self.wsgi, self.path = wsgi, path

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = self.path
        inner = environ.get("PATH_INFO", "")
        if inner == self.path or inner.startswith(self.path + "/"):
            environ["PATH_INFO"] = inner[len(self.path) :] or "/"
        return self.wsgi(environ, start_response)
