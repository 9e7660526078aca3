"""`close`: end a round and freeze its result."""

import click

from app.cli.refusals import command_of
from ideas.actor import OPERATOR
from ideas.services.rounds import close_round


@click.command("close")
@click.argument("round_id", metavar="ROUND", type=int)
@command_of
def close(round_id: int) -> None:
    """Close a round for good. Marks that were acknowledged before it count, later ones do not."""
    close_round(OPERATOR, round_id)
    click.echo(f"Round {round_id} is closed.", err=True)
