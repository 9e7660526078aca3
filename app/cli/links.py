"""Links to print: under PUBLIC_URL, or where `make run` serves on this machine."""

import os
from urllib.parse import urlsplit

from flask import current_app, url_for

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared, not bound)


def address() -> str:
    """Where people find this server, without a slash at the end."""
    if current_app.config["PUBLIC_URL"]:
        return str(current_app.config["PUBLIC_URL"])
    host = os.environ.get("HOST") or "127.0.0.1"
    host = "localhost" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{host}:{os.environ.get('PORT') or 5000}"


def link(endpoint: str, **values: str | int) -> str:
    """The address of a page."""
    base = address()
    with current_app.test_request_context(base_url=base):
        path = url_for(endpoint, **values)  # type: ignore[arg-type]
    root = urlsplit(base)
    return f"{root.scheme}://{root.netloc}{path}"
