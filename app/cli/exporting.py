"""`export`: a closed round as a file, or the ideas of an open one."""

import io
from collections.abc import Callable
from pathlib import Path

import click

from app.cli.refusals import command_of
from ideas.actor import OPERATOR
from ideas.database import db, require
from ideas.errors import RoundIsClosed
from ideas.exports import FORMATS, INTERIM, Format
from ideas.models import Round
from ideas.services.ballot_files import release_ballots

Command = Callable[..., None]


class _FormatName(click.ParamType):
    """A click type for the name of an export format; it reads the formats when the command runs."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"[{'|'.join(sorted(FORMATS))}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Format:
        if value not in FORMATS:
            self.fail(f"{value!r} is not one of {', '.join(sorted(FORMATS))}.", param, ctx)
        return FORMATS[value]


def _with_flags(command: Command) -> Command:
    """Add a flag for each option of the formats' variants to the command."""
    names: dict[tuple[str, str], list[str]] = {}
    for form in FORMATS.values():
        for variant in form.variants:
            names.setdefault((variant.option, variant.help), []).append(form.name)
    for (option, says), forms in names.items():
        says = f"{says} ({', '.join(forms)} only)"
        command = click.option(f"--{option}", option, is_flag=True, help=says)(command)
    return command


@click.command("export")
@click.argument("round_id", metavar="ROUND", type=int)
@click.option("--format", "form", type=_FormatName(), required=True)
@click.option("--output", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), required=True)
@click.option(
    "--interim",
    is_flag=True,
    help=f"Write the ideas of an open round that are not sealed, without any count. ({', '.join(INTERIM)} only)",
)
@_with_flags
@command_of
def export(round_id: int, form: Format, output: Path, interim: bool, **flags: bool) -> None:
    """Write a closed round: its ranking as CSV, everything as JSON or XLSX, or the pack to recount it."""
    session = db.session()
    round = require(session, Round, round_id)
    out = io.BytesIO()
    if interim:
        _interim_format(form, round).write(session, round, out)
    else:
        chosen = form.variant({option for option, is_set in flags.items() if is_set})
        (chosen or form).write(session, round, out)
        if form.shows_ballots:
            release_ballots(OPERATOR, round_id)
    _save(output, out.getvalue())


def _interim_format(form: Format, round: Round) -> Format:
    """:raise RoundIsClosed: it has a result, which says more."""
    if round.is_closed:
        raise RoundIsClosed
    if form.name not in INTERIM:
        raise click.UsageError(f"--interim writes {', '.join(INTERIM)}, not {form.name}.")
    return INTERIM[form.name]


def _save(output: Path, data: bytes) -> None:
    """Write the whole file or nothing."""
    try:
        with click.open_file(str(output), "wb", atomic=str(output) != "-") as file:
            file.write(data)
    except OSError as error:
        raise click.ClickException(f"{output} can't be written: {error.strerror}") from error
