"""`floors`: list the minimum wages that pay is compared with."""

from decimal import Decimal

import click

from app.cli.refusals import command_of
from ideas import clock
from ideas.database import db
from ideas.prizes import CURRENCIES
from ideas.queries.floors import floors as all_floors
from ideas.queries.floors import latest


@click.command("floors")
@command_of
def floors() -> None:
    """List the minimum wages that pay is compared with: country, first day, amount an hour, time zone."""
    rows, now = all_floors(db.session()), clock.now()
    for row in rows:
        mark = "\tnow" if row == latest(rows, row.country, now) else ""
        amount = Decimal(row.cents).scaleb(-CURRENCIES[row.currency])
        click.echo(f"{row.country}\t{row.since}\t{amount} {row.currency}\t{row.time_zone}{mark}")
    if not rows:
        click.echo("There is no minimum wage in the table.")
