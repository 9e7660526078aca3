"""Languages: German and English, from the browser, switchable, kept in the session."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request, session
from flask_babel import Babel, force_locale, get_locale

LANGUAGES = {"en": "English", "de": "Deutsch"}
DEFAULT = "en"

_babel = Babel()


def init_app(app: Flask) -> None:
    _babel.init_app(app, locale_selector=chosen_language, timezone_selector=lambda: "UTC")
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, get_locale=get_locale)


def chosen_language() -> str:
    """The language of this request: chosen by hand, else the best the browser asks for."""
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Translate into `language` (English if we don't have it) for a while."""
    with force_locale(language if language in LANGUAGES else DEFAULT):
        yield
