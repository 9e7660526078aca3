"""News: events that concern the viewer, an account holder or a guest."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import mails
from app.inputs.accounts import email_of
from app.inputs.news import challenge_of, topics_off
from app.pages.news_settings import news_settings_of
from app.platform import limits, slugs
from app.platform.bell import drawn_bell
from app.platform.errors import TooMany, messages_of, status_of
from app.platform.i18n import locale_of
from app.reasons import news_item
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import Forbidden, Invalid
from ideas.queries.news import all_news_of, news_item_of
from ideas.services import notifications
from ideas.services.notifications import mark_one_read, mark_read

# Mails that ask whether an address is somebody's go to people who never asked for one.
ADDRESS_LIMIT = "3 per day"
NETWORK_LIMIT = "20 per hour"

blueprint = Blueprint("news", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/news")
@permitted(For.PERSON)
def index() -> str:
    news, zone = all_news_of(db.session(), current_user.actor), current_user.account and current_user.account.time_zone
    slugs.know({row.challenge_id: row.challenge_slug for row in news.rows if row.challenge_id})
    return render_template(
        "news/index.html",
        items=[news_item(row, zone) for row in news.rows],
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
    if row is not None and row.challenge_id:
        slugs.know({row.challenge_id: row.challenge_slug})
    target = url_for("news.index") if row is None or request.form.get("stay") else news_item(row).url
    mark_one_read(current_user.actor, notification_id)
    return redirect(target, 303)


@blueprint.get("/news/settings")
@permitted(For.PERSON)
def settings() -> str:
    return _settings({})


@blueprint.post("/news/settings")
@permitted(For.PERSON)
def choose() -> Response:
    """Choose the topics, of one challenge or of all."""
    challenge_id = challenge_of(request.form)
    notifications.switch_topics(current_user.actor, challenge_id, topics_off(request.form))
    return _chosen(challenge_id)


@blueprint.post("/news/mails")
@permitted(For.PERSON)
def choose_mails() -> Response:
    """Switch the mails on or off."""
    notifications.switch_mails(current_user.person_id, on=request.form.get("mails") == "1")
    return _chosen()


@blueprint.post("/news/address")
@permitted(For.PERSON)
def leave_address() -> Answer:
    """Leave an address as a guest; the answer is the same for every address."""
    if current_user.account is not None:
        raise Forbidden
    try:
        email = email_of(request.form)
        limits.spend(NETWORK_LIMIT, "guest-addresses", limits.network())
    except (Invalid, TooMany) as error:
        return _settings(messages_of(error)), status_of(error)
    notifications.leave_address(current_user.actor, email, locale_of(request.form), asks=_may_ask(email))
    flash(_("We have sent a mail to %(email)s. News come when you have opened the link in it.", email=email))
    return redirect(url_for("news.settings"), 303)


def _may_ask(email: str) -> bool:
    """Whether an address gets another question. The page does not say so: others may have asked it."""
    try:
        limits.spend(ADDRESS_LIMIT, "guest-address", email)
    except TooMany:
        return False
    return True


@blueprint.post("/news/address/removal")
@permitted(For.PERSON)
def take_address_away() -> Response:
    notifications.take_address_away(current_user.actor)
    flash(_("The address is deleted."), "success")
    return redirect(url_for("news.settings"), 303)


def _chosen(challenge_id: int | None = None) -> Response:
    flash(_("Saved."), "success")
    return redirect(url_for("news.settings", challenge=challenge_id), 303)


def _settings(errors: dict[str, str]) -> str:
    page = news_settings_of(current_user.actor, challenge_of(request.args))
    return render_template(
        "news/settings.html",
        page=page,
        account=current_user.account,
        email=request.form.get("email", ""),
        errors=errors,
        are_sent=mails.are_sent(),
    )
