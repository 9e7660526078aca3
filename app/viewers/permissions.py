"""The decorator by which a view says who may use it. It redirects to the sign-in page; the domain refuses."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform.answers import from_script
from app.platform.errors import NotKnown
from ideas.permissions import For, declared

__all__ = ["For", "permitted"]

P = ParamSpec("P")
R = TypeVar("R")

# The doors that need an account, and those that need any person: a guest may have been given facilitation.
NEED_ACCOUNT = {For.ACCOUNT, For.MEMBER, For.OWNER}
NEED_PERSON = {For.FACILITATOR, For.PERSON}


def permitted(permission: For, *, post: For | None = None) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Declare who may use a view; `post` says it for its POST where that differs.

    Visitors without the account or the person that the door needs are sent to the sign-in page, and back afterwards.
    """

    def attach(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            return _to_sign_in() if _is_unknown(permission) else view(*args, **kwargs)

        return declared(permission, post=post)(guarded)

    return attach


def _is_unknown(permission: For) -> bool:
    """Whether the viewer is not known well enough to be asked for this permission."""
    if permission in NEED_ACCOUNT:
        return current_user.account is None
    return permission in NEED_PERSON and not current_user.is_authenticated


def _to_sign_in() -> Response:
    if request.method != "GET":
        if from_script() and not current_user.is_authenticated:
            raise NotKnown  # the script keeps what it sent
        abort(403)
    flash(_("Please sign in first."), "info")
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
