"""`import polis`: import a conversation as a challenge."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from app.cli.refusals import command_of
from ideas.actor import OPERATOR
from ideas.polis import read_conversation
from ideas.services.imports import import_conversation


@click.group("import")
def imports() -> None:
    """Import a conversation from another tool."""


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
    """Import a Polis conversation: comments.csv and votes.csv, or ideas.csv and votes.csv, as they are or gzipped."""
    stored = import_conversation(OPERATOR, read_conversation(folder), organisation, title)
    click.echo(json.dumps(asdict(stored)))
