"""`prepare`: the preparation of a server: folder, secret, migrations, demo, and the printed address."""

import os
import secrets
import tempfile
from pathlib import Path

import click
from flask import current_app

import config
from app.cli import demo
from app.cli.refusals import command_of
from app.platform.addresses import link, served_at
from ideas import signing
from ideas.models.account import TokenPurpose
from ideas.services import accounts


@click.command("prepare")
@click.option("--without-demo", is_flag=True, help="Create no demo, for a server that is meant for real work.")
@command_of
def prepare(without_demo: bool) -> None:
    """Create the folder, the secret, the signing key, the tables and the demo unless they exist; print the address."""
    instance = Path(current_app.config["INSTANCE"])
    try:
        make_folder(instance)
        current_app.config["SECRET_KEY"] = current_app.config["SECRET_KEY"] or keep_secret(instance)
        signing.make_key()
    except OSError as error:
        raise click.ClickException(f"INSTANCE_PATH: {instance} can't be the folder: {error.strerror}.") from error
    import flask_migrate  # here, because `tell` is for servers too, which never migrate

    flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
    tell(without_demo=without_demo)


def tell(*, without_demo: bool = False) -> None:
    """Print the address, and a link that signs in to the demo, which is made unless it exists."""
    click.echo(f"Schwarm: {served_at()}")
    if not without_demo:
        token = accounts.issue_token(demo.owner(), TokenPurpose.SIGN_IN)
        click.echo(f"Sign in to the demo, once: {link('accounts.sign_in_by_token', token=token)}")


def make_folder(instance: Path) -> None:
    """Create the folder of an installation, readable by this user only."""
    instance.mkdir(parents=True, mode=0o700, exist_ok=True)


def keep_secret(instance: Path) -> str:
    """The random secret of this installation, created on the first run. It signs cookies."""
    kept = instance / "secret_key"
    if not kept.exists():
        descriptor, fresh = tempfile.mkstemp(dir=instance)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        Path(fresh).replace(kept)
    return kept.read_text().strip()
