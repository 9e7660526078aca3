"""The pictures of challenges, and what other programs show of this server: the card of a link in a chat, the
application's icon and its manifest.
"""

from flask import Blueprint, Response, jsonify, url_for

from app.pages.brands import signed_picture
from app.pages.link_cards import CardFace, face_of_card
from app.platform.colours import GROUND
from app.viewers.permissions import For, permitted
from ideas.errors import NotFound
from ideas.offload import run_blocking

blueprint = Blueprint("pictures", __name__)

ICON_SIDES = {180, 192, 512}  # pixels: Apple's touch icon, and the two that a manifest needs
DAY_SECONDS = 24 * 3600


@blueprint.get("/cards/<int:challenge_id>/<signature>.png")
@permitted(For.TOKEN)
def card(challenge_id: int, signature: str) -> Response:
    """The card of a challenge, for holders of an address that the server made itself (`app/pages/link_cards.py`)."""
    face = face_of_card(challenge_id, signature)
    return _png(run_blocking(_card, face))


@blueprint.get("/challenge-pictures/<int:image_id>/<signature>.webp")
@permitted(For.TOKEN)
def challenge(image_id: int, signature: str) -> Response:
    """The picture of a challenge, for holders of an address that the server made itself.

    :raise NotFound: for others.
    """
    return signed_picture("challenge", image_id, signature)


@blueprint.get("/card.png")
@permitted(For.ANYONE)
def plain_card() -> Response:
    return _png(run_blocking(_card, CardFace("", "")))


@blueprint.get("/icon-<int:side>.png")
@permitted(For.ANYONE)
def icon(side: int) -> Response:
    if side not in ICON_SIDES:
        raise NotFound
    return _png(run_blocking(_icon, side))


@blueprint.get("/manifest.webmanifest")
@permitted(For.ANYONE)
def manifest() -> Response:
    home = url_for("home.index")
    response = jsonify(
        name="Schwarm",
        short_name="Schwarm",
        id=home,
        start_url=home,
        scope=home,
        display="minimal-ui",
        background_color=GROUND,
        theme_color=GROUND,
        icons=[
            {
                "src": url_for("pictures.icon", side=side),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for side in (192, 512)
        ],
    )
    response.mimetype = "application/manifest+json"
    return response


def _png(data: bytes) -> Response:
    response = Response(data, mimetype="image/png")
    response.headers["Cache-Control"] = f"private, max-age={DAY_SECONDS}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# The library for pictures is imported on the thread that draws the first one.


def _card(face: CardFace) -> bytes:
    from app.platform import cards

    words = (face.title, face.organisation, face.label)
    if face.picture:
        return cards.pictured_card(face.picture, *words, is_warning=face.is_warning)
    return cards.card(*words, is_warning=face.is_warning)


def _icon(side: int) -> bytes:
    from app.platform import cards

    return cards.icon(side)
