"""Hosts: without PUBLIC_URL a page is served only under names that nobody else can own (ideas/hosts.py)."""

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _l

from app.platform.errors import error_page
from ideas.hosts import is_allowed_host

_REFUSAL = _l("This server shows no pages under this name. Its operator can permit it: PUBLIC_URL or ALLOWED_HOSTS.")

# A container, a proxy or Prometheus asks these under any name; they tell nothing, or ask for a token.
FOR_ANY_NAME = {"/healthz", "/readyz", "/metrics"}


def init_app(app: Flask) -> None:
    app.before_request(_check)


def _check() -> tuple[object, int] | None:
    settings = current_app.config
    if settings["PUBLIC_URL"] or request.path in FOR_ANY_NAME:
        return None
    if is_allowed_host(request.host, settings["ALLOWED_HOSTS"]):
        return None
    return error_page(400, _REFUSAL), 400
