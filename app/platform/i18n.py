"""Languages: German and English. The browser's preference counts, unless the session holds a choice.

A catalogue may be incomplete: a text without a translation is shown in English.
"""

import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from flask import Flask, g, request, session
from flask_babel import Babel, force_locale, get_locale, get_translations
from werkzeug.datastructures import LanguageAccept

from ideas.locales import Locale

LANGUAGES = {"en": "English", "de": "Deutsch"}
DEFAULT = "en"

# Other names in the database are old aliases of the same places.
_AREAS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
}

_babel = Babel()


def init_app(app: Flask) -> None:
    _babel.init_app(app, locale_selector=chosen_language, timezone_selector=lambda: "UTC")
    app.extensions["schwarm-language-of"] = language_of  # for sockets, which have no request of their own
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalogue().ugettext(text),
        ngettext=lambda one, many, count: _catalogue().ungettext(one, many, count),
        pgettext=lambda context, text: _catalogue().upgettext(context, text),
        npgettext=lambda context, one, many, count: _catalogue().unpgettext(context, one, many, count),
        newstyle=True,
    )
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, get_locale=get_locale)


_catalogues: dict[Any, Any] = {}  # by the locale of Babel


def _catalogue() -> Any:
    """The translations of the present language. A page asks a hundred times, so this is not left to Flask-Babel, which
    finds them by steps that cost more than the translation.
    """
    of_babel = getattr(g._get_current_object(), "_flask_babel", None)
    language = getattr(of_babel, "babel_locale", None) or get_locale()
    found = _catalogues.get(language)
    if found is None:
        found = _catalogues[language] = get_translations()
    return found


def chosen_language() -> str:
    """The language of this request."""
    return language_of(session, request.accept_languages)


def language_of(said: Mapping[str, Any], accepted: LanguageAccept) -> str:
    """The language that a session chose, else the best match of the browser's preferences."""
    if said.get("language") in LANGUAGES:
        return str(said["language"])
    return accepted.best_match(list(LANGUAGES)) or DEFAULT


def locale_of(form: Mapping[str, str]) -> Locale:
    """The language of this request, and the time zone that a script wrote into the form."""
    return Locale(chosen_language(), known_time_zone(form.get("time_zone", "")))


def known_time_zone(name: str) -> str | None:
    """`name` if it is a time zone of the IANA database."""
    return name if name in time_zones() else None


@cache
def time_zones() -> tuple[str, ...]:
    """All time zones of the IANA database that are named after a place, and UTC."""
    return ("UTC", *sorted(name for name in zoneinfo.available_timezones() if name.partition("/")[0] in _AREAS))


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Translate into `language` inside the block (English if it is not available)."""
    with force_locale(language if language in LANGUAGES else DEFAULT):
        yield
