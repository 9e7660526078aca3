"""Identities: whose socket a request opens, by the cookie that it carries."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask
from werkzeug.datastructures import LanguageAccept

from ideas.actor import Actor
from ideas.devices import holders_of
from realtime.connections import Identity

# How the application chooses a language: by the session and the preferences of the browser.
LANGUAGE_OF = "schwarm-language-of"
LanguageOf = Callable[[Mapping[str, Any], LanguageAccept], str]

# Flask-Login's name for the secret of the browser.
BROWSER_KEY = "_user_id"


def identify(app: Flask, environs: Sequence[dict[str, Any]]) -> list[Identity | None]:
    """The identity behind each request, None for nobody: all of them in one statement, and without a context."""
    said = [_said(app, environ) for environ in environs]
    with app.app_context():
        holders = holders_of([token for token, _ in said if token])
    return [_identity(token, language, holders.get(token)) for token, language in said]


def _said(app: Flask, environ: dict[str, Any]) -> tuple[str, str]:
    """What a browser says: its secret ("" for none), and the language that it reads."""
    request = app.request_class(environ)
    session = app.session_interface.open_session(app, request) or {}
    language_of: LanguageOf = app.extensions[LANGUAGE_OF]
    return str(session.get(BROWSER_KEY) or ""), language_of(session, request.accept_languages)


def _identity(token: str, language: str, holder: tuple[int, int, int | None] | None) -> Identity | None:
    if holder is None:
        return None
    device_id, person_id, account_id = holder
    return Identity(token, Actor(person_id, account_id), device_id, language)
