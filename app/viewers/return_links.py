"""Private return links: a guest, who has no password, comes back by link on another device.

A link opens no account: an account holder signs in, and an old link must not bypass the password.
"""

from flask import current_app
from itsdangerous import BadSignature

from app.platform.addresses import absolute
from app.platform.link_tokens import LinkSerializer
from ideas.database import db
from ideas.errors import TokenSpent
from ideas.models import Person


def link_of(person: Person) -> str | None:
    """The absolute address; None for a person with an account."""
    if person.account_id is not None:
        return None
    return absolute("participants.come_back", token=token_of(person.id, person.return_nonce))


def token_of(person_id: int, nonce: str) -> str:
    """The secret part of the link of a guest."""
    return str(_links().dumps([person_id, nonce]))


def person_by(token: str) -> Person:
    """:raise TokenSpent: if the link is not ours, was replaced, or its guest has an account now."""
    try:
        person_id, nonce = _links().loads(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise TokenSpent from error
    person = db.session.get(Person, person_id)
    if person is None or person.return_nonce != nonce or person.account_id is not None:
        raise TokenSpent
    return person


def _links() -> LinkSerializer:
    return LinkSerializer(current_app.secret_key or "", salt="return")
