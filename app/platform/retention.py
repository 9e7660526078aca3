"""Retention: the installation's own rule, what a challenge promises, and the job that does what is due.

`RETENTION` is `anonymise` or `delete`, and `RETENTION_DAYS` the number of days after the close.
"""

from functools import partial

from flask import Flask, current_app

from config import WrongSetting
from ideas.jobs import Job
from ideas.models import Challenge, Retention, RetentionAct
from ideas.services.retention import run_due

SECONDS = 300  # how late something may be done that is due

KEY = "schwarm-retention"


def init_app(app: Flask) -> None:
    """:raise WrongSetting: if the setting can't be read."""
    app.extensions[KEY] = _setting(app)
    app.extensions.setdefault("schwarm-jobs", []).append(
        Job("retention", SECONDS, partial(run_due, app.extensions[KEY]))
    )
    app.jinja_env.globals["kept_until"] = kept_until


def _setting(app: Flask) -> Retention | None:
    act, days = app.config["RETENTION"], app.config["RETENTION_DAYS"]
    if not act:
        return None
    if act not in list(RetentionAct) or days < 1:
        raise WrongSetting("RETENTION must be anonymise or delete, and RETENTION_DAYS a number of days from 1.")
    return Retention(RetentionAct(act), days)


def installation_rule() -> Retention | None:
    """The rule that holds for every challenge of this server."""
    rule: Retention | None = current_app.extensions[KEY]
    return rule


def kept_until(challenge: Challenge) -> list[Retention]:
    """The rules that end the storage of a challenge after its close, in order."""
    return challenge.retentions(installation_rule())
