"""The door of a challenge: where a page leads those who have not joined, and where the door leads afterwards.

A slug alone opens nothing. A stranger to a room by link learns nothing from it either: a slug that exists, a draft's
and one that was made up lead to the same door, which asks for the code. The door of a listed room is its join page.
"""

from urllib.parse import urlencode

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform.addresses import own_path
from app.platform.slugs import NOBODY, slug_in_address, slug_of
from app.viewers import join_codes
from ideas import codes, policy
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import Challenge
from ideas.queries.rounds import current_round


def is_page() -> bool:
    """Whether this request is for a page that people share: its address has a slug."""
    return request.method == "GET" and slug_in_address() is not None


def door() -> Response | None:
    """The redirect for a viewer who was refused; None for people inside, whose refusal stands."""
    challenge_id: int = (request.view_args or {}).get("challenge_id", NOBODY)
    if policy.is_known(db.session(), current_user.actor, challenge_id):
        return None
    # While a later round runs, the room is open, and what people look for is the way in.
    if policy.shows_result(db.session(), challenge_id) and current_round(db.session(), challenge_id).is_closed:
        return redirect(url_for("results.show", challenge_id=challenge_id))
    try:
        challenge = policy.access_of(db.session(), current_user.actor, challenge_id).challenge
    except NotFound:
        return redirect(url_for("home.door", next=_here()))
    if current_round(db.session(), challenge_id).is_closed:
        return None
    return redirect(join_codes.way_in(challenge.code, next=_here()))


def present_address() -> Response | None:
    """The redirect from a former slug of the challenge to its present one."""
    challenge_id: int = (request.view_args or {})["challenge_id"]
    present = slug_of(challenge_id)
    return redirect(_here(present)) if present != slug_in_address() else None


def way_with_code() -> Response | None:
    """The way on if the link carried a code, `?code=`. The code does not stay in the address of the page."""
    if "code" not in request.args:
        return None
    code = codes.code_in(request.args["code"])
    challenge_id: int = (request.view_args or {}).get("challenge_id", NOBODY)
    if code is None or policy.is_known(db.session(), current_user.actor, challenge_id):
        return redirect(_here())
    return redirect(url_for("participants.join", code=code, key=request.args.get(join_codes.KEY), next=_here()))


def _here(slug: str | None = None) -> str:
    """The address of this request without a code and its key, under `slug` if one is given."""
    leading_in = {"code", join_codes.KEY} if "code" in request.args else set()
    rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name not in leading_in])
    path = url_for(request.endpoint or "", **{**(request.view_args or {}), "challenge_id": slug or slug_in_address()})
    return f"{path}?{rest}" if rest else path


def wanted_page(challenge: Challenge) -> str | None:
    """The page of this challenge that the visitor of the door wanted (`next`); a page of nothing else."""
    wanted = own_path(request.values.get("next"))
    room = url_for("rooms.show", challenge_id=challenge.id)
    if wanted is None or ".." in wanted:
        return None
    return wanted if wanted == room or wanted.startswith((f"{room}/", f"{room}?")) else None
