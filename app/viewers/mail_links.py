"""Signed links in mails about news, which work without signing in: switch the mails off, confirm an address.

A link that switches mails off tells nothing about its person and can do nothing else, so it does not expire.
"""

from flask import current_app
from itsdangerous import BadSignature

from app.platform.link_tokens import LinkSerializer, TimedLinkSerializer
from ideas.errors import TokenSpent

CONFIRM_SECONDS = 3 * 24 * 3600


def off_token(person_id: int) -> str:
    """The secret part of the link by which a person switches mails off."""
    return str(_off().dumps(person_id))


def person_of_off(token: str) -> int:
    """:raise TokenSpent: if the link is not ours."""
    try:
        return int(_off().loads(token))
    except (BadSignature, ValueError, TypeError) as error:
        raise TokenSpent from error


def address_token(person_id: int, email: str) -> str:
    """The secret part of the link by which a guest confirms an address."""
    return str(_address().dumps([person_id, email]))


def address_of(token: str) -> tuple[int, str]:
    """`(person, address)` of a link. :raise TokenSpent: if it is not ours, or too old."""
    try:
        person_id, email = _address().loads(token, max_age=CONFIRM_SECONDS)
    except (BadSignature, ValueError, TypeError) as error:
        raise TokenSpent from error
    return int(person_id), str(email)


def _off() -> LinkSerializer:
    return LinkSerializer(current_app.secret_key or "", salt="mails-off")


def _address() -> TimedLinkSerializer:
    return TimedLinkSerializer(current_app.secret_key or "", salt="guest-address")
