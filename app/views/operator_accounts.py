"""Accounts as operators see them: search, disable and enable, send a link for a new password."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.inputs.lists import asked_of
from app.platform.answers import done
from app.platform.errors import messages_of, status_of
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from app.views.operator import ROWS
from ideas import policy
from ideas.database import db
from ideas.errors import Conflict, Invalid, NotFound
from ideas.queries import operators as queries
from ideas.services import operators

blueprint = Blueprint("operator_accounts", __name__, url_prefix="/operator/accounts")

Answer = str | Response | tuple[str, int]


@blueprint.before_request
def _require_operator() -> None:
    policy.require_operator(db.session(), actor())


@blueprint.get("")
@permitted(For.OPERATOR)
def index() -> str:
    page = queries.accounts_page(db.session(), asked_of(request.args, "accounts", ROWS))
    return render_template("operator/accounts.html", page=page)


@blueprint.get("/<int:account_id>")
@permitted(For.OPERATOR)
def show(account_id: int) -> str:
    return _page(account_id, {})


def _page(account_id: int, errors: dict[str, str]) -> str:
    sheet = queries.account_sheet(db.session(), account_id)
    if sheet is None:
        raise NotFound
    return render_template(
        "operator/account.html",
        sheet=sheet,
        errors=errors,
        reason=request.form.get("reason", ""),
        reason_max=operators.REASON_MAX,
    )


@blueprint.post("/<int:account_id>/disabling")
@permitted(For.OPERATOR)
def disable(account_id: int) -> Answer:
    try:
        operators.disable_account(actor(), account_id, request.form.get("reason", ""))
    except Invalid as error:
        db.session.rollback()
        return _page(account_id, messages_of(error)), status_of(error)
    except Conflict:
        return _stands(account_id)
    return _done(account_id, _("The account is disabled and signed out everywhere."))


@blueprint.post("/<int:account_id>/enabling")
@permitted(For.OPERATOR)
def enable(account_id: int) -> Response:
    try:
        operators.enable_account(actor(), account_id)
    except Conflict:
        return _stands(account_id)
    return _done(account_id, _("The account is enabled. Its owner can sign in again."))


@blueprint.post("/<int:account_id>/reset")
@permitted(For.OPERATOR)
def send_reset(account_id: int) -> Response:
    try:
        email = operators.send_reset(actor(), account_id)
    except Conflict:
        return _stands(account_id)
    return _done(account_id, _("We have sent a link to %(email)s.", email=email))


def _done(account_id: int, words: str) -> Response:
    return done(url_for("operator_accounts.show", account_id=account_id), words)


def _stands(account_id: int) -> Response:
    """Another operator was faster: the page shows how the account is now."""
    flash(_("Someone else was faster, or this is already done."), "error")
    return redirect(url_for("operator_accounts.show", account_id=account_id), 303)
