"""`mails`: list the unsent mails and their errors; `mails test`: send one message now, and say what became of it."""

from datetime import datetime, timedelta

import click
from flask import current_app

from app.cli.refusals import command_of, typed_address
from app.mails import overrides
from app.mails.faults import explained
from app.mails.messages import LINKS, sample_message, sample_values, trial_message
from app.mails.transport import TRANSPORT, MailNotSent, SmtpTransport
from app.platform.i18n import DEFAULT, LANGUAGES
from ideas import clock
from ideas.database import db
from ideas.models import OF_NEWS
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
@click.option("--mail", "template", type=click.Choice(sorted(LINKS)), help="Send a sample of this mail instead.")
@click.option("--language", type=click.Choice(sorted(LANGUAGES)), default=DEFAULT, help="The language of the sample.")
@command_of
def send_trial(address: str, template: str | None, language: str) -> None:
    """Send one test message to ADDRESS through the mail server now, and say whether it was accepted.

    Texts of the operator in the folder `mails` of the instance are listed; a sample shows them.
    """
    _list_own_texts()
    server = current_app.extensions[TRANSPORT]
    if not isinstance(server, SmtpTransport):
        raise click.ClickException(_NO_SERVER)
    receiver = typed_address(address)
    message = sample_message(receiver, template, language) if template else trial_message(receiver)
    sender = str(message["From"])
    try:
        server.send(message, lambda: True)
    except MailNotSent as failure:
        raise click.ClickException(f"Not sent. {explained(failure, server, sender)}") from failure
    click.echo(
        f"{server.host}, port {server.port}, accepted the message from {sender} to {message['To']}. If it does not "
        "arrive within some minutes, look into the folder for spam and into the log of that server."
    )


def _list_own_texts() -> None:
    """Say which texts of mails the operator replaced, and which of these can't be used."""
    for template in sorted(LINKS):
        for part in overrides.PARTS:
            for path in sorted(overrides.folder().glob(f"{template}*.{part}")):
                if path.name in {f"{template}.{part}", *(f"{template}.{code}.{part}" for code in LANGUAGES)}:
                    click.echo(f"{path.name}: {overrides.state_of(path, sample_values(template))}")


def _line(mail: QueuedMail) -> str:
    age = _length(clock.now() - mail.created_at) if mail.kind not in OF_NEWS else _days(mail.created_at)
    return f"{mail.id}\t{mail.kind}\t{mail.state}\t{age} old\t{mail.attempts} attempts\t{mail.error or '-'}"


def _days(since: datetime) -> str:
    """The age of a mail about news, of which the queue keeps the day alone."""
    return f"{(clock.now() - since).days} d"


def _length(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
