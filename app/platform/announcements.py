"""The banner with the announcements of operators, on every page but the big screen."""

from flask import Flask, render_template, session
from flask_babel import get_locale
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from app.platform import page_cache
from app.platform.holes import hole, is_drawing
from ideas.installation import AnnouncementRow, stored
from ideas.models import Readers

# The announcements that this browser put away, in its session: the versions of their words.
DISMISSED = "dismissed"
DISMISSED_MAX = 20


def init_app(app: Flask) -> None:
    app.jinja_env.globals["announcements"] = announcements
    page_cache.fill_on_every_page("announcements", announcements)


def announcements() -> str:
    """The current announcements for this viewer; a hole in a page that is drawn for many."""
    if is_drawing():
        return hole("announcements")
    try:
        found = [row for row in stored().announcements if row.is_current and _is_for_viewer(row)]
    except SQLAlchemyError:  # the database is away, and this is the page that says so
        return ""
    if not found:
        return ""
    shown = [(row.id, *_text_of(row)) for row in found]
    return Markup(render_template("layouts/announcements.html", rows=shown))  # noqa: S704 (it escapes)


def _is_for_viewer(row: AnnouncementRow) -> bool:
    if row.text_version in session.get(DISMISSED, ()):
        return False
    return row.readers == Readers.ALL or bool(current_user.is_authenticated)


def _text_of(row: AnnouncementRow) -> tuple[str, str]:
    """`(language, text)` in the reader's language, or in the first one that there is."""
    language = str(get_locale())[:2]
    return (language, row.texts[language]) if language in row.texts else next(iter(row.texts.items()))
