"""The table of minimum wages, which pay is compared with."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.operator import date_of, floor_form
from app.platform.answers import done
from app.platform.errors import Refused, messages_of, shown_again
from app.platform.i18n import time_zones
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.database import db
from ideas.errors import Invalid, Problems
from ideas.prizes import CURRENCIES
from ideas.queries.floors import floors, latest
from ideas.services.floors import add_floor, remove_floor

blueprint = Blueprint("operator_floors", __name__, url_prefix="/operator/minimum-wages")

Answer = str | Response | Refused

FIELDS = {"country": "DE", "since": "", "cents": "", "currency": "EUR", "time_zone": "Europe/Berlin"}


@blueprint.before_request
def _require_operator() -> None:
    policy.require_operator(db.session(), actor())


@blueprint.get("")
@permitted(For.OPERATOR)
def index() -> str:
    return _page({})


def _page(errors: dict[str, str]) -> str:
    rows, now = floors(db.session()), clock.now()
    return render_template(
        "operator/floors.html",
        rows=[(row, row == latest(rows, row.country, now)) for row in rows],
        typed={name: request.form.get(name, default) for name, default in FIELDS.items()},
        currencies=[(code, code) for code in sorted(CURRENCIES)],
        time_zones=[(name, name.replace("_", " ")) for name in time_zones()],
        errors=errors,
    )


@blueprint.post("")
@permitted(For.OPERATOR)
def add() -> Answer:
    """Add a step, or change the one of this country and day."""
    try:
        add_floor(actor(), floor_form(request.form))
    except Invalid as error:
        db.session.rollback()
        return shown_again(_page(messages_of(error)), error)
    return done(url_for("operator_floors.index"), _("Saved."))


@blueprint.post("/removal")
@permitted(For.OPERATOR)
def remove() -> Response:
    problems = Problems()
    since = date_of(request.form, problems)
    problems.refuse()
    assert since is not None
    remove_floor(actor(), request.form.get("country", ""), since)
    return done(url_for("operator_floors.index"), _("Removed."))
