"""`mails`: list the unsent mails and their errors."""

from datetime import timedelta

import click

from app.cli.refusals import command_of
from ideas import clock
from ideas.database import db
from ideas.queries.mails import QueuedMail, queued_mails


@click.command("mails")
@command_of
def mails() -> None:
    """List waiting and failed mails with kind, age, attempts and error, but without text and link."""
    rows = queued_mails(db.session())
    for mail in rows:
        click.echo(_line(mail))
    if not rows:
        click.echo("No mail is waiting.")


def _line(mail: QueuedMail) -> str:
    age = _length(clock.now() - mail.created_at)
    return f"{mail.id}\t{mail.kind}\t{mail.state}\t{age} old\t{mail.attempts} attempts\t{mail.error or '-'}"


def _length(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
