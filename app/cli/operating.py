"""`operator`: make an account an operator of this installation, or take that away. `confirm`: vouch for an address."""

import click

from app.cli.refusals import command_of, typed_address
from app.platform.addresses import link
from ideas.errors import Conflict, NotFound
from ideas.installation import environment
from ideas.services import operators


@click.command("operator")
@click.argument("address")
@click.option("--remove", is_flag=True, help="Take the operation away from this account.")
@command_of
def operator(address: str, remove: bool) -> None:
    """Make the account with ADDRESS an operator, who has the page /operator. It is opened if there is none."""
    email = typed_address(address).lower()
    if remove:
        _remove(email)
        return
    listed = environment().operators
    if listed is not None and email not in listed:
        raise click.ClickException(
            "OPERATORS is set and does not name this address: the list decides. Change it there."
        )
    try:
        token = operators.make_operator(email)
    except Conflict as error:
        raise click.ClickException("This account is disabled. Another operator has to enable it first.") from error
    click.echo(f"{email} is an operator of this installation now.", err=True)
    if token:
        click.echo("The address was not confirmed. Choose a password by this link, which works once, within two hours:")
        click.echo(link("accounts.reset", token=token))


@click.command("confirm")
@click.argument("address")
@command_of
def confirm(address: str) -> None:
    """Confirm ADDRESS, the address of an account, without a mail. Only do so if you know that it is its owner's."""
    email = typed_address(address).lower()
    try:
        is_new = operators.confirm_address(email)
    except NotFound as error:
        raise click.ClickException(f"No account has the address {email}.") from error
    except Conflict as error:
        raise click.ClickException(
            f"OPERATORS names this address: use `flask --app wsgi operator {email}`, which sets a new password."
        ) from error
    click.echo(f"{email} is confirmed now." if is_new else f"{email} was confirmed before.", err=True)


def _remove(email: str) -> None:
    known = environment()
    is_listed = known.operators is not None and known.sends_mails and email in known.operators
    try:
        operators.unmake_operator(email)
    except NotFound as error:
        if not is_listed:
            raise click.ClickException(f"{email} is no operator.") from error
    if is_listed:
        raise click.ClickException("OPERATORS names this address: take it out of the list, and restart the server.")
    click.echo(f"{email} is no operator any more.", err=True)
