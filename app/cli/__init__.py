"""The command line: `flask --app wsgi …`. A second process beside the server; it writes through the same services."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the commands. They are imported here, because a server needs one module of this package at most."""
    from app.cli import (
        backups,
        counting,
        exporting,
        floors,
        importing,
        invitations,
        journals,
        mails,
        operating,
        preparing,
        rehearsing,
        rounds,
        verifying,
    )

    commands = (
        preparing.prepare,
        importing.imports,
        rounds.close,
        exporting.export,
        verifying.verify,
        counting.count,
        journals.journals,
        invitations.invite,
        mails.mails,
        floors.floors,
        rehearsing.rehearse,
        operating.operator,
        operating.confirm,
        backups.backup,
        backups.restore,
        backups.restored,
    )
    for command in commands:
        app.cli.add_command(command)
