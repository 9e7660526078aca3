"""Addresses: absolute ones for mails and QR codes, and where it is safe to send somebody next."""

import os
from urllib.parse import urlsplit

from flask import current_app, request, url_for

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared, not bound)


def absolute(endpoint: str, **values: object) -> str:
    """The address of a page for people who are somewhere else: under PUBLIC_URL where the operator set one.

    Without it the address is the one that this request came to.
    """
    path = url_for(endpoint, **values)  # type: ignore[arg-type]
    public = urlsplit(current_app.config["PUBLIC_URL"])
    origin = f"{public.scheme}://{public.netloc}" if public.netloc else request.host_url.rstrip("/")
    return origin + path


def served_at() -> str:
    """Where people find this server, without a slash at the end: PUBLIC_URL, or where `make run` serves here.

    For what is written without a request: mails and the command line.
    """
    if current_app.config["PUBLIC_URL"]:
        return str(current_app.config["PUBLIC_URL"])
    host = os.environ.get("HOST") or "127.0.0.1"
    host = "localhost" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{host}:{os.environ.get('PORT') or 5000}"


def link(endpoint: str, **values: str | int) -> str:
    """The address of a page, under `served_at()`."""
    base = served_at()
    with current_app.test_request_context(base_url=base):
        path = url_for(endpoint, **values)  # type: ignore[arg-type]
    root = urlsplit(base)
    return f"{root.scheme}://{root.netloc}{path}"


def own_path(wanted: str | None) -> str | None:
    """`wanted` if it is a page of this server, else None: a link to us must not lead elsewhere.

    Paths are taken with or without the sub-path that the application lives under.
    """
    # Browsers drop tabs and line ends and read a backslash as a slash: "/\\evil.example" would leave us.
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or not wanted.isprintable():
        return None
    if "\\" in wanted or urlsplit(wanted).netloc:
        return None
    root = request.script_root
    return wanted if not root or wanted.startswith(f"{root}/") else root + wanted


def next_or(fallback: str) -> str:
    """Where this request asks to go afterwards (`next`), if that is safe."""
    return own_path(request.values.get("next")) or fallback
