"""The links of personal invitations and of the way out of them.

They are made with the key of the installation from what the database holds, so that a page can show a link again and
the database alone opens nothing.
"""

import hashlib
import hmac

from flask import current_app
from itsdangerous import BadSignature

from app.platform.addresses import absolute, link
from app.platform.link_tokens import LinkSerializer
from ideas.errors import TokenSpent
from ideas.models import InvitationKind

# The page behind a link, by the kind of the invitation.
PAGES = {
    InvitationKind.MEMBER: "organisations.accept",
    InvitationKind.MODERATOR: "inviting.accept",
    InvitationKind.PARTICIPANT: "inviting.accept",
}


def token_of(nonce: str) -> str:
    """The secret of a link."""
    return str(_signer("invitation").dumps(nonce))


def link_of(kind: InvitationKind, nonce: str) -> str:
    """The absolute address of an invitation."""
    return absolute(PAGES[kind], token=token_of(nonce))


def address_digest(email: str) -> str:
    """The keyed digest of an address: without the key nobody can try addresses on it."""
    key = str(current_app.secret_key or "").encode()
    return hmac.new(key, b"address:" + email.lower().encode(), hashlib.sha256).hexdigest()


def way_out(email: str) -> str:
    """The absolute address at which the owner of an e-mail address asks for no further invitations."""
    return link("inviting.stop", token=str(_signer("opt-out").dumps(address_digest(email))))


def address_in(token: str) -> str:
    """The keyed digest of the address for which a way out was made. :raise TokenSpent: if it is not ours."""
    try:
        return str(_signer("opt-out").loads(token))
    except BadSignature as error:
        raise TokenSpent from error


def _signer(salt: str) -> LinkSerializer:
    return LinkSerializer(current_app.secret_key or "", salt=salt)
