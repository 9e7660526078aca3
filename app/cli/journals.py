"""`journal check`: verify every chain."""

import sys

import click
from sqlalchemy import func, select

from app.cli.refusals import command_of
from ideas import audit
from ideas.database import db
from ideas.models import ChainEnd, Challenge


@click.group("journal")
def journals() -> None:
    """The append-only log of each challenge."""


@journals.command("check")
@command_of
def check() -> None:
    """Verify every challenge's hash chain, and that everything people see agrees with it."""
    session = db.session()
    breaks = list(audit.check(session))
    for found in breaks:
        click.echo(f"challenge {found.challenge_id}, number {found.seq}: {found.problem}", err=True)
    if breaks:
        sys.exit(1)
    challenges = session.scalar(select(func.count()).select_from(Challenge))
    entries = session.scalar(select(func.sum(ChainEnd.seq))) or 0
    click.echo(f"Everything holds: {challenges} journals with {entries} entries.")
