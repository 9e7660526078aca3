"""`verify`: check a pack."""

import sys
from pathlib import Path

import click

from app.cli.refusals import command_of
from ideas.database import db
from ideas.exports.pack.verifying import NoPack
from ideas.exports.pack.verifying import verify as verify_pack


@click.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--receipt", "receipts", multiple=True, help="A receipt that must be in it (17-0123…-0123…).")
@click.option("--head", "heads", multiple=True, help="A seal of the journal that must be in it (17:0123…).")
@click.option("--key", default="", help="The fingerprint of the key that signed, if it is not of this installation.")
@command_of
def verify(file: Path, receipts: tuple[str, ...], heads: tuple[str, ...], key: str) -> None:
    """Check the signature, the files, the journal and the ranking of a pack."""
    try:
        found = verify_pack(db.session(), file.read_bytes(), receipts, heads, key)
    except NoPack as error:
        raise click.ClickException(f"{file} is no pack, or it is damaged.") from error
    for finding in found:
        click.echo(f"{'ok' if finding.holds else 'WRONG':6} {finding.text}", err=not finding.holds)
    if not all(finding.holds for finding in found):
        sys.exit(1)
