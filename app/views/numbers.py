"""Addresses with the number of a record: the old ones of pages, which have the slug of their challenge now.

Numbers can be counted up, so nothing is there for people outside, in a listed room neither. Parts of pages, posts and
the socket's addresses keep their numbers (docs/protocol.md).
"""

from flask import Blueprint, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.viewers.permissions import For, permitted, to_sign_in
from ideas import policy
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.models import Idea
from ideas.permissions import permissions_of

blueprint = Blueprint("numbers", __name__)


@blueprint.route("/challenges/<int:challenge_id>", defaults={"rest": ""}, methods=["GET", "POST"])
@blueprint.route("/challenges/<int:challenge_id>/<path:rest>", methods=["GET", "POST"])
@permitted(For.NUMBER)
def challenge(challenge_id: int, rest: str) -> Response:
    return _moved(challenge_id, f"/{rest}" if rest else "")


@blueprint.get("/ideas/<int:idea_id>", defaults={"rest": ""})
@blueprint.get("/ideas/<int:idea_id>/edit", defaults={"rest": "edit"})
@permitted(For.NUMBER)
def idea(idea_id: int, rest: str) -> Response:
    found = require(db.session(), Idea, idea_id)
    return _moved(found.challenge_id, f"/ideas/{idea_id}{'/' + rest if rest else ''}")


def _moved(challenge_id: int, rest: str) -> Response:
    """The redirect to the address with the slug; a post is sent there again."""
    if _permission_at(rest) == For.FACILITATOR and not current_user.is_authenticated:
        return to_sign_in()  # whatever the number is
    if not policy.is_known(db.session(), current_user.actor, challenge_id):
        raise NotFound
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    address = url_for("rooms.show", challenge_id=challenge_id) + rest + query
    return redirect(address, 308 if request.method == "POST" else 302)


def _permission_at(rest: str) -> For:
    """Who may use the page with this end of its address. :raise NotFound: if there is none."""
    method = "POST" if request.method == "POST" else "GET"
    try:
        endpoint, _values = current_app.url_map.bind("").match(f"/challenges/any-slug{rest}", method)
    except HTTPException as error:
        raise NotFound from error
    return permissions_of(current_app.view_functions[endpoint])[method]
