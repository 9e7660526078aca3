"""Declarations of who may use a door of the edges. They are metadata: `ideas/policy.py` decides."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

_DECLARED = "permissions"


class For(StrEnum):
    """A kind of visitor that a door is open to."""

    ANYONE = "anyone"
    TOKEN = "holders of the link"  # noqa: S105 (no secret)
    CODE = "holders of the code, except removed participants"
    ACCOUNT = "account holders"
    PERSON = "account holders and guests"
    SIGNED_OUT = "visitors who are not signed in; others are redirected"
    INSIDE = "participants and facilitators"
    NUMBER = "participants, removed ones included, and facilitators; nothing is there for others"
    PARTICIPANT = "participants"
    OWN = "participants, removed ones included"
    AUTHOR = "the author"
    JUROR = "jurors of the round"
    FACILITATOR = "facilitators"
    READER = "members of the organisation, viewers included"
    MODERATOR = "owners and moderators of the organisation"
    OWNER = "owners of the organisation"
    OPERATOR = "operators of the installation; nothing is there for others"
    AUDIENCE = "everybody who may see the result"


def declared(permission: For, *, post: For | None = None) -> Callable[[View], View]:
    """Attach the permission of a view; `post` is the one of its POST where that differs."""

    def attach(view: View) -> View:
        view.__dict__[_DECLARED] = {"GET": permission, "POST": post or permission}
        return view

    return attach


def permissions_of(view: Callable[..., object]) -> Mapping[str, For]:
    """`{method: permission}` as a view declares it; empty for a view without a declaration."""
    found: Mapping[str, For] = view.__dict__.get(_DECLARED, {})
    return found
