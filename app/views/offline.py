"""The offline page, which a browser shows when it reaches no server, and the service worker that keeps it there."""

import hashlib
import json
from dataclasses import dataclass

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.platform import assets
from app.platform.i18n import LANGUAGES, chosen_language, in_language
from app.viewers.permissions import For, permitted

blueprint = Blueprint("offline", __name__)

WORKER = "offline/service-worker.js"
STYLES = "css/joined-main.css"


@dataclass(frozen=True)
class OfflineText:
    """The words of the page in one language."""

    language: str
    heading: str
    text: str
    act: str


@blueprint.get("/offline")
@permitted(For.ANYONE)
def show() -> str:
    """The page for everybody: it knows neither viewer nor session, and is kept without cookies."""
    return _page()


@blueprint.get("/service-worker.js")
@permitted(For.ANYONE)
def worker() -> Response:
    """The service worker. It changes with the page and its styles, and a browser replaces it then."""
    files = [url_for("offline.show"), url_for("static", filename=STYLES)]
    name = f"offline-{hashlib.sha256(_page().encode()).hexdigest()[:10]}"
    head = f"const NAME = {json.dumps(name)};\nconst FILES = {json.dumps(files)};\n"
    response = Response(head.encode() + assets.content(WORKER), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _page() -> str:
    """In all languages, that of the browser first: a kept page can't ask which one was chosen."""
    first = chosen_language()
    languages = [first, *(language for language in LANGUAGES if language != first)]
    return render_template("offline/show.html", texts=[_text(language) for language in languages])


def _text(language: str) -> OfflineText:
    with in_language(language):
        return OfflineText(
            language,
            _("You are offline"),
            _(
                "This page could not be loaded. What you wrote in a room stays on this device and is sent when you are "
                "online again."
            ),
            _("Try again"),
        )
