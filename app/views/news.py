"""News: events that concern the viewer, an account holder or a guest."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform import slugs
from app.platform.bell import drawn_bell
from app.reasons import news_item
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.queries.news import all_news_of, news_item_of
from ideas.services.notifications import mark_one_read, mark_read

blueprint = Blueprint("news", __name__)


@blueprint.get("/news")
@permitted(For.PERSON)
def index() -> str:
    news = all_news_of(db.session(), current_user.actor)
    slugs.know({row.challenge_id: row.challenge_slug for row in news.rows})
    return render_template(
        "news/index.html",
        items=[news_item(row) for row in news.rows],
        unread=current_user.unread,
        outdated=news.outdated,
        latest=news.latest,
    )


@blueprint.get("/news/bell")
@permitted(For.PERSON)
def bell() -> str:
    """The bell alone, for pages that are open."""
    return drawn_bell(current_user.unread)


@blueprint.post("/news")
@permitted(For.PERSON)
def read() -> Response:
    """Mark the notifications on the page as read; later ones stay new."""
    latest = request.form.get("latest", "")
    mark_read(current_user.actor, int(latest) if latest.isascii() and latest.isdecimal() and len(latest) < 19 else 0)
    return redirect(url_for("news.index"), 303)


@blueprint.post("/news/<int:notification_id>")
@permitted(For.PERSON)
def open_one(notification_id: int) -> Response:
    """Mark one notification as read, and lead to the page that it is about unless the viewer stays here (`stay`)."""
    row = news_item_of(db.session(), current_user.actor, notification_id)
    if row is not None:
        slugs.know({row.challenge_id: row.challenge_slug})
    target = url_for("news.index") if row is None or request.form.get("stay") else news_item(row).url
    mark_one_read(current_user.actor, notification_id)
    return redirect(target, 303)
