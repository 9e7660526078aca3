"""Mails: each is queued by the act that it is about, and sent by a loop through the operator's mail server."""

from flask import Flask, current_app

from app.mails import delivery, notices
from app.mails.transport import TRANSPORT, ConsoleTransport, SmtpTransport
from config import WrongSetting


def init_app(app: Flask) -> None:
    """:raise WrongSetting: if mails are sent and the address for links in them is not set."""
    if app.config["MAIL_SERVER"] and not app.config["PUBLIC_URL"]:
        # Otherwise a link to choose a new password would have the address that the request for it named.
        raise WrongSetting("MAIL_SERVER is set: set PUBLIC_URL too, the address that links in mails begin with.")
    if app.config["MAIL_USE_TLS"] and app.config["MAIL_USE_SSL"]:
        raise WrongSetting("Set MAIL_USE_TLS=1 (usually port 587) or MAIL_USE_SSL=1 (usually port 465), not both.")
    app.extensions.setdefault("schwarm-loops", []).extend((*delivery.LOOPS, *notices.LOOPS))
    app.extensions[TRANSPORT] = SmtpTransport.of(app.config) if app.config["MAIL_SERVER"] else ConsoleTransport()


def are_sent() -> bool:
    """Whether mails leave this machine, so that a page may ask somebody to go on by a link in a mail."""
    return bool(current_app.config["MAIL_SERVER"])
