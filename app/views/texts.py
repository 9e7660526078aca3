"""Imprint and privacy note: the operator's own texts if they exist, else the default ones."""

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markupsafe import Markup

import config
from app.platform.i18n import DEFAULT, LANGUAGES, chosen_language
from app.viewers.permissions import For, permitted
from ideas import signing

SHIPPED = config.ROOT / "templates" / "texts"

# The operator writes these files, and nobody else; texts of people go through `app/platform/rendering.py`.
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")

blueprint = Blueprint("texts", __name__)


@dataclass(frozen=True)
class Text:
    title: str
    html: Markup
    language: str


@blueprint.get("/imprint")
@permitted(For.ANYONE)
def imprint() -> str:
    return render_template("texts/show.html", text=_text("imprint", _("Imprint")), fingerprint=_fingerprint())


@blueprint.get("/privacy")
@permitted(For.ANYONE)
def privacy() -> str:
    return render_template("texts/show.html", text=_text("privacy", _("Privacy")), fingerprint="")


def _fingerprint() -> str:
    """The fingerprint of the key that signs packs; empty if there is none."""
    try:
        return signing.fingerprint(signing.public_key())
    except signing.NoKey:
        return ""


def _text(name: str, title: str) -> Text:
    """A text in the reader's language. If the operator wrote it in another language only, that one is shown."""
    wanted = chosen_language()
    own = Path(current_app.config["INSTANCE"]) / "texts"
    order = [wanted, DEFAULT, *LANGUAGES]
    path, language = next(
        (folder / f"{name}.{language}.md", language)
        for folder in (own, SHIPPED)
        for language in order
        if (folder / f"{name}.{language}.md").is_file()
    )
    html = _markdown.render(path.read_text(encoding="utf-8"))
    return Text(title, Markup(html), language)  # noqa: S704 (it lets no HTML through)
