"""One table from what the domain refuses to what people see."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from app import labels
from ideas import errors as domain
from ideas.database import db
from ideas.services.ballots import CastRefused


class TooMany(Exception):
    """A limit is used up; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TooFast(TooMany):
    """Somebody hands in faster than people write."""


class Crowded(TooMany):
    """More people than fill a hall come in from one network within the minute."""


# What the domain refuses, as a status and a sentence of its own where the status alone does not say enough.
TABLE: dict[type[Exception], tuple[int, Any]] = {
    domain.NotFound: (404, None),
    domain.Barred: (403, _l("A facilitator removed you from this room.")),
    domain.Forbidden: (403, None),
    domain.RoundIsClosed: (409, _l("This round is closed. Nothing in it changes any more.")),
    domain.PhaseForbids: (409, _l("The current phase does not permit this.")),
    domain.NotClosed: (409, _l("The result is sealed until the round is closed.")),
    domain.OwnIdea: (409, _l("Nobody votes on their own idea.")),
    domain.AnonymityPromised: (409, _l("Anonymity can't be weakened after the first idea.")),
    domain.NameTaken: (409, _l("Somebody here already has this name.")),
    domain.EmailTaken: (409, _l("There is an account with this address already.")),
    domain.Conflict: (409, _l("Somebody was faster, or this was done already.")),
    domain.CountsSealed: (409, _l("People have voted under sealed counts. They stay sealed until the close.")),
    domain.ChallengeFull: (404, None),
    domain.TokenSpent: (404, _l("This link was used already or is too old.")),
    domain.RegistrationClosed: (403, _l("New accounts need an invitation here.")),
    domain.ImageRefused: (400, None),
    domain.Invalid: (400, None),
    domain.Busy: (503, _l("The server is busy. Please try again in a moment.")),
    domain.TaskFailed: (503, _l("The server could not finish this. Please try again.")),
    CastRefused: (409, _l("This vote was not counted.")),
    TooMany: (429, None),
    TooFast: (429, _l("That was a lot in one minute. What you typed stands here: send it again in a moment.")),
    Crowded: (429, _l("Very many people are coming in from your network. Please try again in a moment.")),
}

# Which field of a form is at fault where the refusal itself does not name one.
AT_FIELD: dict[type[Exception], str] = {
    domain.NameTaken: "name",
    domain.EmailTaken: "email",
    domain.AnonymityPromised: "anonymity",
    domain.CountsSealed: "live_ranking",
}


@dataclass(frozen=True)
class Words:
    title: Any
    explanation: Any


PAGES = {
    400: Words(_l("That did not work"), _l("Something in the request was missing or could not be read.")),
    403: Words(_l("Not for you"), _l("You may not see or do this.")),
    404: Words(_l("Nothing here"), _l("This page does not exist, or not for you.")),
    405: Words(_l("That did not work"), _l("This address can't be used that way.")),
    409: Words(_l("Not any more"), _l("This can't be done in the present state.")),
    413: Words(_l("Too large"), _l("What you sent is larger than the server takes.")),
    429: Words(_l("Too fast"), _l("Too many attempts. Please wait a minute.")),
    500: Words(_l("Our mistake"), _l("Something broke on the server. Nothing of yours was changed.")),
    503: Words(_l("One moment"), _l("The server is busy. Please try again in a moment.")),
}


def init_app(app: Flask) -> None:
    for error, (status, explanation) in TABLE.items():
        app.register_error_handler(error, _handler(status, explanation))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_mistake)


def _handler(status: int, explanation: Any) -> Any:
    def handle(error: Exception) -> tuple[Any, int, dict[str, str]]:
        retry_after = getattr(error, "retry_after", None)
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        return error_page(status, explanation), status, headers

    return handle


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    return error_page(error.code), error.code


def _our_mistake(error: Exception) -> Any:
    current_app.logger.exception("unhandled error at %s", request.url_rule)  # a path may hold the secret of a link
    db.session.rollback()
    return error_page(500), 500


def explanation_of(error: Exception) -> str:
    """The sentence for what the domain refused, to stand beside the form that caused it."""
    status, explanation = _row_of(error)
    return str(explanation or PAGES[status].explanation)


def messages_of(error: Exception) -> dict[str, str]:
    """What to tell in a form that comes back: `{field: sentence}`, and under "" what no single field can mend."""
    if isinstance(error, domain.Invalid):
        return labels.messages(error.problems)
    if isinstance(error, domain.ImageRefused):
        return {"image": labels.problem(error.reason)}
    return {AT_FIELD.get(type(error), ""): explanation_of(error)}


def status_of(error: Exception) -> int:
    """The status of an answer that shows the form again."""
    return _row_of(error)[0]


def _row_of(error: Exception) -> tuple[int, Any]:
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), (500, None))


def error_page(status: int, explanation: Any = None) -> Any:
    """The page for a status; JSON where a script asked."""
    said = PAGES.get(status, PAGES[400 if status < 500 else 500])
    text = str(explanation or said.explanation)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(ok=False, error=text)
    return render_template(
        "errors/show.html",
        status=status,
        title=said.title,
        explanation=text,
        action_url=url_for("home.index"),
        action_label=_("To the start page"),
    )
