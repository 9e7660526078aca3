"""`journal check`: verify every journal and every uploaded file."""

import sys

import click
from sqlalchemy import func, select

from app.cli.refusals import command_of
from ideas import audit, stored_files
from ideas.database import db
from ideas.models import ChainEnd, StoredFile


@click.group("journal")
def journals() -> None:
    """The append-only logs, one of each challenge and each job."""


@journals.command("check")
@command_of
def check() -> None:
    """Verify the hash chain of every journal, that everything people see agrees with it, and every uploaded file."""
    session = db.session()
    breaks, faults = list(audit.check(session)), list(stored_files.check_files(session))
    for found in breaks:
        click.echo(f"{found.owner}, number {found.seq}: {found.problem}", err=True)
    for fault in faults:
        file = fault.file
        click.echo(f"file {file.id} of {file.owner_kind} {file.owner_id} ({file.digest}): {fault.problem}", err=True)
    if breaks or faults:
        sys.exit(1)
    journals, entries = session.execute(select(func.count(), func.sum(ChainEnd.seq)).select_from(ChainEnd)).one()
    click.echo(f"Everything holds: {journals} journals with {entries or 0} entries.")
    if files := session.scalar(select(func.count()).select_from(StoredFile)):
        click.echo(f"Every uploaded file is whole: {files}.")
