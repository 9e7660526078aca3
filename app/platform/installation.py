"""The installation: what its environment says to the domain, and what operators stored, fresh in every process."""

from email_validator import EmailNotValidError
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.platform.email_addresses import normalised
from app.platform.page_cache import EXTENSION as PAGES
from config import WrongSetting
from ideas import installation, policy
from ideas.availability import is_away
from ideas.database import db
from ideas.installation import Environment, Registration
from ideas.loops import Loop
from ideas.models import Retention, RetentionAct
from ideas.services.operators import prune_log

PRUNE_SECONDS = 6 * 3600
# How late a process notices what another one stored.
LOOK_SECONDS = 2

KEY = "schwarm-installation"


def init_app(app: Flask) -> None:
    """:raise WrongSetting: if a setting can't be read."""
    with app.app_context():
        _environment()
    installation.use_environment(_environment)
    app.jinja_env.globals["is_operator"] = policy.is_operator
    app.before_request(_know)
    app.extensions.setdefault("schwarm-loops", []).extend(
        (
            Loop("installation", LOOK_SECONDS, _look, has_more=lambda: False),
            Loop("log of operators", PRUNE_SECONDS, prune_log, leased=True),
        )
    )


def _know() -> None:
    """Read what operators stored before a page is drawn; pages go on without it while the database is away."""
    try:
        known = installation.stored()
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        db.session.rollback()
        return
    _note(known)


def _look() -> None:
    _note(installation.look(db.session()))
    db.session.rollback()


def _note(known: installation.Stored) -> None:
    """Drop the finished pages if a setting has changed: they show what is done with a challenge after its close."""
    if current_app.extensions.get(KEY, known.settings) != known.settings:
        current_app.extensions[PAGES].clear()
    current_app.extensions[KEY] = known.settings


def _environment() -> Environment:
    config = current_app.config
    return Environment(_operators(), bool(config["MAIL_SERVER"]), _registration(), _retention())


def _operators() -> frozenset[str] | None:
    """The addresses as accounts have them, None if none is set."""
    named = current_app.config["OPERATORS"]
    try:
        return frozenset(normalised(address).lower() for address in named) if named else None
    except EmailNotValidError as error:
        raise WrongSetting(f"OPERATORS: {error}") from error


def _registration() -> Registration | None:
    said = current_app.config["REGISTRATION"]
    if said and said not in list(Registration):
        raise WrongSetting("REGISTRATION must be open, invite or closed.")
    return Registration(said) if said else None


def _retention() -> Retention | None:
    act, days = current_app.config["RETENTION"], current_app.config["RETENTION_DAYS"]
    if not act:
        return None
    if act not in list(RetentionAct) or days < 1:
        raise WrongSetting("RETENTION must be anonymise or delete, and RETENTION_DAYS a number of days from 1.")
    return Retention(RetentionAct(act), days)
