"""The card that a chat shows for a link: a title, a line and a picture that this server draws.

A card says no more than the page that it stands in: the join page names the challenge and the organisation. The address
of its picture is signed with what opens that page, so it can't be guessed and ends with the code or the result's link.
"""

import hashlib
import hmac
from dataclasses import dataclass

from flask import Flask, current_app
from flask_babel import gettext as _

from app.pages.conditions import PayText, pay_label
from app.platform.addresses import absolute
from app.platform.i18n import in_language
from app.viewers import join_codes
from app.viewers.result_links import link_to_result
from ideas import policy
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.models import Challenge, Image
from ideas.queries.pay import offer_of, pays_before_close
from ideas.services.participants import may_join


@dataclass(frozen=True)
class LinkCard:
    """`url` and `picture` are absolute addresses; `shows`: what the picture of the challenge shows, "" for none."""

    title: str
    text: str
    url: str
    picture: str
    shows: str = ""


def init_app(app: Flask) -> None:
    app.jinja_env.globals["plain_card"] = plain_card


def plain_card(title: str) -> LinkCard:
    """The card of every page that says nothing about a challenge to a stranger."""
    return LinkCard(
        title=title,
        text=_("Collect ideas, discuss them and vote fairly."),
        url=absolute("home.index"),
        picture=absolute("pictures.plain_card"),
    )


def card_of_join(challenge: Challenge, pay: PayText) -> LinkCard:
    """The card of a challenge; it says if its pay is below the minimum wage, or that it is just for fun."""
    asks = _("%(organisation)s asks", organisation=challenge.organisation.name)
    return LinkCard(
        title=challenge.title,
        text=f"{asks} · {pay.label}" if pay.is_on_cards else asks,
        url=absolute("participants.join", code=challenge.code, key=join_codes.key_of(challenge.code)),
        picture=_picture(challenge, _join_secret(challenge, pay)),
        shows=challenge.picture.words if challenge.picture else "",
    )


def card_of_result(challenge: Challenge) -> LinkCard:
    return LinkCard(
        title=_("Result: %(title)s", title=challenge.title),
        text=challenge.organisation.name,
        url=link_to_result(challenge) or absolute("home.index"),
        picture=_picture(challenge, _result_secret(challenge)),
    )


@dataclass(frozen=True)
class CardFace:
    """The content of a card's picture. `is_warning`: the label is one of unfair pay; `picture`: that of the challenge,
    b"" for none. Only the card of a join page has it: the page shows the same to everybody who may read the card.
    """

    title: str
    organisation: str
    label: str = ""
    is_warning: bool = False
    picture: bytes = b""


def face_of_card(challenge_id: int, signature: str) -> CardFace:
    """The words of a picture's address. :raise NotFound: if the signature opens nothing, or nothing any more."""
    session = db.session()
    challenge = require(session, Challenge, challenge_id)
    title, organisation = challenge.title, challenge.organisation.name
    if may_join(session, challenge):
        [pay] = pays_before_close(session, [offer_of(challenge)])
        with in_language(challenge.language):  # the picture is kept for everybody
            said = pay_label(pay)
        if _is_of(signature, challenge, _join_secret(challenge, said)):
            shown = require(session, Image, challenge.picture_id).data if challenge.picture_id else b""
            return CardFace(title, organisation, said.label if said.is_on_cards else "", said.is_below, shown)
    is_shown = policy.result_is_open(session, challenge, challenge.result_token or "")
    if is_shown and _is_of(signature, challenge, _result_secret(challenge)):
        return CardFace(title, organisation)
    raise NotFound


def _join_secret(challenge: Challenge, pay: PayText) -> str:
    sign = pay.sign if pay.is_on_cards else ""
    picture = f"picture {challenge.picture_id}" if challenge.picture_id else ""
    return " ".join(filter(None, (challenge.code, sign, picture)))


def _picture(challenge: Challenge, secret: str) -> str:
    return absolute("pictures.card", challenge_id=challenge.id, signature=_signature(challenge, secret))


def _result_secret(challenge: Challenge) -> str:
    return f"result {challenge.result_token or ''}"


def _is_of(signature: str, challenge: Challenge, secret: str) -> bool:
    return hmac.compare_digest(signature.encode(), _signature(challenge, secret).encode())


def _signature(challenge: Challenge, secret: str) -> str:
    """40 hex digits that change with the words on the picture, so that no chat shows old ones."""
    key = f"card {current_app.secret_key}".encode()
    signed = "\n".join((str(challenge.id), secret, challenge.title, challenge.organisation.name))
    return hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()[:40]
