"""`import`: a conversation of Polis or a round of another server as a challenge, and ideas into a challenge."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask_babel import force_locale

from app.cli.refusals import command_of
from app.labels import table_refused
from ideas.actor import OPERATOR
from ideas.errors import Refusal, TableRefused
from ideas.ideas_documents import read_document
from ideas.polis import read_conversation
from ideas.services.bringing import bring_file, discard_file, keep_file, read_file
from ideas.services.imports import import_conversation, import_ideas
from ideas.tables import LINES, TableChoice, TableReading
from ideas.text_files import ENCODINGS

SEPARATOR_OF = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "lines": LINES}


@click.group("import")
def imports() -> None:
    """Import a conversation or ideas from another tool."""


@imports.command("polis")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--title", default="", help="Title of the challenge; by default the topic in the files.")
@click.option(
    "--organisation",
    default="Imports",
    show_default=True,
    help="Name of the organisation; created if it does not exist.",
)
@command_of
def polis(folder: Path, title: str, organisation: str) -> None:
    """Import a Polis conversation: …-comments.csv and …-votes.csv, or ideas.csv and votes.csv; each may be gzipped."""
    stored = import_conversation(OPERATOR, read_conversation(folder), organisation, title)
    click.echo(json.dumps(asdict(stored)))


@imports.command("schwarm")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organisation", default="Imports", show_default=True, help="Name; created if it does not exist.")
@command_of
def schwarm(file: Path, organisation: str) -> None:
    """Import the JSON of a closed round from another server: a draft, whose ideas appear at its start."""
    document = read_document(file.read_bytes(), file.name)
    challenge = import_ideas(OPERATOR, organisation, document, file.name)
    click.echo(json.dumps({"challenge": challenge, "ideas": len(document.ideas)}))


@imports.command("ideas")
@click.argument("challenge", type=int)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--title", type=click.IntRange(min=1), help="Number of the column of titles, counted from 1.")
@click.option("--text", type=click.IntRange(min=0), help="Number of the column of texts; 0 for none.")
@click.option("--author", type=click.IntRange(min=0), help="Number of the column of authors; 0 for none.")
@click.option("--heading/--no-heading", "has_heading", default=None, help="Whether the first line names the columns.")
@click.option("--encoding", type=click.Choice(ENCODINGS), help="Encoding of the file; by default as found.")
@click.option("--separator", type=click.Choice(list(SEPARATOR_OF)), help="Sign between columns; by default as found.")
@click.option("--dry-run", is_flag=True, help="Only print how the file is read.")
@command_of
def ideas(
    challenge: int,
    file: Path,
    title: int | None,
    text: int | None,
    author: int | None,
    has_heading: bool | None,
    encoding: str | None,
    separator: str | None,
    dry_run: bool,
) -> None:
    """Bring ideas from a CSV, TSV or XLSX file, or from a list with one idea per line.

    In a draft and in the lobby they wait for the start. Print as JSON how the file is read, and the lines left out.
    """
    columns = {role: None if n is None else n - 1 for role, n in (("title", title), ("text", text), ("author", author))}
    choice = TableChoice(encoding, SEPARATOR_OF[separator] if separator else None, has_heading, **columns)
    try:
        kept = keep_file(OPERATOR, challenge, file.name, file.read_bytes())
        try:
            reading = read_file(OPERATOR, challenge, kept, choice).reading
            if not dry_run:
                bring_file(OPERATOR, challenge, kept, choice)
        except Refusal:
            discard_file(OPERATOR, challenge, kept)
            raise
    except TableRefused as error:
        with force_locale("en"):  # the command line is English
            raise click.ClickException(f"{file.name}: {table_refused(error)}") from error
    if dry_run:
        discard_file(OPERATOR, challenge, kept)
    click.echo(json.dumps(_report(reading, is_done=not dry_run), ensure_ascii=False))


def _report(reading: TableReading, *, is_done: bool) -> dict[str, object]:
    columns = {role: place + 1 for role, place in asdict(reading.columns).items() if place >= 0}
    return {
        "brought" if is_done else "found": len(reading.ideas),
        "left_out": [asdict(line) for line in reading.left_out],
        "encoding": reading.encoding,
        "encoding_is_certain": reading.is_certain,
        "separator": reading.separator,
        "heading": reading.has_heading,
        "columns": columns,
        "digest": reading.digest,
    }
