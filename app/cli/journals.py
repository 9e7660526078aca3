"""`journal check`: verify every chain and every uploaded file."""

import sys

import click
from sqlalchemy import func, select

from app.cli.refusals import command_of
from ideas import audit, stored_files
from ideas.database import db
from ideas.models import ChainEnd, Challenge, StoredFile


@click.group("journal")
def journals() -> None:
    """The append-only log of each challenge."""


@journals.command("check")
@command_of
def check() -> None:
    """Verify every challenge's hash chain, that everything people see agrees with it, and every uploaded file."""
    session = db.session()
    breaks, faults = list(audit.check(session)), list(stored_files.check_files(session))
    for found in breaks:
        click.echo(f"challenge {found.challenge_id}, number {found.seq}: {found.problem}", err=True)
    for fault in faults:
        file = fault.file
        click.echo(f"file {file.id} of {file.owner_kind} {file.owner_id} ({file.digest}): {fault.problem}", err=True)
    if breaks or faults:
        sys.exit(1)
    challenges = session.scalar(select(func.count()).select_from(Challenge))
    entries = session.scalar(select(func.sum(ChainEnd.seq))) or 0
    click.echo(f"Everything holds: {challenges} journals with {entries} entries.")
    if files := session.scalar(select(func.count()).select_from(StoredFile)):
        click.echo(f"Every uploaded file is whole: {files}.")
