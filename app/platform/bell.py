"""The bell in the header: a link to the news with the number of unread ones.

The number came with the viewer (`ideas.devices`), so it costs no statement of its own. Visitors have no bell.
"""

from flask import Flask, current_app
from flask_login import current_user
from markupsafe import Markup

from app.platform import page_cache
from app.platform.holes import hole, is_drawing


def init_app(app: Flask) -> None:
    app.jinja_env.globals["bell"] = bell
    page_cache.fill_on_every_page("bell", bell)


def bell() -> str:
    """The bell of this viewer. On a page that is drawn for many it is a hole."""
    if is_drawing():
        return hole("bell")
    return drawn_bell(current_user.unread) if current_user.is_authenticated else ""


def drawn_bell(unread: int) -> Markup:
    """The bell with this number."""
    drawn: Markup = current_app.extensions["schwarm-fragments"]("news/_bell.html", unread=unread)
    return drawn
