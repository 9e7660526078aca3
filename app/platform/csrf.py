"""CSRF protection: every post carries a token, in the field `csrf_token` or the header `X-CSRFToken`.

The token belongs to the session, so it also fails where nobody attacks: cookies refused or cleared, a second tab, a new
key of the server. A page of this server then gets its text back (app/platform/kept.py); another site's gets nothing.

Each answer shows the token under a mask of its own: otherwise the lengths of many compressed answers could tell it
(app/platform/compression.py).
"""

import base64
import binascii
import secrets
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf

from app.platform import holes

# The header of an answer with a token that fits this browser now; only a page of this server can read it.
FRESH_TOKEN = "X-Fresh-Token"  # noqa: S105 (the name of a header)


class _Protection(CSRFProtect):  # type: ignore[misc]
    """The check of Flask-WTF, for masked tokens. Pages from before an update have plain ones."""

    def _get_csrf_token(self) -> str | None:
        sent: str | None = super()._get_csrf_token()
        return unmasked(sent) if sent else sent


_protect = _Protection()

# The ways out of mails, which mail programs post with one press and without cookies (RFC 8058). The link is a secret of
# its receiver and permits nothing else, and the act may be repeated.
FROM_MAIL = frozenset({"inviting.stop", "mail_links.switch_off"})


def init_app(app: Flask) -> None:
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # `_check` calls it
    _protect.init_app(app)
    app.jinja_env.globals["csrf_token"] = token
    app.context_processor(lambda: {"csrf_token": token})
    app.before_request(_check)


def _check() -> None:
    """:raise CSRFError: if the token does not fit."""
    if not current_app.config["WTF_CSRF_ENABLED"] or request.endpoint is None or request.endpoint in FROM_MAIL:
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


def token() -> str:
    """The token that fits the session of this answer, under the answer's mask."""
    if holes.is_drawing():
        return holes.hole("token")
    if "masked_token" not in g:
        g.masked_token = masked(str(generate_csrf()))
    return str(g.masked_token)


def masked(plain: str) -> str:
    """`plain` under a random mask of its length, and the mask."""
    mask = secrets.token_bytes(len(plain))
    return base64.urlsafe_b64encode(mask + _xor(plain.encode(), mask)).decode().rstrip("=")


def unmasked(sent: str) -> str:
    """The token in a masked one; anything else as it is, since its signature is checked next."""
    if "." in sent:
        return sent
    try:
        both = base64.urlsafe_b64decode(sent + "=" * (-len(sent) % 4))
        return _xor(both[: len(both) // 2], both[len(both) // 2 :]).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return sent


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
