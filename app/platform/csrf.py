"""CSRF protection: every post carries a token, in the field `csrf_token` or the header `X-CSRFToken`.

The token belongs to the session, so it also fails where nobody attacks: cookies refused or cleared, a second tab, a new
key of the server. A page of this server then gets its text back (app/platform/kept.py); another site's gets nothing.
"""

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf

# The header of an answer with a token that fits this browser now; only a page of this server can read it.
FRESH_TOKEN = "X-Fresh-Token"  # noqa: S105 (the name of a header)

_protect = CSRFProtect()


def init_app(app: Flask) -> None:
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # `_check` calls it
    _protect.init_app(app)
    app.before_request(_check)


def _check() -> None:
    """:raise CSRFError: if the token does not fit."""
    if not current_app.config["WTF_CSRF_ENABLED"] or request.endpoint is None:
        return
    try:
        _protect.protect()
    except CSRFError:
        # The person has read what is about to be sent, on a page of this server, and pressed once more.
        if not (request.form.get("again") and is_from_own_page() and request.cookies):
            raise


def is_from_own_page() -> bool:
    """Whether a page of this server sent this post. A browser sets both headers, and no page can change them."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def fresh_token() -> str:
    """The token that fits the session of the answer."""
    return str(generate_csrf())
