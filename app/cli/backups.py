"""`backup` copies a live SQLite database; `restored` is run after a copy was put back."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import select

from app.cli.refusals import command_of
from ideas.database import db, write
from ideas.models import Challenge


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@command_of
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE, while the server runs."""
    if db.engine.dialect.name != "sqlite":
        raise click.ClickException("This database is PostgreSQL: use pg_dump.")
    if file.exists():
        raise click.ClickException(f"{file} exists already; nothing was written.")
    # Under another name until it is complete: half a copy must not look like a backup.
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        # Not `cp`: a copy of a live file lacks what still stands in the log beside it.
        with closing(sqlite3.connect(str(db.engine.url.database))) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        part.chmod(0o600)
        part.rename(file)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"{file} can't be written: {error}.") from error
    click.echo(f"Written: {file}", err=True)


@click.command("restored")
@command_of
def restored() -> None:
    """Tell open pages that a backup was restored, so that they reload."""
    with write() as transaction:
        for challenge in transaction.session.scalars(select(Challenge)):
            challenge.epoch = secrets.token_hex(8)
    click.echo("All open pages will reload.", err=True)
