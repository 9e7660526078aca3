"""Retention: the installation's own rule, what a challenge promises, and the loop that does what is due."""

from flask import Flask

from ideas.installation import retention_rule
from ideas.loops import Loop
from ideas.models import Challenge, Retention
from ideas.services.old_dues import remove_old_dues
from ideas.services.retention import run_due

SECONDS = 300  # how late something may be done that is due
DUES_SECONDS = 24 * 3600  # a year is over once a year


def init_app(app: Flask) -> None:
    app.extensions.setdefault("schwarm-loops", []).extend(
        (
            Loop("retention", SECONDS, lambda: run_due(retention_rule())),
            Loop("old dues", DUES_SECONDS, remove_old_dues, leased=True),
        )
    )
    app.jinja_env.globals["kept_until"] = kept_until


def kept_until(challenge: Challenge) -> list[Retention]:
    """The rules that end the storage of a challenge after its close, in order."""
    return challenge.retentions(retention_rule())
