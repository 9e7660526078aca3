"""Giving up what is owed for an order, as its worker: a page that says the sum, and the act."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.orders import number_of
from app.platform.answers import done
from app.platform.errors import messages_of, status_of
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import Changed, NotFound
from ideas.queries.orders import OrderView, order_view
from ideas.services import dues

blueprint = Blueprint("waivers", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/orders/<int:order_id>/waiver")
@permitted(For.ACCOUNT)
def show(order_id: int) -> str:
    return _page(_own(order_id), {})


def _own(order_id: int) -> OrderView:
    """:raise NotFound: for the orders of others, also to the company."""
    view = order_view(db.session(), actor(), order_id)
    if not view.is_worker:
        raise NotFound
    return view


def _page(view: OrderView, errors: dict[str, str]) -> str:
    return render_template("orders/waiver.html", view=view, errors=errors)


@blueprint.post("/orders/<int:order_id>/waiver")
@permitted(For.ACCOUNT)
def waive(order_id: int) -> Answer:
    """Give up the sum that the page said; with another one the page is shown again."""
    _own(order_id)
    try:
        dues.waive_open(actor(), order_id, number_of(request.form, "cents"))
    except Changed as error:
        db.session.rollback()
        return _page(_own(order_id), messages_of(error)), status_of(error)
    return done(url_for("orders.show", order_id=order_id, _anchor="dues"), _("Waived. Nothing is open any more."))
