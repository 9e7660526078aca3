"""CSRF protection: every post carries a token, in the field `csrf_token` or the header `X-CSRFToken`."""

from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFError, CSRFProtect

from app.platform.answers import from_script
from app.platform.errors import error_page

_protect = CSRFProtect()


def init_app(app: Flask) -> None:
    _protect.init_app(app)
    app.register_error_handler(CSRFError, _token_of_another_session)


def _token_of_another_session(error: CSRFError) -> Any:
    """A page of ours that is older than the cookie of its browser: the cookie is gone, or belongs to someone else.

    Its script keeps what it sent, fetches the present token and sends again (static/js/queue/posts.js).
    """
    status = 401 if from_script() else 400
    return error_page(status), status
