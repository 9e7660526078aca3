"""The look of an organisation and of its challenges on pages that strangers see: the addresses of the style sheet, of
the logo, and of the picture of a challenge.

The address of the style sheet holds the colour alone, so it says nothing about any organisation. Those of pictures are
signed: nobody learns by guessing which organisations and challenges exist.
"""

import hashlib
import hmac

from flask import Flask, Response, current_app, url_for

from ideas import contrast
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.models import ChallengePicture, Image, Organisation

YEAR_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(brand_sheet=brand_sheet, brand_logo=brand_logo, challenge_picture=challenge_picture)


def brand_sheet(organisation: Organisation) -> str:
    """The address of the style sheet with the organisation's colour, "" for the product's own."""
    return url_for("brands.sheet", colour=organisation.colour[1:]) if organisation.colour else ""


def brand_logo(organisation: Organisation) -> str:
    """The address of the organisation's logo, "" for none."""
    if organisation.logo_id is None:
        return ""
    return url_for("brands.logo", image_id=organisation.logo_id, signature=signature_of("logo", organisation.logo_id))


def challenge_picture(picture: ChallengePicture) -> str:
    """The address of the picture of a challenge."""
    return url_for("pictures.challenge", image_id=picture.id, signature=signature_of("challenge", picture.id))


def signature_of(kind: str, image_id: int) -> str:
    """40 hex digits that open a picture of a kind: "logo" or "challenge"."""
    key = f"{kind} {current_app.secret_key}".encode()
    return hmac.new(key, str(image_id).encode(), hashlib.sha256).hexdigest()[:40]


def signed_picture(kind: str, image_id: int, signature: str) -> Response:
    """The picture that an address of this server opens. :raise NotFound: for one that the server did not make."""
    if not hmac.compare_digest(signature.encode(), signature_of(kind, image_id).encode()):
        raise NotFound
    picture = require(db.session(), Image, image_id)
    response = Response(picture.data, mimetype=picture.media_type)
    response.headers["Cache-Control"] = f"private, max-age={YEAR_SECONDS}, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def rules_of(colour: str) -> str:
    """The style sheet that replaces the accent of the product by a colour. It stands in no layer, so it wins.

    Phones without `light-dark` get the colours of light pages.
    """
    light, dark = (contrast.as_text(colour, grounds) for grounds in (contrast.LIGHT, contrast.DARK))
    soft = contrast.mixed(colour, contrast.WHITE, 0.14), contrast.mixed(colour, contrast.DARK[0], 0.3)
    own = f"--accent:{colour};--on-accent:{contrast.ink_on(colour)};"
    own += f"--accent-edge:{contrast.mixed(colour, contrast.BLACK, 0.7)};"
    themes = f"--accent-soft:light-dark({soft[0]},{soft[1]});--accent-text:light-dark({light},{dark})"
    return (
        f":root{{{own}--accent-soft:{soft[0]};--accent-text:{light}}}\n"
        f"@supports (color:light-dark(#000,#fff)){{:root{{{themes}}}}}\n"
    )
