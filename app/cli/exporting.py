"""`export`: a closed round as a file."""

import io
from pathlib import Path

import click

from app.cli.refusals import command_of
from ideas.database import db, require
from ideas.exports import write_csv, write_json, write_xlsx
from ideas.models import Round


@click.command("export")
@click.argument("round_id", metavar="ROUND", type=int)
@click.option("--format", "form", type=click.Choice(["csv", "json", "xlsx"]), required=True)
@click.option("--output", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), required=True)
@click.option("--all", "among_all", is_flag=True, help="Rank pending and hidden ideas too (the CSV's choice).")
@command_of
def export(round_id: int, form: str, output: Path, among_all: bool) -> None:
    """Write a closed round: its ranking as CSV, or everything as JSON or XLSX."""
    session = db.session()
    round = require(session, Round, round_id)
    out = io.BytesIO()
    if form == "csv":
        write_csv(session, round, out, among_all=among_all)
    elif form == "json":
        write_json(session, round, out)
    else:
        write_xlsx(session, round, out)
    _save(output, out.getvalue())


def _save(output: Path, data: bytes) -> None:
    """A file is there whole or not at all."""
    try:
        with click.open_file(str(output), "wb", atomic=str(output) != "-") as file:
            file.write(data)
    except OSError as error:
        raise click.ClickException(f"{output} can't be written: {error.strerror}") from error
