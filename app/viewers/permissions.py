"""The decorator by which a view says who may use it.

It redirects to the sign-in page or to the door of a room; the domain refuses.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform.answers import from_script
from app.platform.errors import NotKnown
from app.viewers import doors
from ideas.errors import Barred, Forbidden, NotFound
from ideas.permissions import For, declared

__all__ = ["For", "permitted", "to_sign_in"]

P = ParamSpec("P")
R = TypeVar("R")

# The doors that need an account, and those that need any person: a guest may have been given facilitation.
NEED_ACCOUNT = {For.ACCOUNT, For.READER, For.MODERATOR, For.OWNER}
NEED_PERSON = {For.FACILITATOR, For.PERSON, For.JUROR}

# The pages of a room whose door is the one of the room.
IN_ROOM = {For.INSIDE, For.PARTICIPANT, For.OWN, For.AUTHOR, For.AUDIENCE}


def permitted(permission: For, *, post: For | None = None) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Declare who may use a view; `post` says it for its POST where that differs.

    Visitors without the account or the person that the view needs are sent to the sign-in page, and strangers to a page
    of a room to its door; both lead back afterwards.
    """

    def attach(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            if _is_unknown(permission):
                return to_sign_in()
            if not doors.is_page():
                return view(*args, **kwargs)
            if permission in IN_ROOM and (way := doors.way_with_code()):
                return way
            try:
                answer = view(*args, **kwargs)
            except Barred:
                raise
            except (Forbidden, NotFound):
                if way := _way_in(permission):
                    return way
                raise
            return doors.present_address() or answer

        return declared(permission, post=post)(guarded)

    return attach


def _is_unknown(permission: For) -> bool:
    """Whether the viewer is not known well enough to be asked for this permission."""
    if permission in NEED_ACCOUNT:
        return current_user.account is None
    return permission in NEED_PERSON and not current_user.is_authenticated


def _way_in(permission: For) -> Response | None:
    if permission in IN_ROOM:
        return doors.door()
    if permission == For.FACILITATOR and current_user.account is None:
        return to_sign_in()  # a browser with a guest may belong to a moderator who is signed out
    return None


def to_sign_in() -> Response:
    if request.method != "GET":
        if from_script() and not current_user.is_authenticated:
            raise NotKnown  # the script keeps what it sent
        abort(403)
    flash(_("Please sign in first."), "info")
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
