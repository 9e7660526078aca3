"""The money of an organisation's jobs: what is owed, notes of payments, bonuses, corrections."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.inputs.job_orders import order_ids_of, signed_amount_of
from app.inputs.orders import paid_on_of
from app.pages.company_dues import company_dues
from app.platform.answers import done
from app.platform.errors import messages_of, status_of
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.dues import REFERENCE_MAX, DueKind
from ideas.errors import Invalid, NotFound, OrderMoved
from ideas.models import OWNING, STEERING, DueEntry, Job, Organisation, WorkOrder
from ideas.services import dues

blueprint = Blueprint("company_dues", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/organisations/<int:organisation_id>/dues")
@permitted(For.MODERATOR)
def show(organisation_id: int) -> str:
    return _page(organisation_id, {})


def _page(organisation_id: int, errors: dict[str, str], corrected: int = 0) -> str:
    """`corrected`: the entry whose form is shown again."""
    session = db.session()
    role = policy.require_role(session, actor(), organisation_id, STEERING)
    return render_template(
        "job_orders/dues.html",
        organisation=session.get_one(Organisation, organisation_id),
        owns=role in OWNING,
        dues=company_dues(session, organisation_id),
        errors=errors,
        corrected=corrected,
        typed=request.form,
        chosen=set(request.form.getlist("order")),
        reference_max=REFERENCE_MAX,
    )


@blueprint.post("/organisations/<int:organisation_id>/dues")
@permitted(For.OWNER)
def settle(organisation_id: int) -> Answer:
    """Note that the chosen orders are paid, or with `then=bonus` promise each of them the same bonus, by one act."""
    policy.require_role(db.session(), actor(), organisation_id, OWNING)
    try:
        said = _settled(organisation_id)
    except (Invalid, OrderMoved) as error:
        db.session.rollback()
        return _page(organisation_id, messages_of(error)), status_of(error)
    return done(url_for("company_dues.show", organisation_id=organisation_id), said)


def _settled(organisation_id: int) -> str:
    order_ids = order_ids_of(request.form)
    currencies = _currencies(organisation_id, order_ids)
    reference = request.form.get("reference", "")
    if request.form.get("then") == "bonus":
        if len(currencies) > 1:
            raise Invalid(orders="currencies")
        entries = dues.add_bonus(
            actor(), order_ids, signed_amount_of(request.form, currencies.pop(), "bonus"), reference
        )
        return ngettext("%(num)s bonus is owed now.", "%(num)s bonuses are owed now.", len(entries))
    if request.form.get("bonus", "").strip():  # the Enter key in this field presses the first button of the form
        raise Invalid(bonus="bonus_or_paid")
    noted = dues.note_payments(actor(), order_ids, paid_on_of(request.form), reference)
    return ngettext(
        "%(num)s payment is noted; the person is asked to confirm it.",
        "%(num)s payments are noted; the people are asked to confirm them.",
        noted,
    )


def _currencies(organisation_id: int, order_ids: list[int]) -> set[str]:
    """The currencies of orders of this organisation. :raise NotFound: for orders of others."""
    query = db.select(WorkOrder).join(Job, Job.id == WorkOrder.job_id).where(WorkOrder.id.in_(order_ids))
    orders = db.session.scalars(query.where(Job.organisation_id == organisation_id)).all()
    if len(orders) != len(order_ids):
        raise NotFound
    return {order.terms.currency for order in orders}


@blueprint.post("/orders/<int:order_id>/dues/<int:due_id>/correction")
@permitted(For.ACCOUNT)
def correct(order_id: int, due_id: int) -> Answer:
    """Raise what is owed, or put a note of a payment right; nobody but the person lowers what is owed."""
    session = db.session()
    order, entry = session.get(WorkOrder, order_id), session.get(DueEntry, due_id)
    if order is None or entry is None or entry.order_id != order_id:
        raise NotFound
    organisation_id = order.job.organisation_id
    policy.require_role(session, actor(), organisation_id, OWNING)
    try:
        cents = signed_amount_of(request.form, order.terms.currency, "cents")
        act = dues.correct_payment if entry.kind == DueKind.PAID else dues.raise_due
        act(actor(), due_id, cents, request.form.get("reference", ""))
    except Invalid as error:
        db.session.rollback()
        return _page(organisation_id, messages_of(error), corrected=due_id), status_of(error)
    return done(
        url_for("company_dues.show", organisation_id=organisation_id), _("The correction is noted beside the entry.")
    )
