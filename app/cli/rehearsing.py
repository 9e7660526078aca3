"""`rehearse`: a simulated crowd plays a conversation through a running server and checks that no vote is lost."""

from pathlib import Path

import click


@click.command("rehearse")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--participants", type=click.IntRange(1, 10_000), required=True, help="Number of voters: the most active ones."
)
@click.option("--minutes", type=click.FloatRange(0, 600, min_open=True), required=True, help="Length of the rehearsal.")
@click.option(
    "--turns", type=click.IntRange(0, 200), default=10, show_default=True, help="Ideas to discuss in turns at the end."
)
@click.option("--url", help="Address of a running server; by default a temporary one is started.")
@click.option("--owner-token", help="One-time sign-in link of the server's owner, or its token.")
def rehearse(
    folder: Path, participants: int, minutes: float, turns: int, url: str | None, owner_token: str | None
) -> None:
    """Play a Polis conversation with a simulated crowd that joins over HTTP, votes over sockets and argues."""
    if bool(url) != bool(owner_token):
        raise click.UsageError("--url and --owner-token belong together.")
    # Imported here, so that only a rehearsal needs its HTTP client.
    from app.rehearsal.command import rehearse_conversation

    rehearse_conversation(folder, participants, minutes, turns, url, owner_token)
