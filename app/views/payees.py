"""The name and the address of a worker for the statements, on a page of their own."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.orders import number_of
from app.platform.answers import done
from app.platform.errors import messages_of, status_of
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import Changed, Invalid
from ideas.queries.payees import payee_of, was_owed
from ideas.services import payees

blueprint = Blueprint("payees", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/me/payee")
@permitted(For.ACCOUNT)
def show() -> str:
    return _page({})


def _page(errors: dict[str, str]) -> str:
    session = db.session()
    details = payee_of(session, actor().person_id)
    return render_template(
        "orders/payee.html",
        details=details,
        was_owed=was_owed(session, actor().person_id),
        name=request.form.get("legal_name", details.name),
        address=request.form.get("postal_address", details.address),
        errors=errors,
        name_max=payees.LEGAL_NAME_MAX,
        address_max=payees.ADDRESS_MAX,
    )


@blueprint.post("/me/payee")
@permitted(For.ACCOUNT)
def keep() -> Answer:
    """Save name and address, or remove them with `then=remove`."""
    if request.form.get("then") == "remove":
        payees.drop_payee(actor())
        return done(url_for("payees.show"), _("Name and address are removed."))
    typed = request.form.get("legal_name", ""), request.form.get("postal_address", "")
    try:
        payees.keep_payee(actor(), *typed, seen=number_of(request.form, "version"))
    except (Invalid, Changed) as error:
        db.session.rollback()
        return _page(messages_of(error)), status_of(error)
    return done(url_for("payees.show"), _("Saved. They stand in the statements from now on."))
