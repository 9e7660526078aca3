"""Accounts: sign up, sign in and out, confirm the address, choose a new password."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import mails
from app.inputs.accounts import chosen_locale, email_of, new_credentials, typed_credentials
from app.platform import limits, puzzles
from app.platform.addresses import next_or, own_path
from app.platform.errors import TooMany, WorkWanted, messages_of, status_of, words_of_disabled
from app.platform.i18n import chosen_language, locale_of, time_zones
from app.viewers import identity, sign_ins
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import AccountDisabled, EmailTaken, Invalid, NoRegistration, RegistrationClosed, WrongCredentials
from ideas.installation import REGISTRATION, Registration, value_of
from ideas.models import Invitation
from ideas.models.account import TokenPurpose
from ideas.passwords import PASSWORD_MIN
from ideas.queries.challenges import joined_ids
from ideas.queries.jobs import is_invited_to_job
from ideas.queries.organisations import organisations_of
from ideas.services import accounts, organisations
from ideas.texts import NAME_MAX

RESET_LIMIT = "5 per hour"
CONFIRMATION_LIMIT = "5 per hour"
# From one network. Without outgoing mail the form reveals which addresses have an account; the limit prevents listing
# them.
SIGN_UP_LIMIT = "60 per hour"

JOBS = "/jobs/"

# The session key of the page that somebody wanted to see before a mail was needed.
CONTINUE = "continue"

blueprint = Blueprint("accounts", __name__)

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.route("/sign-up", methods=["GET", "POST"])
@permitted(For.SIGNED_OUT, post=For.ANYONE)
def sign_up() -> Answer:
    token = request.values.get("invitation", "")
    invitation = organisations.invitation_of(db.session(), token) if token else None
    if current_user.account:
        return redirect(_after_sign_up(token if invitation else ""))
    _require_open(invited=invitation is not None or _comes_from_job())
    if request.method == "GET":
        return _sign_up_form(token, invitation, {})
    try:
        limits.spend(SIGN_UP_LIMIT, "sign-up", limits.network())
        return _signed_up(token) if invitation or not mails.are_sent() else _wrote_to_newcomer()
    except (Invalid, EmailTaken, TooMany, RegistrationClosed) as error:
        return _sign_up_form(token, invitation, messages_of(error)), status_of(error)


def _require_open(*, invited: bool) -> None:
    """:raise NoRegistration: :raise RegistrationClosed: if this visitor may open no account."""
    registration = value_of(REGISTRATION)
    if registration == Registration.CLOSED:
        raise NoRegistration
    if registration == Registration.INVITE and not invited:
        raise RegistrationClosed


def _comes_from_job() -> bool:
    """Whether this visitor was on the way to a job. While accounts are for invited people, the form is there for all of
    them, so that nobody learns which jobs and invitations there are.
    """
    return (own_path(request.values.get("next")) or "").removeprefix(request.script_root).startswith(JOBS)


def _require_invited_to_job(email: str) -> None:
    """:raise RegistrationClosed: if accounts are for invited people, and this address was invited to no job."""
    if value_of(REGISTRATION) == Registration.INVITE and not is_invited_to_job(db.session(), email):
        raise RegistrationClosed


def _wrote_to_newcomer() -> Response:
    """Continue by mail, so that the page does not reveal which addresses have an account."""
    email = email_of(request.form)
    limits.spend(RESET_LIMIT, "reset", email)
    accounts.ask_sign_up(email, locale_of(request.form))
    _continue_after_mail()
    flash(_("We have sent a mail to %(email)s. Open the link in it to continue.", email=email))
    return redirect(url_for("accounts.mailed", next=own_path(request.form.get("next"))))


@blueprint.get("/sign-up/mail")
@permitted(For.ANYONE)
def mailed() -> str:
    """The way on after a form that sends a mail; the page before names the address."""
    return render_template(
        "accounts/mailed.html", of_reset=request.args.get("of") == "reset", next=own_path(request.args.get("next"))
    )


def _continue_after_mail() -> None:
    """Keep `next` in this browser: the link in the mail does not carry it."""
    session[CONTINUE] = own_path(request.form.get("next"))


def _signed_up(token: str) -> Response:
    wanted, locale = new_credentials(request.form), locale_of(request.form)
    if token:
        account_id, organisation_id = organisations.sign_up_invited(wanted.email, wanted.password, token, locale)
        home = url_for("organisations.show", organisation_id=organisation_id) if organisation_id else None
    else:
        _require_invited_to_job(wanted.email)
        account_id, home = accounts.sign_up(wanted.email, wanted.password, locale), None
    _enter(account_id)
    if not home:
        _continue_after_mail()
    flash(
        _(
            "Your account is ready. To confirm your address, open the link that we have sent to %(email)s.",
            email=wanted.email,
        )
    )
    return redirect(home or next_or(_home()))


def _sign_up_form(token: str, invitation: Invitation | None, errors: dict[str, str]) -> str:
    return render_template(
        "accounts/sign_up.html",
        token=token,
        invitation=invitation,
        email=request.form.get("email", ""),
        next=request.values.get("next", ""),
        errors=errors,
        by_mail=invitation is None and mails.are_sent(),
        to_job=_comes_from_job(),
        only_invited=value_of(REGISTRATION) == Registration.INVITE,
        password_min=PASSWORD_MIN,
    )


def _after_sign_up(token: str) -> str:
    if token:
        return url_for("organisations.accept", token=token)
    return next_or(_home())


@blueprint.route("/sign-in", methods=["GET", "POST"])
@permitted(For.SIGNED_OUT, post=For.ANYONE)
def sign_in() -> Answer:
    if request.method == "GET":
        if current_user.account:
            return redirect(next_or(_home()))
        return _sign_in_form()
    typed = typed_credentials(request.form)
    attempt = sign_ins.Try.of(typed.email, typed.password)
    try:
        attempt.begin(request.form.get("puzzle", ""), request.form.get("counter", ""))
        account_id = accounts.authenticate(typed.email, typed.password)
    except WrongCredentials:
        problem = _("E-mail address and password don’t match. Please try again.")
        return _sign_in_form(problem, attempt.puzzle()), 401
    except WorkWanted:
        problem = _(
            "Wrong passwords were tried for this address or from your network. Type your password again; your browser "
            "solves a small puzzle before it is checked."
        )
        return _sign_in_form(problem, attempt.puzzle()), 429
    except TooMany as error:
        problem = _(
            "Someone is trying many passwords for this address. Sign in with a browser that you used here before, "
            "choose a new password by mail, or wait a quarter of an hour."
        )
        return _sign_in_form(problem), 429, {"Retry-After": str(error.retry_after)}
    try:
        identity.sign_in(account_id)
    except AccountDisabled as error:
        return _sign_in_form(words_of_disabled(error)), 403
    attempt.succeeded()
    return redirect(next_or(_home()))


def _home() -> str:
    """The first page of an account holder: the own page for those who only take part."""
    account = current_user.account
    if account and not organisations_of(db.session(), account.id) and joined_ids(db.session(), current_user.person_id):
        return url_for("my_page.show")
    return url_for("organisations.index")


def _enter(account_id: int) -> None:
    """Sign in somebody who came by a link or opened an account."""
    identity.sign_in(account_id)
    sign_ins.remember(current_user.account.email)


def _sign_in_form(problem: str = "", puzzle: puzzles.Puzzle | None = None) -> str:
    return render_template(
        "accounts/sign_in.html",
        email=request.values.get("email", ""),
        next=request.values.get("next", ""),
        problem=problem,
        puzzle=puzzle,
        may_sign_up=_may_sign_up(),
    )


def _may_sign_up() -> bool:
    registration = value_of(REGISTRATION)
    return registration == Registration.OPEN or (registration == Registration.INVITE and _comes_from_job())


@blueprint.post("/sign-out")
@permitted(For.ANYONE)
def sign_out() -> Response:
    identity.sign_out()
    flash(_("You are signed out."))
    return redirect(url_for("home.index"))


@blueprint.route("/sign-in/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def sign_in_by_token(token: str) -> Answer:
    """Show a button, and sign in when it is pressed: a mail scanner that opens the link must not spend it."""
    if request.method == "POST":
        _enter(accounts.sign_in_by_token(token))
        return redirect(next_or(_home()))
    accounts.require_token(token, TokenPurpose.SIGN_IN)
    return render_template(
        "accounts/link.html",
        title=_("Sign in"),
        lead=_("Press the button to sign in. This link works once."),
        act=_("Sign in"),
    )


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def confirm(token: str) -> Answer:
    if request.method == "POST":
        accounts.confirm_email(token)
        flash(_("Your address is confirmed."), "success")
        return redirect(own_path(session.pop(CONTINUE, None)) or _home())
    accounts.require_token(token, TokenPurpose.CONFIRM)
    return render_template(
        "accounts/link.html",
        title=_("Confirm your address"),
        lead=_("Press the button to confirm that this address is yours."),
        act=_("Confirm"),
    )


@blueprint.post("/confirm")
@permitted(For.ACCOUNT)
def send_confirmation() -> Response:
    """Send the link that confirms the address once more."""
    account = current_user.account
    limits.spend(CONFIRMATION_LIMIT, "confirmation", account.email)
    accounts.ask_confirmation(account.id, locale_of(request.form))
    _continue_after_mail()
    flash(_("We have sent a link to %(email)s.", email=account.email))
    return redirect(next_or(url_for("accounts.show")))


@blueprint.route("/reset", methods=["GET", "POST"])
@permitted(For.ANYONE)
def request_reset() -> Answer:
    if request.method == "GET":
        return _reset_form({})
    try:
        email = email_of(request.form)
        limits.spend(RESET_LIMIT, "reset", email)
    except Invalid as error:
        return _reset_form(messages_of(error)), 400
    except TooMany as error:
        return _reset_form(messages_of(error)), 429, {"Retry-After": str(error.retry_after)}
    accounts.ask_reset(email, locale_of(request.form))
    _continue_after_mail()
    flash(_("If there is an account with this address, you will get a mail with a link."))
    return redirect(url_for("accounts.mailed", of="reset", next=own_path(request.form.get("next"))))


def _reset_form(errors: dict[str, str]) -> str:
    email = request.values.get("email", "")
    return render_template(
        "accounts/request_reset.html", email=email, next=request.values.get("next", ""), errors=errors
    )


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def reset(token: str) -> Answer:
    is_new = accounts.is_new_account(token)
    if request.method == "GET":
        return _new_password_form(is_new, {})
    try:
        account_id = accounts.reset_password(token, request.form.get("password", ""))
    except Invalid as error:
        return _new_password_form(is_new, messages_of(error)), 400
    wanted = own_path(session.get(CONTINUE))  # signing in begins a new session
    _enter(account_id)
    saved = _("Your new password is saved. All your other browsers are signed out.")
    flash(_("Your account is ready.") if is_new else saved, "success")
    return redirect(wanted or _home())


def _new_password_form(is_new: bool, errors: dict[str, str]) -> str:
    return render_template("accounts/reset.html", is_new=is_new, errors=errors, password_min=PASSWORD_MIN)


@blueprint.get("/account")
@permitted(For.ACCOUNT)
def show() -> str:
    return _account_page({})


@blueprint.post("/account")
@permitted(For.ACCOUNT)
def change_locale() -> Answer:
    """Store the language and the time zone for mails; the pages switch to the language, too."""
    try:
        locale = chosen_locale(request.form)
    except Invalid as error:
        return _account_page(messages_of(error)), 400
    accounts.change_locale(current_user.account.id, locale)
    session["language"] = locale.language
    flash(_("Language and time zone are saved."), "success")
    return redirect(url_for("accounts.show"))


@blueprint.post("/account/name")
@permitted(For.ACCOUNT)
def choose_name() -> Answer:
    try:
        accounts.choose_name(current_user.account.id, request.form.get("name", ""))
    except Invalid as error:
        return _account_page(messages_of(error)), 400
    flash(_("Your name is saved."), "success")
    return redirect(url_for("accounts.show"), 303)


@blueprint.post("/account/mails")
@permitted(For.ACCOUNT)
def choose_mails() -> Response:
    accounts.choose_seal_mails(current_user.account.id, wanted="seal_mails" in request.form)
    flash(_("Your choice of mails is saved."), "success")
    return redirect(url_for("accounts.show"), 303)


def _account_page(errors: dict[str, str]) -> str:
    account = current_user.account
    return render_template(
        "accounts/show.html",
        account=account,
        name=request.form.get("name", account.name),
        name_max=NAME_MAX,
        organisations=organisations_of(db.session(), account.id),
        language=account.language or chosen_language(),
        time_zone=account.time_zone or "UTC",
        time_zones=[(name, name.replace("_", " ")) for name in time_zones()],
        errors=errors,
    )
