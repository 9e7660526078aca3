"""Inputs of the account forms."""

from dataclasses import dataclass

from email_validator import EmailNotValidError
from flask import current_app
from werkzeug.datastructures import MultiDict

from app.platform.email_addresses import normalised
from app.platform.i18n import LANGUAGES, known_time_zone
from ideas.errors import Invalid, Problems
from ideas.locales import Locale
from ideas.passwords import checked_password

EMAIL_MAX = 254
Form = MultiDict[str, str]


@dataclass(frozen=True)
class Credentials:
    email: str
    password: str


def email_of(form: Form) -> str:
    """The address in stored form: normalised, lower case.

    :raise Invalid: `{"email": "missing" | "email" | "email_letters"}`.
    """
    typed = form.get("email", "").strip()
    if not typed:
        raise Invalid(email="missing")
    try:
        found = normalised(typed)
    except EmailNotValidError as error:
        raise Invalid(email="email") from error
    if not found.rpartition("@")[0].isascii() and not _takes_letters():
        raise Invalid(email="email_letters")
    return found.lower()


def _takes_letters() -> bool:
    """Whether mail can be sent to addresses with letters beyond ASCII before the @ (SMTPUTF8)."""
    return not current_app.config["MAIL_SERVER"] or bool(current_app.config["MAIL_UTF8"])


def new_credentials(form: Form) -> Credentials:
    """:raise Invalid: with a problem per field."""
    problems = Problems()
    email, password = "", form.get("password", "")
    with problems.noted():
        email = email_of(form)
    with problems.noted():
        checked_password(password)
    problems.refuse()
    return Credentials(email, password)


def typed_credentials(form: Form) -> Credentials:
    """Address and password as typed, for signing in: an invalid address belongs to no account."""
    try:
        email = email_of(form)
    except Invalid:
        email = form.get("email", "").strip().lower()[:EMAIL_MAX]
    return Credentials(email, form.get("password", ""))


def chosen_locale(form: Form) -> Locale:
    """The language and time zone that the account page sends.

    :raise Invalid: `{"language": "unknown"}` or `{"time_zone": "unknown"}`.
    """
    problems = Problems()
    language, time_zone = form.get("language", ""), known_time_zone(form.get("time_zone", ""))
    if language not in LANGUAGES:
        problems["language"] = "unknown"
    if time_zone is None:
        problems["time_zone"] = "unknown"
    problems.refuse()
    return Locale(language, time_zone)
