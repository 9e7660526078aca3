"""CSRF protection: every post carries a token, in the field `csrf_token` or the header `X-CSRFToken`."""

from flask import Flask
from flask_wtf import CSRFProtect

_protect = CSRFProtect()


def init_app(app: Flask) -> None:
    _protect.init_app(app)
