"""Mail: through the operator's server, or printed to the console where none is set."""

import logging
import threading
from collections.abc import Callable
from typing import cast

from flask import Flask, current_app
from flask_mailman import EmailMessage, Mail

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """:raise RuntimeError: where mail is really sent and nobody said under which address we live."""
    if app.config["MAIL_BACKEND"] == "smtp" and not app.config["PUBLIC_URL"]:
        # Else a link to choose a new password would stand under whatever Host the one who asked for it named.
        raise RuntimeError("MAIL_SERVER is set: set PUBLIC_URL too, the address that links in mails begin with.")
    Mail(app)


def arrives() -> bool:
    """Whether mail leaves this machine, so that a page may say: go on by the link in your mail."""
    return bool(current_app.config["MAIL_SERVER"])


def send(to: str, subject: str, body: str) -> None:
    """Send a plain text message."""
    EmailMessage(subject, body, to=[to]).send()


def aside(work: Callable[[], None]) -> None:
    """Run `work`, which sends mail, beside the request: neither its time nor its failure shows in the answer.

    How long a page takes must not tell who has an account, and a mail server that is down breaks no form.
    """
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    threading.Thread(target=_run, args=(app, work), name="mail", daemon=True).start()


def _run(app: Flask, work: Callable[[], None]) -> None:
    with app.app_context():
        try:
            work()
        except Exception:
            log.exception("a mail could not be sent")
