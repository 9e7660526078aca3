"""News: events that concern the viewer, an account holder or a guest."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform import slugs
from app.reasons import news_item
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.queries.news import news_of
from ideas.services.notifications import mark_read

blueprint = Blueprint("news", __name__)


@blueprint.get("/news")
@permitted(For.PERSON)
def index() -> str:
    rows = news_of(db.session(), current_user.actor)
    slugs.know({row.challenge_id: row.challenge_slug for row in rows})
    return render_template(
        "news/index.html",
        items=[news_item(row) for row in rows],
        unread=sum(row.is_unread for row in rows),
        latest=max((row.id for row in rows), default=0),
    )


@blueprint.post("/news")
@permitted(For.PERSON)
def read() -> Response:
    """Mark the notifications on the page as read; later ones stay new."""
    latest = request.form.get("latest", "")
    mark_read(current_user.actor, int(latest) if latest.isascii() and latest.isdecimal() and len(latest) < 19 else 0)
    return redirect(url_for("news.index"), 303)
