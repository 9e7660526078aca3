"""`invite`: print an invitation link."""

import click

from app.cli.refusals import command_of
from app.platform.addresses import link
from ideas.actor import OPERATOR
from ideas.models import Role
from ideas.services import organisations


@click.command("invite")
@click.option(
    "--organisation", type=int, metavar="ID", help="Make the person who signs up a member of this organisation."
)
@click.option("--role", type=click.Choice([str(r) for r in Role]), default=str(Role.OWNER), show_default=True)
@command_of
def invite(organisation: int | None, role: str) -> None:
    """Print a link that lets one person sign up, also with REGISTRATION=invite."""
    if organisation is None:
        click.echo(link("accounts.sign_up", invitation=organisations.invite_newcomer()))
    else:
        token = organisations.invite(OPERATOR, organisation, Role(role))
        click.echo(link("organisations.accept", token=token))
