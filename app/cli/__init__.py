"""The command line: `flask --app wsgi …`. A second process beside the server; it writes through the same services."""

from flask import Flask

from app.cli import (
    backups,
    counting,
    exporting,
    importing,
    invitations,
    journals,
    mails,
    preparing,
    rehearsing,
    rounds,
    verifying,
)

COMMANDS = (
    preparing.prepare,
    importing.imports,
    rounds.close,
    exporting.export,
    verifying.verify,
    counting.count,
    journals.journals,
    invitations.invite,
    mails.mails,
    rehearsing.rehearse,
    backups.backup,
    backups.restored,
)


def init_app(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)
