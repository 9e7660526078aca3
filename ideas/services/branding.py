"""The look of an organisation: its logo and its colour."""

from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ideas import contrast, pictures, policy
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import Changed, ImageRefused, Invalid
from ideas.models import OWNING, Image, Organisation

# A logo with a side so many times the other one is a line where it is drawn.
LOGO_RATIO = 16


@dataclass(frozen=True)
class BrandForm:
    """`colour` is "" for the product's own. `logo` replaces the present one; `seen` is the look that the owner saw."""

    colour: str = ""
    logo: BinaryIO | None = None
    drop_logo: bool = False
    seen: str | None = None


def set_brand(actor: Actor, organisation_id: int, form: BrandForm) -> None:
    """Choose the logo and the colour of an organisation, as an owner.

    :raise Invalid: `{"colour": "no_colour"}`, `too_light` or `too_dark`. :raise ImageRefused: also `too_thin`.
    :raise Changed: if it looks otherwise by now. :raise Busy: :raise Forbidden: :raise NotFound:
    """
    colour = form.colour.strip().lower()
    _require_contrast(colour)
    picture = pictures.encoded(form.logo, partial(policy.require_role, roles=OWNING), actor, organisation_id)
    if picture and max(picture.width, picture.height) > LOGO_RATIO * min(picture.width, picture.height):
        raise ImageRefused("too_thin")
    with write() as transaction:
        session = transaction.session
        policy.require_role(session, actor, organisation_id, OWNING)
        organisation = session.get_one(Organisation, organisation_id)
        if form.seen not in (None, organisation.look):
            raise Changed
        organisation.colour = colour
        if picture or form.drop_logo:
            _replace_logo(session, organisation, pictures.stored(session, picture))


def reset_brand(actor: Actor, organisation_id: int) -> None:
    """Go back to the product's own look. :raise Forbidden: for others than owners. :raise NotFound:"""
    with write() as transaction:
        session = transaction.session
        policy.require_role(session, actor, organisation_id, OWNING)
        organisation = session.get_one(Organisation, organisation_id)
        organisation.colour = ""
        _replace_logo(session, organisation, None)


def _require_contrast(colour: str) -> None:
    if not colour:
        return
    if not contrast.is_colour(colour):
        raise Invalid(colour="no_colour")
    if not contrast.passes(colour, contrast.LIGHT):
        raise Invalid(colour="too_light")
    if not contrast.passes(colour, contrast.DARK):
        raise Invalid(colour="too_dark")


def _replace_logo(session: Session, organisation: Organisation, image_id: int | None) -> None:
    former, organisation.logo_id = organisation.logo_id, image_id
    session.flush()
    if former is not None:
        session.execute(delete(Image).filter_by(id=former))
