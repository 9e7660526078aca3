"""The look of an organisation: its page for owners, the style sheet of a colour, and the logo."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.brands import brand_form
from app.pages.brands import YEAR_SECONDS, rules_of, signed_picture
from app.platform.errors import messages_of
from app.viewers.permissions import For, permitted
from ideas import contrast, policy
from ideas.database import db
from ideas.errors import Changed, ImageRefused, Invalid, NotFound
from ideas.models import OWNING, Organisation
from ideas.services import branding, organisations

blueprint = Blueprint("brands", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/organisations/<int:organisation_id>/brand")
@permitted(For.OWNER)
def show(organisation_id: int) -> Answer:
    return _page(organisation_id)


@blueprint.post("/organisations/<int:organisation_id>/brand")
@permitted(For.OWNER)
def save(organisation_id: int) -> Answer:
    try:
        branding.set_brand(current_user.actor, organisation_id, brand_form())
    except (Invalid, ImageRefused) as error:
        return _page(organisation_id, messages_of(error)), 400
    except Changed:
        words = _("A colleague changed the look meanwhile. Save again to replace it.")
        return _page(organisation_id, {"colour": words}), 409
    flash(_("The new look is saved."), "success")
    return _back_to(organisation_id)


@blueprint.post("/organisations/<int:organisation_id>/brand/reset")
@permitted(For.OWNER)
def reset(organisation_id: int) -> Response:
    branding.reset_brand(current_user.actor, organisation_id)
    flash(_("Your pages look like Schwarm again."), "success")
    return _back_to(organisation_id)


@blueprint.post("/organisations/<int:organisation_id>/imprint")
@permitted(For.OWNER)
def imprint(organisation_id: int) -> Answer:
    """Store who the organisation is; its jobs show it."""
    text, seen = request.form.get("imprint", ""), request.form.get("was", "")
    try:
        organisations.set_imprint(current_user.actor, organisation_id, text, seen=seen)
    except Invalid as error:
        return _page(organisation_id, messages_of(error)), 400
    except Changed:
        words = _("A colleague changed the imprint meanwhile. Save again to replace it.")
        return _page(organisation_id, {"imprint": words}), 409
    flash(_("The imprint is saved."), "success")
    return _back_to(organisation_id)


def _page(organisation_id: int, errors: dict[str, str] | None = None) -> str:
    """The page, after an error with the colour as it was typed and the nearest one that passes."""
    db.session.rollback()
    policy.require_role(db.session(), current_user.actor, organisation_id, OWNING)
    organisation = db.session.get_one(Organisation, organisation_id)
    is_look = request.endpoint == "brands.save"
    typed = brand_form().colour.strip().lower() if is_look else organisation.colour
    is_refused = contrast.is_colour(typed) and not contrast.passes(typed)
    return render_template(
        "brands/show.html",
        organisation=organisation,
        colour=typed,
        is_colour=contrast.is_colour(typed),
        ratios=(contrast.least(typed, contrast.LIGHT), contrast.least(typed, contrast.DARK)) if is_refused else None,
        near=contrast.nearest(typed) if is_refused else "",
        imprint=request.form.get("imprint", organisation.imprint),
        imprint_max=organisations.IMPRINT_MAX,
        errors=errors or {},
    )


def _back_to(organisation_id: int) -> Response:
    return redirect(url_for("brands.show", organisation_id=organisation_id), 303)


@blueprint.get("/brands/<colour>.css")
@permitted(For.ANYONE)
def sheet(colour: str) -> Response:
    """The style sheet of a colour. :raise NotFound: for what is no colour, and for one that is not seen well enough."""
    if not contrast.is_colour(f"#{colour}") or not contrast.passes(f"#{colour}"):
        raise NotFound
    response = Response(rules_of(f"#{colour}"), mimetype="text/css")
    response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


@blueprint.get("/logos/<int:image_id>/<signature>.webp")
@permitted(For.TOKEN)
def logo(image_id: int, signature: str) -> Response:
    """A logo, for holders of an address that the server made itself. :raise NotFound: for others."""
    return signed_picture("logo", image_id, signature)
