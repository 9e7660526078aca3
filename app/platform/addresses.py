"""Addresses: absolute ones for mails and QR codes, and safe targets of redirects."""

import os
from urllib.parse import urlsplit

from flask import current_app, request, url_for

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared, not bound)


def absolute(endpoint: str, **values: object) -> str:
    """The absolute address of a page, for use elsewhere: under PUBLIC_URL if the operator set it.

    Otherwise it has the host of this request.
    """
    path = url_for(endpoint, **values)  # type: ignore[arg-type]
    public = urlsplit(current_app.config["PUBLIC_URL"])
    origin = f"{public.scheme}://{public.netloc}" if public.netloc else request.host_url.rstrip("/")
    return origin + path


def served_at() -> str:
    """The server's base address without a slash at the end: PUBLIC_URL, or the address on which `make run` serves.

    For texts that are written without a request: mails and the command line. With several processes the address is that
    of nginx in front of them.
    """
    if current_app.config["PUBLIC_URL"]:
        return str(current_app.config["PUBLIC_URL"])
    host = os.environ.get("FRONT_HOST") or os.environ.get("HOST") or "127.0.0.1"
    host = "localhost" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{host}:{os.environ.get('FRONT_PORT') or os.environ.get('PORT') or 5000}"


def link(endpoint: str, **values: str | int) -> str:
    """The address of a page, under `served_at()`."""
    base = served_at()
    with current_app.test_request_context(base_url=base):
        path = url_for(endpoint, **values)  # type: ignore[arg-type]
    root = urlsplit(base)
    return f"{root.scheme}://{root.netloc}{path}"


def own_path(wanted: str | None) -> str | None:
    """`wanted` if it is a path of this server, else None: a link to this server must not lead elsewhere.

    The path may start with the application's sub-path or not.
    """
    # Browsers drop tabs and line ends and read a backslash as a slash: "/\\evil.example" would leave this server.
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or not wanted.isprintable():
        return None
    if "\\" in wanted or urlsplit(wanted).netloc:
        return None
    root = request.script_root
    return wanted if not root or wanted.startswith(f"{root}/") else root + wanted


def next_or(fallback: str) -> str:
    """The redirect target of this request (`next`) if it is safe, else `fallback`."""
    return own_path(request.values.get("next")) or fallback


def page_before() -> str | None:
    """The path of the page that sent this request, if it is one of this server that opens by a link.

    A refused form stands at the address of its post, which does not.
    """
    parts = urlsplit(request.referrer or "")
    adapter = current_app.create_url_adapter(request)
    if parts.netloc != request.host or adapter is None or not adapter.test(parts.path, "GET"):
        return None
    return own_path(parts.path + (f"?{parts.query}" if parts.query else ""))
