"""Mail: through the operator's server, or printed to the console where none is set."""

from flask import Flask
from flask_mailman import EmailMessage, Mail

_mail = Mail()


def init_app(app: Flask) -> None:
    _mail.init_app(app)


def send(to: str, subject: str, body: str) -> None:
    """Send a plain text message."""
    EmailMessage(subject, body, to=[to]).send()
