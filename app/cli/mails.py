"""`mails`: list the unsent mails and their errors; `mails test`: send one message now, and say what became of it."""

from datetime import timedelta

import click
from email_validator import EmailNotValidError
from flask import current_app

from app.cli.refusals import command_of
from app.mails.faults import explained
from app.mails.messages import trial_message
from app.mails.transport import TRANSPORT, MailNotSent, SmtpTransport
from app.platform.email_addresses import normalised
from ideas import clock
from ideas.database import db
from ideas.queries.mails import QueuedMail, queued_mails

_NO_SERVER = (
    "No mail server is set, so the server prints mails to its console and sends none. Set MAIL_SERVER and PUBLIC_URL "
    "(README.md, Configuration), for this command and for the server."
)


@click.group("mails", invoke_without_command=True)
@command_of
def mails() -> None:
    """List waiting and failed mails with kind, age, attempts and error, but without text and link."""
    if click.get_current_context().invoked_subcommand:
        return
    rows = queued_mails(db.session())
    for mail in rows:
        click.echo(_line(mail))
    if not rows:
        click.echo("No mail is waiting.")


@mails.command("test")
@click.argument("address")
@command_of
def send_trial(address: str) -> None:
    """Send one test message to ADDRESS through the mail server now, and say whether it was accepted."""
    server = current_app.extensions[TRANSPORT]
    if not isinstance(server, SmtpTransport):
        raise click.ClickException(_NO_SERVER)
    try:
        message = trial_message(normalised(address))
    except EmailNotValidError as error:
        raise click.BadParameter(str(error), param_hint="ADDRESS") from error
    sender = str(message["From"])
    try:
        server.send(message, lambda: True)
    except MailNotSent as failure:
        raise click.ClickException(f"Not sent. {explained(failure, server, sender)}") from failure
    click.echo(
        f"{server.host}, port {server.port}, accepted the message from {sender} to {message['To']}. If it does not "
        "arrive within some minutes, look into the folder for spam and into the log of that server."
    )


def _line(mail: QueuedMail) -> str:
    age = _length(clock.now() - mail.created_at)
    return f"{mail.id}\t{mail.kind}\t{mail.state}\t{age} old\t{mail.attempts} attempts\t{mail.error or '-'}"


def _length(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
