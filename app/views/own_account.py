"""One's own account: its data, another address, and its end."""

import tempfile

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.accounts import email_of
from app.pages.orders import state_tag
from app.platform import limits
from app.platform.errors import TooMany, messages_of, status_of
from app.platform.i18n import locale_of
from app.viewers import identity
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import EmailTaken, Invalid, OnlyOwner, WorkOpen, WrongCredentials
from ideas.exports.own_data import write_person
from ideas.models import Person
from ideas.models.account import TokenPurpose
from ideas.queries.challenges import challenges_joined
from ideas.queries.orders import holding_orders
from ideas.queries.payees import was_owed
from ideas.services import accounts, own_account
from ideas.services.leaving import Parting

# The password is asked again before an account changes hands or ends.
PASSWORD_LIMIT = "10 per 5 minutes"  # noqa: S105 (no secret)
MOVE_LIMIT = "5 per hour"

blueprint = Blueprint("own_account", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/account/data.zip")
@permitted(For.ACCOUNT)
def download() -> Response:
    out = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it; files of orders may be large)
    person = db.session.get(Person, current_user.person_id)
    write_person(db.session(), person, current_user.account, out)
    out.seek(0)
    return send_file(
        out, mimetype="application/zip", as_attachment=True, download_name="schwarm-my-data.zip", max_age=0
    )


@blueprint.route("/account/address", methods=["GET", "POST"])
@permitted(For.ACCOUNT)
def ask_move() -> Answer:
    """Ask for another address; the answer is the same for every address."""
    if request.method == "GET":
        return _move_form({})
    try:
        email = email_of(request.form)
        _check_password()
        limits.spend(MOVE_LIMIT, "move", str(current_user.account.id))
    except (Invalid, TooMany) as error:
        return _move_form(messages_of(error)), status_of(error)
    if email != current_user.account.email:
        own_account.ask_move(current_user.account.id, email, locale_of(request.form))
    flash(_("We have sent a mail to %(email)s. The address changes when you open the link in it.", email=email))
    return redirect(url_for("accounts.show"), 303)


def _check_password() -> None:
    """:raise Invalid: `{"password": …}`. :raise TooMany:"""
    email = current_user.account.email
    limits.spend(PASSWORD_LIMIT, "own-password", email)
    try:
        accounts.authenticate(email, request.form.get("password", ""))
    except WrongCredentials as error:
        raise Invalid(password="not_yours") from error  # noqa: S106


def _move_form(errors: dict[str, str]) -> str:
    return render_template("accounts/move.html", email=request.form.get("email", ""), errors=errors)


@blueprint.route("/account/address/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def move(token: str) -> Answer:
    """Show a button, and change the address when it is pressed: a mail scanner that opens the link changes nothing."""
    accounts.require_token(token, TokenPurpose.MOVE)
    if request.method == "GET":
        return _link_page(_("Confirm your new address"), _("From now on you sign in with this address."), _("Confirm"))
    try:
        own_account.move(token)
    except EmailTaken as error:
        flash(messages_of(error)["email"], "error")
        return redirect(url_for("accounts.sign_in"), 303)
    flash(_("Your new address is saved. We have told the old one."), "success")
    return redirect(url_for("accounts.show"), 303)


@blueprint.route("/account/address-back/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def move_back(token: str) -> Answer:
    accounts.require_token(token, TokenPurpose.MOVE_BACK)
    if request.method == "GET":
        return _link_page(
            _("Take the change back"),
            _(
                "Your account gets this address again, all browsers are signed out, and we send you a link for "
                "a new password."
            ),
            _("Take it back"),
        )
    try:
        own_account.move_back(token)
    except EmailTaken as error:
        flash(messages_of(error)["email"], "error")
        return redirect(url_for("accounts.sign_in"), 303)
    flash(_("Your account has its old address again. Choose a new password: we have sent you a link."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


def _link_page(title: str, lead: str, act: str) -> str:
    return render_template("accounts/link.html", title=title, lead=lead, act=act)


@blueprint.route("/account/deletion", methods=["GET", "POST"])
@permitted(For.ACCOUNT)
def close() -> Answer:
    if request.method == "GET":
        return _closing_form({})
    try:
        _check_password()
        parting = Parting.TEXTS if request.form.get("texts") == "erase" else Parting.NAME
        own_account.close_account(current_user.actor, parting)
    except (Invalid, TooMany, OnlyOwner, WorkOpen) as error:
        db.session.rollback()
        return _closing_form(messages_of(error)), status_of(error)
    identity.sign_out()
    flash(_("Your account is deleted."), "success")
    return redirect(url_for("home.index"), 303)


def _closing_form(errors: dict[str, str]) -> str:
    session, account = db.session(), current_user.account
    return render_template(
        "accounts/delete.html",
        account=account,
        owned_alone=own_account.owned_alone(session, account.id),
        holding=[(row, state_tag(row.order)) for row in holding_orders(session, current_user.actor)],
        has_dues=was_owed(session, current_user.person_id),
        rooms=len(challenges_joined(session, current_user.person_id)),
        texts=request.form.get("texts", "erase"),
        errors=errors,
    )
