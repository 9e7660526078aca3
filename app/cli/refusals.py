"""Refusals of the domain, as a sentence on the command line with exit code 1 and without a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from email_validator import EmailNotValidError
from flask.cli import with_appcontext
from flask_babel import force_locale
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.labels.broken_files import broken_file
from app.platform.email_addresses import normalised
from ideas import errors as domain

P = ParamSpec("P")
R = TypeVar("R")

SENTENCES: dict[type[domain.Refusal], str] = {
    domain.NotFound: "There is no such thing in this database.",
    domain.RoundIsClosed: "This round is closed already.",
    domain.NotClosed: "This round is open: its result is sealed until it is closed.",
    domain.Busy: "The database is in use by another process. Please try again.",
    domain.Conflict: "This can't be done in its present state.",
}

_NO_TABLES = "The database has no tables (of this version). Run `flask --app wsgi prepare` first."


def command_of(act: Callable[P, R]) -> Callable[P, R]:
    """Run a command with the application, and report a refusal of the domain as an error of the command line."""

    @with_appcontext
    @wraps(act)
    def with_sentences(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        except domain.Refusal as error:
            raise click.ClickException(sentence(error)) from error
        except (OperationalError, ProgrammingError) as error:
            if "no such table" in str(error) or "no such column" in str(error) or "does not exist" in str(error):
                raise click.ClickException(_NO_TABLES) from error
            raise

    return with_sentences


def typed_address(typed: str) -> str:
    """The mail address of an argument ADDRESS in its normal form. :raise click.BadParameter: if it is none."""
    try:
        return normalised(typed)
    except EmailNotValidError as error:
        raise click.BadParameter(str(error), param_hint="ADDRESS") from error


def sentence(error: domain.Refusal) -> str:
    """The sentence for an operator."""
    if isinstance(error, domain.BrokenFile):
        with force_locale("en"):  # the command line is English
            return f"{broken_file(error)} Nothing was imported."
    if isinstance(error, domain.Invalid):
        return "; ".join(f"{field}: {problem.replace('_', ' ')}" for field, problem in error.problems.items())
    for kind in type(error).__mro__:
        if kind in SENTENCES:
            return SENTENCES[kind]
    return (type(error).__doc__ or "Refused.").splitlines()[0]
